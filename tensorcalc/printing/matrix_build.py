"""Building matrix expressions so that equal formulas are written alike.

Transposes stand at the symbols, chains of products are flat, numbers and scalars stand in
front. Nothing here changes a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

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

__all__ = [
    "add",
    "diagonal",
    "dot",
    "exponent_of",
    "hadamard",
    "matmul",
    "power",
    "scale",
    "trace",
    "transposed",
    "weight",
]


def exponent_of(matrix: Matrix) -> Fraction | float:
    """The numeric exponent of a power; 1 for anything else."""
    match matrix:
        case Power(_, Literal(value)):
            return value
        case _:
            return Fraction(1)


def transposed(matrix: Matrix) -> Matrix:
    """The transpose: moved inside where that costs nothing, dropped where it changes nothing."""
    match matrix:
        case Transpose(of):
            return of
        case Symbol(_, kind, symmetric):
            return matrix if kind is Kind.SCALAR or symmetric else Transpose(matrix)
        case Literal() | Length() | Trace() | Norm() | Identity() | Diag():
            return matrix
        case Ones() | Diagonal() | Vec() | Commutation():
            return Transpose(matrix)
        case Kronecker(left, right):
            return Kronecker(transposed(left), transposed(right))
        case MatMul(factors):
            return MatMul(tuple(transposed(f) for f in reversed(factors)))
        case Scale(coefficient, scalars, body):
            return matrix if body is None else Scale(coefficient, scalars, transposed(body))
        case Add(terms):
            return _add_transposed(matrix, terms)
        case Hadamard(factors):
            if kind_of(matrix) is not Kind.MATRIX:
                return Transpose(matrix)
            return Hadamard(tuple(transposed(f) for f in factors))
        case Inverse(of):
            return matrix if transposed(of) == of else Transpose(matrix)
        case Power(base, exponent):
            same = transposed(base) == base and transposed(exponent) == exponent
            return matrix if same else Transpose(matrix)
        case Elementwise(_, arguments):
            same = all(transposed(a) == a for a in arguments)
            return matrix if same else Transpose(matrix)
        case Whole(_, _, kind):
            return matrix if kind is Kind.SCALAR else Transpose(matrix)
        case _:
            assert_never(matrix)


def _add_transposed(matrix: Add, terms: tuple[Matrix, ...]) -> Matrix:
    if kind_of(matrix) is Kind.SCALAR:
        return matrix
    turned = tuple(transposed(t) for t in terms)
    if set(turned) == set(terms) and len(set(terms)) == len(terms):
        return matrix
    if sum(map(_count, turned)) < 1 + sum(map(_count, terms)):
        return Add(turned)
    return Transpose(matrix)


def _count(matrix: Matrix) -> int:
    match matrix:
        case Transpose(of):
            return 1 + _count(of)
        case MatMul(parts) | Hadamard(parts) | Add(parts):
            return sum(map(_count, parts))
        case Scale(_, _, body):
            return 0 if body is None else _count(body)
        case _:
            return 0


def matmul(*factors: Matrix) -> Matrix:
    """The product of a chain; a single factor is itself."""
    flat: list[Matrix] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, MatMul) else (factor,))
    return flat[0] if len(flat) == 1 else MatMul(tuple(flat))


def hadamard(factors: Sequence[Matrix]) -> Matrix:
    """The product of entries; equal factors become a power."""
    flat: list[Matrix] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Hadamard) else (factor,))
    flat = [f for f in flat if not _is_ones(f)] or flat[:1]
    exponents: dict[Matrix, Fraction | float] = {}
    for factor in flat:
        base = factor
        if isinstance(factor, Power) and isinstance(factor.exponent, Literal):
            base = factor.base
        exponents[base] = exponents.get(base, Fraction(0)) + exponent_of(factor)
    if len(exponents) == len(flat):
        return flat[0] if len(flat) == 1 else Hadamard(tuple(flat))
    if any(value == 0 for value in exponents.values()):
        return Hadamard(tuple(flat))  # x / x: left as it is written
    merged = [b if e == 1 else Power(b, Literal(e)) for b, e in exponents.items()]
    return merged[0] if len(merged) == 1 else Hadamard(tuple(merged))


def add(terms: Sequence[Matrix]) -> Matrix:
    """The sum; sums inside are spread, terms that are alike only as matrices collected.

    ``S_ij x_j + x_j S_ji`` are two terms, and one matrix product if S is symmetric.
    """
    flat: list[Matrix] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else (term,))
    collected: dict[tuple[tuple[Matrix, ...], Matrix | None], Fraction | float] = {}
    for term in flat:
        coefficient, rest = _split(term)
        collected[rest] = collected.get(rest, Fraction(0)) + coefficient
    if len(collected) == len(flat):
        return flat[0] if len(flat) == 1 else Add(tuple(flat))
    kept = {rest: c for rest, c in collected.items() if c}
    if not kept:
        return Scale(Fraction(0), (), flat[0])
    first = next(iter(kept.values()))
    common = -first if first < 0 else first
    if all(c in (common, -common) for c in kept.values()):
        signed = [scale(c / common, *rest) for rest, c in kept.items()]
        inner = signed[0] if len(signed) == 1 else Add(tuple(signed))
        return scale(common, (), inner)
    return Add(tuple(scale(c, *rest) for rest, c in kept.items()))


def _split(term: Matrix) -> tuple[Fraction | float, tuple[tuple[Matrix, ...], Matrix | None]]:
    """A term's number, and the rest of it."""
    match term:
        case Scale(coefficient, scalars, body):
            return coefficient, (scalars, body)
        case Literal(value):
            return value, ((), None)
        case _ if kind_of(term) is Kind.SCALAR:
            return Fraction(1), ((term,), None)
        case _:
            return Fraction(1), ((), term)


