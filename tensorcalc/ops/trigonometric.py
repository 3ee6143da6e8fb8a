"""Circular functions and their inverses."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tensorcalc.expr.build import ONE, add, apply, multiply, negate, power, subtract
from tensorcalc.expr.nodes import Expr
from tensorcalc.expr.operations import Pointwise, register

__all__: list[str] = []


def _unary(
    name: str,
    derivative: Callable[[Expr, Expr], Expr],
    latex: str,
    *,
    numpy: str | None = None,
    domain: str = "all real numbers",
    sample: tuple[float, float] = (-2.0, 2.0),
) -> None:
    """Register ``name`` with ``derivative(argument, value)``."""

    def partials(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
        return (derivative(arguments[0], value),)

    register(
        Pointwise(
            name=name,
            arity=1,
            partials=partials,
            numpy=f"np.{numpy or name}({{0}})",
            torch=f"torch.{name}({{0}})",
            latex=latex + r"\left({0}\right)",
            domain=domain,
            sample=sample,
        )
    )


def _arc_sine_slope(x: Expr) -> Expr:
    return power(subtract(ONE, power(x, 2)), Fraction(-1, 2))


_unary("sin", lambda x, v: apply("cos", x), r"\sin")
_unary("cos", lambda x, v: negate(apply("sin", x)), r"\cos")
_unary(
    "tan",
    lambda x, v: add((ONE, power(v, 2))),
    r"\tan",
    domain="no odd multiple of pi/2",
    sample=(-1.2, 1.2),
)
_unary(
    "asin",
    lambda x, v: _arc_sine_slope(x),
    r"\arcsin",
    numpy="arcsin",
    domain="numbers from -1 to 1",
    sample=(-0.8, 0.8),
)
_unary(
    "acos",
    lambda x, v: negate(_arc_sine_slope(x)),
    r"\arccos",
    numpy="arccos",
    domain="numbers from -1 to 1",
    sample=(-0.8, 0.8),
)
_unary("atan", lambda x, v: power(add((ONE, power(x, 2))), -1), r"\arctan", numpy="arctan")


def _atan2(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    y, x = arguments
    inverse = power(add((power(x, 2), power(y, 2))), -1)
    return multiply((x, inverse)), negate(multiply((y, inverse)))


register(
    Pointwise(
        name="atan2",
        arity=2,
        partials=_atan2,
        numpy="np.arctan2({0}, {1})",
        torch="torch.atan2({0}, {1})",
        latex=r"\operatorname{{atan2}}\left({0}, {1}\right)",
        domain="not both 0",
        sample=(0.2, 2.0),
        analytic=False,
    )
)
