"""From an expression of at most two free indices to its matrix form.

Each additive term is a network of factors (:mod:`tensorcalc.printing.matrix_network`). A
factor that is a sum may be kept as one matrix or be multiplied out; what is shorter to read
is taken, so that a softmax's Jacobian is ``diag(p) - p pᵀ`` and least squares keeps its
``Aᵀ (A x - b)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import assert_never

from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Apply,
    Condition,
    Contraction,
    Delta,
    Derivative,
    Expr,
    Functional,
    Index,
    IndexExpression,
    Number,
    Pointwise,
    Product,
    Size,
    Sum,
    Transform,
    add,
    fold,
    multiply,
    rename_bound,
)
from tensorcalc.expr import contract as sum_over
from tensorcalc.printing.matrix_build import add as add_matrices
from tensorcalc.printing.matrix_build import power, scale, weight
from tensorcalc.printing.matrix_lengths import says_its_lengths
from tensorcalc.printing.matrix_network import Joint, NoFormError, Part, reduce_network
from tensorcalc.printing.matrix_tree import (
    Elementwise,
    Inverse,
    Kind,
    Length,
    Literal,
    Matrix,
    Norm,
    Symbol,
    Whole,
)

__all__ = ["Term", "matrix_of", "term_of"]

#: A formula nested deeper, or longer when written out, is not for reading in any notation.
_DEPTH = 40
_LENGTH = 1000
#: How many sums and terms are looked at, spellings that lose included.
_BUDGET = 2000
#: A product of sums with more terms than this is not multiplied out.
_TERMS = 12

#: Functions of a whole vector or matrix whose names say what they do.
_WHOLES = frozenset(
    {"softmax", "log_softmax", "logsumexp", "normalize", "max", "min", "prod", "argmax"}
)
_MATRIX_FUNCTIONS = frozenset({"det", "logdet", "cholesky"})


def matrix_of(expr: Expr, row: Index | None, column: Index | None) -> Matrix | None:
    """Return the matrix whose entry at ``row`` and ``column`` is ``expr``, or None.

    Args:
        expr: Its free indices are among the two.
        row: The index of rows; without a column the result is a column vector.
        column: The index of columns; there is none without a row.
    """
    if fold(expr, _depth) > _DEPTH or fold(expr, _length) > _LENGTH:
        return None
    try:
        found = _Reader().form(expr, row, column)
    except NoFormError:
        return None
    return found if says_its_lengths(found) else None


def _depth(_: Expr, parts: tuple[int, ...]) -> int:
    return 1 + max(parts, default=0)


def _length(_: Expr, parts: tuple[int, ...]) -> int:
    return 1 + sum(parts)


@dataclass(frozen=True, slots=True)
class Term:
    """A number times the sum over bound indices of a product."""

    coefficient: Fraction | float
    bound: tuple[Index, ...]
    factors: tuple[Expr, ...]


class _Reader:
    """Forms found so far, and how much may still be tried."""

    def __init__(self) -> None:
        self._known: dict[tuple[Expr, Index | None, Index | None], Matrix] = {}
        self._left = _BUDGET

    def form(self, expr: Expr, row: Index | None, column: Index | None) -> Matrix:
        assert expr.free <= {row, column}
        key = (expr, row, column)
        found = self._known.get(key)
        if found is None:
            self._left -= 1
            if self._left < 0:
                raise NoFormError
            if isinstance(expr, Sum):
                found = add_matrices([self.form(t, row, column) for t in expr.terms])
            else:
                found = self._term(term_of(expr, (row, column)), row, column)
            self._known[key] = found
        return found

    def _term(self, term: Term, row: Index | None, column: Index | None) -> Matrix:
        """The shortest of the spellings of a term; of equally short ones the first."""
        best: Matrix | None = None
        for factors in _absorbed(term.factors):
            try:
                found = self._network(Term(term.coefficient, term.bound, factors), row, column)
            except NoFormError:
                continue
            if best is None or weight(found) < weight(best):
                best = found
        if best is not None:
            return best
        return self._multiplied_out(term, row, column)

    def _network(self, term: Term, row: Index | None, column: Index | None) -> Matrix:
        order = [i for i in (row, column, *term.bound) if i is not None]
        parts = [p for f in term.factors for p in self._parts(f, order)]
        return reduce_network(term.coefficient, term.bound, parts, row, column)

    def _multiplied_out(self, term: Term, row: Index | None, column: Index | None) -> Matrix:
        """Every sum over indices spread; numbers and scalars stay in front."""
        sums = [f for f in term.factors if isinstance(f, Sum) and f.free]
        count = 1
        for factor in sums:
            count *= len(factor.terms)
        if not sums or count > _TERMS:
            raise NoFormError
        scalars = [f for f in term.factors if not f.free]
        rest = [f for f in term.factors if f.free and not isinstance(f, Sum)]
        terms = [
            self.form(sum_over(term.bound, multiply((*rest, *chosen))), row, column)
            for chosen in product(*(s.terms for s in sums))
        ]
        in_front = [self.form(s, None, None) for s in scalars]
        return scale(term.coefficient, in_front, add_matrices(terms))

    # Factors ------------------------------------------------------------------------------

    def _parts(self, factor: Expr, order: Sequence[Index]) -> Iterator[Part | Joint]:
        """A factor over the indices of its term."""
        match factor:
            case Number(value):
                yield Part((), Literal(value))
            case Size(extent):
                yield Part((), Length(extent))
            case Access(tensor, slots):
                if len(slots) > 2:
                    raise NoFormError
                indices = tuple(_plain(s.index) for s in slots)
                symmetric = (1, (0, 1)) in tensor.symmetry
                yield Part(indices, Symbol(tensor.name, _kind(len(indices)), symmetric))
            case Delta(left, right):
                yield Joint(_plain(left.index), _plain(right.index))
            case Condition("==", left, right):
                yield Joint(_plain(left), _plain(right))
            case Condition() | Derivative() | Product() | Contraction():
                raise NoFormError
            case Sum():
                indices = _ordered(factor, order)
                yield Part(indices, self.form(factor, *_row_and_column(indices)))
            case Apply(Pointwise(name="pow"), (base, Number(value))) if (
                value in (2, 3, 4) and factor.free
            ):
                yield from [Part(*self._operand(base, order))] * int(value)
            case Apply():
                indices = _ordered(factor, order)
                yield Part(indices, self._apply(factor, *_row_and_column(indices)))
            case Transform():
                yield self._transform(factor)
            case _:
                assert_never(factor)

    def _operand(self, expr: Expr, order: Sequence[Index]) -> tuple[tuple[Index, ...], Matrix]:
        indices = _ordered(expr, order)
        return indices, self.form(expr, *_row_and_column(indices))

    def _apply(self, node: Apply, row: Index | None, column: Index | None) -> Matrix:
        operation = node.operation

        def argument(expr: Expr) -> Matrix:
            return self.form(expr, row, column) if expr.free else self.form(expr, None, None)

        if isinstance(operation, Pointwise) and operation.name == "pow":
            base, exponent = map(argument, node.arguments)
            if not node.arguments[0].free and node.free:
                base = self.form(node.arguments[0], row, column)
            return power(base, exponent)
        if isinstance(operation, Pointwise) and operation.name == "reciprocal_or_zero":
            return power(argument(node.arguments[0]), Literal(Fraction(-1)))
        return Elementwise(operation, tuple(map(argument, node.arguments)))

    # Functions of whole tensors -----------------------------------------------------------

    def _transform(self, node: Transform) -> Part:
        operation = node.operation
        if len(node.arguments) != 1 or node.arguments[0].free or len(node.arguments[0].bound) > 2:
            raise NoFormError
        argument = node.arguments[0]
        rank = len(argument.bound)
        whole = self.form(argument.body, *_row_and_column(argument.bound))
        at = tuple(_plain(s.index) for s in node.at)
        if isinstance(operation, AbstractFunction):
            # A function with a matrix's entries has its derivatives in more than two indices.
            if len(at) > 2 or rank > 1:
                raise NoFormError
            return Part(at, Whole(operation, whole, _kind(len(at))))
        return self._catalog_function(operation, rank, whole, at)

    def _catalog_function(
        self, operation: Functional, rank: int, whole: Matrix, at: tuple[Index, ...]
    ) -> Part:
        match operation.name:
            case "inv":
                return Part(at, Inverse(whole))
            case "norm":
                return Part((), Norm(whole))
            case name if name in _MATRIX_FUNCTIONS or (
                name in _WHOLES and (rank == 1 or operation.result == "drop")
            ):
                return Part(at, Whole(operation, whole, _kind(len(at))))
            case _:
                raise NoFormError


def _absorbed(factors: tuple[Expr, ...]) -> Iterator[tuple[Expr, ...]]:
    """The factors as they are, then with one sum multiplied by what stands on its indices.

    Only a sum that needs a column of ones or an identity matrix can gain from it.
    """
    yield factors
    for position, factor in enumerate(factors):
        if not isinstance(factor, Sum) or not 1 <= len(factor.free) <= 2:
            continue
        if all(t.free == factor.free and not isinstance(t, Delta) for t in factor.terms):
            continue
        others = [k for k in range(len(factors)) if k != position]
        inside = [k for k in others if factors[k].free and factors[k].free <= factor.free]
        choices = {
            tuple(k for k in inside if factors[k].free == kind)
            for kind in _subsets(factors, inside)
        }
        choices.add(tuple(k for k in inside if len(factors[k].free) == 1))
        choices.add(tuple(inside))
        for chosen in sorted(choices - {()}):
            scaled = [factors[k] for k in chosen]
            spread = add(multiply((*scaled, t)) for t in factor.terms)
            yield tuple(
                spread if k == position else f for k, f in enumerate(factors) if k not in chosen
            )


def _subsets(factors: Sequence[Expr], inside: Sequence[int]) -> set[frozenset[Index]]:
    return {factors[k].free for k in inside}


def term_of(expr: Expr, outer: Sequence[Index | None]) -> Term:
    """Products flattened and sums drawn out of them, so that the term has one scope.

    No summed index is one of ``outer``, even if ``expr`` depends on none of them.
    """
    coefficient: Fraction | float = Fraction(1)
    bound: list[Index] = []
    factors: list[Expr] = []
    taken = {*expr.free, *(i for i in outer if i is not None)}
    stack = [expr]
    while stack:
        node = stack.pop()
        match node:
            case Number(value) if abs(value) != float("inf"):
                coefficient = coefficient * value
            case Product(parts):
                stack.extend(reversed(parts))
            case Contraction():
                renamed = rename_bound(node, taken)
                assert isinstance(renamed, Contraction)
                bound.extend(renamed.bound)
                taken.update(renamed.bound)
                stack.append(renamed.body)
            case _:
                factors.append(node)
    return Term(coefficient, tuple(bound), tuple(factors))


def _plain(index: IndexExpression) -> Index:
    if not isinstance(index, Index):
        raise NoFormError
    return index


def _ordered(factor: Expr, order: Sequence[Index]) -> tuple[Index, ...]:
    indices = tuple(i for i in order if i in factor.free)
    if len(indices) > 2:
        raise NoFormError
    return indices


def _row_and_column(indices: tuple[Index, ...]) -> tuple[Index | None, Index | None]:
    match indices:
        case ():
            return None, None
        case (row,):
            return row, None
        case (row, column):
            return row, column
        case _:
            raise NoFormError


def _kind(rank: int) -> Kind:
    return (Kind.SCALAR, Kind.COLUMN, Kind.MATRIX)[rank]
