"""Random programs through the whole path: derived, compiled for both backends, checked."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.expr import Equations
from tests.calculus.test_modes_fuzz import scalar
from tests.support.programs import programs

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

SIGMOIDS = "z^i = A^i_j y^j + b^i; x^p = B^p_i sigmoid(z^i); L = sum_p (t^p - x^p)**2"
SLOPE = "def f(v; a=5) = 1/(1 + exp(-a v))\nL = B_i f(A^i_j y^j + b^i)"


@given(equations=programs(depth=2), data=st.data())
def test_kernels_of_derived_programs_agree_with_autograd(
    equations: Equations, data: st.DataObject
) -> None:
    mode = data.draw(st.sampled_from(["value", "jacobian", "vjp", "jvp", "grad", "hvp", "hessian"]))
    program = tc.Program(scalar(equations) if mode in ("grad", "hvp", "hessian") else equations)
    names = [n for n in program.inputs if n != "w"]
    assume(names)
    if mode != "value":
        count = 1 if mode == "hessian" else 2
        wrt = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=count, unique=True))
        program = getattr(program, mode)(program.outputs[0], wrt)
    report = program.check()
    assert report.max_error < 1e-9, f"{program}\n{report}\n{program.compile('numpy').source}"


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
