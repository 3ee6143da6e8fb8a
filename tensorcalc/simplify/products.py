"""Products: powers of one base merged, factors cancelled."""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr import (
    Access,
    Apply,
    Condition,
    Delta,
    Expr,
    Number,
    Pointwise,
    Sum,
    add,
    contract,
    multiply,
    power,
)
from tensorcalc.simplify.canonical import canonical
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["distribute_to_cancel", "merge_powers"]

#: Pointwise functions whose value is 0 or 1.
_COMPARISONS = ("less", "less_equal", "equal", "not_equal", "heaviside")


def merge_powers(expr: Expr) -> Expr:
    """``x^a x^b = x^{a+b}``, ``x / x = 1``; a delta, a mask times itself is itself."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    if not term.factors:
        return expr
    exponents: dict[Expr, Fraction] = {}
    bases: dict[Expr, Expr] = {}
    explicit: set[Expr] = set()
    times: dict[Expr, int] = {}
    for factor in term.factors:
        base, exponent = _base_and_exponent(factor)
        key = canonical(base)
        bases.setdefault(key, base)
        exponents[key] = exponents.get(key, Fraction(0)) + exponent
        times[key] = times.get(key, 0) + 1
        if exponent != 1:
            explicit.add(key)
    merged = {
        key
        for key, count in times.items()
        if count > 1 and (key in explicit or _idempotent(key) or not _open(bases[key], term))
    }
    if not merged:
        return expr
    factors: list[Expr] = []
    for factor in term.factors:
        key = canonical(_base_and_exponent(factor)[0])
        if key not in merged:
            factors.append(factor)
        elif key in exponents:
            exponent = exponents.pop(key)
            factors.append(bases[key] if _idempotent(key) else power(bases[key], exponent))
    return expr_of(Term(term.coefficient, term.bound, tuple(factors)))


def _open(base: Expr, term: Term) -> bool:
    """Whether the base carries a summed index: then ``x_i x^i`` reads better than a power."""
    return any(i in base.free for i in term.bound)


def _idempotent(base: Expr) -> bool:
    if isinstance(base, Access):
        return "mask" in base.tensor.facts
    if isinstance(base, Apply) and isinstance(base.operation, Pointwise):
        return base.operation.name in _COMPARISONS
    return isinstance(base, Delta | Condition)


def _base_and_exponent(factor: Expr) -> tuple[Expr, Fraction]:
    match factor:
        case Apply(Pointwise(name="pow"), (base, Number(value))) if isinstance(value, Fraction):
            return base, value
        case _:
            return factor, Fraction(1)


def distribute_to_cancel(expr: Expr) -> Expr:
    """``x (a / x + b) = a + x b``: only where a factor then cancels."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    for position, factor in enumerate(term.factors):
        if not isinstance(factor, Sum):
            continue
        inverses = {
            canonical(base)
            for part in factor.terms
            for base, exponent in map(_base_and_exponent, term_of(part).factors)
            if exponent < 0
        }
        if not inverses:
            continue
        others = [f for k, f in enumerate(term.factors) if k != position]
        spread = [f for f in others if canonical(_base_and_exponent(f)[0]) in inverses]
        if spread:
            rest = [f for f in others if f not in spread]
            inner = add(merge_powers(multiply((*spread, part))) for part in factor.terms)
            scale = Number(term.coefficient)
            return contract(term.bound, multiply((scale, *rest, inner)))
    return expr
