"""Whether the text of a matrix expression says how long everything in it is.

``1`` and ``I`` fit any length. Beside a symbol, or as a whole result, that is no question;
in ``norm(1)`` nobody could tell, so such a formula is not printed.
"""

from __future__ import annotations

from itertools import pairwise
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

__all__ = ["says_its_lengths"]

#: Whether the numbers of rows and of columns are open; None where an inner one is.
_Open = tuple[bool, bool] | None

_CLOSED = (False, False)


def says_its_lengths(matrix: Matrix) -> bool:
    """Whether every length inside ``matrix`` follows from its symbols; its own may be open."""
    return _open_lengths(matrix) is not None


def _open_lengths(matrix: Matrix) -> _Open:
    match matrix:
        case Symbol() | Literal() | Length() | Commutation():
            return _CLOSED
        case Ones():
            return True, False
        case Identity():
            return True, True
        case Transpose(of):
            inner = _open_lengths(of)
            return None if inner is None else (inner[1], inner[0])
        case MatMul(factors):
            found = [_open_lengths(f) for f in factors]
            sides = [f for f in found if f is not None]
            if len(sides) < len(found):
                return None
            if any(a[1] and b[0] for a, b in pairwise(sides)):
                return None
            return sides[0][0], sides[-1][1]
        case Hadamard(parts) | Add(parts) | Elementwise(_, parts):
            return _together(parts)
        case Power(base, exponent):
            return _together((base, exponent))
        case Scale(_, scalars, body):
            if any(_open_lengths(s) is None for s in scalars):
                return None
            return _CLOSED if body is None else _open_lengths(body)
        case Diag(of):
            inner = _open_lengths(of)
            return None if inner is None else (inner[0], inner[0])
        case Diagonal(of):
            inner = _open_lengths(of)
            return None if inner is None else (inner[0] and inner[1], False)
        case Kronecker(left, right):
            one, other = _open_lengths(left), _open_lengths(right)
            if one is None or other is None:
                return None
            return one[0] or other[0], one[1] or other[1]
        case Vec(of):
            inner = _open_lengths(of)
            return None if inner is None else (any(inner), False)
        case Trace(of) | Norm(of) | Inverse(of) | Whole(_, of, _):
            inner = _open_lengths(of)
            return _CLOSED if inner == _CLOSED else None
        case _:
            assert_never(matrix)


def _together(parts: tuple[Matrix, ...]) -> _Open:
    """Parts of one shape: a length is known if any part says it."""
    rows = columns = True
    square = False
    for part in parts:
        inner = _open_lengths(part)
        if inner is None:
            return None
        if kind_of(part) is Kind.SCALAR:
            continue
        square = square or _is_square(part)
        rows, columns = rows and inner[0], columns and inner[1]
    if square and rows != columns:
        rows = columns = False
    if all(kind_of(p) is Kind.SCALAR for p in parts):
        return _CLOSED
    return rows, columns


def _is_square(matrix: Matrix) -> bool:
    """Whether an identity or a diagonal matrix makes the two lengths one."""
    match matrix:
        case Identity() | Diag():
            return True
        case Scale(_, _, body) if body is not None:
            return _is_square(body)
        case _:
            return False
