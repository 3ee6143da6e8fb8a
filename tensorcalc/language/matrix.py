"""Matrix notation: ``x' * A * x`` becomes index notation, with ranks that are always shown.

A vector is a column, its transpose a row. The result is the syntax tree of the index
notation, every sum explicit, so that names, extents and expressions are resolved as for any
other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from tensorcalc.language import syntax
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.lexer import read_number
from tensorcalc.language.names import POINTWISE_FUNCTIONS, nearest, spelled_out
from tensorcalc.language.source import Span

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["matrix_statements"]

Kind = OneOf["scalar", "column", "row", "matrix"]
RANK: dict[Kind, int] = {"scalar": 0, "column": 1, "row": 1, "matrix": 2}
SHOWN: dict[Kind, str] = {
    "scalar": "a scalar", "column": "a vector", "row": "a row vector", "matrix": "a matrix",
}  # fmt: skip
#: Brackets may be nested this deep.
MAX_DEPTH = 60
_NAMES = "ijklmpqrstuv"
_DECLARATION = re.compile(r"\s*(scalar|vector|matrix)\s+([^=*+(]+)$")
_SETTING = re.compile(r"\s*(syntax|variance)\s+\w+\s*$")
_REDUCTIONS = ("sum", "norm1", "norm2", "norm", "norm_f", "tr", "det", "logdet")
_MATRIX_CALLS = ("inv", "diag", "transpose", "vector", "matrix", "cholesky", "dot")


class _Refused(Exception):
    """A statement with a mistake that is reported already."""


@dataclass(slots=True)
class _Value:
    """A part of a statement: what it is, where, and how it is composed."""

    span: Span
    kind: Kind
    form: str
    parts: tuple[Any, ...] = ()


def matrix_statements(
    text: str, ranks: Mapping[str, int], reporter: Reporter
) -> list[syntax.Statement]:
    """Return the statements of a program in matrix notation.

    Args:
        text: The program; the reporter's positions are those of this text.
        ranks: Ranks given by the caller.
        reporter: Receives errors, and a note with the ranks that were taken.
    """
    reader = _Reader(reporter, dict(ranks))
    statements: list[syntax.Statement] = []
    pieces = list(_pieces(text))
    for span in pieces:
        reader.declare(text[span.start : span.end])
    for span in pieces:
        piece = text[span.start : span.end]
        if not piece.strip() or _DECLARATION.match(piece) or _SETTING.match(piece):
            continue
        statement = reader.read(piece, span.start)
        if statement is not None:
            statements.append(statement)
    reader.note_ranks()
    return statements


def _pieces(text: str) -> Iterator[Span]:
    """The statements' places: cut at line ends outside brackets, and at semicolons."""
    start = depth = 0
    position = 0
    while position < len(text):
        character = text[position]
        if character == "#":
            stop = text.find("\n", position)
            yield Span(start, position)
            start = position = len(text) if stop < 0 else stop
            continue
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif character == ";" or (character == "\n" and depth == 0):
            yield Span(start, position)
            start, depth = position + 1, 0
        position += 1
    yield Span(start, len(text))


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = resources.files("tensorcalc.language").joinpath("matrix.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", start="statement", propagate_positions=True)


