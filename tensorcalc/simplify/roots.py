"""Powers, roots, exponentials and logarithms: one spelling for each.

A power 1/2 is a ``sqrt`` and a power -1/2 one over it; numbers leave powers exactly; products of
exponentials are exponentials of sums. What is undefined in the original may get a value
(``x / x``), never the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from tensorcalc.expr import (
    ONE,
    Access,
    Apply,
    Expr,
    Number,
    Pointwise,
    Product,
    Sum,
    add,
    apply,
    is_one,
    is_zero,
    multiply,
    number,
    power,
)
from tensorcalc.simplify.positivity import is_positive
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = [
    "HALF",
    "LARGEST_EXPONENT",
    "base_and_exponent",
    "exponential",
    "logarithm",
    "merge_exponentials",
    "power_of_term",
    "root",
    "root_power",
]

HALF = Fraction(1, 2)

#: Powers of numbers are computed up to this exponent.
LARGEST_EXPONENT = 64

#: Squares of larger numbers are not looked for under a root.
LARGEST_DIVISOR = 1000


def base_and_exponent(factor: Expr) -> tuple[Expr, Fraction]:
    """``x`` and ``a`` of ``x**a``; a square root counts as a half, ``1/x**2`` as ``x**-2``."""
    match factor:
        case Apply(Pointwise(name="pow"), (base, Number(value))) if isinstance(value, Fraction):
            apart = value == -1 or _is_root(base)
            inner, exponent = base_and_exponent(base) if apart else (base, Fraction(1))
            return inner, exponent * value
        case Apply(Pointwise(name="sqrt"), (base,)):
            return base, HALF
        case _:
            return factor, Fraction(1)


def _is_root(expr: Expr) -> bool:
    return isinstance(expr, Apply) and repr(expr.operation) == "sqrt"


def root_power(base: Expr, exponent: Fraction) -> Expr:
    """``base**exponent`` in its one spelling: ``sqrt`` for 1/2, ``1/x**2`` for ``x**-2``."""
    if exponent < 0:
        return power(root_power(base, -exponent), -1)
    return apply("sqrt", base) if exponent == HALF else power(base, exponent)


def root(factor: Expr, base: Expr) -> Expr:
    """``sqrt(base)``: exact for a square number, ``|x|`` for ``x**2``, numbers in front."""
    match base:
        case Number(Fraction() as value) if value >= 0:
            outside, inside = _root_taken(value)
            rest = factor if outside == 1 else apply("sqrt", Number(inside))
            return multiply((Number(outside), ONE if inside == 1 else rest))
        case Apply(Pointwise(name="exp"), (inner,)):
            return apply("exp", multiply((number(HALF), inner)))
        case Apply(Pointwise(name="pow"), (inner, Number(Fraction() as value))) if value % 2 == 0:
            half = value / 2
            return power(inner if half % 2 == 0 else apply("abs", inner), half)
        case _:
            term = term_of(base)
            if not _is_scaled(term):
                return factor
            outside, inside = _root_taken(Fraction(term.coefficient))
            if outside == 1:
                return factor
            left = expr_of(Term(inside, term.bound, term.factors))
            return multiply((Number(outside), apply("sqrt", left)))


def _is_scaled(term: Term) -> bool:
    """Whether a term has a number in front that is positive and not 1."""
    value = term.coefficient
    return isinstance(value, Fraction) and value > 0 and value != 1 and bool(term.factors)


def _unscaled(term: Term) -> Expr:
    return expr_of(Term(Fraction(1), term.bound, term.factors))


def _root_taken(value: Fraction) -> tuple[Fraction, Fraction]:
    """``s`` and ``m`` of ``sqrt(value) = s sqrt(m)``: what leaves the root, and what stays."""
    if not value:
        return Fraction(0), Fraction(1)
    above, below = _square_part(value.numerator), _square_part(value.denominator)
    outside = Fraction(above, below)
    return outside, value / (outside * outside)


def _square_part(value: int) -> int:
    """The root of the largest square that is found in ``value``: all of it, or small primes."""
    whole = isqrt(value)
    if whole * whole == value:
        return whole
    found, divisor = 1, 2
    while divisor * divisor <= value and divisor <= LARGEST_DIVISOR:
        while value % (divisor * divisor) == 0:
            value //= divisor * divisor
            found *= divisor
        while value % divisor == 0:
            value //= divisor
        divisor += 1
    return found


def power_of_term(factor: Expr, base: Expr, exponent: Fraction) -> Expr:
    """``(2 x y)**3 = 8 x**3 y**3``; ``1/(x y)`` stays one quotient, ``1/(x/y)`` is ``y/x``."""
    if exponent.denominator != 1 or abs(exponent) > LARGEST_EXPONENT:
        return factor
    term = term_of(base)
    value = term.coefficient
    if not isinstance(value, Fraction) or not value or not term.factors:
        return factor
    if exponent > 0 and not term.bound and len(term.factors) > 1:
        spread = (root_power(b, e * exponent) for b, e in map(base_and_exponent, term.factors))
        return multiply((Number(value ** int(exponent)), *spread))
    if exponent < 0 and not term.bound and any(base_and_exponent(f)[1] < 0 for f in term.factors):
        spread = (root_power(b, e * exponent) for b, e in map(base_and_exponent, term.factors))
        return multiply((Number(value ** int(exponent)), *spread))
    if value == 1:
        return factor
    return multiply((Number(value ** int(exponent)), power(_unscaled(term), exponent)))


def exponential(factor: Expr, argument: Expr) -> Expr:
    """``exp(2 log(x) + y) = x**2 exp(y)``."""
    if is_zero(argument):
        return ONE
    powers: list[Expr] = []
    rest: list[Expr] = []
    for part in argument.terms if isinstance(argument, Sum) else (argument,):
        made = _exponential_of_logarithm(part)
        (rest if made is None else powers).append(part if made is None else made)
    if not powers:
        return factor
    return multiply((*powers, apply("exp", add(rest)))) if rest else multiply(powers)


def _exponential_of_logarithm(part: Expr) -> Expr | None:
    term = term_of(part)
    if term.bound or not isinstance(term.coefficient, Fraction):
        return None
    match term.factors:
        case (Apply(Pointwise(name="log"), (inner,)),):
            return root_power(inner, term.coefficient)
        case _:
            return None


def logarithm(factor: Expr, argument: Expr) -> Expr:
    """``log(x**a) = a log(x)``, ``log(exp(x) y) = x + log(y)``, where both sides are defined.

    An even power is positive for a negative base too, so it stays, unless the base is known to
    be positive.
    """
    if is_one(argument):
        return number(0)
    base, exponent = base_and_exponent(argument)
    if exponent != 1 and (exponent.denominator % 2 == 0 or exponent.numerator % 2 == 1):
        return multiply((number(exponent), apply("log", base)))
    if exponent != 1 and is_positive(base):
        return multiply((number(exponent), apply("log", base)))
    if isinstance(argument, Product):
        return _logarithm_of_product(factor, argument)
    return factor


def _logarithm_of_product(factor: Expr, argument: Product) -> Expr:
    """Exponentials and what is declared positive leave the logarithm, if any other is there."""
    term = term_of(argument)
    if term.bound:
        return factor
    terms: list[Expr] = []
    rest: list[Expr] = []
    for part in term.factors:
        base, exponent = base_and_exponent(part)
        inside = _exponent(part)
        if inside is not None:
            terms.append(inside)
        elif isinstance(base, Access) and is_positive(base):
            terms.append(multiply((number(exponent), apply("log", base))))
        else:
            rest.append(part)
    left = expr_of(Term(term.coefficient, (), tuple(rest)))
    if not terms or (len(terms) == 1 and is_one(left)):
        return factor if not terms else terms[0]
    return add((*terms, *(() if is_one(left) else (apply("log", left),))))


def merge_exponentials(expr: Expr) -> Expr:
    """``exp(a) exp(b) = exp(a + b)``, where both have the same summed indices.

    Exponentials of unlike indices stay apart: ``exp(x_i) exp(y_j)`` costs one function for
    each ``i`` and each ``j``, ``exp(x_i + y_j)`` one for each pair.
    """
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    factors: list[Expr] = []
    for factor in term.factors:
        exponent = _exponent(factor)
        place = None if exponent is None else _partner(factors, exponent, term)
        if exponent is None or place is None:
            factors.append(factor)
            continue
        other = _exponent(factors[place])
        assert other is not None
        factors[place] = apply("exp", add((other, exponent)))
    if len(factors) == len(term.factors):
        return expr
    return expr_of(Term(term.coefficient, term.bound, tuple(factors)))


def _partner(factors: Sequence[Expr], exponent: Expr, term: Term) -> int | None:
    bound = frozenset(term.bound)
    for place, factor in enumerate(factors):
        other = _exponent(factor)
        if other is None or other.free & bound != exponent.free & bound:
            continue
        if other.free <= exponent.free or exponent.free <= other.free:
            return place
    return None


def _exponent(factor: Expr) -> Expr | None:
    match factor:
        case Apply(Pointwise(name="exp"), (argument,)):
            return argument
        case _:
            return None
