"""The notation itself: what this prints, the parser reads back."""

# ruff: noqa: D102 - what each method does stands in the base class
from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from tensorcalc.expr import (
    Edge,
    Extent,
    Functional,
    Level,
    Pointwise,
    SizeName,
)
from tensorcalc.ops import catalog
from tensorcalc.printing.pieces import Factor, Piece, Strength, open_in_product
from tensorcalc.printing.style import Combination, Group, IndexText, Name, Style, Taken

__all__ = ["GREEK", "RESERVED", "WRITTEN", "TextStyle", "is_catalog_name"]

#: Spelled-out Greek letters and the letters themselves.
GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip

_SUPERSCRIPT = dict(zip("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True))
_SUBSCRIPT = dict(zip("aehijklmnoprstuvx", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
#: Catalog names that the notation spells otherwise.
WRITTEN = {"maximum": "max", "minimum": "min"}

_LOW_GLYPHS, _HIGH_GLYPHS = "".join(_SUBSCRIPT.values()), "".join(_SUPERSCRIPT.values())
_PLAIN = str.maketrans(_LOW_GLYPHS + _HIGH_GLYPHS, "".join(_SUBSCRIPT) + "".join(_SUPERSCRIPT))

#: Names with underscores that a reader takes whole: those of derived programs.
RESERVED = re.compile(r".*_(?:bar|dot|hvp)|d\d*.+_d.+")

_MARK = {Level.UPPER: "^", Level.LOWER: "_"}


class TextStyle(Style):
    """The notation, in ASCII but for δ, ∂ and ∇, or (``unicode``) with all that Unicode offers.

    Args:
        unicode: Use Greek letters, sub- and superscripts.
        quoted: Put names into back-ticks where the parser needs them.
        always: Names that are quoted at every occurrence.
    """

    def __init__(
        self, unicode: bool = False, quoted: bool = True, always: Collection[str] = ()
    ) -> None:
        self._unicode = unicode
        self._quoted = quoted
        self._always = frozenset(always)

    def declared(self, keyword: str, text: str, extents: Sequence[Extent]) -> str:
        sized = f" [{', '.join(self.extent(e) for e in extents)}]" if extents else ""
        return f"{keyword} {text}{sized}"

    def sizes(self, values: Sequence[tuple[str, int | None]]) -> str:
        given = [self.name(n) if v is None else f"{self.name(n)}={v}" for n, v in values]
        return f"sizes {', '.join(given)}"

    def given(self, left: str, right: str) -> str:
        return f"given {left} = {right}"

    def outputs(self, names: Sequence[str]) -> str:
        return f"output {', '.join(self.tensor(name, ()) for name in names)}"

    def number(self, value: Fraction | float) -> Piece:
        negative = value < 0
        size = -value if negative else value
        if isinstance(size, Fraction):
            if size.denominator == 1:
                return Piece(str(size.numerator), negative=negative, coefficient=True)
            return Piece(f"{size.numerator}/{size.denominator}", Strength.PRODUCT, negative)
        return Piece(_float_text(size), negative=negative, coefficient=True)

    def size(self, extent: Extent) -> Piece:
        number = extent.number
        if number is not None:
            return self.number(Fraction(number))
        if extent.name is not None:
            return Piece(self.name(extent.name), coefficient=True)
        strength = Strength.SUM if len(extent.terms) > 1 else Strength.PRODUCT
        return Piece(self.extent(extent), strength)

    def extent(self, extent: Extent, compact: bool = False) -> str:
        """A polynomial in sizes."""
        text = ""
        for monomial, coefficient in extent.in_reading_order:
            factors = [
                self.name(a.name)
                if isinstance(a, SizeName)
                else f"(({self.extent(a.numerator)}) // {a.divisor})"
                for a in monomial
            ]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            text = _joined(text, coefficient < 0, "*".join(factors), compact)
        return text or "0"

    def name(self, name: str) -> str:
        """The name of a tensor, a size or a function, as far as this form has letters for it."""
        return GREEK.get(name, name) if self._unicode else name

    def tensor(self, name: str, groups: Sequence[Group]) -> str:
        lower_first = bool(groups) and groups[0][0] is Level.LOWER
        shown = self.name(name)
        odd = not re.fullmatch(r"[^\W\d]\w*'*", name) or ("_" in name and lower_first)
        odd = odd or name in self._always
        if odd and self._quoted:
            shown = f"`{name}`"
        elif lower_first and RESERVED.fullmatch(f"{name}_{_letters(groups[0][1])}"):
            # z_<b a r>: without brackets the index would be part of a reserved name
            low = " ".join(item.name for item in groups[0][1] if isinstance(item, Name))
            return f"{shown}_<{low}>" + self.slots(groups[1:])
        return shown + self.slots(groups)

    def slots(self, groups: Sequence[Group]) -> str:
        """Groups of indices with their marks."""
        return "".join(self._group(level, items) for level, items in groups)

    def delta(self, groups: Sequence[Group]) -> str:
        return "δ" + self.slots(groups)

    def edge(self, edge: Edge, text: str) -> str:
        return f"{edge.value}({text})"

    def condition(self, left: IndexText, relation: str, right: IndexText) -> str:
        return f"[{self._index(left, ' ')} {relation} {self._index(right, ' ')}]"

    def comparison(self, left: str, relation: str, right: str) -> str:
        return f"[{left} {relation} {right}]"

    def brackets(self, text: str) -> str:
        return f"({text})"

    def sum(self, terms: Sequence[Piece]) -> str:
        first, *rest = terms
        signs = [first.signed]
        signs += [f" - {t.text}" if t.negative else f" + {t.text}" for t in rest]
        return "".join(signs)

    def product(self, factors: Sequence[Factor], negative: bool) -> Piece:
        parts: list[str] = []
        divides = reaches = False
        for position, factor in enumerate(factors):
            piece = factor.piece
            if factor.inverse:
                below = piece.text if piece.strength >= Strength.POWER else f"({piece.text})"
                before = factors[0]
                leading = position == 0 or (
                    position == 1
                    and not before.inverse
                    and before.piece.coefficient
                    and before.piece.text[0].isdigit()
                )
                parts.append("1" * (position == 0) + ("/" if leading else " / ") + below)
                divides = divides or not (leading and piece.coefficient)
                reaches = False
                continue
            text = piece.text
            if position == 1 and text.startswith("1/") and _is_digits(parts[0]):
                parts.append(text[1:])
                divides, reaches = divides or piece.divides, piece.reaches
                continue
            numeral = text[0].isdigit() or text[0] == "."
            if position and (divides or numeral):
                parts.append(" * " + (f"({text})" if piece.strength < Strength.POWER else text))
                reaches = False
            else:
                parts.append(" " * bool(position) + text)
                reaches = piece.reaches
            divides = divides or piece.divides
        inside = open_in_product(factors)
        alone = len(factors) == 1 and not factors[0].inverse and not negative
        return Piece(
            "".join(parts),
            factors[0].piece.strength if alone else Strength.PRODUCT,
            negative,
            reaches,
            divides,
            open=inside.open,
            blocked=inside.blocked,
            sealed=inside.sealed,
            factors=() if negative else factors,
        )

    def power(self, base: Piece, exponent: Piece) -> str:
        plain = base.strength is Strength.ATOM and not base.negative and not base.doubled
        below = base.text if plain else self.brackets(base.signed)
        simple = exponent.strength is Strength.ATOM and not exponent.negative
        return f"{below}**{exponent.text if simple else self.brackets(exponent.signed)}"

    def summation(self, names: Sequence[str]) -> str:
        return ("∑" if self._unicode else "sum") + self._under(names)

    def range_sum(self, name: str, extent: Extent) -> str:
        last = self.extent(extent - 1)
        return f"{'∑' if self._unicode else 'sum'}_{{{self.name(name)}=0}}^{{{last}}}"

    def call(
        self, operation: Pointwise, arguments: Sequence[str], given: Sequence[tuple[str, str]]
    ) -> str:
        name = self.name(WRITTEN.get(operation.name, operation.name))
        if not arguments:
            return name
        parameters = "; " + ", ".join(f"{n}={v}" for n, v in given) if given else ""
        return f"{name}({', '.join(arguments[: operation.arity])}{parameters})"

    def abstract(self, name: str, orders: Sequence[int], arguments: Sequence[str]) -> str:
        if len(orders) == 1:
            marks = "'" * orders[0]
        else:
            marks = "'{" + ",".join(map(str, orders)) + "}" if any(orders) else ""
        return f"{self.name(name)}{marks}({', '.join(arguments)})"

    def over(self, operation: Functional, under: str, arguments: Sequence[str]) -> str:
        return f"{self.name(operation.name)}{under}({', '.join(arguments)})"

    def prefix(self, operation: Functional, under: str) -> str:
        return operation.name + under

    def under(self, names: Sequence[str], ranges: Mapping[str, Extent], big: bool = False) -> str:
        if not any(n in ranges for n in names):
            return self._under(names) if big else self._bound(names)
        return "".join(
            f"_{{{self.name(n)}=0}}^{{{self.extent(ranges[n] - 1)}}}"
            if n in ranges
            else self._bound((n,))
            for n in names
        )

    def transposed(self, text: str) -> str:
        return f"transpose({text})"

    def at_slots(self, text: str, groups: Sequence[Group]) -> str:
        return text + self.slots(groups)

    def whole(
        self, operation: Functional, under: str, arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        return f"{self.name(operation.name)}{under}({', '.join(arguments)})" + self.slots(groups)

    def abstract_whole(
        self, name: str, orders: Sequence[int], arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        text = f"{self.name(name)}({', '.join(arguments)})"
        if not any(orders):
            return text + self.slots(groups)
        if len(orders) == 1:
            nablas = "∇" * orders[0]
        else:
            nablas = "".join(f"∇_{n}" * order for n, order in enumerate(orders, 1)) + " "
        return f"[{nablas}{text}]" + self.slots(groups)

    def derivative(self, body: str, wrt: str, single: bool) -> str:
        return f"∂({body})/∂({wrt})"

    # Index groups -------------------------------------------------------------------------

    def _under(self, names: Sequence[str]) -> str:
        """The indices of a big operator, which are written with their mark."""
        if len(names) == 1 and len(self.name(names[0])) == 1:
            return f"_{self.name(names[0])}"
        return self._bound(names)

    def _bound(self, names: Sequence[str]) -> str:
        if len(names) == 1:
            return self._group(Level.LOWER, (Name(names[0]),))
        return "_{" + " ".join(self.name(n) for n in names) + "}"

    def _group(self, level: Level, items: Sequence[IndexText]) -> str:
        mark = _MARK[level]
        if all(isinstance(item, Name) for item in items):
            names = [self.name(item.name) for item in items if isinstance(item, Name)]
            if all(len(n.rstrip("'")) == 1 for n in names):
                glyphs = _SUPERSCRIPT if level is Level.UPPER else _SUBSCRIPT
                if self._unicode and all(n in glyphs for n in names):
                    return "".join(glyphs[n] for n in names)
                return mark + "".join(names)
            return f"{mark}<{' '.join(names)}>"
        compact = all(
            len(name) == 1
            for item in items
            if isinstance(item, Combination)
            for name in (*(n for n, _ in item.terms), *item.constant.names())
        )
        space = "" if compact else " "
        texts = [self._index(item, space, level) for item in items]
        return mark + "{" + ", ".join(texts) + "}"

    def _index(self, item: IndexText, space: str, level: Level | None = None) -> str:
        match item:
            case Name(name):
                return self.name(name)
            case Taken(text):
                return _marked(text)
            case Combination(terms, constant):
                text = ""
                for name, coefficient in sorted(terms, key=lambda t: t[1] < 0):
                    times = "" if abs(coefficient) == 1 else f"{abs(coefficient)}*"
                    text = _joined(text, coefficient < 0, times + self.name(name), not space)
                rest = self.extent(constant, compact=not space) if constant.terms else ""
                if text.startswith("-") and rest and not rest.startswith("-"):
                    text = f"{rest}{text}" if not space else f"{rest} - {text[1:]}"
                elif rest:
                    if text:
                        text += (
                            (rest if rest[0] == "-" else f"+{rest}")
                            if not space
                            else (f" - {rest[1:]}" if rest[0] == "-" else f" + {rest}")
                        )
                    else:
                        text = rest
                text = text or "0"
                return f"[{text}]" if level is Level.UPPER and not terms else text


def _letters(items: Sequence[IndexText]) -> str:
    """The names of a group, as they would be written without brackets, or ""."""
    names = [item.name for item in items if isinstance(item, Name)]
    return "".join(names) if len(names) == len(items) else ""


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def is_catalog_name(name: str) -> bool:
    """Whether a catalog function has this name."""
    return name in catalog()


def _marked(text: str) -> str:
    """Sub- and superscript letters as plain ones behind a mark: inside a group they are needed."""
    text = re.sub(f"[{_LOW_GLYPHS}]+", lambda m: "_" + m[0].translate(_PLAIN), text)
    return re.sub(f"[{_HIGH_GLYPHS}]+", lambda m: "^" + m[0].translate(_PLAIN), text)


def _joined(text: str, negative: bool, part: str, compact: bool) -> str:
    if not text:
        return f"-{part}" if negative else part
    sign = "-" if negative else "+"
    return f"{text}{sign}{part}" if compact else f"{text} {sign} {part}"


def _float_text(value: float) -> str:
    if value == float("inf"):
        return "inf"
    return re.sub(r"e([+-])0*(\d)", lambda m: f"e{m[1].replace('+', '')}{m[2]}", repr(value))
