"""Activation functions and the pointwise losses that go with them."""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr.build import (
    ONE,
    ZERO,
    add,
    apply,
    multiply,
    negate,
    number,
    power,
    subtract,
)
from tensorcalc.expr.nodes import Expr
from tensorcalc.expr.operations import Pointwise, register

__all__: list[str] = []

HALF = number(Fraction(1, 2))


def _positive(x: Expr) -> Expr:
    return apply("less", ZERO, x)


def _sigmoid(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (multiply((value, subtract(ONE, value))),)


def _log_sigmoid(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (apply("sigmoid", negate(arguments[0])),)


def _softplus(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (apply("sigmoid", arguments[0]),)


def _relu(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (apply("heaviside", arguments[0]),)


def _flat(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (ZERO,)


def _leaky_relu(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    x, slope = arguments
    return apply("where", _positive(x), ONE, slope), apply("where", _positive(x), ZERO, x)


def _elu(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    x, alpha = arguments
    by_alpha = apply("expm1", apply("minimum", x, ZERO))
    return (
        apply("where", _positive(x), ONE, add((value, alpha))),
        apply("where", _positive(x), ZERO, by_alpha),
    )


def _silu(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    s = apply("sigmoid", arguments[0])
    return (add((s, multiply((value, subtract(ONE, s))))),)


def _gelu(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    x = arguments[0]
    root = power(number(2), Fraction(-1, 2))
    cumulative = multiply((HALF, add((ONE, apply("erf", multiply((root, x)))))))
    scale = multiply((root, power(apply("pi"), Fraction(-1, 2))))
    density = multiply((scale, apply("exp", multiply((number(Fraction(-1, 2)), power(x, 2))))))
    return (add((cumulative, multiply((x, density)))),)


def _softsign(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return (power(add((ONE, apply("abs", arguments[0]))), -2),)


def _huber(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    x, delta = arguments
    size = apply("abs", x)
    near = apply("less_equal", size, delta)
    return (
        apply("where", near, x, multiply((delta, apply("sign", x)))),
        apply("where", near, ZERO, subtract(size, delta)),
    )


register(
    Pointwise(
        name="sigmoid",
        arity=1,
        partials=_sigmoid,
        numpy="_sigmoid({0})",
        torch="torch.sigmoid({0})",
        latex=r"\operatorname{{sigmoid}}\left({0}\right)",
        support=("_sigmoid",),
    )
)

register(
    Pointwise(
        name="log_sigmoid",
        arity=1,
        partials=_log_sigmoid,
        numpy="-_softplus(-{0})",
        torch="torch.nn.functional.logsigmoid({0})",
        latex=r"\log\operatorname{{sigmoid}}\left({0}\right)",
        support=("_softplus",),
    )
)

register(
    Pointwise(
        name="softplus",
        arity=1,
        partials=_softplus,
        numpy="_softplus({0})",
        torch="-torch.nn.functional.logsigmoid(-{0})",
        latex=r"\operatorname{{softplus}}\left({0}\right)",
        support=("_softplus",),
        source="log(1 + exp(x)), without torch's linear tail above 20",
    )
)

register(
    Pointwise(
        name="relu",
        arity=1,
        partials=_relu,
        numpy="np.maximum({0}, 0)",
        torch="torch.relu({0})",
        latex=r"\operatorname{{relu}}\left({0}\right)",
        kinks="relu'(0) = 0",
    )
)

for _name, _latex in (("heaviside", "H"), ("step", r"\operatorname{{step}}")):
    register(
        Pointwise(
            name=_name,
            arity=1,
            partials=_flat,
            numpy="_indicator({0} > 0, {0})",
            torch="({0} > 0).to({0}.dtype)",
            latex=_latex + r"\left({0}\right)",
            support=("_indicator",),
            kinks="0 at 0; the derivative is 0 everywhere",
        )
    )

register(
    Pointwise(
        name="leaky_relu",
        arity=1,
        partials=_leaky_relu,
        numpy="np.where({0} > 0, {0}, {1} * {0})",
        torch="torch.where({0} > 0, {0}, {1} * {0})",
        latex=r"\operatorname{{leaky\_relu}}\left({0}; {1}\right)",
        parameters=(("slope", Fraction(1, 100)),),
        kinks="the derivative at 0 is the slope",
        numbers=(1,),
    )
)

register(
    Pointwise(
        name="elu",
        arity=1,
        partials=_elu,
        numpy="np.where({0} > 0, {0}, {1} * np.expm1(np.minimum({0}, 0)))",
        torch="torch.where({0} > 0, {0}, {1} * torch.expm1(torch.clamp({0}, max=0)))",
        latex=r"\operatorname{{elu}}\left({0}; {1}\right)",
        parameters=(("alpha", Fraction(1)),),
        kinks="the derivative at 0 is alpha",
        numbers=(1,),
        source="Clevert, Unterthiner, Hochreiter 2016",
    )
)

register(
    Pointwise(
        name="silu",
        arity=1,
        partials=_silu,
        numpy="{0} * _sigmoid({0})",
        torch="torch.nn.functional.silu({0})",
        latex=r"\operatorname{{silu}}\left({0}\right)",
        support=("_sigmoid",),
        source="Elfwing, Uchibe, Doya 2018",
    )
)

register(
    Pointwise(
        name="gelu",
        arity=1,
        partials=_gelu,
        numpy="0.5 * {0} * _erfc({0} * -0.7071067811865476)",
        torch="torch.nn.functional.gelu({0})",
        latex=r"\operatorname{{gelu}}\left({0}\right)",
        support=("_erfc",),
        source="Hendrycks, Gimpel 2016, the exact form x Phi(x)",
    )
)

register(
    Pointwise(
        name="softsign",
        arity=1,
        partials=_softsign,
        numpy="{0} / (1 + np.abs({0}))",
        torch="torch.nn.functional.softsign({0})",
        latex=r"\operatorname{{softsign}}\left({0}\right)",
        analytic=False,
    )
)

register(
    Pointwise(
        name="huber",
        arity=1,
        partials=_huber,
        numpy="np.where(np.abs({0}) <= {1}, 0.5 * {0} * {0}, {1} * (np.abs({0}) - 0.5 * {1}))",
        torch=(
            "torch.where(torch.abs({0}) <= {1}, 0.5 * {0} * {0},"
            " {1} * (torch.abs({0}) - 0.5 * {1}))"
        ),
        latex=r"\operatorname{{huber}}\left({0}; {1}\right)",
        parameters=(("delta", Fraction(1)),),
        domain="all real numbers; delta positive",
        numbers=(1,),
        analytic=False,
        source="Huber 1964; torch.nn.HuberLoss",
    )
)
