"""What is known of a sign: positive values, even and odd functions, antisymmetric tensors."""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr import (
    ONE,
    Access,
    Apply,
    Expr,
    Index,
    Number,
    Pointwise,
    Sum,
    apply,
    contract,
    multiply,
    negate,
    number,
    substitute,
)
from tensorcalc.simplify.canonical import canonical
from tensorcalc.simplify.positivity import is_positive
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["function_of_sign", "vanish_by_antisymmetry"]

_ODD = frozenset({"sin", "tan", "asin", "atan", "sinh", "tanh", "erf"})
_EVEN = frozenset({"cos", "cosh"})
#: Functions that are their argument where it is positive.
_IDENTITY_ABOVE = frozenset({"abs", "relu"})


def function_of_sign(factor: Expr, name: str, argument: Expr) -> Expr:
    """``|−2 x| = 2 |x|``, ``sin(−x) = −sin(x)``, ``relu(x) = x`` for a positive ``x``.

    Args:
        factor: The function applied.
        name: The function's name.
        argument: Its one argument.
    """
    if name in _IDENTITY_ABOVE and is_positive(argument):
        return argument
    if name in ("sign", "heaviside") and is_positive(argument):
        return ONE
    if name == "abs":
        return _absolute(factor, argument)
    if name == "relu" and isinstance(argument, Apply) and repr(argument.operation) == "relu":
        return argument
    value = term_of(argument).coefficient
    if not isinstance(value, Fraction) or isinstance(argument, Number) or value >= 0:
        return factor
    if name in _EVEN:
        return apply(name, negate(argument))
    if name in _ODD or name == "sign":
        return negate(apply(name, negate(argument)))
    return factor


def _absolute(factor: Expr, argument: Expr) -> Expr:
    match argument:
        case Apply(Pointwise(name="abs" | "relu" | "sqrt" | "softplus"), _):
            return argument
        case Apply(Pointwise(name="pow"), (_, Number(Fraction() as value))) if value % 2 == 0:
            return argument
        case _:
            pass
    term = term_of(argument)
    scale = term.coefficient
    if not isinstance(scale, Fraction) or scale == 1 or not term.factors:
        return factor
    bare = expr_of(Term(Fraction(1), term.bound, term.factors))
    return multiply((Number(abs(scale)), apply("abs", bare)))


def vanish_by_antisymmetry(expr: Expr) -> Expr:
    """``F_ii = 0`` and ``F_ij x_i x_j = 0`` for an antisymmetric F: what it meets is symmetric."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    for place, factor in enumerate(term.factors):
        if not isinstance(factor, Access):
            continue
        for parity, slots in factor.tensor.symmetry:
            if parity == 1:
                continue
            indices = [factor.slots[k].index for k in slots]
            if len(set(indices)) < len(indices):
                return number(0)
            summed = [i for i in indices if isinstance(i, Index) and i in term.bound]
            rest = term.factors[:place] + term.factors[place + 1 :]
            if len(factor.slots) == len(slots) and _is_symmetric(term, rest, summed):
                return number(0)
    return expr


def _is_symmetric(term: Term, rest: tuple[Expr, ...], summed: list[Index]) -> bool:
    """Whether ``rest`` stays the same when two of the summed indices change places."""
    body = multiply(rest)
    for number_of, first in enumerate(summed):
        for second in summed[number_of + 1 :]:
            if first.extent is not second.extent or not {first, second} <= body.free:
                continue
            whole = contract([i for i in term.bound if i not in summed], body)
            turned = substitute(whole, {first: second, second: first})
            if canonical(whole) is canonical(turned):
                return True
    return False
