"""Matrix notation: each part in index notation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tensorcalc.language import syntax
from tensorcalc.language.source import Span

if TYPE_CHECKING:
    pass

from tensorcalc.language.matrix_kinds import RANK, Kind, MatrixKinds, MatrixValue

__all__ = ["MatrixNodes", "access_node"]


@dataclass(slots=True)
class MatrixNodes(MatrixKinds):
    """Writes parts in index notation."""

    def _node(self, value: MatrixValue, indices: tuple[str, ...]) -> syntax.Node:
        """The value's component at ``indices``."""
        span, parts = value.span, value.parts
        match value.form:
            case "number":
                return syntax.Literal(span, parts[0])
            case "name":
                return access_node(span, parts[0], indices)
            case "added":
                terms = tuple((sign, self._node(v, indices)) for sign, v in parts)
                return syntax.Bracket(span, syntax.Additive(span, terms))
            case "transposed":
                return self._node(parts[0], indices[::-1])
            case "gradient":
                of, by = parts
                return syntax.Partial(span, self._node(of, ()), self._node(by, indices))
            case "product":
                return self._product_node(value, indices)
            case "power":
                base, exponent = parts
                inner = syntax.Bracket(base.span, self._node(base, indices))
                return syntax.Power(span, inner, self._node(exponent, ()))
            case "constant":
                return self._node(parts[0], ())
            case "call":
                name, *values = parts
                arguments = tuple(self._node(v, indices if RANK[v.kind] else ()) for v in values)
                return syntax.Call(span, name, 0, (), arguments, (), (), span)
            case "diag":
                if parts[0].kind == "matrix":
                    return self._node(parts[0], indices * 2)
                delta = access_node(span, "delta", indices)
                entry = self._node(parts[0], indices[:1])
                return syntax.Term(span, (entry, delta), ("*",))
            case "sum" | "norm1" | "norm2" | "norm" | "norm_f" | "matrix":
                return self._whole_node(value, indices)
            case _:
                raise AssertionError(value.form)

    def _whole_node(self, value: MatrixValue, indices: tuple[str, ...]) -> syntax.Node:
        span, parts = value.span, value.parts
        if value.form == "matrix":
            name, inner = parts
            bound = indices or self._fresh(2)
            if name == "tr":
                return _sum(span, bound[:1], [self._node(inner, bound[:1] * 2)])
            binders = syntax.Group(span, False, tuple(syntax.Plain(span, n) for n in bound))
            body = (self._node(inner, bound),)
            return syntax.Call(span, name, 0, (binders,), body, (), (), span)
        inner = parts[0]
        bound = self._fresh(RANK[inner.kind])
        node = self._node(inner, bound)
        if value.form == "sum":
            return _sum(span, bound, [node])
        if value.form == "norm1":
            node = syntax.Call(span, "abs", 0, (), (node,), (), (), span)
            return _sum(span, bound, [node])
        entries = tuple(syntax.Plain(span, n) for n in bound)
        group = syntax.Group(span, False, entries)
        return syntax.Call(span, "norm", 0, (group,), (node,), (), (), span)

    def _product_node(self, value: MatrixValue, indices: tuple[str, ...]) -> syntax.Node:
        """All factors in one term under one sum, numbers in front."""
        axes: list[tuple[str, ...]] = []
        joined: dict[str, str] = {}
        current: list[str] = []
        kind: Kind = "scalar"
        bound: list[str] = []
        for sign, operand in value.parts:
            own = self._fresh(RANK[operand.kind])
            axes.append(own)
            if not sign:
                current, kind = list(own), operand.kind
                continue
            after = self._times(MatrixValue(operand.span, kind, ""), sign, operand)
            if "scalar" in (kind, operand.kind):
                current = current or list(own)
            elif sign in ("DOTSTAR", "DOTSLASH"):
                joined.update(zip(own, current, strict=True))
            else:
                inner = 0 if kind == "column" else 1
                if inner:
                    joined[own[0]] = current[-1]
                    bound.append(current[-1])
                    current = [*current[:-1], *own[1:]]
                else:
                    current = [*current, *own]
            kind = after
        named = dict(zip((_found(joined, c) for c in current), indices, strict=True))

        def final(name: str) -> str:
            found = _found(joined, name)
            return named.get(found, found)

        front: list[syntax.Node] = []
        factors: list[syntax.Node] = []
        for (sign, operand), own in zip(value.parts, axes, strict=True):
            node = self._node(operand, tuple(map(final, own)))
            if sign in ("SLASH", "DOTSLASH"):
                one = syntax.Literal(operand.span, Fraction(1))
                node = syntax.Term(operand.span, (one, syntax.Bracket(operand.span, node)), ("/",))
            (front if operand.form == "number" else factors).append(node)
        total = _sum(value.span, tuple(final(b) for b in bound), factors)
        if not front:
            return total
        return syntax.Term(value.span, (*front, total), ("*",) * len(front))


def _found(joined: Mapping[str, str], name: str) -> str:
    while name in joined:
        name = joined[name]
    return name


def _groups(span: Span, indices: tuple[str, ...]) -> Iterator[syntax.Group]:
    """A vector has an upper index, a matrix an upper and a lower one."""
    for number, name in enumerate(indices):
        yield syntax.Group(span, number == 0, (syntax.Plain(span, name),))


def access_node(span: Span, name: str, indices: tuple[str, ...]) -> syntax.Reference:
    """A tensor at plain indices."""
    return syntax.Reference(span, name, tuple(_groups(span, indices)))


def _sum(span: Span, bound: tuple[str, ...], factors: list[syntax.Node]) -> syntax.Node:
    body: syntax.Node
    if not factors:
        body = syntax.Literal(span, Fraction(1))
    elif len(factors) == 1:
        body = factors[0]
    else:
        body = syntax.Term(span, tuple(factors), ("*",) * (len(factors) - 1))
    if not bound:
        return body
    binders = tuple(syntax.Binder(span, n) for n in bound)
    return syntax.BigOperator(span, "sum", binders, body)
