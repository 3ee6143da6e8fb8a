"""Powers, absolute values, comparisons, choices."""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr.build import ONE, ZERO, add, apply, multiply, negate, number, power, subtract
from tensorcalc.expr.nodes import Expr, Number
from tensorcalc.expr.operations import Pointwise, register

__all__: list[str] = []

HALF = number(Fraction(1, 2))


def _pow(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    base, exponent = arguments
    if isinstance(exponent, Number) and exponent.value == 0:
        by_base: Expr = ZERO
    elif isinstance(exponent, Number):
        less = exponent.value - 1  # a negative power is read as a quotient
        slope = power(base, Number(less)) if less >= 0 else power(power(base, Number(-less)), -1)
        by_base = multiply((exponent, slope))
    else:
        by_base = multiply((exponent, power(base, subtract(exponent, ONE))))
    return by_base, multiply((value, apply("log", base)))


def _abs(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (apply("sign", arguments[0]),)


def _reciprocal_or_zero(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (negate(power(value, 2)),)


def _constant_in_all(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (ZERO,) * len(arguments)


def _maximum(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    left, right = arguments
    tie = multiply((HALF, apply("equal", left, right)))
    return add((apply("less", right, left), tie)), add((apply("less", left, right), tie))


def _minimum(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    by_left, by_right = _maximum(arguments, value)
    return by_right, by_left


def _where(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    condition = arguments[0]
    return ZERO, apply("where", condition, ONE, ZERO), apply("where", condition, ZERO, ONE)


register(
    Pointwise(
        name="pow",
        arity=2,
        partials=_pow,
        numpy="{0} ** {1}",
        torch="{0} ** {1}",
        latex="{{{0}}}^{{{1}}}",
        domain="positive bases; any base for an integer exponent (not 0 for a negative one)",
        kinks="the derivative by the exponent is finite for a positive base only",
        sample=(0.2, 2.0),
        numbers=(0, 1),
    )
)

register(
    Pointwise(
        name="abs",
        arity=1,
        partials=_abs,
        numpy="np.abs({0})",
        torch="torch.abs({0})",
        latex=r"\left|{0}\right|",
        kinks="abs'(0) = 0",
        analytic=False,
    )
)

register(
    Pointwise(
        name="sign",
        arity=1,
        partials=_constant_in_all,
        numpy="np.sign({0})",
        torch="torch.sign({0})",
        latex=r"\operatorname{{sign}}\left({0}\right)",
        kinks="sign(0) = 0; the derivative is 0 everywhere",
        analytic=False,
    )
)

register(
    Pointwise(
        name="reciprocal_or_zero",
        arity=1,
        partials=_reciprocal_or_zero,
        numpy="_reciprocal_or_zero({0})",
        torch="torch.where({0} == 0, 0.0, 1.0 / torch.where({0} == 0, 1.0, {0}))",
        latex=r"\left({0}\right)^{{\dagger}}",
        support=("_reciprocal_or_zero",),
        kinks="0 at 0, and so is the derivative: the gradient of a norm at 0 is 0",
        sample=(0.3, 2.0),
    )
)

register(
    Pointwise(
        name="maximum",
        arity=2,
        partials=_maximum,
        numpy="np.maximum({0}, {1})",
        torch="torch.maximum({0}, {1})",
        latex=r"\max\left({0}, {1}\right)",
        kinks="equal arguments share the derivative equally",
    )
)

register(
    Pointwise(
        name="minimum",
        arity=2,
        partials=_minimum,
        numpy="np.minimum({0}, {1})",
        torch="torch.minimum({0}, {1})",
        latex=r"\min\left({0}, {1}\right)",
        kinks="equal arguments share the derivative equally",
    )
)

register(
    Pointwise(
        name="where",
        arity=3,
        partials=_where,
        numpy="np.where({0} != 0, {1}, {2})",
        torch="torch.where({0} != 0, {1}, {2})",
        latex=r"\begin{{cases}}{1} & {0}\\ {2} & \text{{otherwise}}\end{{cases}}",
        kinks="the derivative by the condition is 0",
    )
)


def _comparison(name: str, symbol: str, latex: str) -> None:
    register(
        Pointwise(
            name=name,
            arity=2,
            partials=_constant_in_all,
            numpy=f"_indicator({{0}} {symbol} {{1}}, {{0}}, {{1}})",
            torch=f"({{0}} {symbol} {{1}}).to(torch.result_type({{0}}, {{1}}))",
            latex=rf"\left[{{0}} {latex} {{1}}\right]",
            support=("_indicator",),
            kinks="1 where it holds, else 0; the derivative is 0 everywhere",
            numbers=(0, 1),
        )
    )


_comparison("less", "<", "<")
_comparison("less_equal", "<=", r"\le")
_comparison("equal", "==", "=")
_comparison("not_equal", "!=", r"\ne")
