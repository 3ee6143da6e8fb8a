"""Random programs, differentiated in every mode, against autograd of the programs themselves.

Each test below looks at programs of its own: 300 in the usual profile, 5,000 in the nightly one.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorcalc.calculus import derive
from tensorcalc.expr import Equations
from tensorcalc.expr.steps import Recorder
from tests.support.modes import agrees, keeps_promises, random_request
from tests.support.programs import programs

pytest.importorskip("torch", reason="the oracle of these tests is autograd")

NIGHTLY = settings.get_current_profile_name() == "nightly"
SECOND = ("grad", "hvp", "hessian")
some = settings(max_examples=850 if NIGHTLY else 50)
seeds = st.integers(0, 2**32 - 1)


def in_modes(equations: Equations, modes: tuple[str, ...], seed: int) -> None:
    """The value, and one of the modes, or at night each of them, are autograd's."""
    random = Random(seed)
    for mode in ("value", *(modes if NIGHTLY else random.sample(modes, 1))):
        request = random_request(random, equations, mode)
        if request is not None:
            agrees(request, seed % 1000)


@some
@given(equations=programs(depth=1), seed=seeds)
def test_flat_programs(equations: Equations, seed: int) -> None:
    in_modes(equations, ("jacobian", "vjp", "jvp", *SECOND), seed)


@some
@given(equations=programs(depth=2, definitions=2), seed=seeds)
def test_first_derivatives(equations: Equations, seed: int) -> None:
    in_modes(equations, ("jacobian", "vjp", "jvp"), seed)


@some
@given(equations=programs(depth=2, definitions=2), seed=seeds)
def test_derivatives_of_scalars(equations: Equations, seed: int) -> None:
    in_modes(equations, SECOND, seed)


@some
@given(equations=programs(depth=3, definitions=3), seed=seeds)
def test_first_derivatives_of_larger_programs(equations: Equations, seed: int) -> None:
    in_modes(equations, ("jacobian", "vjp", "jvp"), seed)


@some
@given(equations=programs(depth=2, definitions=3), seed=seeds)
def test_programs_with_shared_values(equations: Equations, seed: int) -> None:
    in_modes(equations, ("vjp", "jvp", "grad", "hvp"), seed)


@some
@given(equations=programs(depth=2, definitions=2), seed=seeds)
def test_kernels_of_derivatives_leave_memory_alone(equations: Equations, seed: int) -> None:
    random = Random(seed)
    mode = random.choice(("value", "jacobian", "vjp", "jvp", *SECOND))
    request = random_request(random, equations, mode)
    if request is not None:
        agrees(request, seed % 1000)
        keeps_promises(request, seed % 1000)


@given(equations=programs(), seed=seeds)
def test_recording_steps_does_not_change_the_result(equations: Equations, seed: int) -> None:
    request = random_request(Random(seed), equations, "jacobian")
    if request is not None:
        assert derive(request, Recorder()) is derive(request)
