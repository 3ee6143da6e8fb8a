"""LaTeX, with standard commands and amsmath only."""

# ruff: noqa: D102 - what each method does stands in the base class
from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from tensorcalc.expr import Edge, Extent, Functional, Level, Pointwise
from tensorcalc.printing.latex_names import (
    factor_length,
    index_name,
    joined,
    latex_name,
    length,
    size_name,
    stands_outside,
    tensor_name,
)
from tensorcalc.printing.pieces import Factor, Piece, Strength, open_in_product
from tensorcalc.printing.style import Combination, Group, IndexText, Name, Style, Taken
from tensorcalc.printing.text import GREEK

__all__ = ["LatexStyle", "visible_width"]

_MARK = {Level.UPPER: "^", Level.LOWER: "_"}
_COMMA = r", \; "
_RELATION = {"==": "=", "!=": r"\ne", "<": "<", "<=": r"\le"}
_OPERATORS = re.compile("(?:arc)?(exp|log|ln|sinh?|cosh?|tanh?|max|min|det)")
_NUMBER = re.compile(r"\\frac\{(\d+)\}\{(\d+)\}")
#: Functions that have components, which an upper index chooses.
_COMPONENTS = re.compile(
    r"(?:\\log)?\\operatorname\{(?:softmax|normalize|onehot\\,arg\\,(?:max|min))\}"
)
_DERIVATIVE_NAME = re.compile(r"d(\d*)(.+?)((?:_d.+?)+)")


