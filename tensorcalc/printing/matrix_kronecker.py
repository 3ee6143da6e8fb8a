"""Derivatives of three or four indices as matrices of vectors: Kronecker products.

A matrix is read as the vector of its columns, so its second index is the slow one. A term has
a form if its factors join each index of the rows with at most one of the columns, as in
``A_ik B_lj``, which is ``Bᵀ ⊗ A``; what stands over both indices of the rows or of the columns is
a diagonal matrix before or behind; what joins no row with a column is ``vec(M) vec(N)ᵀ``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from tensorcalc.expr import (
    Delta,
    Expr,
    Index,
    Number,
    Slot,
    Sum,
    contract,
    multiply,
    number,
    substitute,
)
from tensorcalc.printing.matrix_build import add, scale, transposed
from tensorcalc.printing.matrix_lengths import says_its_lengths
from tensorcalc.printing.matrix_network import NoFormError
from tensorcalc.printing.matrix_terms import Term, matrix_of, term_of
from tensorcalc.printing.matrix_tree import (
    Commutation,
    Diag,
    Identity,
    Kronecker,
    MatMul,
    Matrix,
    Ones,
    Scale,
    Vec,
)

__all__ = ["kronecker_of"]

Indices = Sequence[Index]

#: A product of sums with more terms than this is not multiplied out.
_TERMS = 12


def kronecker_of(expr: Expr, rows: Indices, columns: Indices) -> Matrix | None:
    """Return the matrix from the vector of ``columns`` to that of ``rows``, or None.

    Args:
        expr: Its free indices are among both.
        rows: The indices of a matrix or of a vector.
        columns: Likewise.
    """
    try:
        found = add([_matrix(term, rows, columns) for term in _terms(expr, (*rows, *columns))])
    except NoFormError:
        return None
    return found if says_its_lengths(found) else None


def _terms(expr: Expr, outer: Indices) -> Iterator[Term]:
    """The additive terms; a sum over more than a pair of indices is multiplied out."""
    waiting = [expr]
    count = 0
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Sum):
            waiting[:0] = node.terms
            continue
        term = term_of(node, outer)
        wide = [f for f in term.factors if isinstance(f, Sum) and len(f.free) > 2]
        if not wide:
            yield term
            continue
        rest = [f for f in term.factors if f not in wide]
        for chosen in product(*(s.terms for s in wide)):
            count += 1
            if count > _TERMS:
                raise NoFormError
            spread = multiply((Number(term.coefficient), *rest, *chosen))
            waiting.append(contract(term.bound, spread))


def _matrix(term: Term, rows: Indices, columns: Indices) -> Matrix:
    parts = _groups(_deltas_used(term, rows, columns))
    own = [p for p in parts if p.free]
    partner = _partners(own, rows, columns)
    if not partner:
        left = _vector([p for p in own if p.free <= set(rows)], rows)
        right = _vector([p for p in own if p.free <= set(columns)], columns)
        chain = [left, transposed(right)]
    else:
        chain = _chain(own, partner, rows, columns)
    scalars = [_entries([p], None, None) for p in parts if not p.free]
    bodies: list[Matrix] = []
    coefficient = term.coefficient
    for matrix in chain:
        if isinstance(matrix, Scale):
            coefficient = coefficient * matrix.coefficient
            scalars.extend(matrix.scalars)
            if matrix.body is None:
                continue
            matrix = matrix.body
        bodies.extend(matrix.factors if isinstance(matrix, MatMul) else (matrix,))
    bodies = [b for b in bodies if not isinstance(b, Identity)] or bodies[:1]
    return scale(coefficient, scalars, bodies[0] if len(bodies) == 1 else MatMul(tuple(bodies)))


def _deltas_used(term: Term, rows: Indices, columns: Indices) -> Term:
    """Where a delta joins a row with a column, the other factors read the row's index."""
    renamed: dict[Index, Index] = {}
    for factor in term.factors:
        match factor:
            case Delta(Slot(Index() as one), Slot(Index() as other)) if one.extent is other.extent:
                row, column = (other, one) if one in columns else (one, other)
                if row in rows and column in columns:
                    renamed.setdefault(column, row)
            case _:
                pass
    factors = tuple(f if isinstance(f, Delta) else substitute(f, renamed) for f in term.factors)
    return Term(term.coefficient, term.bound, factors)


