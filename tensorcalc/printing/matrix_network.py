"""One term in matrix notation: factors joined by indices, taken away one index at a time.

A factor with one index is a column at that index, one with two is an edge between them. A
summed index at the end of one edge is a matrix-vector product, one between two edges a
matrix product, a cycle is a trace; what meets at one place is multiplied entry by entry.
A term has a matrix form exactly if no summed index is left, that is, if the graph is
series-parallel between row and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tensorcalc.expr import Index
from tensorcalc.printing.matrix_build import (
    diagonal,
    dot,
    exponent_of,
    hadamard,
    matmul,
    scale,
    trace,
    transposed,
)
from tensorcalc.printing.matrix_tree import (
    Diag,
    Hadamard,
    Identity,
    Length,
    Matrix,
    Ones,
    Power,
    Scale,
    Transpose,
)

__all__ = ["Joint", "NoFormError", "Part", "reduce_network"]


class NoFormError(Exception):
    """There is no matrix form: never leaves this package."""


@dataclass(frozen=True, slots=True)
class Part:
    """A factor as a scalar, a column over ``indices[0]``, or a matrix from one to the other."""

    indices: tuple[Index, ...]
    value: Matrix


@dataclass(frozen=True, slots=True)
class Joint:
    """A delta: two indices that hold the same number."""

    left: Index
    right: Index


def reduce_network(
    coefficient: Fraction | float,
    bound: Sequence[Index],
    parts: Sequence[Part | Joint],
    row: Index | None,
    column: Index | None,
) -> Matrix:
    """Return the sum over ``bound`` of the product of ``parts``, times ``coefficient``.

    Raises:
        NoFormError: An index joins three factors in a way that no product says.
    """
    return _Network(coefficient, bound, parts, row, column).reduce()


class _Network:
    """What is left of a term; every operation takes one summed index away."""

    def __init__(
        self,
        coefficient: Fraction | float,
        bound: Sequence[Index],
        parts: Sequence[Part | Joint],
        row: Index | None,
        column: Index | None,
    ) -> None:
        self.coefficient = coefficient
        self.scalars: list[Matrix] = []
        self.row, self.column = row, column
        free = [i for i in (row, column) if i is not None]
        self.same = _joined([*free, *bound], [p for p in parts if isinstance(p, Joint)])
        self.on_diagonal = len(free) == 2 and self.same[free[0]] is self.same[free[1]]
        self.bound = [i for i in bound if self.same[i] is i]
        self.columns: dict[Index, list[Matrix]] = {i: [] for i in self.same.values()}
        self.loops: dict[Index, list[Matrix]] = {i: [] for i in self.same.values()}
        self.edges: list[tuple[Index, Index, Matrix]] = []
        #: The factors as they come, for products without a beginning.
        self.order: list[Matrix] = []
        for part in parts:
            if isinstance(part, Part):
                self._take(part)

    def _take(self, part: Part) -> None:
        value: Matrix | None = part.value
        if isinstance(value, Scale):
            self.coefficient = self.coefficient * value.coefficient
            self.scalars.extend(value.scalars)
            value = value.body
        if value is not None:
            self.order.append(value.of if isinstance(value, Transpose) else value)
        match [self.same[i] for i in part.indices]:
            case []:
                if value is not None:
                    self.scalars.append(value)
            case [one] if value is not None:
                self.columns[one].append(value)
            case [first, second] if value is not None:
                if first is second:
                    self.loops[first].append(value)
                else:
                    self.edges.append((first, second, value))
            case _:
                raise NoFormError

    def reduce(self) -> Matrix:
        while self.bound:
            index = next((i for i in self.bound if len(self._neighbours(i)) <= 1), None)
            if index is not None:
                self._take_end(index)
            else:
                index = next((i for i in self.bound if len(self._neighbours(i)) == 2), None)
                if index is None:
                    raise NoFormError
                self._take_middle(index)
            self.bound.remove(index)
        return scale(self.coefficient, self.scalars, self._body())

    # Taking an index away -----------------------------------------------------------------

    def _take_end(self, index: Index) -> None:
        """An index that meets at most one other."""
        others = self._neighbours(index)
        if not others:
            self.scalars.append(self._total(index))
            return
        other = others[0]
        between = self._edges_out(other, index)
        bare = not self.columns[index] and not self.loops[index]
        if bare and self._is_bare(other):
            between = _spread(between)
            if any(exponent_of(m) < 0 for m in between):
                between = [hadamard(between)]
            elif len(between) > 2:
                between = [between[0], hadamard(between[1:])]
        if bare and len(between) == 2:
            self.loops[other].append(matmul(between[0], transposed(between[1])))
        else:
            self.columns[other].append(matmul(hadamard(between), self._column(index)))

    def _take_middle(self, index: Index) -> None:
        """An index between two others: a matrix product."""
        first, second = self._neighbours(index)
        left = hadamard(self._edges_out(first, index))
        right = hadamard(self._edges_out(index, second))
        middle: tuple[Matrix, ...] = ()
        if self.columns[index] or self.loops[index]:
            middle = (Diag(self._column(index)),)
        self.edges.append((first, second, matmul(left, *middle, right)))

    def _total(self, index: Index) -> Matrix:
        """The sum over an index that meets no other."""
        columns, loops = self.columns[index], self.loops[index]
        if not columns and not loops:
            return Length(index.extent)
        if not columns and len(loops) == 1:
            return trace(loops[0], self.order)
        vectors = _spread([*columns, *(diagonal(m) for m in loops)])
        if len(vectors) == 1 or any(exponent_of(v) < 0 for v in vectors):
            return dot(Ones(index.extent), hadamard(vectors))
        return dot(vectors[0], hadamard(vectors[1:]))

    # What stands where --------------------------------------------------------------------

    def _column(self, index: Index) -> Matrix:
        """Everything that depends on ``index`` alone."""
        vectors = [*self.columns[index], *(diagonal(m) for m in self.loops[index])]
        return hadamard(vectors) if vectors else Ones(index.extent)

    def _neighbours(self, index: Index) -> list[Index]:
        met: dict[Index, None] = {}
        for first, second, _ in self.edges:
            if first is index:
                met[second] = None
            elif second is index:
                met[first] = None
        return list(met)

    def _edges_out(self, rows: Index, columns: Index) -> list[Matrix]:
        """Take out the edges between two indices, written with these rows and columns."""
        found: list[Matrix] = []
        left: list[tuple[Index, Index, Matrix]] = []
        for edge in self.edges:
            first, second, value = edge
            if first is rows and second is columns:
                found.append(value)
            elif first is columns and second is rows:
                found.append(transposed(value))
            else:
                left.append(edge)
        self.edges = left
        return found

    def _is_bare(self, index: Index) -> bool:
        """Whether a summed index has nothing left."""
        return (
            index in self.bound
            and not self.columns[index]
            and not self.loops[index]
            and not self._neighbours(index)
        )

    def _body(self) -> Matrix | None:
        """What is left on the free indices."""
        if self.row is None:
            return None
        if self.column is None:
            return self._column(self.same[self.row])
        if self.on_diagonal:
            index = self.same[self.row]
            columns, loops = self.columns[index], self.loops[index]
            if not columns and not loops:
                return Identity(index.extent)
            if not columns and len(loops) == 1:
                return hadamard([Identity(index.extent), loops[0]])
            return Diag(self._column(index))
        between = self._edges_out(self.row, self.column)
        if not between:
            return matmul(self._column(self.row), transposed(self._column(self.column)))
        chain = [hadamard(between)]
        if self.columns[self.row] or self.loops[self.row]:
            chain.insert(0, Diag(self._column(self.row)))
        if self.columns[self.column] or self.loops[self.column]:
            chain.append(Diag(self._column(self.column)))
        return matmul(*chain)


def _factors(matrix: Matrix) -> tuple[Matrix, ...]:
    return matrix.factors if isinstance(matrix, Hadamard) else (matrix,)


def _spread(products: Sequence[Matrix]) -> list[Matrix]:
    """The factors of products of entries; small whole powers as repeated ones."""
    found: list[Matrix] = []
    for factor in (f for product in products for f in _factors(product)):
        if isinstance(factor, Power) and exponent_of(factor) in (2, 3, 4):
            found.extend([factor.base] * int(exponent_of(factor)))
        else:
            found.append(factor)
    return found


def _joined(indices: Sequence[Index], joints: Sequence[Joint]) -> dict[Index, Index]:
    """The index that stands for each: the first (a free one, if any) of those that are equal."""
    same = {i: i for i in indices}
    for joint in joints:
        left, right = same[joint.left], same[joint.right]
        if left is right:
            continue
        if left.extent is not right.extent:
            raise NoFormError
        order = list(same)
        keep, drop = sorted((left, right), key=order.index)
        for index, stands in same.items():
            if stands is drop:
                same[index] = keep
    return same
