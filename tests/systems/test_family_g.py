"""k-means as a network: its gradient, and the update of Lloyd."""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import agrees, is_by_hand

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

SOFT = """
q_nc = x_ni C_ci - 1/2 C_ci C_ci
p_nc = softmax_c(20 q_nc)
r_ni = p_nc C_ci - x_ni
L = sum_{n i} r_ni**2
"""
#: The nearest centre of each sample, found by the program itself.
HARD = """
q_nc = x_ni C_ci - 1/2 C_ci C_ci
h_nc = argmax_onehot_c(q_nc)
r_ni = h_nc C_ci - x_ni
L = sum_{n i} r_ni**2
"""
GIVEN = "L = sum_{n c} m_nc sum_i (x_ni - C_ci)**2\nmask m"
LABELS = "r_ni = C_{l_n, i} - x_ni\nL = sum_{n i} r_ni**2"


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "hvp"])
def test_every_mode_of_the_soft_assignment_agrees(mode: str) -> None:
    agrees(SOFT, "L", ["C"], [mode])


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "hvp", "hessian"])
@pytest.mark.parametrize("source", [HARD, GIVEN])
def test_every_mode_of_the_hard_assignment_agrees(source: str, mode: str) -> None:
    agrees(source, "L", ["C"], [mode])


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "hvp"])
def test_every_mode_of_the_assignment_by_labels_agrees(mode: str) -> None:
    agrees(LABELS, "L", ["C"], [mode])


@pytest.mark.parametrize(
    ("source", "name", "wanted"),
    [
        (SOFT, "dL_dr", "R_ni = 2 r_ni"),
        (SOFT, "dL_dp", "R_nc = dL_dr^ni C_ci"),
        (SOFT, "dL_dz", "R_nc = p_nc (dL_dp^nc - dL_dp^nb p_nb)"),
        (SOFT, "dL_dq", "R_nc = 20 dL_dz^nc"),
        (SOFT, "dL_dC", "R_ci = p_nc dL_dr^ni + dL_dq^nc x_ni - sum_n dL_dq^nc C_ci"),
        (HARD, "dL_dC", "R_ci = h_nc dL_dr^ni"),
        (GIVEN, "dL_dC", "R_ci = -2 sum_n m_nc (x_ni - C_ci)"),
        (LABELS, "dL_dC", "R_ci = sum_n δ_{c l_n} dL_dr^ni"),
    ],
)
def test_the_gradient_by_the_centres_is_the_one_by_hand(
    source: str, name: str, wanted: str
) -> None:
    is_by_hand(tc.parse(source).grad("L", "C"), name, wanted)


def test_lloyd_s_update_falls_out_of_the_hard_assignment() -> None:
    """Newton's step, the diagonal Hessian being twice the counts, puts each centre at its mean."""
    rng = np.random.default_rng(0)
    means = np.array([[6.0, 0], [-6, 1], [0, 7]])
    data = np.repeat(means, (9, 5, 7), axis=0) + rng.normal(size=(21, 2))
    centres = means + rng.normal(size=means.shape)
    program = tc.parse(HARD)
    gradient = program.grad("L", "C").compile("numpy")(C=centres, x=data)
    nearest = np.square(data[:, None] - centres).sum(-1).argmin(1)
    by_hand = [-2 * (data[nearest == c] - centres[c]).sum(0) for c in range(3)]
    np.testing.assert_allclose(gradient, by_hand, rtol=1e-10)
    hessian = program.hessian("L", "C").compile("numpy")(C=centres, x=data).reshape(6, 6)
    moved = centres - np.linalg.solve(hessian, gradient.ravel()).reshape(3, 2)
    np.testing.assert_allclose(moved, [data[nearest == c].mean(0) for c in range(3)], rtol=1e-10)
    again = program.grad("L", "C").compile("numpy")(C=moved, x=data)
    np.testing.assert_allclose(again, 0, atol=1e-10)


def test_the_soft_assignment_hardens_where_the_centres_are_far_apart() -> None:
    rng = np.random.default_rng(1)
    centres = np.array([[6.0, 0], [-6, 1], [0, 7]])
    data = np.concatenate([centre + 0.1 * rng.normal(size=(4, 2)) for centre in centres])
    values = {"C": centres, "x": data}
    soft = tc.parse(SOFT).grad("L", "C").compile("numpy")(**values)
    hard = tc.parse(HARD).grad("L", "C").compile("numpy")(**values)
    np.testing.assert_allclose(soft, hard, rtol=1e-6)
