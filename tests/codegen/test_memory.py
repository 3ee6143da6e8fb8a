"""Kernels and memory: inputs stay as they are, outputs are new arrays, nothing runs twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.kernels import behaves

GENERATOR = np.random.default_rng(20)
A = GENERATOR.normal(size=(3, 4))
S = GENERATOR.normal(size=(4, 4))
X = GENERATOR.normal(size=4)
LABELS = np.array([2, 0, 1, 2])

PROGRAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "one row by one label": ("y_j = x_{c_{0}, j}", {"x": A, "c": LABELS}),
    "a function of one row": ("z_j = x_{c_{0}, j}; y_j = exp(z_j)", {"x": A, "c": LABELS}),
    "one entry by two labels": (
        "z_k = x_{c_{0}, c_{1}, k}; y_k = tanh(z_k) + 1",
        {"x": GENERATOR.normal(size=(3, 3, 4)), "c": LABELS},
    ),
    "the input itself": ("y_ij = x_ij; z_ji = x_ij; w_j = x_{0, j}", {"x": A}),
    "a diagonal": ("y_i = x_ii; z = x_{0, 0}; w_i = tanh(x_ii)", {"x": S}),
    "a broadcast": ("index i: N\ny_ij = x_j + B_ij; z_ij = x_j", {"x": X, "B": A}),
    "a value, and a function of it": (
        "z_i = A_ij x_j; y_i = exp(z_i); w_i = z_i",
        {"A": A, "x": X},
    ),
    "a function beside a size": ("z_i = A_ij x_j; y_i = max(exp(z_i), size(i))", {"A": A, "x": X}),
    "a size to a function": ("z_i = A_ij x_j; y_i = size(i)**tanh(z_i)", {"A": A, "x": X}),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_keep_their_promises(name: str) -> None:
    text, arrays = PROGRAMS[name]
    behaves(tc.parse(text).equations, arrays)
