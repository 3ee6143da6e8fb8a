"""Deltas between affine indices, solved over the integers.

``sum_j δ^{i-j}_m w_j = w_{i-m}``: a summed index that stands in a delta with the coefficient 1 or
-1 is replaced by the solution. The solution may leave the index's range; then the sum has
no such term, so a factor that carries the index must vanish there: its slot gets the edge
rule ``zeropad``, and so does every other access that would leave its tensor. What cannot be
written so stays a delta under its sum, which is right as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorcalc.expr import (
    Affine,
    Condition,
    Delta,
    Edge,
    Expr,
    Index,
    Level,
    Lookup,
    Number,
    Slot,
    Sum,
    substitute,
)
from tensorcalc.expr.ranges import is_inside
from tensorcalc.simplify.decided import decided, difference
from tensorcalc.simplify.edges import FOLDING, folds_onto, on_circle, vanishes, zero_padded
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["eliminate_affine_deltas"]


@dataclass(frozen=True, slots=True)
class _Solution:
    """``index = value`` makes the delta 1; ``factors`` are the others with it put in.

    ``cost`` orders solutions of one delta: the least is taken.
    """

    index: Index
    factors: tuple[Expr, ...]
    cost: tuple[int, ...]


def eliminate_affine_deltas(expr: Expr) -> Expr:
    """``sum_j δ^{i-j}_m w_j = w_{i-m}``, with zero where ``i-m`` leaves the range of ``j``."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    if not any(isinstance(f, Delta | Condition) for f in term.factors):
        return expr
    bound, factors = list(term.bound), list(term.factors)
    position = 0
    changed = False
    while position < len(factors):
        factor = factors[position]
        if not isinstance(factor, Delta | Condition):
            position += 1
            continue
        value = decided(factor)
        if isinstance(value, Number):
            if value.value == 0:
                return value
            del factors[position]
            changed = True
            continue
        if value is not factor:
            factors[position] = factor = value
            changed = True
        rest = [*factors[:position], *factors[position + 1 :]]
        solution = _solve(factor, rest, bound)
        if solution is None:
            position += 1
            continue
        bound.remove(solution.index)
        factors = list(solution.factors)
        position = 0
        changed = True
    return expr_of(Term(term.coefficient, tuple(bound), tuple(factors))) if changed else expr


def _solve(
    node: Delta | Condition, rest: Sequence[Expr], bound: Sequence[Index]
) -> _Solution | None:
    if isinstance(node, Condition):
        if node.relation != "==" or not node.free.intersection(bound):
            return None
        left, right = Slot(node.left, Level.UPPER), Slot(node.right, Level.LOWER)
    else:
        left, right = node.left, node.right
    found: list[_Solution] = []
    if left.edge in FOLDING or right.edge in FOLDING:
        for own, other in ((left, right), (right, left)):
            if own.edge in FOLDING and other.edge is Edge.INSIDE:
                found.extend(_folded_solutions(own, other, rest, bound))
    else:
        net = difference(left.index, right.index)
        if net is None:
            return None
        for place, index in enumerate(bound):
            if abs(net.coefficient(index)) == 1:
                alone = index in (left.index, right.index)
                flip = alone and left.level is right.level
                solution = _put_in(index, net.solved_for(index), flip, alone, rest, place)
                if solution is not None:
                    found.append(solution)
    return min(found, key=lambda solution: solution.cost, default=None)


def _put_in(
    index: Index,
    value: Index | Affine,
    flip: bool,
    alone: bool,
    rest: Sequence[Expr],
    place: int,
) -> _Solution | None:
    """The factors with ``index = value``, if the range of ``index`` can be kept."""
    flipped = [index] if flip else []
    same_range = isinstance(value, Index) and value.extent is index.extent
    if not same_range and any(folds_onto(f, index) for f in rest):
        return None
    if is_inside(value, index.extent):
        factors = tuple(substitute(f, {index: value}, flipped) for f in rest)
        return _Solution(index, factors, (0, 0, 0, 0, place))
    if not any(vanishes(f, index) for f in rest):
        return None
    marked: list[Expr] = []
    zeros = 0
    for factor in rest:
        if index not in factor.free:
            marked.append(factor)
            continue
        ready = zero_padded(factor, index, value)
        if ready is None:
            return None
        zeros += ready[1]
        marked.append(substitute(ready[0], {index: value}, flipped))
    return _Solution(index, tuple(marked), (1, int(not alone), zeros, _is_sum(value), place))


def _is_sum(value: Index | Affine) -> int:
    """1 for ``m + j``, 0 for ``i - m``, which is how people write a convolution's adjoint."""
    terms = value.terms if isinstance(value, Affine) else ()
    return int(len(terms) > 1 and all(c > 0 for _, c in terms))


def _folded_solutions(
    own: Slot, other: Slot, rest: Sequence[Expr], bound: Sequence[Index]
) -> list[_Solution]:
    """Solutions of ``fold(own) = other``, where the fold is onto the range of ``other``.

    A plain summed ``other`` is replaced by the folded slot. A circle can be solved for any
    index that goes once around it.
    """
    index, target = own.index, other.index
    if not isinstance(target, Index) or isinstance(index, Lookup):
        return []
    found: list[_Solution] = []
    if target in bound and target not in own.free:
        factors = on_circle(rest, target, index, own.edge, target.extent)
        if factors is not None:
            found.append(_Solution(target, factors, (0, 0, 0, 0, 0)))
    if own.edge is not Edge.CIRCULAR:
        return found
    net = difference(index, target)
    if net is None:
        return found
    for place, candidate in enumerate(bound):
        if candidate is target or candidate.extent is not target.extent:
            continue
        if abs(net.coefficient(candidate)) != 1:
            continue
        value = net.solved_for(candidate)
        factors = on_circle(rest, candidate, value, Edge.CIRCULAR, target.extent)
        if factors is not None:
            found.append(_Solution(candidate, factors, (1, 1, 0, _is_sum(value), place)))
    return found
