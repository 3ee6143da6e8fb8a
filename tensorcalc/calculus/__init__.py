"""Derivatives of programs: jacobian, grad, vjp, jvp, hessian, hvp."""

from tensorcalc.calculus.components import read_component
from tensorcalc.calculus.inner import carried_out
from tensorcalc.calculus.modes import derive
from tensorcalc.calculus.request import Mode, Request
from tensorcalc.calculus.rules import carry_out, differentiate
from tensorcalc.calculus.samples import per_sample
from tensorcalc.calculus.values import replaced_inputs
from tensorcalc.calculus.written import written_out

__all__ = [
    "Mode",
    "Request",
    "carried_out",
    "carry_out",
    "derive",
    "differentiate",
    "per_sample",
    "read_component",
    "replaced_inputs",
    "written_out",
]
