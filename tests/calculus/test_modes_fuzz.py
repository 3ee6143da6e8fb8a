"""Random programs, differentiated in every mode, against autograd."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tensorcalc.ops  # noqa: F401
from tensorcalc.calculus import Request, derive
from tensorcalc.check import verify
from tensorcalc.expr import (
    Definition,
    Equations,
    Level,
    Tensor,
    at_indices,
    contract,
    multiply,
)
from tensorcalc.expr.steps import Recorder
from tensorcalc.printing import to_text
from tests.support.programs import programs

pytest.importorskip("torch", reason="the oracle of these tests is autograd")

TOLERANCE = 1e-9


def check(equations: Equations, mode: str, wrt: tuple[str, ...]) -> None:
    of = equations.outputs[0]
    request = Request(mode, of, wrt, equations)  # type: ignore[arg-type]
    derived = derive(request)
    report = verify(derived, request, tolerance=TOLERANCE)
    assert report.passed, f"{to_text(equations)}\n--\n{to_text(derived)}\n{report}"


def scalar(equations: Equations) -> Equations:
    """The program with a random-looking scalar of its output as the output."""
    last = equations.definition(equations.outputs[0])
    weights = Tensor("w", last.tensor.extents, (Level.LOWER,) * last.tensor.rank)
    value = at_indices(last.tensor, last.indices)
    body = contract(last.indices, multiply([at_indices(weights, last.indices), value, value]))
    total = Definition(Tensor("L", (), ()), (), body)
    inputs = (*equations.inputs, weights)
    return Equations(inputs, (*equations.definitions, total), ("L",))


def some_inputs(data: st.DataObject, equations: Equations, count: int = 2) -> tuple[str, ...]:
    names = [t.name for t in equations.inputs if t.name != "w"]
    assume(names)
    return tuple(
        data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=count, unique=True))
    )


@pytest.mark.parametrize("mode", ["jacobian", "vjp", "jvp"])
@given(equations=programs(), data=st.data())
def test_first_derivatives_agree_with_autograd(
    mode: str, equations: Equations, data: st.DataObject
) -> None:
    check(equations, mode, some_inputs(data, equations))


@pytest.mark.parametrize("mode", ["grad", "hvp"])
@given(equations=programs(definitions=2, depth=2), data=st.data())
def test_derivatives_of_scalars_agree_with_autograd(
    mode: str, equations: Equations, data: st.DataObject
) -> None:
    check(scalar(equations), mode, some_inputs(data, equations))


@given(equations=programs(definitions=2, depth=2), data=st.data())
def test_hessian_blocks_agree_with_autograd(equations: Equations, data: st.DataObject) -> None:
    wrt = some_inputs(data, equations)
    check(scalar(equations), "hessian", (wrt[0], wrt[-1]))


@given(equations=programs(), data=st.data())
def test_recording_steps_does_not_change_the_result(
    equations: Equations, data: st.DataObject
) -> None:
    wrt = some_inputs(data, equations)
    request = Request("jacobian", equations.outputs[0], wrt, equations)
    assert derive(request, Recorder()) is derive(request)