def _groups(term: Term) -> list[Expr]:
    """The factors of a term, those that share a summed index together."""
    groups: list[tuple[frozenset[Index], list[Expr]]] = []
    summed = frozenset(term.bound)
    for factor in term.factors:
        bound, factors = factor.free & summed, [factor]
        apart: list[tuple[frozenset[Index], list[Expr]]] = []
        for group in groups:
            if group[0] & bound:
                bound, factors = bound | group[0], [*group[1], *factors]
            else:
                apart.append(group)
        groups = [*apart, (bound, factors)]
    made = [
        contract([i for i in term.bound if i in bound], multiply(factors))
        for bound, factors in groups
    ]
    lone = [i for i in term.bound if not any(i in bound for bound, _ in groups)]
    return [*made, contract(lone, number(1))] if lone else made


def _partners(parts: Sequence[Expr], rows: Indices, columns: Indices) -> dict[Index, Index]:
    """For a row the column that some factor joins it with; empty if none does."""
    found: dict[Index, Index] = {}
    for part in parts:
        above = [i for i in rows if i in part.free]
        below = [i for i in columns if i in part.free]
        if not above or not below:
            continue
        if len(above) > 1 or len(below) > 1:
            raise NoFormError
        if found.setdefault(above[0], below[0]) is not below[0]:
            raise NoFormError
    if len(set(found.values())) < len(found):
        raise NoFormError
    return found


def _chain(
    parts: Sequence[Expr], partner: Mapping[Index, Index], rows: Indices, columns: Indices
) -> list[Matrix]:
    """A diagonal matrix, a Kronecker product, a commutation, a diagonal matrix; some of them."""
    before = [p for p in parts if len(rows) == 2 and p.free == frozenset(rows)]
    behind = [p for p in parts if len(columns) == 2 and p.free == frozenset(columns)]
    parts = [p for p in parts if p not in before and p not in behind]
    place = {row: k for k, row in enumerate(rows)}
    crossed = any(
        len(rows) == len(columns) == 2 and columns.index(column) != place[row]
        for row, column in partner.items()
    )
    turned = columns[::-1] if crossed else columns
    pairs: list[tuple[Index | None, Index | None]]
    if len(rows) == len(columns):
        pairs = list(zip(rows, turned, strict=True))
    elif len(rows) < len(columns):
        pairs = [(rows[0] if partner[rows[0]] is c else None, c) for c in columns]
    else:
        pairs = [(r, partner.get(r)) for r in rows]
    sides = [
        _entries([p for p in parts if p.free <= {row, column}], row, column)
        for row, column in reversed(pairs)
    ]
    chain: list[Matrix] = []
    if before:
        chain.append(Diag(Vec(_entries(before, *rows))))
    chain.extend(_kronecker(*sides))
    if crossed:
        chain.append(Commutation())
    if behind:
        chain.append(Diag(Vec(_entries(behind, *columns))))
    return chain


def _kronecker(left: Matrix, right: Matrix) -> list[Matrix]:
    """The product with what scales it in front; of two identities an identity."""
    front: list[Matrix] = []
    sides: list[Matrix] = []
    for side in (left, right):
        if isinstance(side, Scale) and side.body is not None:
            front.append(Scale(side.coefficient, side.scalars, None))
            side = side.body
        sides.append(side)
    both = all(isinstance(s, Identity) for s in sides)
    return [*front, sides[0] if both else Kronecker(*sides)]


def _vector(parts: Sequence[Expr], indices: Indices) -> Matrix:
    if len(indices) == 2 and not parts:
        return Ones(indices[0].extent * indices[1].extent)
    matrix = _entries(parts, *indices) if len(indices) == 2 else _entries(parts, indices[0], None)
    if len(indices) == 1:
        return matrix
    if isinstance(matrix, Scale) and matrix.body is not None:
        return Scale(matrix.coefficient, matrix.scalars, Vec(matrix.body))
    return Vec(matrix)


def _entries(parts: Sequence[Expr], row: Index | None, column: Index | None) -> Matrix:
    """The matrix over a pair, a column of a row alone, and a row of a column alone."""
    body = multiply(parts)
    found = matrix_of(body, column, None) if row is None else matrix_of(body, row, column)
    if found is None:
        raise NoFormError
    return transposed(found) if row is None and column is not None else found