def scale(coefficient: Fraction | float, scalars: Sequence[Matrix], body: Matrix | None) -> Matrix:
    """``coefficient * scalars * body``, as simple as it can be said."""
    parts: list[Matrix] = []
    for scalar in scalars:
        match scalar:
            case Literal(value) if abs(value) != float("inf"):
                coefficient = coefficient * value
            case Scale(inner, more, None):
                coefficient = coefficient * inner
                parts.extend(more)
            case _:
                parts.append(scalar)
    if isinstance(body, Scale):
        coefficient = coefficient * body.coefficient
        parts.extend(body.scalars)
        body = body.body
    parts = _powers_merged(parts)
    if coefficient == 1:
        if not parts:
            return Literal(Fraction(1)) if body is None else body
        if body is None and len(parts) == 1 and exponent_of(parts[0]) >= 0:
            return parts[0]
    if not parts and body is None:
        return Literal(coefficient)
    return Scale(coefficient, tuple(parts), body)


def _is_ones(matrix: Matrix) -> bool:
    """Whether every entry is 1."""
    match matrix:
        case Ones() | MatMul((Ones(), Transpose(Ones()))):
            return True
        case _:
            return False


def _powers_merged(scalars: Sequence[Matrix]) -> list[Matrix]:
    """Powers of one scalar as one power; ``a a`` stays."""
    exponents: dict[Matrix, Fraction | float] = {}
    powers: set[Matrix] = set()
    for scalar in scalars:
        value = exponent_of(scalar)
        base = scalar.base if isinstance(scalar, Power) and value != 1 else scalar
        exponents[base] = exponents.get(base, Fraction(0)) + value
        if value != 1:
            powers.add(base)
    merged: list[Matrix] = []
    for scalar in scalars:
        base = scalar.base if isinstance(scalar, Power) else scalar
        if base not in powers:
            merged.append(scalar)
        elif base in exponents and (value := exponents.pop(base)):
            merged.append(base if value == 1 else Power(base, Literal(value)))
    return merged


def power(base: Matrix, exponent: Matrix) -> Matrix:
    """A power; whole powers of a whole power are one."""
    match base, exponent:
        case _, _ if _is_ones(base) and kind_of(exponent) is Kind.SCALAR:
            return base
        case Scale(Fraction(numerator=1, denominator=1), (Power() as only,), None), _:
            return power(only, exponent)
        case Power(inner, Literal(first)), Literal(second) if _is_whole(first) and _is_whole(
            second
        ):
            return inner if first * second == 1 else Power(inner, Literal(first * second))
        case _:
            return Power(base, exponent)


def _is_whole(value: Fraction | float) -> bool:
    return isinstance(value, Fraction) and value.denominator == 1 and value != 0


def diagonal(matrix: Matrix) -> Matrix:
    """The diagonal of a square matrix."""
    return matrix.of if isinstance(matrix, Diag) else Diagonal(matrix)


def trace(matrix: Matrix, order: Sequence[Matrix] = ()) -> Matrix:
    """The trace; of ``X Xᵀ`` it is a squared norm.

    Few transposes are preferred; a product begins with the factor that is first in ``order``.
    """
    if not isinstance(matrix, MatMul):
        return Trace(matrix)
    first, *rest = matrix.factors
    if len(rest) == 1 and transposed(rest[0]) == first:
        return Power(Norm(first.of if isinstance(first, Transpose) else first), _TWO)
    turned = transposed(matrix)
    chosen = turned if _count(turned) < _count(matrix) else matrix
    assert isinstance(chosen, MatMul)

    def place(number: int) -> int:
        factor = chosen.factors[number]
        plain = factor.of if isinstance(factor, Transpose) else factor
        return order.index(plain) if plain in order else len(order)

    start = min(range(len(chosen.factors)), key=place)
    return Trace(MatMul((*chosen.factors[start:], *chosen.factors[:start])))


def dot(left: Matrix, right: Matrix) -> Matrix:
    """The inner product of two columns."""
    if left == right:
        return Power(Norm(left), _TWO)
    one_way, other_way = matmul(transposed(left), right), matmul(transposed(right), left)
    return other_way if _count(other_way) < _count(one_way) else one_way


_TWO = Literal(Fraction(2))


def weight(matrix: Matrix) -> int:
    """How long a formula is to read; a column of ones in a sum is read as a number."""
    match matrix:
        case Symbol():
            return 2
        case Literal() | Length():
            return 1
        case Ones() | Identity() | Commutation():
            return 3
        case Kronecker(left, right):
            return weight(left) + weight(right)
        case Vec(of) | Transpose(of) | Diag(of) | Diagonal(of) | Trace(of) | Norm(of) | Inverse(of):
            return weight(of)
        case MatMul(parts) | Hadamard(parts) | Elementwise(_, parts):
            return sum(map(weight, parts))
        case Add(terms):
            return sum(1 if _plain_ones(t) else weight(t) for t in terms)
        case Power(base, exponent):
            return weight(base) + (exponent_of(matrix) != -1) * weight(exponent)
        case Scale(_, scalars, body):
            return sum(map(weight, scalars)) + (0 if body is None else weight(body))
        case Whole(_, argument, _):
            return 2 + weight(argument)
        case _:
            assert_never(matrix)


def _plain_ones(matrix: Matrix) -> bool:
    """Whether a term of a sum of columns is a number at every place."""
    match matrix:
        case Ones() | Scale(_, (), Ones()):
            return True
        case _:
            return False
