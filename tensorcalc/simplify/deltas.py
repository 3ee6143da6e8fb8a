"""Deltas: eliminated by substitution, and spread over a sum where that lets one fall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from tensorcalc.expr import (
    Access,
    Affine,
    Delta,
    Expr,
    Index,
    Level,
    Lookup,
    Number,
    Slot,
    Sum,
    Transform,
    add,
    contract,
    free_of_index,
    multiply,
    substitute,
    walk,
)
from tensorcalc.expr.indices import Edge
from tensorcalc.simplify.affine import eliminate_affine_deltas
from tensorcalc.simplify.edges import may_be_looked_up
from tensorcalc.simplify.sums import collect_like_terms, take_out_common
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["distribute_for_deltas", "eliminate_deltas"]


def eliminate_deltas(expr: Expr) -> Expr:
    """``sum_i δ^i_k x_i = x_k``; ``δ^i_i`` is the extent; a free pair keeps one index."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    if not any(isinstance(f, Delta) for f in term.factors):
        return expr
    bound, factors = list(term.bound), list(term.factors)
    kept: list[Delta] = []
    while True:
        position = next((k for k, f in enumerate(factors) if isinstance(f, Delta)), None)
        if position is None:
            break
        delta = factors.pop(position)
        assert isinstance(delta, Delta)
        left, right = delta.left, delta.right
        if left.index is right.index and left.edge is right.edge is Edge.INSIDE:
            continue
        away, into = _replaceable(left, right, bound, [*kept, *factors])
        if away is not None and into is not None:
            index = away.index
            assert isinstance(index, Index)
            bound.remove(index)
            flipped = [index] if _turns(away, into, index, [*factors, *kept]) else []
            factors = [substitute(f, {index: into.index}, flipped) for f in factors]
            kept = [_as_delta(substitute(d, {index: into.index}, flipped)) for d in kept]
            continue
        value = _constant_delta(left, right)
        if value is not None:
            if value == 0:
                return Number(Fraction(0))
            continue
        kept.append(delta)
        _use_one_index(delta, factors)
    return expr_of(Term(term.coefficient, tuple(bound), (*kept, *factors)))


def _turns(away: Slot, into: Slot, index: Index, others: Sequence[Expr]) -> bool:
    """Whether ``index`` changes its level: ``δ_ij x^j`` is ``x_i``.

    Not in ``δ_ij x_j``, a sum over two slots on one level: it is ``x_i`` too.
    """
    if away.level is not into.level:
        return False
    inside = (f for f in others if index in f.free)
    met = next((level for f in inside for level in _levels_of(index, f)), None)
    return met is not away.level


def _levels_of(index: Index, expr: Expr) -> Iterator[Level]:
    """The levels of the slots that hold ``index``, in order."""
    for node in walk(expr):
        match node:
            case Access(_, slots) | Transform(_, _, slots):
                yield from (s.level for s in slots if index in s.free)
            case Delta(left, right):
                yield from (s.level for s in (left, right) if index in s.free)
            case _:
                pass


def _as_delta(expr: Expr) -> Delta:
    assert isinstance(expr, Delta)
    return expr


def _replaceable(
    left: Slot, right: Slot, bound: Sequence[Index], others: Sequence[Expr]
) -> tuple[Slot | None, Slot | None]:
    """The slot whose bound index the other slot's expression can replace, and that slot."""
    for away, into in ((left, right), (right, left)):
        if not isinstance(away.index, Index) or away.index not in bound:
            continue
        if into.edge is not Edge.INSIDE or away.edge is not Edge.INSIDE:
            continue
        match into.index:
            case Index():
                if into.index.extent is away.index.extent:
                    return away, into
            case Lookup(source):
                if away.index not in source.free and may_be_looked_up(away.index, others):
                    return away, into
            case Affine():  # solved over the integers, with an eye on the range
                continue
    return None, None


def _constant_delta(left: Slot, right: Slot) -> int | None:
    match left.index, right.index:
        case Affine((), first), Affine((), second):
            difference = (first - second).number
            return None if difference is None else int(difference == 0)
        case _:
            return None


def _use_one_index(delta: Delta, factors: list[Expr]) -> None:
    """``δ_ij x_j`` with both free: write the other factors with one of the two."""
    i, j = delta.left.index, delta.right.index
    if not (isinstance(i, Index) and isinstance(j, Index) and i.extent is j.extent):
        return
    first, second = sorted((i, j), key=lambda k: (k.name, k.serial))
    away, into = (delta.right, delta.left) if j is second else (delta.left, delta.right)
    flipped = [second] if _turns(away, into, second, factors) else []
    for position, factor in enumerate(factors):
        if not isinstance(factor, Delta) and second in factor.free:
            factors[position] = substitute(factor, {second: first}, flipped)


def distribute_for_deltas(expr: Expr) -> Expr:
    """``a_i (δ_ij - b_i) = a_j - a_i b_i``: only where a delta can then be eliminated."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    for position, factor in enumerate(term.factors):
        if isinstance(factor, Sum) and any(_joins(t, term.bound) for t in factor.terms):
            rest = (*term.factors[:position], *term.factors[position + 1 :])
            spread: list[Expr] = []
            for part in factor.terms:
                whole = multiply((Number(term.coefficient), *rest, part))
                alone = eliminate_deltas(contract(term.bound, whole))
                spread.append(eliminate_affine_deltas(alone))
            return take_out_common(collect_like_terms(add(spread)))
    return expr


def _joins(expr: Expr, bound: Sequence[Index]) -> bool:
    return any(
        isinstance(factor, Delta)
        and any(
            isinstance(i, Index | Affine) and any(k in bound for k in free_of_index(i))
            for i in (factor.left.index, factor.right.index)
        )
        for factor in term_of(expr).factors
    )
