"""Autoencoders: principal components by a loss, and the Gaussian evidence bound."""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import agrees, is_by_hand

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

SCALAR = ("grad", "vjp", "jvp", "hessian", "hvp")

COMPONENTS = """
h_nk = V_ki x_ni
r_ni = U_ik h_nk - x_ni
L = sum_{n i} r_ni**2
"""
IN_ONE_LINE = "L = sum_{n i} (U_ik V_kj x_nj - x_ni)**2"
#: Encoder mean g and decoder mean f, each one layer; noise N is given; precision MᵀM.
EVIDENCE = """
g_a = tanh(G_ai x_i + c_a)
z_a = g_a + N_a
f_i = tanh(F_ia z_a + d_i)
r_i = M_ij (x_j - f_j)
L = 1/2 g_a g_a + 1/2 r_i r_i - logdet(M)
"""
ABSTRACT = """
z_a = g(x)_a + N_a
r_i = M_ij (x_j - f(z)_j)
L = 1/2 sum_a (g(x)_a)**2 + 1/2 r_i r_i - logdet(M)
"""


@pytest.mark.parametrize("mode", SCALAR)
@pytest.mark.parametrize("source", [COMPONENTS, IN_ONE_LINE])
def test_every_mode_of_the_loss_of_principal_components_agrees(source: str, mode: str) -> None:
    agrees(source, "L", ["U", "V"], [mode])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("dL_dr", "R_ni = 2 r_ni"),
        ("dL_dU", "R_ik = dL_dr^ni h_nk"),
        ("dL_dh", "R_nk = dL_dr^ni U_ik"),
        ("dL_dV", "R_ki = dL_dh^nk x_ni"),
    ],
)
def test_gradients_of_the_loss_of_principal_components(name: str, wanted: str) -> None:
    is_by_hand(tc.parse(COMPONENTS).grad("L", ["U", "V"]), name, wanted)


def test_the_leading_eigenvectors_are_the_optimum() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(40, 5)) * [5, 3, 1, 0.5, 0.2] @ rng.normal(size=(5, 5))
    _, vectors = np.linalg.eigh(data.T @ data)
    leading, trailing = vectors[:, -2:], vectors[:, :2]
    program = tc.parse(COMPONENTS)
    loss = program.compile("numpy")
    gradient = program.grad("L", ["U", "V"]).compile("numpy")
    scale = np.abs(data.T @ data).max()
    for columns in (leading, trailing):  # every set of eigenvectors is stationary
        for slope in gradient(U=columns, V=columns.T, x=data).values():
            np.testing.assert_allclose(slope, 0, atol=1e-10 * scale)
    best = loss(U=leading, V=leading.T, x=data)
    discarded = np.linalg.svd(data, compute_uv=False)[2:]
    np.testing.assert_allclose(best, (discarded**2).sum(), rtol=1e-9)
    assert best < loss(U=trailing, V=trailing.T, x=data)
    for _ in range(20):
        moved = leading + 0.1 * rng.normal(size=leading.shape)
        assert loss(U=moved, V=leading.T, x=data) > best


@pytest.mark.parametrize("mode", SCALAR)
def test_every_mode_of_the_evidence_bound_agrees(mode: str) -> None:
    agrees(EVIDENCE, "L", ["d", "M"] if mode == "hessian" else ["G", "c", "F", "d", "M"], [mode])


def test_the_abstract_evidence_bound_agrees() -> None:
    agrees(ABSTRACT, "L", ["M", "N", "x"], ["grad"], compiled=False)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("dL_dr", "R_i = r_i"),
        ("dL_df", "R_j = -dL_dr^i M_ij"),
        ("dL_dF", "R_ia = dL_df^i (1 - f_i**2) z_a"),
        ("dL_dz", "R_a = dL_df^i (1 - f_i**2) F_ia"),
        ("dL_dg", "R_a = g_a + dL_dz^a"),
        ("dL_dG", "R_ai = dL_dg^a (1 - g_a**2) x_i"),
        ("dL_dM", "R_ij = dL_dr^i (x_j - f_j) - inv(M)_ji"),
    ],
)
def test_gradients_of_the_evidence_bound(name: str, wanted: str) -> None:
    derived = tc.parse(EVIDENCE).grad("L", ["G", "c", "F", "d", "M"])
    for adjoint, slope in (("dL_dz2", "dL_df^i (1 - f_i**2)"), ("dL_dz1", "dL_dg^a (1 - g_a**2)")):
        index = slope.split("^")[1][0]
        is_by_hand(derived, adjoint, f"R_{index} = {slope}")
        wanted = wanted.replace(slope, f"{adjoint}^{index}")
    is_by_hand(derived, name, wanted)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("dL_dM", "R_ij = dL_dr^i (x_j - f(z)_j) - inv(M)_ji"),
        ("dL_dN", "R^a = -dL_dr^i M_ij [∇f(z)]_j^a"),
    ],
)
def test_gradients_through_an_abstract_decoder(name: str, wanted: str) -> None:
    is_by_hand(tc.parse(ABSTRACT).grad("L", ["M", "N"]), name, wanted)


def test_the_log_determinant_is_no_forgotten_term() -> None:
    """Where the residual is 0 the gradient by M is minus the transposed inverse alone."""
    rng = np.random.default_rng(1)
    source = "r_i = M_ij (x_j - f_j)\nL = 1/2 r_i r_i - logdet(M)"
    precision, x = rng.normal(size=(3, 3)), rng.normal(size=3)
    precision *= np.sign(np.linalg.det(precision))
    gradient = tc.parse(source).grad("L", "M").compile("numpy")(M=precision, x=x, f=x)
    np.testing.assert_allclose(gradient, -np.linalg.inv(precision).T, rtol=1e-12)
