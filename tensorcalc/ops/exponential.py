"""Exponentials, logarithms, square root, hyperbolic functions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tensorcalc.expr.build import ONE, add, apply, divide, multiply, number, power, subtract
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
    kinks: str = "",
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
            kinks=kinks,
            sample=sample,
        )
    )


def _square_plus(x: Expr, constant: int) -> Expr:
    return add((power(x, 2), number(constant)))


_unary("exp", lambda x, v: v, r"\exp")
_unary("expm1", lambda x, v: add((v, ONE)), r"\operatorname{{expm1}}")
_unary(
    "log",
    lambda x, v: power(x, -1),
    r"\log",
    domain="positive numbers",
    sample=(0.2, 3.0),
)
_unary(
    "log1p",
    lambda x, v: power(add((ONE, x)), -1),
    r"\operatorname{{log1p}}",
    domain="numbers above -1",
    sample=(-0.8, 2.0),
)
_unary(
    "log2",
    lambda x, v: divide(ONE, multiply((x, apply("log", number(2))))),
    r"\log_{{2}}",
    domain="positive numbers",
    sample=(0.2, 3.0),
)
_unary(
    "log10",
    lambda x, v: divide(ONE, multiply((x, apply("log", number(10))))),
    r"\log_{{10}}",
    domain="positive numbers",
    sample=(0.2, 3.0),
)
_unary("sinh", lambda x, v: apply("cosh", x), r"\sinh")
_unary("cosh", lambda x, v: apply("sinh", x), r"\cosh")
_unary("tanh", lambda x, v: subtract(ONE, power(v, 2)), r"\tanh")
_unary(
    "asinh",
    lambda x, v: power(_square_plus(x, 1), Fraction(-1, 2)),
    r"\operatorname{{arsinh}}",
    numpy="arcsinh",
)
_unary(
    "acosh",
    lambda x, v: power(_square_plus(x, -1), Fraction(-1, 2)),
    r"\operatorname{{arcosh}}",
    numpy="arccosh",
    domain="numbers above 1",
    sample=(1.2, 4.0),
)
_unary(
    "atanh",
    lambda x, v: power(subtract(ONE, power(x, 2)), -1),
    r"\operatorname{{artanh}}",
    numpy="arctanh",
    domain="numbers between -1 and 1",
    sample=(-0.8, 0.8),
)

register(
    Pointwise(
        name="sqrt",
        arity=1,
        partials=lambda arguments, value: (multiply((number(Fraction(1, 2)), power(value, -1))),),
        numpy="np.sqrt({0})",
        torch="torch.sqrt({0})",
        latex=r"\sqrt{{{0}}}",
        domain="numbers from 0",
        kinks="the derivative at 0 is infinite",
        sample=(0.2, 3.0),
    )
)
