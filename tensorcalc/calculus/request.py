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

    @property
    def blocks(self) -> tuple[tuple[str, str], ...]:
        """The pairs of a ``hessian`` request."""
        return tuple(zip(self.wrt[::2], self.wrt[1::2], strict=True))
