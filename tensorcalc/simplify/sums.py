"""Sums: like terms, common factors, summation over sums, multiplying out where it pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd

from tensorcalc.expr import (
    Access,
    Apply,
    Delta,
    Expr,
    Number,
    Product,
    Size,
    Sum,
    Transform,
    add,
    children,
    contract,
    multiply,
    negate,
)
from tensorcalc.simplify.canonical import canonical
from tensorcalc.simplify.roots import base_and_exponent, root_power
from tensorcalc.simplify.terms import Term, expr_of, one_scope, term_of

__all__ = [
    "collect_like_terms",
    "count_missing_indices",
    "distribute_contraction",
    "expand_where_shorter",
    "positive_first",
    "take_out_common",
    "weight",
]

#: A product of sums with more terms than this is left as it is.
_EXPANSION_LIMIT = 16


def collect_like_terms(expr: Expr) -> Expr:
    """``a x + b x = (a + b) x`` for numbers a, b."""
    if not isinstance(expr, Sum):
        return expr
    total: dict[Expr, Fraction | float] = {}
    first: dict[Expr, tuple[Expr, int]] = {}
    for part in expr.terms:
        for single in _scaled_sum(part):
            term = term_of(single)
            key, sign = _unsigned(canonical(expr_of(Term(Fraction(1), term.bound, term.factors))))
            if key in total:
                total[key] = total[key] + sign * term.coefficient
            else:
                total[key] = sign * term.coefficient
                first[key] = single, sign
    if tuple(single for single, _ in first.values()) == expr.terms:
        return expr
    terms: list[Expr] = []
    for key, coefficient in total.items():
        single, sign = first[key]
        term = term_of(single)
        terms.append(expr_of(Term(sign * coefficient, term.bound, term.factors)))
    return add(terms)


def _unsigned(key: Expr) -> tuple[Expr, int]:
    """A canonical term without the minus that sorting an antisymmetric tensor's slots costs."""
    term = term_of(key)
    if term.coefficient != -1:
        return key, 1
    return one_scope(Term(Fraction(1), term.bound, term.factors)), -1


def _scaled_sum(expr: Expr) -> Sequence[Expr]:
    """A number times a sum, as its terms; anything else as it is."""
    term = term_of(expr)
    if not term.bound and len(term.factors) == 1 and isinstance(term.factors[0], Sum):
        return [multiply((Number(term.coefficient), t)) for t in term.factors[0].terms]
    return (expr,)


def positive_first(expr: Expr) -> Expr:
    """``-t + p`` and ``-(t - p)`` are written ``p - t``."""
    match expr:
        case Sum():
            pass
        case Product((Number(value), Sum(terms))) if value == -1:
            turned = add(negate(t) for t in terms)
            return positive_first(turned) if isinstance(turned, Sum) else turned
        case _:
            return expr
    if term_of(expr.terms[0]).coefficient > 0:
        return expr
    for position, part in enumerate(expr.terms):
        if term_of(part).coefficient > 0:
            return Sum((part, *expr.terms[:position], *expr.terms[position + 1 :]))
    return expr


def take_out_common(expr: Expr) -> Expr:
    """``a x + a y = a (x + y)`` where ``a`` stands outside every summation."""
    if not isinstance(expr, Sum):
        return expr
    split = [term_of(t) for t in expr.terms]
    scale = _common_coefficient(split)
    common: list[Expr] = []
    remaining = [list(t.factors) for t in split]
    for factor in split[0].factors:
        if isinstance(factor, Number):
            continue
        base, own = base_and_exponent(factor)
        key = canonical(base)
        found = [_place_of(key, own, t, left) for t, left in zip(split, remaining, strict=True)]
        places = [place for place in found if place is not None]
        if len(places) < len(found):
            continue
        least = min(exponent for _, exponent in places)
        common.append(factor if least == own else root_power(base, least))
        for left, (place, exponent) in zip(remaining, places, strict=True):
            more = [] if exponent == least else [root_power(base, exponent - least)]
            left[place : place + 1] = more
    if not common and scale == 1:
        return expr
    if all(t.coefficient < 0 for t in split):
        scale = -scale
    inner = add(
        expr_of(Term(t.coefficient / scale, t.bound, tuple(left)))
        for t, left in zip(split, remaining, strict=True)
    )
    return multiply((Number(scale), *common, inner))


