"""Matrix expressions on paper: as text and as LaTeX.

From loose to tight: sums, quotients by a scalar, products of entries (``∘``, ``⊘``), matrix
products (juxtaposition), and what carries a superscript. Where two of them meet and a reader
could hesitate, there are brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import assert_never

from tensorcalc.expr import AbstractFunction, Functional, Pointwise
from tensorcalc.printing.formula import COMPARISONS
from tensorcalc.printing.latex import LatexStyle
from tensorcalc.printing.matrix_build import exponent_of
from tensorcalc.printing.matrix_tree import (
    Add,
    Commutation,
    Diag,
    Diagonal,
    Elementwise,
    Hadamard,
    Identity,
    Inverse,
    Kind,
    Kronecker,
    Length,
    Literal,
    MatMul,
    Matrix,
    Norm,
    Ones,
    Power,
    Scale,
    Symbol,
    Trace,
    Transpose,
    Vec,
    Whole,
    kind_of,
)
from tensorcalc.printing.text import TextStyle

__all__ = ["MatrixPrinter"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class _Strength(IntEnum):
    """How strongly a printed part binds; a bare one may take a superscript."""

    SUM = 0
    QUOTIENT = 1
    ENTRIES = 2
    PRODUCT = 3
    RAISED = 4
    BARE = 5


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    strength: _Strength = _Strength.BARE
    negative: bool = False

    @property
    def signed(self) -> str:
        return f"-{self.text}" if self.negative else self.text


class MatrixPrinter:
    """Prints in text or in LaTeX.

    Args:
        latex: LaTeX instead of text.
        identity: What the identity matrix is called, in case a tensor has that name.
        commutation: What the commutation matrix is called.
    """

    def __init__(self, latex: bool, identity: str = "I", commutation: str = "K") -> None:
        self._latex = latex
        self._identity = identity
        self._commutation = commutation
        self._style = LatexStyle() if latex else TextStyle(quoted=False)

    def print(self, matrix: Matrix) -> str:
        """Return ``matrix`` as a right side; zeros of any shape are ``0``."""
        if isinstance(matrix, Scale) and matrix.coefficient == 0:
            return "0"
        return self._piece(matrix).signed

    def _piece(self, matrix: Matrix) -> _Piece:
        match matrix:
            case Symbol(name, _, _):
                return _Piece(self._style.tensor(name, ()))
            case Literal(value):
                return self._number(value)
            case Length(extent):
                piece = self._style.size(extent)
                plain = piece.coefficient and not piece.negative
                return _Piece(piece.signed, _Strength.BARE if plain else _Strength.SUM)
            case Ones():
                return _Piece(r"\mathbf{1}" if self._latex else "1")
            case Identity():
                return _Piece(self._identity)
            case Transpose(Inverse(of)):
                return self._raised(of, r"-\top" if self._latex else "⁻ᵀ")
            case Transpose(of):
                return self._raised(of, r"\top" if self._latex else "ᵀ")
            case MatMul(factors):
                texts = [self._within(f, _Strength.RAISED) for f in factors]
                return _Piece(" ".join(texts), _Strength.PRODUCT)
            case Hadamard(factors):
                return self._entries(factors)
            case Power(base, exponent):
                return self._power(matrix, base, exponent)
            case Add(terms):
                return self._sum(terms)
            case Scale():
                return self._scale(matrix)
            case Diag(of) | Diagonal(of):
                return self._call(r"\operatorname{diag}" if self._latex else "diag", of)
            case Trace(of):
                return self._call(r"\operatorname{tr}" if self._latex else "tr", of)
            case Norm(of):
                inner = self._piece(of).signed
                if "‖" in inner or r"\|" in inner:
                    inner = self._brackets(inner)
                bars = rf"\left\|{inner}\right\|" if self._latex else f"‖{inner}‖"
                return _Piece(bars + ("_F" if kind_of(of) is Kind.MATRIX else ""))
            case Inverse(of):
                return self._raised(of, "-1" if self._latex else "⁻¹")
            case Elementwise(operation, arguments):
                return self._elementwise(operation, arguments)
            case Kronecker(left, right):
                sides = [self._within(side, _Strength.RAISED) for side in (left, right)]
                return _Piece(
                    (r" \otimes " if self._latex else " ⊗ ").join(sides), _Strength.ENTRIES
                )
            case Vec(of):
                return self._call(r"\operatorname{vec}" if self._latex else "vec", of)
            case Commutation():
                return _Piece(self._commutation)
            case Whole(operation, argument, _):
                return self._whole(operation, argument)
            case _:
                assert_never(matrix)

    # Parts --------------------------------------------------------------------------------

    def _brackets(self, text: str) -> str:
        return rf"\left({text}\right)" if self._latex else f"({text})"

    def _within(self, matrix: Matrix, least: _Strength) -> str:
        piece = self._piece(matrix)
        if piece.negative or piece.strength < least:
            return self._brackets(piece.signed)
        return piece.text

    def _call(self, name: str, argument: Matrix) -> _Piece:
        return _Piece(name + self._brackets(self._piece(argument).signed))

    def _number(self, value: Fraction | float) -> _Piece:
        piece = self._style.number(value)
        whole = piece.coefficient
        return _Piece(piece.text, _Strength.BARE if whole else _Strength.PRODUCT, piece.negative)

    def _raised(self, base: Matrix, superscript: str) -> _Piece:
        below = self._within(base, _Strength.BARE)
        above = rf"^{{{superscript}}}" if self._latex else superscript
        return _Piece(below + above, _Strength.RAISED)

    # Powers and products of entries -------------------------------------------------------

    def _power(self, matrix: Power, base: Matrix, exponent: Matrix) -> _Piece:
        value = exponent_of(matrix)
        if kind_of(matrix) is Kind.SCALAR:
            if value == -1:
                return self._scale(Scale(Fraction(1), (matrix,), None))
            if isinstance(exponent, Literal) and _is_whole(value) and not self._latex:
                return self._raised(base, str(value).translate(_RAISED))
            return self._raised(base, self._exponent(exponent, "^"))
        if value == -1 and kind_of(matrix) is Kind.COLUMN:
            return self._entries((matrix,))
        if value == 2 and isinstance(base, Symbol):
            return self._entries((base, base))
        below = self._within(base, _Strength.BARE)
        if self._latex:
            return _Piece(rf"{below}^{{\circ {self._exponent(exponent, '')}}}", _Strength.ENTRIES)
        return _Piece(below + self._exponent(exponent, "∘"), _Strength.ENTRIES)

    def _exponent(self, exponent: Matrix, mark: str) -> str:
        piece = self._piece(exponent)
        if self._latex:
            if isinstance(exponent, Literal) and isinstance(exponent.value, Fraction):
                return str(exponent.value)
            return piece.signed
        mark = "^" + mark.strip("^")
        plain = piece.strength is _Strength.BARE and not piece.negative
        return mark + (piece.text if plain else f"({piece.signed})")

    def _entries(self, factors: Sequence[Matrix]) -> _Piece:
        above: list[str] = []
        below: list[str] = []
        for factor in factors:
            if isinstance(factor, Power) and exponent_of(factor) == -1:
                below.append(self._within(factor.base, _Strength.RAISED))
            elif isinstance(factor, Power):
                above.append(self._piece(factor).text)
            else:
                above.append(self._within(factor, _Strength.RAISED))
        times, over = (r" \circ ", r" \oslash ") if self._latex else (" ∘ ", " ⊘ ")
        if not above:
            ones = r"\mathbf{1}" if self._latex else "1"
            if kind_of(factors[0]) is Kind.MATRIX:
                ones = self._brackets(ones + " " + ones + (r"^{\top}" if self._latex else "ᵀ"))
            above.append(ones)
        text = times.join(above)
        if below:
            divisor = times.join(below)
            text += over + (divisor if len(below) == 1 else self._brackets(divisor))
        return _Piece(text, _Strength.ENTRIES)

    # Sums and scalars ---------------------------------------------------------------------

    def _sum(self, terms: Sequence[Matrix]) -> _Piece:
        text = ""
        # Beside another column, a number stands for a column of that number.
        open_terms = any(_constant_column(t) is None for t in terms)
        for term in terms:
            value = _constant_column(term) if open_terms else None
            piece = self._piece(term) if value is None else self._number(value)
            part = self._brackets(piece.text) if piece.strength is _Strength.SUM else piece.text
            if text:
                text += (" - " if piece.negative else " + ") + part
            else:
                text = f"-{part}" if piece.negative else part
        return _Piece(text, _Strength.SUM)

    def _scale(self, matrix: Scale) -> _Piece:
        coefficient = matrix.coefficient
        negative = coefficient < 0
        coefficient = -coefficient if negative else coefficient
        divisors = [
            Power(s.base, Literal(-exponent_of(s)))
            for s in matrix.scalars
            if isinstance(s, Power) and exponent_of(s) < 0
        ]
        below = [s.base if exponent_of(s) == 1 else s for s in divisors]
        above = [s for s in matrix.scalars if exponent_of(s) >= 0]
        if self._latex:
            return self._scale_latex(coefficient, above, below, matrix.body, negative)
        body = [] if matrix.body is None else [matrix.body]
        parts: list[str] = []
        under = [self._within(s, _Strength.RAISED) for s in below]
        if isinstance(coefficient, Fraction) and below and not above and not body:
            if coefficient.denominator != 1:
                under.insert(0, str(coefficient.denominator))
            coefficient = Fraction(coefficient.numerator)
        if coefficient != 1 or not (above or body):
            parts.append(self._number(coefficient).text)
        parts.extend(self._scalars_and_body(above, body))
        text = _juxtaposed(parts)
        if not below:
            return _Piece(text, self._beside(matrix.body), negative)
        divisor = " ".join(under)
        text += " / " + (divisor if len(under) == 1 else self._brackets(divisor))
        return _Piece(text, _Strength.QUOTIENT, negative)

    def _beside(self, body: Matrix | None) -> _Strength:
        """How strongly ``body`` binds with a scalar in front."""
        if body is None:
            return _Strength.PRODUCT
        return min(_Strength.PRODUCT, max(self._piece(body).strength, _Strength.ENTRIES))

    def _scalars_and_body(self, above: Sequence[Matrix], body: Sequence[Matrix]) -> list[str]:
        """Factors side by side; a lone scalar product needs no brackets."""
        if len(above) == 1 and not body:
            return [self._within(above[0], _Strength.PRODUCT)]
        parts = [self._within(s, _Strength.RAISED) for s in above]
        return parts + [self._within(b, _Strength.ENTRIES) for b in body]

    def _scale_latex(
        self,
        coefficient: Fraction | float,
        above: Sequence[Matrix],
        below: Sequence[Matrix],
        body: Matrix | None,
        negative: bool,
    ) -> _Piece:
        r"""``\frac{2}{n} A x``: scalars in a fraction in front, what is left behind it."""
        rest = [] if body is None else [self._within(body, _Strength.ENTRIES)]
        strength = self._beside(body)
        if not below:
            parts = [] if coefficient == 1 else [self._number(coefficient).text]
            parts += self._scalars_and_body(above, [] if body is None else [body])
            return _Piece(_juxtaposed(parts, r" \cdot "), strength, negative)
        under = [
            self._within(s, _Strength.RAISED if len(below) > 1 else _Strength.SUM) for s in below
        ]
        over: list[str] = []
        if isinstance(coefficient, Fraction):
            if coefficient.denominator != 1:
                under = [str(coefficient.denominator)]
                under += [self._within(s, _Strength.RAISED) for s in below]
            coefficient = Fraction(coefficient.numerator)
        if coefficient != 1 or not above:
            over.append(self._number(coefficient).text)
        least = _Strength.RAISED if len(above) + len(over) > 1 else _Strength.SUM
        over += [self._within(s, least) for s in above]
        numerator, divisor = (_juxtaposed(side, r" \cdot ") for side in (over, under))
        fraction = rf"\frac{{{numerator}}}{{{divisor}}}"
        return _Piece(" ".join([fraction, *rest]), strength, negative)

    # Functions ----------------------------------------------------------------------------

    def _elementwise(
        self, operation: Pointwise | AbstractFunction, arguments: Sequence[Matrix]
    ) -> _Piece:
        texts = [self._piece(a).signed for a in arguments]
        if isinstance(operation, AbstractFunction):
            return _Piece(self._style.abstract(operation.name, operation.orders, texts))
        if operation.name in COMPARISONS:
            relation = COMPARISONS[operation.name]
            return _Piece(self._style.comparison(texts[0], relation, texts[1]))
        given = [
            (name, text)
            for (name, default), argument, text in zip(
                operation.parameters,
                arguments[operation.arity :],
                texts[operation.arity :],
                strict=True,
            )
            if argument != Literal(default)
        ]
        return _Piece(self._style.call(operation, texts, given))

    def _whole(self, operation: Functional | AbstractFunction, argument: Matrix) -> _Piece:
        inner = self._brackets(self._piece(argument).signed)
        if isinstance(operation, AbstractFunction):
            name = self._style.abstract(operation.name, (0,), ("",))
            name = name.removesuffix(self._brackets(""))
            nabla = (r"\nabla " if self._latex else "∇") * operation.orders[0]
            return _Piece(nabla + name + inner)
        name = operation.name
        if self._latex:
            name = operation.latex.format("").removesuffix("_{}")
        return _Piece(name + inner)


def _constant_column(matrix: Matrix) -> Fraction | float | None:
    match matrix:
        case Ones():
            return Fraction(1)
        case Scale(coefficient, (), Ones()):
            return coefficient
        case _:
            return None


def _is_whole(value: Fraction | float) -> bool:
    return isinstance(value, Fraction) and value.denominator == 1


def _juxtaposed(parts: Sequence[str], dot: str = " · ") -> str:
    """Factors side by side, with a dot where a number would run into the next."""
    text = parts[0]
    for part in parts[1:]:
        text += (dot if part[0].isdecimal() and text[-1].isdecimal() else " ") + part
    return text
