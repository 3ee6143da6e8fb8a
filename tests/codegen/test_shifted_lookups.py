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


BEYOND = [
    "y_kj = zeropad(δ_kj) x_{c_k} v_j",
    "y_kj = zeropad(δ_kj) x^{c_k}_j v_j",
    "y_k = zeropad(δ_kj) x_{c_k} v_j",
    "y_kj = zeropad(δ_kj) reflect(x_{k+1}) v_j; tensor x_k [n_k]",
    "y_kj = zeropad(δ_kj) reflect(δ_{k+1,l}) x_l v_j; tensor x_l [n_k]",
]


@pytest.mark.parametrize("mode", ["vjp", "jacobian", "jvp"])
@pytest.mark.parametrize("sizes", ["n_j=6, n_k=4", "n_j=4, n_k=6"])
@pytest.mark.parametrize("source", BEYOND)
def test_labels_are_not_read_beyond_their_end(source: str, sizes: str, mode: str) -> None:
    """Where a delta of two extents ends, the longer index runs on."""
    declared = f"sizes {sizes}; index j : n_j; index k : n_k; {source}"
    derived: Any = getattr(tc.parse(declared), mode)("y", ["x", "v"])
    report = derived.check()
    assert report, str(report)


@pytest.mark.parametrize("mode", ["value", "vjp", "jacobian", "jvp"])
@pytest.mark.parametrize(
    "source",
    [
        "y_j = δ_{j+u,1} tanh(z_uj)",
        "y_j = δ_{u,1-j} tanh(z_uj)",
        "y_v = z_{v,5-v,v}; index v : 4; tensor z_ujk [6, 7, 5]",
        "y_v = z_{5-v,v,5-v}; index v : 4; tensor z_ujk [6, 7, 8]",
    ],
)
def test_a_diagonal_read_in_both_directions(source: str, mode: str) -> None:
    program: Any = tc.parse(source)
    derived: Any = program if mode == "value" else getattr(program, mode)("y", ["z"])
    report = derived.check()
    assert report, str(report)
