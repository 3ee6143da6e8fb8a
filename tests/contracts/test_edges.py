"""Folding edges through the whole path: several places may fall on one component."""

from __future__ import annotations

import pytest

import tensorcalc as tc
from tensorcalc.check import verify

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

SIZES = ({"N": 4, "n_z": 3}, {"N": 5, "n_z": 5}, {"N": 3, "n_z": 6})


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("place", ["i-j", "i+j", "2*i-j"])
@pytest.mark.parametrize("edge", ["circular", "reflect", "replicate"])
def test_adjoint_of_a_window_with_an_edge(edge: str, place: str, sizes: dict[str, int]) -> None:
    """The edge of a delta was left out in kernels."""
    program = tc.parse(f"index i : N\nx^i = {edge}(z^{{{place}}}) w_j")
    derived = program.vjp("x", ["z", "w"])
    assert derived.request is not None
    report = verify(
        derived.equations,
        derived.request,
        kernels={"numpy": derived.compile("numpy"), "torch": derived.compile("torch")},
        sizes={**sizes, "n_j": 2},
    )
    assert report.passed, report
