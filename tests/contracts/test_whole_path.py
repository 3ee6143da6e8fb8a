"""Programs through the whole path: derived, compiled for both backends, checked."""

from __future__ import annotations

import pytest

import tensorcalc as tc

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

SIGMOIDS = "z^i = A^i_j y^j + b^i; x^p = B^p_i sigmoid(z^i); L = sum_p (t^p - x^p)**2"
SLOPE = "def f(v; a=5) = 1/(1 + exp(-a v))\nL = B_i f(A^i_j y^j + b^i)"


@pytest.mark.parametrize("source", [SIGMOIDS, SLOPE])
def test_a_function_that_is_read_twice_is_computed_once(source: str) -> None:
    """A value computed in the memory of its argument was written out at each reader."""
    gradient = tc.parse(source).grad("L", ["A", "b", "B"])
    assert gradient.check().passed
    for backend in ("numpy", "torch"):
        text = gradient.compile(backend).source.split('"""')[2]
        assert text.count("sigmoid") + text.count("exp") == 1


def test_a_constant_is_added_at_looked_up_places() -> None:
    """The hessian by what is looked up holds numbers only."""
    hessian = tc.parse("r_ni = C_{l_n, i} - x_ni; L = sum_{n i} r_ni**2").hessian("L", "C")
    assert hessian.check().passed
