"""Branches: what is finite drawn out of ``where``, so that deltas in it can fall.

``where(c, δ_ij f_j, 0) = δ_ij where(c, f_j, 0)`` holds even where ``f_j`` is not a number, since a
delta is 0 or 1. Other factors stay inside: outside, 0 times something infinite is not 0.
"""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr import (
    ONE,
    ZERO,
    Apply,
    Condition,
    Delta,
    Expr,
    Number,
    Pointwise,
    Sum,
    add,
    contract,
    is_one,
    is_zero,
    multiply,
    subtract,
    walk,
)
from tensorcalc.simplify.canonical import same
from tensorcalc.simplify.edges import apart
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["draw_out_of_branches", "join_branches"]


def draw_out_of_branches(expr: Expr) -> Expr:
    """Deltas, conditions, numbers and summations leave a ``where`` whose other branch is 0."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    factors = [_drawn_out(f) for f in term.factors]
    if all(new is old for new, old in zip(factors, term.factors, strict=True)):
        return expr
    return contract(term.bound, multiply((Number(term.coefficient), *factors)))


def join_branches(expr: Expr) -> Expr:
    """``where(c, a, b) + where(c, d, e) = where(c, a + d, b + e)``."""
    if not isinstance(expr, Sum):
        return expr
    terms = list(expr.terms)
    place = 0
    while place < len(terms):
        for other in range(place + 1, len(terms)):
            joined = _joined(term_of(terms[place]), term_of(terms[other]))
            if joined is not None:
                terms[place] = joined
                del terms[other]
                break
        else:
            place += 1
    return expr if len(terms) == len(expr.terms) else add(terms)


def _joined(left: Term, right: Term) -> Expr | None:
    """One ``where`` of two; those that hold deltas are to be drawn apart first."""
    if left.bound or right.bound or len(left.factors) != len(right.factors):
        return None
    for one in _halves(left):
        for two in _halves(right):
            (operation, condition, first, second, rest), (_, other, third, fourth, beside) = (
                one,
                two,
            )
            if not same(condition, other) or not same(multiply(rest), multiply(beside)):
                continue
            taken = add((_scaled(left, first), _scaled(right, third)))
            missed = add((_scaled(left, second), _scaled(right, fourth)))
            return multiply((*rest, Apply(operation, (condition, taken, missed))))
    return None


_Half = tuple[Pointwise, Expr, Expr, Expr, tuple[Expr, ...]]


def _halves(term: Term) -> list[_Half]:
    """Every ``where`` among the factors, with the others."""
    found: list[_Half] = []
    for place, factor in enumerate(term.factors):
        match factor:
            case Apply(Pointwise(name="where") as operation, (condition, first, second)) if not any(
                isinstance(node, Delta) for part in (first, second) for node in walk(part)
            ):
                rest = (*term.factors[:place], *term.factors[place + 1 :])
                found.append((operation, condition, first, second, rest))
            case _:
                pass
    return found


def _scaled(term: Term, part: Expr) -> Expr:
    return multiply((Number(term.coefficient), part))


def _drawn_out(factor: Expr) -> Expr:
    match factor:
        case Apply(Pointwise(name="where") as operation, (condition, first, second)):
            if first is second:
                return first
            if is_zero(second):
                return _branch(operation, condition, first, taken=True) or factor
            if is_zero(first):
                return _branch(operation, condition, second, taken=False) or factor
            return factor
        case _:
            return factor


def _branch(operation: Pointwise, condition: Expr, body: Expr, *, taken: bool) -> Expr | None:
    """``where(condition, body, 0)``, or the other way round, with what may leave it in front."""

    def where(part: Expr) -> Expr:
        if is_one(part) and isinstance(condition, Condition):
            return condition if taken else subtract(ONE, condition)
        return Apply(operation, (condition, part, ZERO) if taken else (condition, ZERO, part))

    if isinstance(body, Sum):
        return add(where(part) for part in body.terms) if _holds_delta(body) else None
    term = term_of(apart(body, condition.free) if condition.free else body)
    for place, part in enumerate(term.factors):
        if isinstance(part, Sum) and _holds_delta(part):
            rest = (*term.factors[:place], *term.factors[place + 1 :])
            scale = Number(term.coefficient)
            spread = (contract(term.bound, multiply((scale, *rest, t))) for t in part.terms)
            return add(where(t) for t in spread)
    outer = tuple(f for f in term.factors if isinstance(f, Delta | Condition))
    inner = tuple(f for f in term.factors if not isinstance(f, Delta | Condition))
    if not outer and (inner or term.bound):
        return None
    alone = where(expr_of(Term(Fraction(1), (), inner)))
    if not outer and term.coefficient == 1 and isinstance(alone, Apply):
        return None
    return contract(term.bound, multiply((Number(term.coefficient), *outer, alone)))


def _holds_delta(body: Sum) -> bool:
    """Whether a term has a delta as a factor."""
    return any(isinstance(f, Delta) for part in body.terms for f in term_of(part).factors)
