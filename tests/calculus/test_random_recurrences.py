"""Random recurrences in every mode, both back ends and the formula itself, against autograd."""

from __future__ import annotations

from random import Random

import pytest

import tensorcalc as tc
from tensorcalc.calculus import Mode, Request
from tests.support.modes import agrees
from tests.support.programs import scalar
from tests.support.sequences import random_recurrence

pytest.importorskip("torch", reason="the oracle of these tests is autograd")

MODES: tuple[Mode, ...] = ("jacobian", "vjp", "jvp", "grad", "hvp", "hessian")


@pytest.mark.parametrize("seed", range(12))
def test_a_random_recurrence(seed: int) -> None:
    """Mutual, stacked, written forward, running backward; by weights, inputs and starts."""
    random = Random(seed)
    equations = tc.parse(random_recurrence(random)).equations
    read = {t for d in equations.needed_for(["y"]).definitions for t in d.reads}
    inputs = [t.name for t in equations.inputs if t in read]
    wrt = tuple(random.sample(inputs, min(len(inputs), 2)))
    mode = MODES[seed % len(MODES)]
    if mode in ("jacobian", "vjp", "jvp"):
        agrees(Request(mode, "y", wrt, equations))
        return
    by = (wrt[0], wrt[-1]) if mode == "hessian" else wrt
    agrees(Request(mode, "L", by, scalar(equations)))


def test_every_form_comes_up() -> None:
    texts = [random_recurrence(Random(seed)) for seed in range(60)]
    for part in ("t-1", "t-2", "t+1, i} =", "t+1} =", "zeropad(", "r0_", "s2_", "sum_t", "W_ik"):
        assert any(part in text for text in texts), part
