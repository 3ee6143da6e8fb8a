"""The algebra of functions: powers of powers, logarithms of exponentials, inverses."""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr import (
    Access,
    Apply,
    Argument,
    Delta,
    Expr,
    Functional,
    Index,
    Level,
    Number,
    Pointwise,
    Slot,
    Sum,
    Transform,
    apply,
    contract,
    divide,
    multiply,
    negate,
    number,
    operation_named,
    power,
    substitute,
)
from tensorcalc.simplify.canonical import canonical, same
from tensorcalc.simplify.roots import (
    HALF,
    LARGEST_EXPONENT,
    base_and_exponent,
    exponential,
    logarithm,
    power_of_term,
    root,
    root_power,
)
from tensorcalc.simplify.signs import function_of_sign
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["cancel_inverses", "fold_functions"]


def fold_functions(expr: Expr) -> Expr:
    """Write functions of functions shorter: ``log(exp(x)) = x``, ``(x^a)^b = x^{a b}``."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    factors = [_folded(f) for f in term.factors]
    if all(a is b for a, b in zip(factors, term.factors, strict=True)):
        return expr
    return contract(term.bound, multiply((Number(term.coefficient), *factors)))


def _folded(factor: Expr) -> Expr:
    match factor:
        case Apply(Pointwise(name="pow"), (base, Number(value))) if isinstance(value, Fraction):
            return _power(factor, base, value)
        case Apply(Pointwise(name="sqrt"), (base,)):
            return root(factor, base)
        case Apply(Pointwise(name="exp"), (Transform(Functional(name="log_softmax"), inner, at),)):
            return Transform(_functional("softmax"), inner, at)
        case Apply(Pointwise(name="exp"), (argument,)):
            return exponential(factor, argument)
        case Apply(Pointwise(name="where"), (Number(value), first, second)):
            return first if value else second
        case Apply(Pointwise(name="log"), (argument,)):
            return _logarithm(factor, argument)
        case Apply(Pointwise(name="maximum" | "minimum"), (first, second)) if same(first, second):
            return first
        case Apply(Pointwise(name=name), (argument,)):
            return function_of_sign(factor, name, argument)
        case Transform(Functional(name=name), (Argument(bound, body),), at):
            return _of_inverse(factor, name, bound, body, at)
        case _:
            return factor


def _power(factor: Expr, base: Expr, value: Fraction) -> Expr:
    if value == 1:
        return base
    if value == 0:
        return number(1)
    match base:
        case Apply(Pointwise(name="sqrt"), (inner,)) if value != -1:
            return root_power(inner, value / 2)
        case Apply(Pointwise(name="abs"), (inner,)) if value % 2 == 0:
            return power(inner, value)
        case Apply(Pointwise(name="exp"), (inner,)):
            return apply("exp", multiply((number(value), inner)))
        case Transform(Functional(name="norm"), (Argument(bound, body),), ()) if value == 2:
            return contract(bound, power(body, 2))
        case _ if abs(value) == HALF or (value < 0 and value != -1 and not _is_power(base)):
            return root_power(base, value)
        case _:
            pass
    if value.denominator != 1 or abs(value) > LARGEST_EXPONENT:
        return factor
    match base:
        case Number(known) if isinstance(known, Fraction) and (known or value > 0):
            return Number(known ** int(value))
        case Apply(Pointwise(name="pow"), (inner, Number(other))) if isinstance(other, Fraction):
            return root_power(inner, value * other)
        case _:
            return power_of_term(factor, base, value)


def _is_power(base: Expr) -> bool:
    return isinstance(base, Number) or base_and_exponent(base)[1] != 1


def _logarithm(factor: Expr, argument: Expr) -> Expr:
    match argument:
        case Apply(Pointwise(name="exp"), (inner,)):
            return inner
        case Transform(Functional(name="softmax"), inner, at):
            return Transform(_functional("log_softmax"), inner, at)
        case Transform(Functional(name="det"), inner, at):
            return Transform(_functional("logdet"), inner, at)
        case _:
            return logarithm(factor, argument)


def _of_inverse(
    factor: Expr, name: str, bound: tuple[Index, ...], body: Expr, at: tuple[Slot, ...]
) -> Expr:
    """``inv(inv(X)) = X``, ``det(inv(X)) = 1 / det(X)``, ``logdet(inv(X)) = -logdet(X)``."""
    inner = _whole_inverse(body, bound)
    if inner is None:
        return factor
    if name == "det":
        return divide(number(1), Transform(_functional("det"), (inner,), ()))
    if name == "logdet":
        return negate(Transform(_functional("logdet"), (inner,), ()))
    if name == "inv":
        return _read_at(inner, at)
    return factor


def _whole_inverse(body: Expr, bound: tuple[Index, ...]) -> Argument | None:
    """The argument of ``body`` if it is an inverse read at exactly ``bound``."""
    match body:
        case Transform(Functional(name="inv"), (inner,), places) if (
            tuple(s.index for s in places) == bound
        ):
            return inner
        case _:
            return None


def _read_at(argument: Argument, at: tuple[Slot, ...]) -> Expr:
    places = {i: slot.index for i, slot in zip(argument.bound, at, strict=True)}
    return substitute(argument.body, places)


def cancel_inverses(expr: Expr) -> Expr:
    """``sum_k inv(X)^i_k X^k_j = δ^i_j``, from either side."""
    term = term_of(expr)
    if not term.bound:
        return expr
    for position, factor in enumerate(term.factors):
        match factor:
            case Transform(Functional(name="inv"), (argument,), (first, second)):
                found = _cancelled(term, position, argument, first, second)
                if found is not None:
                    return found
            case _:
                pass
    return expr


def _cancelled(
    term: Term, position: int, argument: Argument, first: Slot, second: Slot
) -> Expr | None:
    for place, other in enumerate(term.factors):
        if place == position:
            continue
        rest = [f for k, f in enumerate(term.factors) if k not in (position, place)]
        for joined, outer, inner_first in ((second, first, True), (first, second, False)):
            index = joined.index
            if not isinstance(index, Index) or index not in term.bound:
                continue
            if any(index in f.free for f in rest) or index in outer.free:
                continue
            far = _far_slot(argument, other, index, inner_first)
            if far is not None:
                bound = tuple(i for i in term.bound if i is not index)
                return expr_of(Term(term.coefficient, bound, (_delta(outer, far), *rest)))
    return None


def _delta(one: Slot, other: Slot) -> Delta:
    """An upper slot is written first."""
    in_order = one.level is Level.UPPER or other.level is Level.LOWER
    return Delta(one, other) if in_order else Delta(other, one)


def _far_slot(argument: Argument, other: Expr, index: Index, inner_first: bool) -> Slot | None:
    """The slot of ``other`` that stays if it is the matrix itself, joined by ``index``."""
    row, column = argument.bound
    for candidate in _slots_of(other):
        if not isinstance(candidate.index, Index) or candidate.index is index:
            continue
        pair = (index, candidate.index) if inner_first else (candidate.index, index)
        if canonical(substitute(argument.body, dict(zip((row, column), pair, strict=True)))) is (
            canonical(other)
        ):
            return candidate
    return None


def _slots_of(expr: Expr) -> tuple[Slot, ...]:
    match expr:
        case Access(_, slots):
            return slots
        case Transform(_, _, at):
            return at
        case _:
            return ()


def _functional(name: str) -> Functional:
    record = operation_named(name)
    assert isinstance(record, Functional)
    return record
