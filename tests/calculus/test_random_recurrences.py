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


#: Tangents and adjoints with a delta in a step: what it adds to is before the first component.
LINEAR = {
    "written forward": "s_{0} = h\ns_{t+1} = s_{t} + x_{t}\nL = sum_t s_{t}**2 v_{t}",
    "backward behind it": (
        "s_{0} = h\ns_{t+1} = s_{t} + x_{t}\nr_{t} = zeropad(r_{t+1}) + s_{t}**2\n"
        "L = sum_t r_{t} v_{t}"
    ),
    "mutual": (
        "s_{0} = h\nq_{0} = 1/2\ns_{t+1} = s_t q_{t} + x_{t}\nq_{t+1} = s_t + sin(q_{t} + x_{t})\n"
        "L = sum_t s_{t}**2 v_{t}"
    ),
    "from before": (
        "index t : 4\ns_{-1} = h\ns_{t} = s_{t-1} + x_{t}\nL = sum_t s_{t}**2 s_{t-1} v_{t}"
    ),
    "backward": "s_{t} = zeropad(s_{t+1}) + x_{t}\nL = sum_t s_{t}**2 v_{t}",
}


@pytest.mark.parametrize("mode", ["grad", "hvp", "hessian"])
@pytest.mark.parametrize("name", LINEAR)
def test_the_first_step_adds_to_no_component_before(name: str, mode: Mode) -> None:
    """A step begins at 0: ``t - 1`` is a place outside then, and not the last one."""
    equations = tc.parse(LINEAR[name]).equations
    agrees(Request(mode, "L", ("x", "x") if mode == "hessian" else ("x",), equations))


PADDED = "index t : 4\ns_{-1} = h\ns_{t} = sin(s_{t-1} + x_{t})\ny_t = zeropad(s_{t-1}) x_t"


@pytest.mark.parametrize("mode", ["value", "jacobian", "vjp", "jvp"])
def test_padding_is_zero_where_a_start_stands(mode: Mode) -> None:
    """The range of a state begins at 0; its start is another row of the same buffer."""
    equations = tc.parse(PADDED).equations
    agrees(Request(mode, "y", () if mode == "value" else ("x", "h"), equations))
