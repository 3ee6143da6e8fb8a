"""Products: powers of one base merged, factors cancelled."""

from __future__ import annotations

from fractions import Fraction
from itertools import takewhile

from tensorcalc.expr import (
    Access,
    Apply,
    Condition,
    Delta,
    Expr,
    Number,
    Pointwise,
    Product,
    Size,
    Sum,
    add,
    contract,
    multiply,
)
from tensorcalc.simplify.canonical import canonical
from tensorcalc.simplify.roots import HALF, base_and_exponent, root_power
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = [
    "distribute_to_cancel",
    "merge_powers",
    "powers_of_masks",
    "quotients_last",
    "roots_of_constants_joined",
]

#: Pointwise functions whose value is 0 or 1.
_COMPARISONS = ("less", "less_equal", "equal", "not_equal", "heaviside")


def merge_powers(expr: Expr) -> Expr:
    """``x^a x^b = x^{a+b}``, ``x / x = 1``; a delta, a mask times itself is itself."""
    if isinstance(expr, Sum):
        return expr
    known = _with_masks_known(term_of(expr))
    if known is not None:
        return expr_of(known)
    term = _quotients_apart(term_of(expr))
    if not term.factors:
        return expr
    exponents: dict[Expr, Fraction] = {}
    bases: dict[Expr, Expr] = {}
    explicit: set[Expr] = set()
    times: dict[Expr, int] = {}
    for factor in term.factors:
        base, exponent = base_and_exponent(factor)
        key = canonical(base)
        bases.setdefault(key, base)
        exponents[key] = exponents.get(key, Fraction(0)) + exponent
        times[key] = times.get(key, 0) + 1
        if exponent != 1:
            explicit.add(key)
    merged = {
        key
        for key, count in times.items()
        if (count > 1 and (key in explicit or _idempotent(key) or not _pairs(bases[key], term)))
        or (_idempotent(key) and exponents[key] > 1)
    }
    if not merged:
        return expr
    factors: list[Expr] = []
    for factor in term.factors:
        key = canonical(base_and_exponent(factor)[0])
        if key not in merged:
            factors.append(factor)
        elif key in exponents:
            exponent = exponents.pop(key)
            factors.append(bases[key] if _idempotent(key) else root_power(bases[key], exponent))
    return expr_of(Term(term.coefficient, term.bound, tuple(factors)))


def _quotients_apart(term: Term) -> Term:
    """``x / (x y)`` as ``x x**-1 y**-1``: only where a base then meets another factor."""
    known = {canonical(base_and_exponent(f)[0]) for f in term.factors}
    factors: list[Expr] = []
    for factor in term.factors:
        base, exponent = base_and_exponent(factor)
        inner = term_of(base)
        parts = [base_and_exponent(f) for f in inner.factors]
        apart = (
            exponent.denominator == 1
            and len(parts) > 1
            and inner.coefficient == 1
            and not inner.bound
            and not known.isdisjoint(canonical(b) for b, _ in parts)
        )
        factors.extend([root_power(b, e * exponent) for b, e in parts] if apart else [factor])
    if len(factors) == len(term.factors):
        return term
    return Term(term.coefficient, term.bound, tuple(factors))


def _pairs(base: Expr, term: Term) -> bool:
    """Whether two of ``base`` are joined by a summed index of their own.

    Then ``x_i x^i`` reads better than a power, and a function of it does not.
    """
    if not isinstance(base, Access):
        return False
    key = canonical(base)
    others = [f for f in term.factors if canonical(f) is not key]
    return any(i in term.bound and not any(i in f.free for f in others) for i in base.free)


def powers_of_masks(expr: Expr) -> Expr:
    """``m**2 = m`` for what is 0 or 1: as a value, not for what is differentiated by ``m``."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    factors = tuple(map(_of_mask, term.factors))
    return expr if factors == term.factors else expr_of(Term(term.coefficient, term.bound, factors))


def _of_mask(factor: Expr) -> Expr:
    base, exponent = base_and_exponent(factor)
    return base if exponent > 0 and _idempotent(base) else factor


def _with_masks_known(term: Term) -> Term | None:
    """``m (a + m b) = m (a + b)`` for what is 0 or 1: beside itself it counts as 1."""
    masks = {canonical(f) for f in term.factors if _idempotent(f)}
    if not masks:
        return None
    factors = tuple(_with_ones(f, masks) if isinstance(f, Sum) else f for f in term.factors)
    return None if factors == term.factors else Term(term.coefficient, term.bound, factors)


def _with_ones(expr: Sum, masks: set[Expr]) -> Expr:
    parts: list[Expr] = []
    for part in expr.terms:
        term = term_of(part)
        left = tuple(
            f
            for f in term.factors
            if canonical(f) not in masks or not f.free.isdisjoint(term.bound)
        )
        same = len(left) == len(term.factors)
        parts.append(part if same else expr_of(Term(term.coefficient, term.bound, left)))
    return expr if tuple(parts) == expr.terms else add(parts)


def quotients_last(expr: Expr) -> Expr:
    """``1/f * x`` is written ``x / f``; a number or a size stays in front, as in ``1/n x``."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    ahead = list(takewhile(_is_coefficient, term.factors))
    behind = term.factors[len(ahead) :]
    below = [f for f in behind if base_and_exponent(f)[1] < 0]
    if not below or behind[-len(below) :] == tuple(below):
        return expr
    above = [f for f in behind if base_and_exponent(f)[1] >= 0]
    return expr_of(Term(term.coefficient, term.bound, (*ahead, *above, *below)))


def _is_coefficient(factor: Expr) -> bool:
    """A number, a size or one over a size, which is written ``1/n``."""
    base, exponent = base_and_exponent(factor)
    return isinstance(base, Number | Size) and exponent in (1, -1)


def roots_of_constants_joined(expr: Expr) -> Expr:
    """``sqrt(2) sqrt(pi) = sqrt(2 pi)``, below a fraction's bar too."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    for exponent in (HALF, -HALF):
        found = [
            f
            for f in term.factors
            if base_and_exponent(f)[1] == exponent and _is_constant(base_and_exponent(f)[0])
        ]
        if len(found) > 1:
            joined = root_power(multiply(base_and_exponent(f)[0] for f in found), exponent)
            rest = [f for f in term.factors if f not in found]
            return expr_of(Term(term.coefficient, term.bound, (joined, *rest)))
    return expr


def _is_constant(base: Expr) -> bool:
    """Whether ``base`` is made of positive numbers, pi and e."""
    match base:
        case Number(value):
            return value > 0
        case Apply(Pointwise(name="pi" | "e"), _):
            return True
        case Product(factors):
            return all(map(_is_constant, factors))
        case _:
            return False


def _idempotent(base: Expr) -> bool:
    """Whether the value is 0 or 1."""
    if isinstance(base, Access):
        return "mask" in base.tensor.facts
    if isinstance(base, Apply) and isinstance(base.operation, Pointwise):
        return base.operation.name in _COMPARISONS
    return isinstance(base, Delta | Condition)


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
            for base, exponent in map(base_and_exponent, term_of(part).factors)
            if exponent < 0
        }
        if not inverses:
            continue
        others = [f for k, f in enumerate(term.factors) if k != position]
        spread = [f for f in others if canonical(base_and_exponent(f)[0]) in inverses]
        if spread:
            rest = [f for f in others if f not in spread]
            inner = add(merge_powers(multiply((*spread, part))) for part in factor.terms)
            scale = Number(term.coefficient)
            return contract(term.bound, multiply((scale, *rest, inner)))
    return expr
