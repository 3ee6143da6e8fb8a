"""Matrix expressions: what a formula in matrix notation consists of. A vector is a column."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TypeAlias, assert_never

from tensorcalc.expr import AbstractFunction, Extent, Functional, Pointwise

__all__ = [
    "Add",
    "Commutation",
    "Diag",
    "Diagonal",
    "Elementwise",
    "Hadamard",
    "Identity",
    "Inverse",
    "Kind",
    "Kronecker",
    "Length",
    "Literal",
    "MatMul",
    "Matrix",
    "Norm",
    "Ones",
    "Power",
    "Scale",
    "Symbol",
    "Trace",
    "Transpose",
    "Vec",
    "Whole",
    "kind_of",
]


class Kind(Enum):
    """The shape of a value: which of rows and columns it has."""

    SCALAR = "scalar"
    COLUMN = "column"
    ROW = "row"
    MATRIX = "matrix"


_TURNED = {
    Kind.SCALAR: Kind.SCALAR,
    Kind.COLUMN: Kind.ROW,
    Kind.ROW: Kind.COLUMN,
    Kind.MATRIX: Kind.MATRIX,
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A tensor of at most two slots."""

    name: str
    kind: Kind
    symmetric: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A number."""

    value: Fraction | float


@dataclass(frozen=True, slots=True)
class Length:
    """An extent as a number."""

    extent: Extent


@dataclass(frozen=True, slots=True)
class Ones:
    """The column of ones."""

    extent: Extent


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity matrix."""

    extent: Extent


@dataclass(frozen=True, slots=True)
class Transpose:
    """A transpose that cannot move further inside."""

    of: Matrix


@dataclass(frozen=True, slots=True)
class MatMul:
    """A chain of matrix products; no factor is a scalar or a chain."""

    factors: tuple[Matrix, ...]


@dataclass(frozen=True, slots=True)
class Hadamard:
    """The product of entries; all factors have one shape, none is a product of this kind."""

    factors: tuple[Matrix, ...]


@dataclass(frozen=True, slots=True)
class Power:
    """A power of a scalar, or of each entry. The exponent is a scalar or of the base's shape."""

    base: Matrix
    exponent: Matrix


@dataclass(frozen=True, slots=True)
class Add:
    """A sum of two or more terms of one shape."""

    terms: tuple[Matrix, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """``coefficient * scalars * body``; without a body it is a scalar itself."""

    coefficient: Fraction | float
    scalars: tuple[Matrix, ...]
    body: Matrix | None


@dataclass(frozen=True, slots=True)
class Diag:
    """The diagonal matrix of a column."""

    of: Matrix


@dataclass(frozen=True, slots=True)
class Diagonal:
    """The diagonal of a square matrix, a column."""

    of: Matrix


@dataclass(frozen=True, slots=True)
class Trace:
    """The sum of the diagonal."""

    of: Matrix


@dataclass(frozen=True, slots=True)
class Norm:
    """The Euclidean norm of a column, the Frobenius norm of a matrix."""

    of: Matrix


@dataclass(frozen=True, slots=True)
class Inverse:
    """The inverse of a square matrix."""

    of: Matrix


@dataclass(frozen=True, slots=True)
class Elementwise:
    """A function of each entry; scalar arguments go with every entry."""

    operation: Pointwise | AbstractFunction
    arguments: tuple[Matrix, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A function of a whole vector or matrix: softmax, a determinant, ``∇sigma(z)``."""

    operation: Functional | AbstractFunction
    argument: Matrix
    kind: Kind


@dataclass(frozen=True, slots=True)
class Kronecker:
    """The Kronecker product of two matrices or vectors."""

    left: Matrix
    right: Matrix


@dataclass(frozen=True, slots=True)
class Vec:
    """The columns of a matrix, one below the other."""

    of: Matrix


@dataclass(frozen=True, slots=True)
class Commutation:
    """What takes ``vec(X)`` to ``vec(Xᵀ)``."""


Matrix: TypeAlias = (
    Symbol
    | Literal
    | Length
    | Ones
    | Identity
    | Transpose
    | MatMul
    | Hadamard
    | Power
    | Add
    | Scale
    | Diag
    | Diagonal
    | Trace
    | Norm
    | Inverse
    | Elementwise
    | Whole
    | Kronecker
    | Vec
    | Commutation
)


def kind_of(matrix: Matrix) -> Kind:
    """Whether ``matrix`` is a scalar, a column, a row or a matrix."""
    match matrix:
        case Symbol(_, kind) | Whole(_, _, kind):
            return kind
        case Literal() | Length() | Trace() | Norm():
            return Kind.SCALAR
        case Ones() | Diagonal() | Vec():
            return Kind.COLUMN
        case Identity() | Diag() | Inverse() | Kronecker() | Commutation():
            return Kind.MATRIX
        case Transpose(of):
            return _TURNED[kind_of(of)]
        case MatMul(factors):
            high = kind_of(factors[0]) in (Kind.COLUMN, Kind.MATRIX)
            wide = kind_of(factors[-1]) in (Kind.ROW, Kind.MATRIX)
            return {
                (True, True): Kind.MATRIX,
                (True, False): Kind.COLUMN,
                (False, True): Kind.ROW,
                (False, False): Kind.SCALAR,
            }[high, wide]
        case Hadamard(parts) | Add(parts):
            return kind_of(parts[0])
        case Power(base, _):
            return kind_of(base)
        case Scale(_, _, body):
            return Kind.SCALAR if body is None else kind_of(body)
        case Elementwise(_, arguments):
            kinds = [kind_of(a) for a in arguments]
            return next((k for k in kinds if k is not Kind.SCALAR), Kind.SCALAR)
        case _:
            assert_never(matrix)
