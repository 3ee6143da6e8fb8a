"""What was asked: the mode of differentiation, of what, by what, in which program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tensorcalc.expr import Equations

__all__ = ["Mode", "Request"]

Mode = Literal["value", "jacobian", "grad", "vjp", "jvp", "hessian", "hvp"]


@dataclass(frozen=True, slots=True)
class Request:
    """A derivative of ``of`` by each name in ``wrt``.

    ``hessian`` takes pairs: ``wrt`` holds the first and the second name of each block in turn.
    ``components`` fixes one component of names in ``wrt``, for ``grad`` and ``jacobian``: the
    output is then ``d<of>_d<wrt>_<component>``, without the axes of ``wrt``.

    ========  ===================================  ==============================
    mode      new inputs                           outputs
    ========  ===================================  ==============================
    jacobian                                       ``d<of>_d<wrt>``
    grad                                           ``d<of>_d<wrt>``
    vjp       ``<of>_bar``                         ``<wrt>_bar``
    jvp       ``<wrt>_dot``                        ``<of>_dot``
    hessian                                        ``d2<of>_d<first>_d<second>``
    hvp       ``<wrt>_dot``                        ``<wrt>_hvp``
    ========  ===================================  ==============================
    """

    mode: Mode
    of: str
    wrt: tuple[str, ...]
    source: Equations
    components: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def output_of(self, name: str) -> str:
        """The output of ``grad`` or ``jacobian`` by ``name``, or by its component."""
        component = dict(self.components).get(name, ())
        return "_".join([f"d{self.of}_d{name}", *map(str, component)])

    @property
    def leading_axes(self) -> dict[str, int]:
        """For each Jacobian and each block of a Hessian, how many axes stand first."""
        match self.mode:
            case "jacobian":
                rank = self.source.tensor(self.of).rank
                return {self.output_of(name): rank for name in self.wrt}
            case "hessian":
                return {
                    f"d2{self.of}_d{one}_d{other}": self.source.tensor(one).rank
                    for one, other in self.blocks
                }
            case _:
                return {}

    @property
    def blocks(self) -> tuple[tuple[str, str], ...]:
        """The pairs of a ``hessian`` request."""
        return tuple(zip(self.wrt[::2], self.wrt[1::2], strict=True))
