"""Squares that belong together: of sine and cosine, and a sum over what it is divided by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tensorcalc.expr import (
    ONE,
    Apply,
    Contraction,
    Expr,
    Functional,
    Index,
    Number,
    Pointwise,
    Sum,
    Transform,
    add,
    apply,
    contract,
    multiply,
    power,
)
from tensorcalc.simplify.canonical import canonical, signature
from tensorcalc.simplify.roots import base_and_exponent, root_power
from tensorcalc.simplify.sums import collect_like_terms, weight
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["squares_of_angles", "sums_cancelled", "sums_merged"]

#: ``f(u)**2 = a + b g(u)**2``.
_BY_THE_OTHER = {
    "cos": (1, -1, "sin"),
    "sin": (1, -1, "cos"),
    "cosh": (1, 1, "sinh"),
    "sinh": (-1, 1, "cosh"),
}


def squares_of_angles(expr: Expr) -> Expr:
    """``sin(u)**2 + cos(u)**2 = 1``, ``1 - sin(u)**2 = cos(u)**2``: where that is shorter."""
    if not isinstance(expr, Sum):
        return expr
    found: dict[tuple[str, Expr], None] = {}
    for part in expr.terms:
        for factor in term_of(part).factors:
            square = _square_of_angle(factor)
            if square is not None:
                found[square[0], signature(square[1]).skeleton] = None
    for name, argument in found:
        terms: list[Expr] = []
        for part in expr.terms:
            terms.extend(_by_the_other(part, name, argument))
        joined = collect_like_terms(add(terms))
        count = len(joined.terms) if isinstance(joined, Sum) else 1
        if count < len(expr.terms) and weight(joined) <= weight(expr):
            return joined
    return expr


def _square_of_angle(factor: Expr) -> tuple[str, Expr] | None:
    match factor:
        case Apply(
            Pointwise(name="pow"), (Apply(Pointwise(name=name), (argument,)), Number(value))
        ) if value == 2 and name in _BY_THE_OTHER:
            return name, argument
        case _:
            return None


def _by_the_other(part: Expr, name: str, argument: Expr) -> list[Expr]:
    """A term with the square of ``name`` written by the other function, as two terms."""
    term = term_of(part)
    for place, factor in enumerate(term.factors):
        square = _square_of_angle(factor)
        if square is None or square[0] != name or signature(square[1]).skeleton is not argument:
            continue
        first, second, other = _BY_THE_OTHER[name]
        rest = (*term.factors[:place], *term.factors[place + 1 :])
        return [
            contract(term.bound, multiply((Number(term.coefficient * scale), *rest, new)))
            for scale, new in ((first, ONE), (second, power(apply(other, square[1]), 2)))
        ]
    return [part]


def sums_cancelled(expr: Expr) -> Expr:
    """``x_i x_i / norm_i(x_i) = norm_i(x_i)``, ``a_i b_i / (a_j b_j)**2 = 1/(a_j b_j)``."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    for place, factor in enumerate(term.factors):
        base, exponent = base_and_exponent(factor)
        known = _summed(base)
        if known is None or exponent == 1 or (exponent > 0 and isinstance(base, Transform)):
            continue
        whole, times = known
        others = [*term.factors[:place], *term.factors[place + 1 :]]
        for inside, bound in _joined(others, term.bound):
            if canonical(contract(bound, multiply(inside))) is whole:
                rest = [f for f in others if f not in inside]
                left = root_power(base, exponent + times)
                kept = tuple(i for i in term.bound if i not in bound)
                return expr_of(Term(term.coefficient, kept, (*rest, left)))
    return expr


def sums_merged(expr: Expr) -> Expr:
    """``a_i b_i a_j b_j = (a_i b_i)**2``."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    if len(term.bound) < 2:
        return expr
    parts = sorted(_joined(term.factors, term.bound), key=lambda part: _names(part[1]))
    if len(parts) < 2:
        return expr
    sums = [contract(bound, multiply(inside)) for inside, bound in parts]
    forms = [canonical(part) for part in sums]
    for place, form in enumerate(forms):
        times = forms.count(form)
        if times < 2:
            continue
        gone = [part for part, other in zip(parts, forms, strict=True) if other is form]
        rest = [f for f in term.factors if not any(f in inside for inside, _ in gone)]
        kept = tuple(i for i in term.bound if not any(i in bound for _, bound in gone))
        return expr_of(Term(term.coefficient, kept, (*rest, power(sums[place], times))))
    return expr


def _names(indices: Sequence[Index]) -> list[tuple[str, int]]:
    return sorted((i.name, i.serial) for i in indices)


def _summed(base: Expr) -> tuple[Expr, int] | None:
    """The sum over indices that is a power of ``base``, in canonical form, and which power."""
    match base:
        case Transform(Functional(name="norm"), (argument,), ()):
            return canonical(contract(argument.bound, power(argument.body, 2))), 2
        case Contraction():
            return canonical(base), 1
        case _:
            return None


def _joined(
    factors: Sequence[Expr], bound: Sequence[Index]
) -> Iterator[tuple[list[Expr], list[Index]]]:
    """Factors that summed indices join, and those indices."""
    waiting = list(factors)
    while waiting:
        inside = [waiting.pop(0)]
        indices: list[Index] = []
        while more := [i for f in inside for i in bound if i in f.free and i not in indices]:
            indices.extend(dict.fromkeys(more))
            inside += [f for f in waiting if not f.free.isdisjoint(more)]
            waiting = [f for f in waiting if f.free.isdisjoint(more)]
        if indices:
            yield inside, indices
