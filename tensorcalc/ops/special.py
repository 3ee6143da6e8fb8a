"""The error function."""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr.build import apply, multiply, negate, number, power
from tensorcalc.expr.nodes import Expr
from tensorcalc.expr.operations import Pointwise, register

__all__: list[str] = []


def _bell(x: Expr) -> Expr:
    """``2/sqrt(pi) exp(-x**2)``."""
    scale = power(apply("pi"), Fraction(-1, 2))
    return multiply((number(2), scale, apply("exp", negate(power(x, 2)))))


register(
    Pointwise(
        name="erf",
        arity=1,
        partials=lambda arguments, value: (_bell(arguments[0]),),
        numpy="_erf({0})",
        torch="torch.erf({0})",
        latex=r"\operatorname{{erf}}\left({0}\right)",
        support=("_erf",),
        source="DLMF 7.2.1",
    )
)

register(
    Pointwise(
        name="erfc",
        arity=1,
        partials=lambda arguments, value: (negate(_bell(arguments[0])),),
        numpy="_erfc({0})",
        torch="torch.erfc({0})",
        latex=r"\operatorname{{erfc}}\left({0}\right)",
        support=("_erfc",),
        source="DLMF 7.2.2",
    )
)
