"""Conditions in square brackets: 1 where they hold, else 0.

``and`` is a product, ``not c`` is ``1 - c``, ``a or b`` is ``1 - (1 - a)(1 - b)``. Comparisons of
index arithmetic are ``Condition`` nodes, comparisons of values pointwise functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf

from tensorcalc.expr import (
    ONE,
    Affine,
    Condition,
    Expr,
    Extent,
    Index,
    affine,
    apply,
    extent,
    multiply,
    subtract,
)
from tensorcalc.language.building import Builder, Part, Use, Visit, once
from tensorcalc.language.source import Span, cover
from tensorcalc.language.syntax import (
    Additive,
    Bracket,
    Call,
    Comparison,
    Gather,
    Group,
    Iverson,
    Literal,
    Logic,
    Node,
    Plain,
    Reference,
    Term,
    children,
    index_names,
)

__all__ = ["visit_condition"]

Protected = frozenset[str]
_INDEX: dict[str, tuple[OneOf["==", "!=", "<", "<="], bool]] = {
    "==": ("==", False),
    "!=": ("!=", False),
    "<": ("<", False),
    "<=": ("<=", False),
    ">": ("<", True),
    ">=": ("<=", True),
}
_VALUE = {
    "==": ("equal", False),
    "!=": ("not_equal", False),
    "<": ("less", False),
    "<=": ("less_equal", False),
    ">": ("less", True),
    ">=": ("less_equal", True),
}


def visit_condition(builder: Builder, body: Node, protected: Protected) -> Visit:
    """Return the indicator of a condition."""
    match body:
        case Bracket(_, inner, _):
            return (yield Iverson(body.span, inner), protected)
        case Logic(_, word, operands):
            parts: list[Part] = []
            for operand in operands:
                part = yield Iverson(operand.span, operand), protected
                parts.append(part)
            uses = once(u for p in parts for u in p.uses)
            if word == "and":
                return Part(multiply(p.expr for p in parts), uses)
            if word == "not":
                return Part(subtract(ONE, parts[0].expr), uses)
            none = multiply(subtract(ONE, p.expr) for p in parts)
            return Part(subtract(ONE, none), uses)
        case Comparison(_, operands, relations):
            found: list[Part] = []
            for position, relation in enumerate(relations):
                pair = (operands[position], operands[position + 1])
                found.append((yield from _compare(builder, pair, relation, protected)))
            uses = once(u for p in found for u in p.uses)
            return Part(multiply(p.expr for p in found), uses)
        case Iverson():
            return (yield body, protected)
        case _:
            text = builder.program.reporter.source.slice(body.span)
            index = f", x_{text} for an index" if text.isalnum() else ""
            return builder.error(
                "E119",
                "square brackets hold a condition",
                body.span,
                f"write ({text}) for a bracket, [{text} != 0] for a condition{index}",
            )


def _compare(
    builder: Builder, pair: tuple[Node, Node], relation: str, protected: Protected
) -> Visit:
    if all(_is_index_arithmetic(builder, n) for n in pair):
        left, left_uses = _combination(builder, pair[0])
        right, right_uses = _combination(builder, pair[1])
        name, swap = _INDEX[relation]
        if swap:
            left, right = right, left
        return Part(Condition(name, left, right), once((*left_uses, *right_uses)))
    labels = _labels(builder, pair)
    if labels is not None and relation in ("==", "!="):
        part = yield labels, protected
        return part if relation == "==" else Part(subtract(ONE, part.expr), part.uses)
    values: list[Expr] = []
    uses: list[Use] = []
    for node in pair:
        part = builder.close((yield node, protected), protected)
        values.append(part.expr)
        uses.extend(part.uses)
    operation, swap = _VALUE[relation]
    if swap:
        values.reverse()
    return Part(apply(operation, *values), once(uses))


def _labels(builder: Builder, pair: tuple[Node, Node]) -> Reference | None:
    """``k == c_n`` of an index and a tensor of labels, as ``delta_{k, c_n}``; None for others."""
    for one, other in (pair, pair[::-1]):
        match one, other:
            case Reference(span, name, ()), Reference(place, _, groups) if groups:
                if is_index(builder, name) and "delta" not in builder.symbols.tensors:
                    entries = (Plain(span, name), Gather(place, other))
                    return Reference(span, "delta", (Group(cover(span, place), False, entries),))
            case _:
                pass
    return None


def _is_index_arithmetic(builder: Builder, node: Node) -> bool:
    """Whether an operand is a combination of indices, sizes and integers."""
    stack = [node]
    while stack:
        item = stack.pop()
        match item:
            case Literal(_, value):
                if isinstance(value, float) or value.denominator != 1:
                    return False
            case Reference(_, name, groups):
                if groups or not (is_index(builder, name) or name in builder.symbols.size_names):
                    return False
            case Call(_, "size", 0, (), (Reference(),), (), (), _, ()):
                pass
            case Additive() | Bracket():
                stack.extend(children(item))
            case Term(_, factors, links):
                if "/" in links:
                    return False
                stack.extend(factors)
            case _:
                return False
    return True


def is_index(builder: Builder, name: str) -> bool:
    """Whether a bare name in a condition is an index of this statement."""
    return name in builder.indices or name in builder.symbols.index_names


def _combination(builder: Builder, node: Node) -> tuple[Index | Affine, tuple[Use, ...]]:
    terms: dict[str, int] = {}
    constant = extent(0)
    uses: list[Use] = []
    for sign, factors in _products(node):
        scale: Extent = extent(sign)
        index: tuple[str, Span] | None = None
        for factor in factors:
            match factor:
                case Literal(_, value):
                    scale = scale * int(value)
                case Reference(span, name, _) if is_index(builder, name):
                    if index is not None:
                        builder.error("E114", "a product of two indices is no index", span)
                    index = (name, span)
                case Reference(_, name, _):
                    scale = scale * extent(name)
                case Call(_, _, _, _, (Reference(span, name, _), *_)):
                    builder.see(name, span)
                    scale = scale * builder.index(name).extent
                case _:
                    builder.error("E114", "write the products out", factor.span)
        if index is None:
            constant = constant + scale
            continue
        name, span = index
        if name in builder.symbols.tensors and builder.program.dry:
            message = f"{name} is an index here, not the tensor {name}"
            builder.program.reporter.note("N504", message, span)
        builder.see(name, span)
        coefficient = scale.number
        if coefficient is None:
            builder.error("E114", f"the coefficient {scale} is not a known number", span)
            coefficient = 1
        terms[name] = terms.get(name, 0) + coefficient
        uses.append(Use(name, span, None))
    made = affine([(builder.index(n), c) for n, c in terms.items()], constant)
    return made, tuple(uses)


def _products(node: Node) -> Iterator[tuple[int, list[Node]]]:
    """The signed products of a combination."""
    stack: list[tuple[int, Node]] = [(1, node)]
    while stack:
        sign, item = stack.pop()
        match item:
            case Bracket(_, body, _):
                stack.append((sign, body))
            case Additive(_, terms):
                stack.extend((sign * s, t) for s, t in reversed(terms))
            case Term(_, factors, _):
                yield sign, list(factors)
            case _:
                yield sign, [item]


_unused = index_names