@dataclass(slots=True)
class _Reader:
    """Reads statements, remembering what each name is."""

    reporter: Reporter
    ranks: dict[str, int]
    kinds: dict[str, Kind] = field(default_factory=dict[str, Kind])
    assumed: dict[str, Span] = field(default_factory=dict[str, Span])
    base: int = 0
    used: int = 0

    def declare(self, piece: str) -> None:
        """Read ``vector x, y``."""
        found = _DECLARATION.match(piece)
        if found:
            rank = ("scalar", "vector", "matrix").index(found.group(1))
            for name in re.split(r"[,\s]+", found.group(2).strip()):
                self.ranks[spelled_out(name)] = rank

    def read(self, piece: str, base: int) -> syntax.Statement | None:
        """Read one statement."""
        self.base, self.used = base, 0
        if not self._bounded(piece):
            return None
        tree = self._parse(piece)
        if tree is None:
            return None
        try:
            return self._statement(tree)
        except _Refused:
            return None

    def note_ranks(self) -> None:
        """Say which ranks were taken."""
        groups: dict[str, list[str]] = {"scalar": [], "vector": [], "matrix": []}
        for name in self.assumed:
            rank = RANK[self.kinds[name]]
            groups[("scalar", "vector", "matrix")[rank]].append(name)
        shown = [f"{kind} {', '.join(names)}" for kind, names in groups.items() if names]
        if shown:
            span = next(iter(self.assumed.values()))
            self.reporter.note("N505", "ranks taken from the letters: " + "; ".join(shown), span)

    # Reading

    def refuse(self, code: str, message: str, span: Span, hint: str = "") -> _Refused:
        """Report an error and return what to raise."""
        self.reporter.error(code, message, span, hint)
        return _Refused()

    def _bounded(self, piece: str) -> bool:
        depth = run = 0
        for position, character in enumerate(piece):
            depth += (character == "(") - (character == ")")
            run = run + 1 if character in "-+^'" else 0 if not character.isspace() else run
            if depth > MAX_DEPTH or run > MAX_DEPTH:
                span = Span(self.base + position, self.base + position + 1)
                message = f"brackets or signs are nested deeper than {MAX_DEPTH}"
                self.reporter.error("E110", message, span)
                return False
        if piece.count("^") + piece.count("**") > 500:
            self.reporter.error(
                "E110", "more than 500 powers in a statement", Span(self.base, self.base + 1)
            )
            return False
        return True

    def _parse(self, piece: str) -> Any:
        from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

        try:
            return _parser().parse(piece)
        except UnexpectedCharacters as error:
            position = self.base + (error.pos_in_stream or 0)
            shown = piece[error.pos_in_stream or 0]
            shown = shown if shown.isprintable() else f"U+{ord(shown):04X}"
            self.reporter.error(
                "E103", f"{shown} is not part of matrix notation", Span(position, position + 1)
            )
        except UnexpectedToken as error:
            token = error.token
            if token.type == "$END":
                end = self.base + len(piece.rstrip())
                self.reporter.error("E101", "the statement ends too early", Span(end, end + 1))
            else:
                start = self.base + (token.start_pos or 0)
                span = Span(start, start + len(token))
                self.reporter.error("E101", f"{token} does not fit here", span)
        except UnexpectedInput:
            self.reporter.error("E101", "this does not fit here", Span(self.base, self.base + 1))
        return None

    def _span(self, tree: Any) -> Span:
        if hasattr(tree, "start_pos"):
            return Span(self.base + tree.start_pos, self.base + tree.end_pos)
        return Span(self.base + tree.meta.start_pos, self.base + tree.meta.end_pos)

    def _statement(self, tree: Any) -> syntax.Statement:
        if tree.data == "definition":
            token, body = tree.children
            name = self._spelled(token)
            value = self._value(body)
            if name in self.kinds and name not in self.ranks:
                self.assumed.pop(name, None)
            self.kinds[name] = "column" if value.kind == "row" else value.kind
            indices = self._fresh(RANK[value.kind])
            target = _access(self._span(token), name, indices)
            return syntax.Definition(self._span(tree), target, self._node(value, indices))
        value = self._value(tree.children[0])
        indices = self._fresh(RANK[value.kind])
        body = self._node(value, indices)
        if indices:
            # The order of the axes is that of the value, so the result is a definition.
            return syntax.Definition(value.span, _access(value.span, "result", indices), body)
        return syntax.Output(value.span, body)

    def _spelled(self, token: Any) -> str:
        return spelled_out(str(token))

    def _fresh(self, count: int) -> tuple[str, ...]:
        names: list[str] = []
        for _ in range(count):
            turn, letter = divmod(self.used, len(_NAMES))
            names.append(_NAMES[letter] + (str(turn) if turn else ""))
            self.used += 1
        return tuple(names)

    # What each part is

    def _value(self, tree: Any) -> _Value:
        span = self._span(tree)
        match tree.data:
            case "number":
                value = read_number(str(tree.children[0]), span.start, self.reporter)
                return _Value(span, "scalar", "number", (value,))
            case "name":
                return self._name(tree.children[0], span)
            case "bracket":
                return self._value(tree.children[0])
            case "positive":
                return self._value(tree.children[1])
            case "negative":
                inner = self._value(tree.children[1])
                return _Value(span, inner.kind, "added", ((-1, inner),))
            case "plus":
                return self._sum(tree, span)
            case "times":
                return self._product(tree, span)
            case "transposed":
                inner = self._value(tree.children[0])
                kind: Kind = {"column": "row", "row": "column"}.get(inner.kind, inner.kind)  # type: ignore[assignment]
                return _Value(span, kind, "transposed", (inner,))
            case "raised":
                return self._power(tree, span)
            case _:
                return self._call(tree, span)

    def _name(self, token: Any, span: Span) -> _Value:
        name = self._spelled(token)
        if name in ("pi", "e", "inf") and name not in self.kinds and name not in self.ranks:
            return _Value(span, "scalar", "name", (name,))
        kind = self.kinds.get(name)
        if kind is None:
            rank = self.ranks.get(name)
            if rank is None:
                rank = 2 if name[0].isupper() else 0 if name[0] in "abcdefg" else 1
                self.assumed[name] = span
            elif rank not in (0, 1, 2):
                raise self.refuse("E601", f"{name} has rank {rank}: a matrix has 2", span)
            kind = ("scalar", "column", "matrix")[rank]
            self.kinds[name] = kind
        return _Value(span, kind, "name", (name,))

    def _sum(self, tree: Any, span: Span) -> _Value:
        terms: list[tuple[int, Any]] = []
        while getattr(tree, "data", "") == "plus":
            left, sign, right = tree.children
            terms.append((1 if sign == "+" else -1, right))
            tree = left
        terms.append((1, tree))
        values = [(sign, self._value(t)) for sign, t in reversed(terms)]
        kind = values[0][1].kind
        for _, value in values[1:]:
            if value.kind != kind:
                raise self._mismatch(values[0][1], value, "added to")
        return _Value(span, kind, "added", tuple(values))

    def _mismatch(self, left: _Value, right: _Value, how: str) -> _Refused:
        hint = ""
        kinds = {left.kind, right.kind}
        scalar = left if left.kind == "scalar" else right
        if scalar.kind == "scalar" and scalar.form == "name" and scalar.parts[0] in self.assumed:
            name = scalar.parts[0]
            hint = f"{name} is a scalar by its letter: declare it, vector {name}"
        elif "scalar" in kinds and how == "added to":
            whole = "vector" if "matrix" not in kinds else "matrix"
            hint = f"a constant {whole} is written {whole}(1)"
        elif kinds == {"column", "row"}:
            hint = "transpose one of them with '"
        return self.refuse(
            "E601", f"{SHOWN[right.kind]} cannot be {how} {SHOWN[left.kind]}", right.span, hint
        )

    def _product(self, tree: Any, span: Span) -> _Value:
        operands: list[tuple[str, Any]] = []
        while getattr(tree, "data", "") == "times":
            left, sign, right = tree.children
            operands.append((sign.type, right))
            tree = left
        operands.append(("", tree))
        operands.reverse()
        made = [(sign, self._value(t)) for sign, t in operands]
        kind = made[0][1].kind
        for sign, value in made[1:]:
            kind = self._times(_Value(made[0][1].span, kind, ""), sign, value)
        return _Value(span, kind, "product", tuple(made))

    def _times(self, left: _Value, sign: str, right: _Value) -> Kind:
        """The kind of a product, or an error."""
        pair = (left.kind, right.kind)
        if sign == "SLASH" and right.kind != "scalar":
            raise self.refuse(
                "E601", f"a division by {SHOWN[right.kind]}", right.span,
                "componentwise: ./ ; a solution of A*x = b: inv(A)*b",
            )  # fmt: skip
        if "scalar" in pair:
            return left.kind if right.kind == "scalar" else right.kind
        if sign in ("DOTSTAR", "DOTSLASH"):
            if left.kind != right.kind:
                raise self._mismatch(left, right, "multiplied componentwise with")
            return left.kind
        kinds: dict[tuple[Kind, Kind], Kind] = {
            ("matrix", "matrix"): "matrix",
            ("matrix", "column"): "column",
            ("row", "matrix"): "row",
            ("row", "column"): "scalar",
            ("column", "row"): "matrix",
        }
        if pair not in kinds:
            hint = {
                (
                    "column",
                    "column",
                ): "the inner product is x'*y, componentwise x.*y, the outer x*y'",
                ("column", "matrix"): "transpose the vector: x'*A",
            }.get(pair, "")
            raise self.refuse(
                "E601",
                f"{SHOWN[left.kind]} times {SHOWN[right.kind]} is no product",
                right.span,
                hint,
            )
        return kinds[pair]

    def _power(self, tree: Any, span: Span) -> _Value:
        base = self._value(tree.children[0])
        exponent = self._value(tree.children[2])
        if exponent.kind != "scalar":
            raise self.refuse("E601", "an exponent is a scalar", exponent.span)
        if tree.children[1].type == "DOTCARET" or base.kind == "scalar":
            return _Value(span, base.kind, "power", (base, exponent))
        whole = _integer(exponent)
        if base.kind == "matrix" and whole == -1:
            return _Value(span, "matrix", "matrix", ("inv", base))
        if base.kind == "matrix" and whole is not None and 1 <= whole <= 16:
            return _Value(
                span, "matrix", "product", (("", base), *((("STAR", base),) * (whole - 1)))
            )
        raise self.refuse(
            "E601", f"{SHOWN[base.kind]} has no such power", span, "componentwise: x.^2"
        )

    def _call(self, tree: Any, span: Span) -> _Value:
        token, *arguments = tree.children
        name = str(token)
        values = [self._value(a) for a in arguments if a is not None]
        known = name in POINTWISE_FUNCTIONS or name.lower() in _REDUCTIONS or name in _MATRIX_CALLS
        if not known:
            hint = nearest(name, [*POINTWISE_FUNCTIONS, *_REDUCTIONS, *_MATRIX_CALLS])
            raise self.refuse(
                "E602", f"{name} is no function of matrix notation", self._span(token),
                f"did you mean {hint}?" if hint else "",
            )  # fmt: skip
        wanted = 2 if name in ("max", "min", "pow", "atan2", "dot") else 1
        if len(values) != wanted:
            message = f"{name} takes {wanted} argument{'s' * (wanted > 1)}, not {len(values)}"
            raise self.refuse("E304", message, span)
        first = values[0]
        if name in ("vector", "matrix"):
            if first.kind != "scalar":
                raise self.refuse("E601", f"{name} takes a scalar", first.span)
            return _Value(span, "column" if name == "vector" else "matrix", "constant", (first,))
        if name == "dot":
            if first.kind != "column" or values[1].kind != "column":
                raise self.refuse("E601", "dot takes two vectors", span)
            row = _Value(first.span, "row", "transposed", (first,))
            return _Value(span, "scalar", "product", (("", row), ("STAR", values[1])))
        if name.lower() in _REDUCTIONS:
            square = name in ("tr", "det", "logdet")
            if first.kind == "scalar" or (square and first.kind != "matrix"):
                raise self.refuse("E601", f"{name} of {SHOWN[first.kind]}", first.span)
            form = "matrix" if square else name.lower()
            return _Value(span, "scalar", form, (name, first) if square else (first,))
        if name in ("inv", "cholesky", "transpose"):
            if first.kind != "matrix" and name != "transpose":
                raise self.refuse("E601", f"{name} of {SHOWN[first.kind]}", first.span)
            if name == "transpose":
                kind: Kind = {"column": "row", "row": "column"}.get(first.kind, first.kind)  # type: ignore[assignment]
                return _Value(span, kind, "transposed", (first,))
            return _Value(span, "matrix", "matrix", (name, first))
        if name == "diag":
            if first.kind == "scalar":
                raise self.refuse("E601", "diag of a scalar", first.span)
            kind = "column" if first.kind == "matrix" else "matrix"
            return _Value(span, kind, "diag", (first,))
        for other in values[1:]:
            if other.kind != first.kind and "scalar" not in (other.kind, first.kind):
                raise self._mismatch(first, other, f"an argument of {name} with")
        kind = max((v.kind for v in values), key=lambda k: RANK[k])
        return _Value(span, kind, "call", (name, *values))

    # Index notation

    def _node(self, value: _Value, indices: tuple[str, ...]) -> syntax.Node:
        """The value's component at ``indices``."""
        span, parts = value.span, value.parts
        match value.form:
            case "number":
                return syntax.Literal(span, parts[0])
            case "name":
                return _access(span, parts[0], indices)
            case "added":
                terms = tuple((sign, self._node(v, indices)) for sign, v in parts)
                return syntax.Bracket(span, syntax.Additive(span, terms))
            case "transposed":
                return self._node(parts[0], indices[::-1])
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
                delta = _access(span, "delta", indices)
                inner = self._node(parts[0], indices[:1])
                return syntax.Term(span, (inner, delta), ("*",))
            case "sum" | "norm1" | "norm2" | "norm" | "norm_f" | "matrix":
                return self._whole_node(value, indices)
            case _:
                raise AssertionError(value.form)

    def _whole_node(self, value: _Value, indices: tuple[str, ...]) -> syntax.Node:
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

    def _product_node(self, value: _Value, indices: tuple[str, ...]) -> syntax.Node:
        """All factors in one term under one sum, numbers in front."""
        axes: list[tuple[str, ...]] = []
        joined: dict[str, str] = {}
        current: tuple[str, ...] = ()
        kind: Kind = "scalar"
        bound: list[str] = []
        for sign, operand in value.parts:
            own = self._fresh(RANK[operand.kind])
            axes.append(own)
            if not sign:
                current, kind = own, operand.kind
                continue
            after = self._times(_Value(operand.span, kind, ""), sign, operand)
            if "scalar" in (kind, operand.kind):
                current = current or own
            elif sign in ("DOTSTAR", "DOTSLASH"):
                joined.update(zip(own, current, strict=True))
            else:
                inner = 0 if kind == "column" else 1
                if inner:
                    joined[own[0]] = current[-1]
                    bound.append(current[-1])
                    current = (*current[:-1], *own[1:])
                else:
                    current = (*current, *own)
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


def _integer(value: _Value) -> int | None:
    """The integer that an exponent is, or None."""
    sign = 1
    while value.form == "added" and len(value.parts) == 1:
        factor, value = value.parts[0]
        sign *= factor
    if value.form == "number" and value.parts[0].denominator == 1:
        return sign * int(value.parts[0])
    return None


def _groups(span: Span, indices: tuple[str, ...]) -> Iterator[syntax.Group]:
    """A vector has an upper index, a matrix an upper and a lower one."""
    for number, name in enumerate(indices):
        yield syntax.Group(span, number == 0, (syntax.Plain(span, name),))


def _access(span: Span, name: str, indices: tuple[str, ...]) -> syntax.Reference:
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