class LatexStyle(Style):
    r"""LaTeX as on paper.

    Args:
        ranks: The ranks of tensors that are known. A name such as ``dx_dA`` is written as a
            fraction of ``∂`` where the rank of ``A`` is.
        upright: Names of which letters are printed upright: what they are with an index, ``n_i``,
            is a size, or what they are, ``\delta``, is a constant.
        plain: Names that are no derivatives, whatever they look like: those of inputs.
        labels: Names of integer tensors: ``c_{1}`` is a component of one, no index.
    """

    needs_indices = True  # without any, LaTeX is matrix notation

    def __init__(
        self,
        ranks: Mapping[str, int] | None = None,
        upright: Collection[str] = (),
        plain: Collection[str] = (),
        labels: Collection[str] = (),
    ) -> None:
        self._ranks = ranks or {}
        self._upright = frozenset(upright)
        self._plain = frozenset(plain)
        self._labels = frozenset(labels)

    def declared(self, keyword: str, text: str, extents: Sequence[Extent]) -> str:
        if not extents:
            return rf"\text{{{keyword} }} {text}"
        numbers = "Z" if keyword == "integer" else "R"
        lengths = r" \times ".join(map(factor_length, extents))
        shown = rf"{text} \in \mathbb{{{numbers}}}^{{{lengths}}}"
        return shown if keyword == "tensor" else rf"\text{{{keyword} }} {shown}"

    def sizes(self, values: Sequence[tuple[str, int | None]]) -> str:
        given = [size_name(n) if v is None else f"{size_name(n)} = {v}" for n, v in values]
        return rf"\text{{sizes }} {_COMMA.join(given)}"

    def given(self, left: str, right: str) -> str:
        return rf"\text{{given }} {left} = {right}"

    def outputs(self, names: Sequence[str]) -> str:
        shown = _COMMA.join(self.tensor(name, ()) for name in names)
        return rf"\text{{output }} {shown}"

    def number(self, value: Fraction | float) -> Piece:
        negative = value < 0
        size = -value if negative else value
        if isinstance(size, Fraction):
            if size.denominator == 1:
                return Piece(str(size.numerator), negative=negative, coefficient=True)
            text = rf"\frac{{{size.numerator}}}{{{size.denominator}}}"
            return Piece(text, Strength.PRODUCT, negative)
        return Piece(_float_text(size), negative=negative, coefficient=True)

    def size(self, extent: Extent) -> Piece:
        number = extent.number
        if number is not None:
            return self.number(Fraction(number))
        if extent.name is not None:
            return Piece(size_name(extent.name), coefficient=True)
        strength = Strength.SUM if len(extent.terms) > 1 else Strength.PRODUCT
        return Piece(length(extent), strength)

    def tensor(self, name: str, groups: Sequence[Group]) -> str:
        split = self._derivative_name(name, sum(len(items) for _, items in groups))
        if split is None:
            return self._at(name, groups)
        order, of, by = split
        flat = [(level, item) for level, items in groups for item in items]
        used = len(flat) - sum(rank for _, rank in by)
        above = self._at(of, _grouped(flat[:used]))
        below: list[str] = []
        for wrt, rank in by:
            own = [(level.opposite, item) for level, item in flat[used : used + rank]]
            below.append(rf"\partial {self._at(wrt, _grouped(own))}")
            used += rank
        degree = f"^{{{order}}} " if order > 1 else " "
        bottom = r" \, ".join(below)
        return rf"\frac{{\partial{degree}{above}}}{{{bottom}}}"

    def _at(self, name: str, groups: Sequence[Group]) -> str:
        """A name with its indices; its own scripts stay in braces where the two would meet."""
        shown, slots = self._name(name), self.slots(groups)
        own = shown[1:-1].removesuffix("{}")
        numbered = re.fullmatch(r"\{(.*)(\^\{\(\d+\))\}(?:\{\})?\}", shown)
        if numbered and groups and groups[0][0] is Level.UPPER:  # W^{(1) \, i}_{j}
            return rf"{numbered[1]}{numbered[2]} \, {slots.removeprefix('{}').removeprefix('^{')}"
        meet = any(stands_outside(slots, m) and stands_outside(own, m) for m in "^_")
        apart = slots and not meet
        if shown.startswith("{") and apart:
            shown = own
        return shown + slots

    def _name(self, name: str) -> str:
        if name in self._upright and (len(name) == 1 or name in GREEK):
            return rf"\mathrm{{{name}}}"
        return tensor_name(name)

    def _index_name(self, name: str) -> str:
        stem = name.rstrip("0123456789'")
        return rf"\mathrm{{{name}}}" if stem in self._labels - {name} else index_name(name)

    def _derivative_name(
        self, name: str, rank: int
    ) -> tuple[int, str, list[tuple[str, int]]] | None:
        """Split ``d2L_dA_db`` into order, function and variables, where the ranks fit."""
        found = _DERIVATIVE_NAME.fullmatch(name)
        if found is None or name in self._plain:
            return None
        order = int(found[1] or 1)
        parts = name[1 + len(found[1]) :].split("_d")
        if len(parts) != order + 1 or not all(p in self._ranks for p in parts[1:]):
            return None
        by = [(p, self._ranks[p]) for p in parts[1:]]
        return (order, parts[0], by) if sum(r for _, r in by) <= rank else None

    def slots(self, groups: Sequence[Group]) -> str:
        """Groups of indices with their marks; three or more are staggered."""
        texts = [_MARK[level] + "{" + self._group(level, items) + "}" for level, items in groups]
        return ("{}" if len(texts) > 2 else "").join(texts)

    def delta(self, groups: Sequence[Group]) -> str:
        return r"\delta" + self.slots(groups)

    def edge(self, edge: Edge, text: str) -> str:
        return rf"\operatorname{{{edge.value}}}" + self.brackets(text)

    def condition(self, left: IndexText, relation: str, right: IndexText) -> str:
        return self.comparison(self._index(left), relation, self._index(right))

    def comparison(self, left: str, relation: str, right: str) -> str:
        return rf"\left[{left} {_RELATION[relation]} {right}\right]"

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def sum(self, terms: Sequence[Piece]) -> str:
        first, *rest = terms
        signs = [first.signed]
        signs += [f" - {t.text}" if t.negative else f" + {t.text}" for t in rest]
        return "".join(signs)

    def product(self, factors: Sequence[Factor], negative: bool) -> Piece:
        done: list[Factor] = []
        above: list[Factor] = []
        for position, factor in enumerate(self._with_divisors_joined(factors)):
            number = _NUMBER.fullmatch(done[0].piece.text) if len(done) == 1 else None
            joins = factor.inverse and number and not above
            if joins and number and not re.match(r"[\d-]|\\frac", factor.piece.text):
                below = f"{number[2]} {self._in_divisor(factor.piece)}"
                done = [self._fraction([Factor(Piece(number[1]))], factor.piece.plain(below))]
            elif factor.inverse:
                done.append(self._fraction(above, factor.piece))
                above = []
            elif (
                position == 0
                and factor.piece.strength < Strength.POWER
                and _NUMBER.fullmatch(factor.piece.text)
                and len(factors) > 1
            ):
                done.append(factor)
            else:
                above.append(factor)
        done += above
        inside = open_in_product(done)
        text = done[0].piece.text
        for factor in done[1:]:
            part = factor.piece.text
            if part[0].isdigit():
                text += rf" \cdot {part}"
            elif part.startswith(r"\frac{\partial") and text.endswith("}"):
                text += rf" \, {part}"
            else:
                text += f" {part}"
        alone = len(done) == 1 and not negative
        return Piece(
            text,
            done[0].piece.strength if alone else Strength.PRODUCT,
            negative,
            reaches=done[-1].piece.reaches,
            open=inside.open,
            blocked=inside.blocked,
            sealed=inside.sealed,
            factors=() if negative else factors,
        )

    def _with_divisors_joined(self, factors: Sequence[Factor]) -> Sequence[Factor]:
        """Divisors in a row as one, ``1/a 1/b = 1/(a b)``.

        Not where an index is in both of them, and no products, which may hold implied sums.
        """
        joined: list[Factor] = []
        simple = False
        for factor in factors:
            piece, before = factor.piece, simple
            simple = factor.inverse and piece.strength is not Strength.PRODUCT
            simple = simple and piece.text[0] != "-"
            last = joined[-1].piece if joined else piece
            apart = last.open.keys().isdisjoint(piece.open.keys())
            if before and simple and apart and not piece.text[0].isdigit():
                inside = open_in_product([Factor(last), Factor(piece)])
                text = f"{self._in_divisor(last)} {self._in_divisor(piece)}"
                joined[-1] = Factor(inside.plain(text, Strength.PRODUCT), True)
            else:
                joined.append(factor)
        return joined

    def _in_divisor(self, piece: Piece) -> str:
        return self.brackets(piece.text) if piece.strength is Strength.SUM else piece.text

    def _fraction(self, above: Sequence[Factor], below: Piece) -> Factor:
        """A fraction: its numerator is a scope of its own, which seals what occurs twice in it."""
        inside = open_in_product(above)
        if len(above) == 1 and above[0].bare is not None:
            numerator = above[0].bare.signed
        else:
            numerator = self.product(above, False).text if above else "1"
        whole = open_in_product((Factor(inside), Factor(below, inverse=True)))
        doubled = frozenset(name for name, count in inside.open.items() if count > 1)
        return Factor(
            Piece(
                rf"\frac{{{numerator}}}{{{below.text}}}",
                Strength.PRODUCT,
                open=whole.open,
                blocked=whole.blocked,
                sealed=whole.sealed | doubled,
            )
        )

    def power(self, base: Piece, exponent: Piece) -> str:
        numeric = re.fullmatch(r"\d+|\\frac\{\d+\}\{\d+\}", exponent.text) is not None
        ends = base.text.endswith((")", r"\right]", r"\right|"))
        plain = (
            base.strength is Strength.ATOM
            and not base.negative
            and not base.doubled
            and not base.text.startswith(r"\frac")
            and (numeric or not _COMPONENTS.match(base.text))
            and (ends or (numeric and "^" not in base.text))
        )
        below = base.text if plain else self.brackets(base.signed)
        above = re.sub(r"^\\frac\{(\d+)\}\{(\d+)\}$", r"\1/\2", exponent.text)
        return f"{below}^{{{'-' * exponent.negative}{above}}}"

    def summation(self, names: Sequence[str]) -> str:
        return rf"\sum_{{{self._bound(names)}}}"

    def range_sum(self, name: str, extent: Extent) -> str:
        return rf"\sum_{{{self._index_name(name)}=0}}^{{{length(extent - 1)}}}"

    def call(
        self, operation: Pointwise, arguments: Sequence[str], given: Sequence[tuple[str, str]]
    ) -> str:
        return operation.latex.format(*arguments)

    def abstract(self, name: str, orders: Sequence[int], arguments: Sequence[str]) -> str:
        shown = latex_name(name)
        if len(orders) == 1:
            shown += "'" * orders[0]
        else:
            shown = "".join(_repeated(r"\partial", n, o) for n, o in enumerate(orders, 1)) + shown
        return shown + self.brackets(", ".join(arguments))

    def over(self, operation: Functional, under: str, arguments: Sequence[str]) -> str:
        return self.prefix(operation, under) + self.brackets(", ".join(arguments))

    def prefix(self, operation: Functional, under: str) -> str:
        return operation.latex.format("").removesuffix("_{}") + under

    def under(self, names: Sequence[str], ranges: Mapping[str, Extent], big: bool = False) -> str:
        if not any(n in ranges for n in names):
            return f"_{{{self._bound(names)}}}"
        return "{}".join(
            f"_{{{self._index_name(n)}=0}}^{{{length(ranges[n] - 1)}}}"
            if n in ranges
            else f"_{{{self._index_name(n)}}}"
            for n in names
        )

    def transposed(self, text: str) -> str:
        return r"\operatorname{transpose}" + self._call_brackets((text,))

    def at_slots(self, text: str, groups: Sequence[Group]) -> str:
        return text + self.slots(groups)

    def whole(
        self, operation: Functional, under: str, arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        if operation.name == "inv" and not re.search(r"[\^_ (]", arguments[0]):
            return rf"\left({arguments[0]}^{{-1}}\right)" + self.slots(groups)
        name = operation.latex.format("") + under
        return name + self._call_brackets(arguments) + self.slots(groups)

    def abstract_whole(
        self, name: str, orders: Sequence[int], arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        text = latex_name(name) + self._call_brackets(arguments)
        if not any(orders):
            return text + self.slots(groups)
        if len(orders) == 1:
            nablas = r"\nabla" * orders[0] + " "
        else:
            nablas = "".join(_repeated(r"\nabla", n, o) for n, o in enumerate(orders, 1))
        return rf"\left[{nablas}{text}\right]" + self.slots(groups)

    def _call_brackets(self, arguments: Sequence[str]) -> str:
        """Brackets around whole tensors, small where each is a name."""
        text = ", ".join(arguments)
        return self.brackets(text) if re.search(r"[\^_ ]", text) else f"({text})"

    def derivative(self, body: str, wrt: str, single: bool) -> str:
        if single:
            return rf"\frac{{\partial {body}}}{{\partial {wrt}}}"
        return rf"\frac{{\partial}}{{\partial {wrt}}}{self.brackets(body)}"

    # Index groups -------------------------------------------------------------------------

    def _bound(self, names: Sequence[str]) -> str:
        return ", ".join(self._index_name(n) for n in names)

    def _group(self, level: Level, items: Sequence[IndexText]) -> str:
        texts = [self._index(item, level) for item in items]
        simple = all(isinstance(i, Name) and not self._index_name(i.name).startswith(r"\mathrm")
                     for i in items)  # fmt: skip
        return (" " if simple else ", ").join(texts)

    def _index(self, item: IndexText, level: Level | None = None) -> str:
        match item:
            case Name(name):
                return self._index_name(name)
            case Taken(text):
                return text
            case Combination(terms, constant):
                text = ""
                for name, coefficient in sorted(terms, key=lambda t: t[1] < 0):
                    times = "" if abs(coefficient) == 1 else f"{abs(coefficient)} "
                    text = joined(text, coefficient < 0, times + self._index_name(name))
                rest = length(constant) if constant.terms else ""
                if text.startswith("-") and rest and not rest.startswith("-"):
                    text = rest + text
                elif rest:
                    text += rest if not text or rest.startswith("-") else f"+{rest}"
                text = text or "0"
                return f"[{text}]" if level is Level.UPPER and not terms else text


def visible_width(latex: str) -> int:
    """About how many characters wide a formula is on the page."""
    marks = r"\\(?:left|right|mathrm|operatorname|text|bar|dot|,|quad)(?![a-zA-Z])"
    text = re.sub(marks, "", latex)
    text = re.sub(r"\\([a-zA-Z]+)", lambda m: m[1] if _OPERATORS.fullmatch(m[1]) else "x", text)
    scripts = len(re.findall(r"[\^_]", text))
    return len(re.sub(r"[{}^_ ]", "", text)) - scripts // 4


def _grouped(flat: Sequence[tuple[Level, IndexText]]) -> tuple[Group, ...]:
    groups: list[Group] = []
    for level, item in flat:
        if groups and groups[-1][0] is level:
            groups[-1] = (level, (*groups[-1][1], item))
        else:
            groups.append((level, (item,)))
    return tuple(groups)


def _repeated(symbol: str, number: int, order: int) -> str:
    if not order:
        return ""
    return rf"{symbol}_{{{number}}}" + (f"^{{{order}}} " if order > 1 else " ")


def _float_text(value: float) -> str:
    if value == float("inf"):
        return r"\infty"
    if value and not 1e-9 <= value < 1e16:
        digits, _, exponent = repr(value).partition("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}"
    return format(Decimal(repr(value)), "f")
