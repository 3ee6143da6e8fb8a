"""Named numbers, as functions of no argument: they stay symbols when printed."""

from __future__ import annotations

from tensorcalc.expr.nodes import Expr
from tensorcalc.expr.operations import Pointwise, register

__all__: list[str] = []


def _no_partials(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
    return ()


register(
    Pointwise(
        name="pi",
        arity=0,
        partials=_no_partials,
        numpy="np.pi",
        torch="torch.pi",
        latex=r"\pi",
    )
)

register(
    Pointwise(
        name="e",
        arity=0,
        partials=_no_partials,
        numpy="np.e",
        torch="torch.e",
        latex=r"\mathrm{{e}}",
    )
)
