"""Derivatives of programs: jacobian, grad, vjp, jvp, hessian, hvp."""

from tensorcalc.calculus.inner import carried_out
from tensorcalc.calculus.modes import derive
from tensorcalc.calculus.request import Mode, Request
from tensorcalc.calculus.rules import carry_out, differentiate

__all__ = ["Mode", "Request", "carried_out", "carry_out", "derive", "differentiate"]
