"""Labels that a program computes: no derivative passes through them, what they select has one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tensorcalc as tc

HARD_MAXIMUM = "k_n = argmax_i(x_ni); m_n = x_{n, k_n} + p_{k_n}; L = sum_n m_n**2 v_n"

PROGRAMS = [
    (HARD_MAXIMUM, ("x", "p", "v")),
    ("k_n = argmax_i(x_ni); y_n = k_n w_n + x_{n, k_n}; L = y_n y_n", ("x", "w")),
    ("z_ni = A_ij x_nj; k_n = argmin_i(z_ni); L = sum_n B_{k_n, k_n} z_{n, k_n}", ("A", "B")),
    ("k_n = argmax_i(x_ni); l_n = argmax_j(B_{k_n, j}); L = q_{l_n} B_{k_n, l_n} v_n",
     ("q", "B")),
    ("p_ni = softmax_i(x_ni); k_n = argmax_i(p_ni); L = -mean_n log(p_{n, k_n})", ("x",)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt"), PROGRAMS)
def test_gradients_through_computed_labels_agree_with_autograd(
    text: str, wrt: tuple[str, ...]
) -> None:
    program = tc.parse(text)
    assert tc.parse(str(program)) == program
    gradient = program.grad("L", wrt)
    assert gradient.check().passed
    assert gradient.written_out().check().passed


@pytest.mark.parametrize("mode", ["vjp", "jvp", "hessian", "hvp"])
def test_every_mode_takes_labels_as_constant(mode: str) -> None:
    assert getattr(tc.parse(HARD_MAXIMUM), mode)("L", "x").check().passed


def test_the_gradient_is_that_of_torch_with_argmax() -> None:
    random = np.random.default_rng(1)
    x, p, v = random.normal(size=(5, 4)), random.normal(size=4), random.normal(size=5)
    found = tc.parse(HARD_MAXIMUM).grad("L", ["x", "p"]).compile("numpy")(x=x, p=p, v=v)
    ours = [torch.tensor(a, requires_grad=True) for a in (x, p)]
    chosen = ours[0].argmax(1)
    maximum = ours[0][torch.arange(5), chosen] + ours[1][chosen]
    (maximum**2 * torch.tensor(v)).sum().backward()
    for name, own in zip(("dL_dx", "dL_dp"), ours, strict=True):
        assert own.grad is not None
        np.testing.assert_allclose(found[name], own.grad.numpy(), rtol=1e-12)


def test_what_only_chooses_has_a_gradient_of_zeros_with_a_note() -> None:
    program = tc.parse("k_n = argmax_i(x_ni); L = sum_n p_{k_n}")
    gradient = program.grad("L", "x")
    assert gradient.notes == ("dL_dx is 0 for every input",)
    with pytest.raises(tc.NotDifferentiableError, match="argmax"):
        tc.parse("k_n = argmax_i(x_ni)").jacobian("k", "x")


def test_a_label_is_looked_up_in_an_axis_as_long_as_its_range() -> None:
    program = tc.parse("k_n = argmax_i(x_ni); y_n = p_{k_n}").equations
    assert program.tensor("p").extents == program.tensor("x").extents[1:]
    assert program.tensor("k").domain == "integer"
    with pytest.raises(tc.NotationError, match="E401"):
        tc.parse("tensor x_ni [5, 4], p_i [3]; k_n = argmax_i(x_ni); y_n = p_{k_n}")


def test_programs_with_computed_labels_are_compared_numerically() -> None:
    program = tc.parse(HARD_MAXIMUM)
    other = tc.parse(HARD_MAXIMUM.replace("m_n**2 v_n", "v_n m_n (x_{n, k_n} + p_{k_n})"))
    assert program.equals(other)
    assert not program.equals(tc.parse(HARD_MAXIMUM.replace("argmax", "argmin")))
