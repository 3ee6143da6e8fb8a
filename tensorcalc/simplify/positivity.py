"""What is known of the sign of a value, whatever the inputs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Flag
from fractions import Fraction

from tensorcalc.expr import (
    Access,
    Apply,
    Condition,
    Contraction,
    Delta,
    Edge,
    Expr,
    Functional,
    Index,
    Number,
    Pointwise,
    Product,
    Size,
    Sum,
    Tensor,
    Transform,
    is_one,
)

__all__ = ["Sign", "is_positive", "sign_of"]


class Sign(Flag):
    """Bounds that a value keeps; a strict one is two bits, the wider one and "not equal"."""

    UNKNOWN = 0
    NOT_NEGATIVE = 1
    POSITIVE = 3
    AT_MOST_ONE = 4
    BELOW_ONE = 12


_NOT_ZERO = Sign.POSITIVE & ~Sign.NOT_NEGATIVE

#: Nothing is claimed of formulas nested deeper.
_DEPTH = 100

_SHARE = Sign.POSITIVE | Sign.BELOW_ONE
_TRUTH = Sign.NOT_NEGATIVE | Sign.AT_MOST_ONE

_OF_FUNCTION = {
    **dict.fromkeys(("exp", "cosh", "softplus", "pi", "e"), Sign.POSITIVE),
    **dict.fromkeys(("abs", "relu"), Sign.NOT_NEGATIVE),
    **dict.fromkeys(("heaviside", "step", "less", "less_equal", "equal", "not_equal"), _TRUTH),
    **dict.fromkeys(("sin", "cos"), Sign.AT_MOST_ONE),
    **dict.fromkeys(("tanh", "erf"), Sign.BELOW_ONE),
    "sigmoid": _SHARE,
}
_KEEPS_SIGN = frozenset({"abs", "relu", "sinh", "tanh", "erf", "asinh", "atan"})
_OF_WHOLE = {
    "softmax": Sign.POSITIVE | Sign.AT_MOST_ONE,
    "norm": Sign.NOT_NEGATIVE,
    "argmax_onehot": _TRUTH,
    "argmin_onehot": _TRUTH,
}
#: Functions whose squares are below 1, or at most 1.
_BOUNDED = {
    **dict.fromkeys(("tanh", "erf", "sigmoid"), Sign.BELOW_ONE),
    **dict.fromkeys(("sin", "cos", "sign"), Sign.AT_MOST_ONE),
}


def is_positive(expr: Expr) -> bool:
    """Whether ``expr`` is positive whatever the values of what is not declared."""
    return Sign.POSITIVE in sign_of(expr)


def sign_of(expr: Expr, known: Mapping[Tensor, Sign] | None = None) -> Sign:
    """Return the bounds that ``expr`` keeps.

    Args:
        expr: Any expression.
        known: Bounds of definitions.

    Example:
        >>> from tensorcalc.language import parse
        >>> def body(text):
        ...     return parse(text).equations.definitions[-1].body
        >>> sign_of(body("f = x_i x_i + exp(y)")) is Sign.POSITIVE
        True
        >>> sign_of(body("f = 1 - sigmoid(y)")) is Sign.POSITIVE
        True
        >>> sign_of(body("f = x_i y_i"))
        <Sign.UNKNOWN: 0>
    """
    return _Signs(known or {}).of(expr, _DEPTH)


class _Signs:
    """The bounds of an expression and its parts, each found once."""

    def __init__(self, known: Mapping[Tensor, Sign]) -> None:
        self._known = known
        self._found: dict[Expr, Sign] = {}

    def of(self, expr: Expr, depth: int) -> Sign:
        found = self._found.get(expr)
        if found is None:
            found = self._found[expr] = self._new(expr, depth - 1) if depth else Sign.UNKNOWN
        return found

    def _new(self, expr: Expr, depth: int) -> Sign:
        match expr:
            case Number(value):
                return _of_number(value)
            case Size():
                return Sign.POSITIVE
            case Delta() | Condition():
                return _TRUTH
            case Access():
                return self._of_access(expr)
            case Sum(terms):
                return self._of_sum(terms, depth)
            case Product(factors):
                return self._of_product(factors, depth)
            case Contraction(_, body):
                return self.of(body, depth) & Sign.POSITIVE
            case Apply(Pointwise(name="pow"), (base, exponent)):
                return _of_power(base, self.of(base, depth), exponent)
            case Apply(Pointwise(name=name), arguments):
                return self._of_function(name, [self.of(a, depth) for a in arguments])
            case Transform(Functional(name="max" | "min"), (argument,), _):
                return self.of(argument.body, depth)
            case Transform(Functional(name="prod"), (argument,), _):
                return self.of(argument.body, depth) & Sign.POSITIVE
            case Transform(Functional(name=name), _, _):
                return _OF_WHOLE.get(name, Sign.UNKNOWN)
            case _:
                return Sign.UNKNOWN

    def _of_access(self, access: Access) -> Sign:
        facts = access.tensor.facts
        found = self._known.get(access.tensor, Sign.UNKNOWN)
        found |= Sign.POSITIVE if "positive" in facts else Sign.UNKNOWN
        found |= _TRUTH if "mask" in facts else Sign.UNKNOWN
        return found & ~_NOT_ZERO if _may_be_outside(access) else found

    def _of_function(self, name: str, arguments: Sequence[Sign]) -> Sign:
        match name, arguments:
            case "sqrt", (inside,):
                return Sign.NOT_NEGATIVE | (inside & Sign.POSITIVE)
            case "maximum", (first, second):
                return (first | second) & Sign.POSITIVE
            case "where", (_, first, second):
                return first & second
            case _:
                kept = arguments[0] & Sign.POSITIVE if name in _KEEPS_SIGN else Sign.UNKNOWN
                return kept | _OF_FUNCTION.get(name, Sign.UNKNOWN)

    def _of_product(self, factors: tuple[Expr, ...], depth: int) -> Sign:
        signs = [self.of(f, depth) for f in factors]
        if all(Sign.POSITIVE in s for s in signs):
            return Sign.POSITIVE
        odd = [s for f, s in zip(factors, signs, strict=True) if factors.count(f) % 2]
        return Sign.NOT_NEGATIVE if all(Sign.NOT_NEGATIVE in s for s in odd) else Sign.UNKNOWN

    def _of_sum(self, terms: tuple[Expr, ...], depth: int) -> Sign:
        signs = [self.of(t, depth) for t in terms]
        if all(Sign.NOT_NEGATIVE in s for s in signs):
            return Sign.POSITIVE if any(Sign.POSITIVE in s for s in signs) else Sign.NOT_NEGATIVE
        match sorted(terms, key=lambda t: not is_one(t)):
            case [Number(one), Product((Number(minus), part))] if one == 1 and minus == -1:
                inside = self.of(part, depth)
            case _:
                return Sign.UNKNOWN
        if Sign.BELOW_ONE in inside:
            return Sign.POSITIVE
        return Sign.NOT_NEGATIVE if Sign.AT_MOST_ONE in inside else Sign.UNKNOWN


def _may_be_outside(access: Access) -> bool:
    """Whether padding may give a 0 in place of an entry."""
    return any(
        slot.edge is Edge.ZERO and not (isinstance(slot.index, Index) and slot.index.extent == size)
        for slot, size in zip(access.slots, access.tensor.extents, strict=True)
    )


def _of_number(value: Fraction | float) -> Sign:
    found = Sign.UNKNOWN
    if value >= 0:
        found |= Sign.POSITIVE if value > 0 else Sign.NOT_NEGATIVE
    if value <= 1:
        found |= Sign.BELOW_ONE if value < 1 else Sign.AT_MOST_ONE
    return found


def _of_power(base: Expr, sign: Sign, exponent: Expr) -> Sign:
    found = sign & Sign.POSITIVE if Sign.POSITIVE in sign else Sign.UNKNOWN
    if not isinstance(exponent, Number):
        return found
    value = exponent.value
    if value > 0 and Sign.NOT_NEGATIVE in sign:
        found |= Sign.NOT_NEGATIVE
    if value % 2 == 0 and value > 0:
        found |= Sign.NOT_NEGATIVE
        if isinstance(base, Apply):
            found |= _BOUNDED.get(repr(base.operation), Sign.UNKNOWN)
    return found
