"""A tensor read at a shifted index along one axis and at a looked-up one along another."""

from __future__ import annotations

from typing import Any

import pytest

import tensorcalc as tc

SOURCES = [
    "y_j = zeropad(x_{j+1}^{w_j}) v_j",
    "y_j = zeropad(x_{j-2}^{w_j})",
    "y_j = x_{2*j+1}^{w_j}; index j : 3; tensor x_k^m [9, 4]",
    "y_j = circular(x_{j-1}^{w_j})",
    "y_t = zeropad(x_{t+1}^{w_{t}}_u) v_u",
]


@pytest.mark.parametrize("mode", ["vjp", "jacobian", "jvp"])
@pytest.mark.parametrize("source", SOURCES)
def test_every_mode_agrees_with_autograd(source: str, mode: str) -> None:
    program = tc.parse(source)
    derived: Any = getattr(program, mode)("y", ["x"])
    assert derived.check()
    derived.compile("torch")