def _place_of(
    key: Expr, wanted: Fraction, term: Term, factors: Sequence[Expr]
) -> tuple[int, Fraction] | None:
    """Where a power of ``key`` that carries no summed index stands, and its exponent.

    The exponent is the one wanted, or both are whole and positive.
    """
    for place, factor in enumerate(factors):
        base, exponent = base_and_exponent(factor)
        if canonical(base) is not key or any(i in factor.free for i in term.bound):
            continue
        whole = wanted.denominator == exponent.denominator == 1 and min(wanted, exponent) > 0
        if exponent == wanted or whole:
            return place, exponent
    return None


def _common_coefficient(terms: Sequence[Term]) -> Fraction:
    """What divides all coefficients: a whole number, over their denominator if they share one."""
    sizes = {abs(t.coefficient) for t in terms}
    exact = [size for size in sizes if isinstance(size, Fraction) and size]
    below = {size.denominator for size in exact}
    if len(exact) < len(sizes) or len(below) > 1:
        return Fraction(1)
    return Fraction(gcd(*(size.numerator for size in exact)), below.pop())


def distribute_contraction(expr: Expr) -> Expr:
    """``sum_i (a_i + b_i) = sum_i a_i + sum_i b_i``."""
    term = term_of(expr)
    if not term.bound or len(term.factors) != 1 or not isinstance(term.factors[0], Sum):
        return expr
    scale = Number(term.coefficient)
    return add(contract(term.bound, multiply((scale, part))) for part in term.factors[0].terms)


def count_missing_indices(expr: Expr) -> Expr:
    """A summed index that no factor carries is a factor of its extent."""
    term = term_of(expr)
    carried = [i for i in term.bound if any(i in f.free for f in term.factors)]
    if len(carried) == len(term.bound):
        return expr
    sizes: list[Expr] = []
    for index in term.bound:
        if index not in carried:
            known = index.extent.number
            sizes.append(Size(index.extent) if known is None else Number(Fraction(known)))
    factors = multiply((Number(term.coefficient), *sizes, *term.factors))
    return contract(carried, factors)


def expand_where_shorter(expr: Expr, tidy: Callable[[Expr], Expr]) -> Expr:
    """``p (1 - t) - t (1 - p) = p - t``: sums multiplied out, where that is shorter.

    Args:
        expr: A sum or a term.
        tidy: Simplifies each term that multiplying out makes: a fact may hold there.
    """
    if not isinstance(expr, Sum) and not term_of(expr).bound:
        # The terms of one product of sums only meet under a summation, by a fact.
        return expr
    spread: list[Expr] = []
    for part in expr.terms if isinstance(expr, Sum) else (expr,):
        spread.extend(_multiplied_out(part))
        if len(spread) > _EXPANSION_LIMIT:
            return expr
    if len(spread) == (len(expr.terms) if isinstance(expr, Sum) else 1):
        return expr
    expanded = collect_like_terms(add(tidy(part) for part in spread))
    return expanded if weight(expanded) < weight(expr) else expr


def _multiplied_out(expr: Expr) -> list[Expr]:
    """The terms of a product of sums; no more than the limit are made."""
    pending, done = [expr], list[Expr]()
    while pending and len(pending) + len(done) <= _EXPANSION_LIMIT + 1:
        part = pending.pop()
        term = term_of(part)
        position = next((k for k, f in enumerate(term.factors) if isinstance(f, Sum)), None)
        if position is None:
            done.append(part)
            continue
        inner = term.factors[position]
        assert isinstance(inner, Sum)
        rest = (*term.factors[:position], *term.factors[position + 1 :])
        scale = Number(term.coefficient)
        pending.extend(contract(term.bound, multiply((scale, *rest, t))) for t in inner.terms)
    return done + pending


def weight(expr: Expr) -> int:
    """How long a formula is to read: its tensors and functions, as often as they are printed."""
    count: dict[Expr, int] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if node in count:
            stack.pop()
            continue
        parts = children(node)
        waiting = [part for part in parts if part not in count]
        if waiting:
            stack.extend(waiting)
            continue
        own = isinstance(node, Access | Delta | Transform) or (
            isinstance(node, Apply) and repr(node.operation) != "pow"
        )
        count[node] = own + sum(count[part] for part in parts)
        stack.pop()
    return count[expr]
