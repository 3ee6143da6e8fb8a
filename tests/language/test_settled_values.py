"""The settled questions about numbers: kinks, parameters, derivatives, arrays given to kernels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import tensorcalc as tc
from tensorcalc.errors import KernelInputError, NotDifferentiableError, ShapeError


def value(text: str, **arrays: Any) -> Any:
    return tc.parse(text).compile("numpy")(**arrays)


def slope(text: str, name: str = "x", **arrays: Any) -> Any:
    return tc.parse(text).grad("y", name).compile("numpy")(**arrays)


TIES = np.array([2.0, 5.0, 1.0, 5.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = max_i(x_i)", [0, 1, 0, 0]),
        ("y = min_i(-x_i)", [0, -1, 0, 0]),
        ("y = sum_i max(x_i, 5)", [0, 0.5, 0, 0.5]),
        ("y = sum_i min(x_i, 5)", [1, 0.5, 1, 0.5]),
        ("y = sum_i relu(x_i - 5)", [0, 0, 0, 0]),
        ("y = sum_i abs(x_i - 5)", [-1, 0, -1, 0]),
        ("y = sum_i x_i heaviside(x_i - 5)", [0, 0, 0, 0]),
        ("y = sum_i x_i sign(x_i - 5)", [-1, 0, -1, 0]),
    ],
    ids=[
        "a reduction picks the first extreme", "the least likewise",
        "max of two shares equally", "min of two shares equally", "relu'(0) = 0", "abs'(0) = 0",
        "heaviside(0) = 0", "sign(0) = 0",
    ],
)  # fmt: skip
def test_kinks(text: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(slope(text, x=TIES), expected)


PARAMETERS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "leaky_relu(x_i)": functional.leaky_relu,
    "elu(x_i)": functional.elu,
    "softplus(x_i)": functional.softplus,
    "gelu(x_i)": functional.gelu,
    "silu(x_i)": functional.silu,
    "leaky_relu(x_i; slope=0.2)": partial(functional.leaky_relu, negative_slope=0.2),
    "elu(x_i; alpha=2)": partial(functional.elu, alpha=2.0),
    "huber(x_i)": partial(functional.huber_loss, target=torch.zeros(4), reduction="none"),
}


@pytest.mark.parametrize("call", PARAMETERS)
def test_function_parameters_are_the_defaults_of_torch(call: str) -> None:
    x = np.array([-2.5, -0.3, 0.4, 3.0])
    own = PARAMETERS[call](torch.tensor(x)).numpy()
    np.testing.assert_allclose(value(f"y_i = {call}", x=x), own, rtol=1e-9)


def test_a_derivative_by_an_input_that_takes_no_part_is_zeros_of_its_shape() -> None:
    gradient = tc.parse("tensor w_ij [n, m], x_i [n]; y = x_i x_i; q = w_ij w_ij").grad("y", "w")
    assert gradient.notes == ("dy_dw is 0 for every input",)
    found = gradient.compile("numpy")(w=np.ones((3, 4)), x=np.ones(3))
    np.testing.assert_array_equal(found, np.zeros((3, 4)))


def test_a_derivative_by_an_unknown_name_is_an_error() -> None:
    with pytest.raises(tc.TensorcalcError, match="q"):
        tc.parse("y = x_i x_i").grad("y", "q")


def test_a_derivative_by_a_symmetric_variable_is_the_symmetric_part() -> None:
    random = np.random.default_rng(0)
    a, b, s = random.normal(size=3), random.normal(size=3), random.normal(size=(3, 3))
    found = slope("symmetric S; y = a_i S_ij b_j", "S", a=a, b=b, S=s + s.T)
    np.testing.assert_allclose(found, (np.outer(a, b) + np.outer(b, a)) / 2)


def test_hessian_and_hvp_take_lists() -> None:
    program = tc.parse("y = x_i A_ij z_j + sum_i x_i**3")
    assert set(program.hessian("y", ["x", "z"]).outputs) >= {"d2y_dx_dx", "d2y_dx_dz"}
    assert program.hvp("y", ["x", "z"]).outputs == ("x_hvp", "z_hvp")
    assert program.hvp("y", ["x", "z"]).check().passed


def test_the_array_of_a_recurrence_holds_the_steps_from_0() -> None:
    x = np.array([0.5, -1.0, 2.0, 0.25])
    found = value("s_t = a s_{t-1} + x_t; s_{-1} = h", a=0.5, x=x, h=3.0)
    expected: list[float] = []
    state = 3.0
    for step in x:
        state = 0.5 * state + float(step)
        expected.append(state)
    np.testing.assert_allclose(found, expected)


def test_written_forward_with_the_start_0_is_the_same() -> None:
    arrays = {"a": 0.5, "h": 3.0, "x": np.array([0.5, -1.0, 2.0])}
    forward = value("s_{t+1} = a s_t + x_t; s_{0} = h", **arrays)
    back = value("s_t = a s_{t-1} + x_{t-1}; s_{0} = h", **arrays)
    np.testing.assert_allclose(forward, [3.0, 2.0, 0.0, 2.0])
    np.testing.assert_allclose(back, forward)


def test_a_fact_holds_for_every_free_index() -> None:
    program = tc.parse("given sum_c Y_nc = 1; y = Y_nc log(p_nc)")
    (fact,) = program.equations.facts
    assert [i.name for i in fact.indices] == ["n"]


class TestArraysGivenToAKernel:
    """Every input is accepted, those that are needed are required, and of the right kind."""

    program = tc.parse("tensor A_ij [N, M], unused_j [M]; y_i = A_ij x_j; z_n = p_{c_n}")

    def kernel(self) -> Any:
        return self.program.compile("numpy")

    def arrays(self) -> dict[str, Any]:
        return {
            "A": np.arange(6.0).reshape(2, 3),
            "x": np.array([1.0, -1.0, 2.0]),
            "p": np.array([5.0, 6.0, 7.0, 8.0]),
            "c": np.array([3, 0, 0]),
        }

    def test_every_input_is_accepted(self) -> None:
        found = self.kernel()(**self.arrays(), unused=np.ones(3))
        np.testing.assert_allclose(found["y"], self.arrays()["A"] @ self.arrays()["x"])
        np.testing.assert_array_equal(found["z"], [8, 5, 5])

    def test_a_missing_input_is_a_type_error(self) -> None:
        with pytest.raises(TypeError, match="missing input x"):
            self.kernel()(**{k: v for k, v in self.arrays().items() if k != "x"})

    def test_an_unknown_name_is_an_error(self) -> None:
        with pytest.raises(KernelInputError, match="unknown input w"):
            self.kernel()(**self.arrays(), w=1)

    def test_integers_become_float64_and_float32_stays(self) -> None:
        whole = {**self.arrays(), "A": np.arange(6).reshape(2, 3), "x": np.array([1, -1, 2])}
        assert self.kernel()(**whole)["y"].dtype == np.float64
        single = {k: v.astype(np.float32) if k != "c" else v for k, v in self.arrays().items()}
        assert self.kernel()(**single)["y"].dtype == np.float32

    @pytest.mark.parametrize("label", [-1, 4])
    def test_a_label_outside_its_range_is_an_error(self, label: int) -> None:
        with pytest.raises(KernelInputError, match="run from 0 to 3"):
            self.kernel()(**{**self.arrays(), "c": np.array([0, label, 1])})

    def test_labels_that_are_no_integers_are_an_error(self) -> None:
        with pytest.raises(KernelInputError, match="integers"):
            self.kernel()(**{**self.arrays(), "c": np.array([0.5, 1.0, 2.0])})

    def test_shapes_that_do_not_fit_are_an_error(self) -> None:
        with pytest.raises(ShapeError, match="M is 3"):
            self.kernel()(**{**self.arrays(), "x": np.ones(4)})

    def test_python_numbers_are_scalars(self) -> None:
        assert value("y = a b", a=2, b=1.5) == 3


def test_no_derivative_is_taken_by_labels() -> None:
    with pytest.raises(NotDifferentiableError, match="c holds integers"):
        tc.parse("y = sum_n p_{c_n}").grad("y", "c")


@pytest.mark.parametrize(
    ("answer", "equal"),
    [
        ("J_{i j} = A_ij", True),
        ("J_{j i} = A_ij", False),
        ("A_ij", True),
        ("w_ij = 2 A_ij\nv_ij = w_ij - A_ij\nJ_ij = v_ij", True),
        ("delta_ik A_kj", True),
    ],
    ids=[
        "an answer's left side fixes the order of its axes", "another order is another answer",
        "a bare formula has its free indices in order of first appearance",
        "of several lines the last is the answer", "an index that is summed may be new",
    ],
)  # fmt: skip
def test_compare(answer: str, equal: bool) -> None:
    program = tc.parse("z_i = A_ij x_j")
    assert tc.compare(answer, program, of="z", wrt="x").equal is equal
