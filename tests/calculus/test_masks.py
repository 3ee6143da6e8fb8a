"""Masks and branches: rows masked throughout, and second derivatives of what is not taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorcalc as tc
from tensorcalc.calculus import Mode, Request, derive
from tensorcalc.check import verify
from tensorcalc.codegen import compile_equations
from tensorcalc.printing import to_text

torch = pytest.importorskip("torch", reason="the softmax of a masked row is held against it")

ATTENTION = """
mask m
S_tu = q_td k_ud
P_tu = softmax_u(where([m_{tu} != 0], S_tu, -inf))
y_te = P_tu v_ue
L = sum_{t e} y_te c_te
"""
MASK = np.array([[1.0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 0, 1]])
SHAPES = {"q": (3, 2), "k": (4, 2), "v": (4, 5), "c": (3, 5), "m": (3, 4)}


def given(program: Any) -> dict[str, Any]:
    """The same arrays for every derived program; a seed has the shape of what it belongs to."""
    rng = np.random.default_rng(3)
    arrays = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    arrays |= {f"{n}_dot": rng.normal(size=SHAPES[n]) for n in ("q", "k", "v")}
    arrays |= {"y_bar": rng.normal(size=(3, 5)), "m": MASK}
    return {name: array for name, array in arrays.items() if name in program.inputs}


def kernels(program: Any, arrays: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for backend in ("numpy", "torch"):
        kernel = program.compile(backend)
        with np.errstate(invalid="ignore"):  # minus infinity less minus infinity
            result = kernel(**{n: arrays[n] for n in kernel.inputs})
        several: Any = result if len(kernel.outputs) > 1 else {kernel.outputs[0]: result}
        found[backend] = {name: np.asarray(value) for name, value in several.items()}
    return found


@pytest.mark.parametrize("mode", ["value", "grad", "vjp", "jvp", "hvp"])
def test_a_row_masked_throughout_is_not_a_number_wherever_it_takes_part(mode: str) -> None:
    """Its value, its tangent, and every sum over rows; the other rows are as without it."""
    program = tc.parse(ATTENTION)
    of = "L" if mode in ("grad", "hvp") else "y"
    derived = program if mode == "value" else getattr(program, mode)(of, ["q", "k", "v"])
    if mode == "value":
        derived = tc.parse(ATTENTION.split("L =")[0])
    arrays = given(derived)
    found = kernels(derived, arrays)
    opened = {**arrays, "m": np.where(MASK.sum(1, keepdims=True) == 0, 1.0, MASK)}
    filled = kernels(derived, opened)
    for backend, results in found.items():
        for name, value in results.items():
            by_row = name in ("y", "dL_dq", "y_dot", "q_bar", "q_hvp")
            assert np.isnan(value).all(axis=1).tolist() == (
                [False, True, False] if by_row else [True] * 4
            ), (backend, name)
            np.testing.assert_allclose(value, found["numpy"][name], rtol=1e-12)
            assert np.isfinite(filled[backend][name]).all()
            if by_row:
                kept = filled[backend][name][[0, 2]]
                np.testing.assert_allclose(value[[0, 2]], kept, rtol=1e-12)
    if mode == "value":
        scores = torch.tensor(arrays["q"] @ arrays["k"].T)
        weights = torch.softmax(scores.masked_fill(torch.tensor(MASK) == 0, -torch.inf), 1)
        wanted = (weights @ torch.tensor(arrays["v"])).numpy()
        np.testing.assert_allclose(found["torch"]["y"], wanted, rtol=1e-12)


def test_a_large_negative_number_gives_such_a_row_a_value() -> None:
    """The way out that the documentation names: all of its weights are equal."""
    derived = tc.parse(ATTENTION.replace("-inf", "-1e30")).grad("L", ["q", "k", "v"])
    arrays = given(derived)
    for results in kernels(derived, arrays).values():
        assert all(np.isfinite(value).all() for value in results.values())
        assert not results["dL_dq"][1].any()
    assert derived.check().passed


def test_the_check_draws_masks_that_leave_every_row_something() -> None:
    program = tc.parse(ATTENTION)
    for derived in (program.grad("L", ["q", "k", "v"]), program.hvp("L", ["q", "k"])):
        report = derived.check()
        assert report.passed, str(report)


BRANCHES = [
    ("y = where([x_i > 0], log(x_i), 2 x_i**2)", ("x",)),
    ("y = where([x_i > 0], x_i sqrt(x_i), sin(x_i) sqrt(-x_i))", ("x",)),
    ("y = where([m_i > 0], log(A_ij x_j), A_ij x_j x_i)", ("x", "A")),
    ("y = where([x_i < 0], 1/x_i, where([x_i > 1], log(x_i - 1), x_i**3))", ("x",)),
    ("y = where([x_i > 0], log(x_i), 0) where([x_i < 0], sqrt(-x_i), 1)", ("x",)),
    ("y = exp(where([x_i > 0], sqrt(x_i), x_i))", ("x",)),
]


@pytest.mark.parametrize("mode", ["grad", "hessian", "hvp"])
@pytest.mark.parametrize(("text", "wrt"), BRANCHES)
def test_nothing_leaks_from_the_branch_not_taken(
    text: str, wrt: tuple[str, ...], mode: Mode
) -> None:
    """Second derivatives too, of the kernels; autograd would say 0 times infinity."""
    body = text.removeprefix("y = ")
    equations = tc.parse(f"y_i = {body}\nL = sum_i c_i y_i**2").equations
    by = (wrt[0], wrt[-1]) if mode == "hessian" else wrt
    request = Request(mode, "L", by, equations)
    derived = derive(request)
    made = {name: compile_equations(derived, name) for name in ("numpy", "torch")}
    for seed in range(3):
        with np.errstate(invalid="ignore", divide="ignore"):  # the branch not taken is computed
            report = verify(
                derived, request, kernels=made, oracle="differences", seed=seed, tolerance=1e-5
            )
        assert report.passed, f"{to_text(derived)}\n{report}"
        assert set(report.backends) == {"numpy", "torch"}
