"""Vector calculus of optimisation: the formulas of the textbooks, and their optima.

What the gallery derives is checked there in every mode; here stands what it does not show.
"""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import agrees, is_by_hand, passes

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

SCALAR = ("grad", "vjp", "jvp", "hessian", "hvp")
VECTOR = ("jacobian", "vjp", "jvp")

QUADRATIC = "f = 1/2 x_i A_ij x_j"
SYMMETRIC = f"{QUADRATIC}\nsymmetric A"
SQUARES = "r_i = A_ij x_j - b_i\nf = 1/2 sum_i r_i**2"
RIDGE = "f = 1/2 sum_i (A_ij x_j - b_i)**2 + 1/2 lam x_j x_j"
REGRESSION = "L = 1/2 sum_{p n} (Y_pn - W_pd X_dn)**2"
LMS = "L = 1/2 (y - w_i x_i)**2"
DELTA_RULE = "v = w_i x_i\nL = 1/2 (y - tanh(v))**2"
BOWL = "f = 13 u**2 - 10 u v + 4 u + 2 v**2 - 2 v + 1"
BOWL_OF_A_VECTOR = (
    "tensor w_i [2]\nf = 13 w_{0}**2 - 10 w_{0} w_{1} + 4 w_{0} + 2 w_{1}**2 - 2 w_{1} + 1"
)
DIFFERENCES = "tensor x_j [n]\ng_i = x_{i+1} - x_i\n"
FIDELITY = "1/2 mu sum_j (x_j - f_j)**2"
HYPERBOLIC = f"{DIFFERENCES}L = sum_i sqrt(g_i**2 + c**2) + {FIDELITY}"
LOGISTIC = "z_n = y_n X_nd w_d\nL = sum_n softplus(-z_n)"
FACTORS = "E_ij = X_ik Y_kj - S_ij\nL = 1/2 sum_{i j} E_ij**2"
RISK = "index n : N\nR1 = 1/N sum_n (y_n - X_nd w_d)**2\n"
L1 = f"{RISK}J = R1 + lam sum_d abs(w_d)"
L2 = f"{RISK}J = R1 + lam sum_d w_d**2"
DROPOUT = "mask m\nh_d = m_d x_d\ny = w_d h_d\nL = 1/2 (y - t)**2"
MOMENTS = """
index n : N
mu_i = 1/N sum_n X_ni
Z_ni = X_ni - mu_i
C_ij = 1/N sum_n Z_ni Z_nj
"""
WHITENING = """
index n : N
positive D
mu_i = 1/N sum_n X_ni
Z_ni = X_ni - mu_i
y_na = D_a**(-1/2) U_ia Z_ni
"""


@pytest.mark.parametrize(
    ("source", "of", "wrt", "modes"),
    [
        ("y_i = A_ij x_j", "y", ["x", "A"], VECTOR),
        ("f = norm_i(x_i)", "f", ["x"], SCALAR),
        (SQUARES, "f", ["x", "A"], SCALAR),
        (REGRESSION, "L", ["W"], SCALAR),
        (LMS, "L", ["w"], SCALAR),
        (DELTA_RULE, "L", ["w"], SCALAR),
        (BOWL, "f", ["u", "v"], SCALAR),
        (BOWL_OF_A_VECTOR, "f", ["w"], SCALAR),
        (DROPOUT, "L", ["w", "x"], SCALAR),
    ],
)
def test_every_mode_agrees_with_autograd(
    source: str, of: str, wrt: list[str], modes: tuple[str, ...]
) -> None:
    agrees(source, of, wrt, modes)


@pytest.mark.parametrize(
    ("source", "mode", "of", "wrt", "name", "wanted"),
    [
        ("y_i = A_ij x_j", "jacobian", "y", "x", "dy_dx", "R_ij = A_ij"),
        ("f = sum_i x_i**2", "grad", "f", "x", "df_dx", "R_i = 2 x_i"),
        ("f = sum_i x_i**2", "hessian", "f", "x", "d2f_dx_dx", "R_ij = 2 δ_ij"),
        (QUADRATIC, "grad", "f", "x", "df_dx", "R_i = 1/2 (A_ij x_j + A_ji x_j)"),
        (QUADRATIC, "hessian", "f", "x", "d2f_dx_dx", "R_ij = 1/2 (A_ij + A_ji)"),
        (SYMMETRIC, "grad", "f", "x", "df_dx", "R_i = A_ij x_j"),
        (SYMMETRIC, "hessian", "f", "x", "d2f_dx_dx", "R_ij = A_ij"),
        (SQUARES, "grad", "f", "x", "df_dx", "R_j = A_ij df_dr^i"),
        (SQUARES, "grad", "f", "x", "df_dr", "R_i = r_i"),
        (SQUARES, "hessian", "f", "x", "d2f_dx_dx", "R_jk = A_ij A_ik"),
        ("z_i = A_ij x_j\nL = sum_i g(z_i)", "grad", "L", "x", "dL_dz", "R_i = g'(z_i)"),
        ("z_i = A_ij x_j\nL = sum_i g(z_i)", "grad", "L", "x", "dL_dx", "R_j = A_ij dL_dz^i"),
        ("z_j = x_i A_ij\nL = sum_j g(z_j)", "grad", "L", "x", "dL_dx", "R_i = dL_dz^j A_ij"),
        (
            "z_i = A_ij x_j\nL = sum_i g(z_i)",
            "hessian",
            "L",
            "x",
            "d2L_dx_dx",
            "R_jk = sum_i A_ij g''(z_i) A_ik",
        ),
        (RIDGE, "grad", "f", "x", "df_dx", "R_j = A_ij df_dr^i + lam x_j"),
        (RIDGE, "hessian", "f", "x", "d2f_dx_dx", "R_jk = A_ij A_ik + lam δ_jk"),
        (REGRESSION, "grad", "L", "W", "dL_dW", "R_pd = -dL_dr^pn X_dn"),
        (REGRESSION, "grad", "L", "W", "dL_dr", "R_pn = Y_pn - W_pd X_dn"),
        (LMS, "grad", "L", "w", "dL_dw", "R_i = -dL_dr x_i"),
        (
            "v = w_i x_i\nL = 1/2 (y - g(v))**2",
            "grad",
            "L",
            "w",
            "dL_dv",
            "R = -(y - g(v)) g'(v)",
        ),
        (BOWL, "grad", "f", ["u", "v"], "df_du", "R = 26 u - 10 v + 4"),
        (BOWL, "grad", "f", ["u", "v"], "df_dv", "R = -10 u + 4 v - 2"),
        (BOWL, "hessian", "f", ["u", "v"], "d2f_du_dv", "R = -10"),
        (
            f"{DIFFERENCES}L = sum_i h(g_i) + {FIDELITY}",
            "grad",
            "L",
            "x",
            "dL_dx",
            "R_j = zeropad(dL_dg^{j-1}) - zeropad(dL_dg^j) + mu (x_j - f_j)",
        ),
        (f"{DIFFERENCES}L = sum_i h(g_i) + {FIDELITY}", "grad", "L", "x", "dL_dg", "R_i = h'(g_i)"),
        (HYPERBOLIC, "grad", "L", "x", "dL_dg", "R_i = g_i / sqrt(g_i**2 + c**2)"),
        (LOGISTIC, "grad", "L", "w", "dL_dz", "R_n = -sigmoid(-z_n)"),
        (LOGISTIC, "grad", "L", "w", "dL_dw", "R_d = dL_dz^n y_n X_nd"),
        (
            LOGISTIC,
            "hessian",
            "L",
            "w",
            "d2L_dw_dw",
            "R_de = sum_n y_n X_nd sigmoid(-z_n) (1 - sigmoid(-z_n)) y_n X_ne",
        ),
        (FACTORS, "grad", "L", ["X", "Y"], "dL_dE", "R_ij = E_ij"),
        (FACTORS, "grad", "L", ["X", "Y"], "dL_dX", "R_ik = dL_dE^ij Y_kj"),
        (FACTORS, "grad", "L", ["X", "Y"], "dL_dY", "R_kj = X_ik dL_dE^ij"),
        (
            FACTORS,
            "hessian",
            "L",
            ["X", "Y"],
            "d2L_dX_dY",
            "R_{i k l j} = δ_kl dL_dE^ij + Y_kj X_il",
        ),
        ("J = R1(w)_z lam_z", "grad", "J", "w", "dJ_dw", "R^d = [∇R1(w)]_z^d lam_z"),
        (L1, "grad", "J", "w", "dJ_dw", "R_d = lam sign(w_d) - dJ_dr^n X_nd"),
        (L2, "grad", "J", "w", "dJ_dw", "R_d = 2 lam w_d - dJ_dr^n X_nd"),
        (DROPOUT, "grad", "L", ["w", "x"], "dL_dw", "R_d = dL_dy h_d"),
        (DROPOUT, "grad", "L", ["w", "x"], "dL_dx", "R_d = dL_dh^d m_d"),
        (MOMENTS, "jacobian", "mu", "X", "dmu_dX", "R_inj = 1/N δ_ij"),
        (WHITENING, "vjp", "y", ["X", "U", "D"], "U_bar", "R_ia = y_bar^na D_a**(-1/2) Z_ni"),
        (WHITENING, "vjp", "y", ["X", "U", "D"], "Z_bar", "R_ni = y_bar^na D_a**(-1/2) U_ia"),
        (WHITENING, "vjp", "y", ["X", "U", "D"], "mu_bar", "R_i = -sum_n Z_bar^ni"),
        (WHITENING, "vjp", "y", ["X", "U", "D"], "X_bar", "R_ni = Z_bar^ni + 1/N mu_bar^i"),
    ],
)
def test_the_formula_is_the_one_by_hand(
    source: str, mode: str, of: str, wrt: str, name: str, wanted: str
) -> None:
    is_by_hand(getattr(tc.parse(source), mode)(of, wrt), name, wanted)


def test_ridge_regression_is_stationary_where_the_normal_equations_say() -> None:
    rng = np.random.default_rng(0)
    matrix, b, lam = rng.normal(size=(5, 3)), rng.normal(size=5), 0.7
    program = tc.parse(RIDGE)
    values = {"A": matrix, "b": b, "lam": lam}
    hessian = program.hessian("f", "x").compile("numpy")(A=matrix, lam=lam, b=b)
    at_zero = program.grad("f", "x").compile("numpy")(x=np.zeros(3), **values)
    optimum = np.linalg.solve(hessian, -at_zero)
    by_hand = np.linalg.solve(matrix.T @ matrix + lam * np.eye(3), matrix.T @ b)
    np.testing.assert_allclose(optimum, by_hand, rtol=1e-12)
    gradient = program.grad("f", "x").compile("numpy")(x=optimum, **values)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)


def test_linear_regression_is_stationary_at_the_pseudoinverse() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(3, 11)), rng.normal(size=(2, 11))
    weights = y @ x.T @ np.linalg.inv(x @ x.T)
    gradient = tc.parse(REGRESSION).grad("L", "W").compile("numpy")
    np.testing.assert_allclose(gradient(W=weights, X=x, Y=y), 0, atol=1e-12)
    assert np.abs(gradient(W=weights + 1, X=x, Y=y)).max() > 1


def test_widrow_hoff_learns_the_weights_of_a_linear_teacher() -> None:
    rng = np.random.default_rng(2)
    teacher, weights = rng.normal(size=4), np.zeros(4)
    gradient = tc.parse(LMS).grad("L", "w").compile("numpy")
    for _ in range(400):
        x = rng.normal(size=4)
        step = -gradient(w=weights, x=x, y=teacher @ x)
        np.testing.assert_allclose(step, (teacher @ x - weights @ x) * x, rtol=1e-9, atol=1e-14)
        weights = weights + 0.1 * step
    np.testing.assert_allclose(weights, teacher, atol=1e-6)


def test_the_bowl_has_its_optimum_at_one_three() -> None:
    gradient = tc.parse(BOWL_OF_A_VECTOR).grad("f", "w").compile("numpy")
    hessian = tc.parse(BOWL_OF_A_VECTOR).hessian("f", "w").compile("numpy")()
    np.testing.assert_array_equal(hessian, [[26, -10], [-10, 4]])
    np.testing.assert_array_equal(gradient(w=np.array([1.0, 3.0])), 0)
    start = np.array([0.3, -0.8])
    np.testing.assert_allclose(start - np.linalg.solve(hessian, gradient(w=start)), [1, 3])


@pytest.mark.parametrize(("rate", "converges"), [(0.02, True), (0.05, True), (0.1, False)])
def test_descent_into_the_bowl_diverges_where_the_step_is_too_long(
    rate: float, converges: bool
) -> None:
    gradient = tc.parse(BOWL_OF_A_VECTOR).grad("f", "w").compile("numpy")
    point = np.zeros(2)
    for _ in range(4000 if converges else 100):
        point = point - rate * gradient(w=point)
    if converges:
        np.testing.assert_allclose(point, [1, 3], atol=1e-4)
    else:
        assert np.abs(point).max() > 1e10


def test_the_adjoint_of_finite_differences_is_minus_the_divergence() -> None:
    rng = np.random.default_rng(3)
    x, p = rng.normal(size=7), rng.normal(size=6)
    forward = tc.parse(DIFFERENCES)
    adjoint = forward.vjp("g", "x").compile("numpy")(g_bar=p, x=x)
    np.testing.assert_allclose(adjoint, -np.diff(p, prepend=0, append=0), rtol=1e-14)
    assert np.isclose(forward.compile("numpy")(x=x) @ p, x @ adjoint)


def test_logistic_regression_stays_finite_for_large_arguments() -> None:
    values = {"X": np.array([[1000.0], [-1000.0]]), "y": np.array([1.0, 1.0]), "w": np.ones(1)}
    program = tc.parse(LOGISTIC)
    for backend in ("numpy", "torch"):
        for mode, wanted in (("grad", [1000.0]), ("hessian", [[0.0]])):
            kernel = getattr(program, mode)("L", "w").compile(backend)
            np.testing.assert_allclose(np.asarray(kernel(**values)), wanted, atol=1e-12)


def test_dropout_of_a_unit_drops_its_gradient() -> None:
    program = tc.parse(DROPOUT)
    passes(program)
    values = {"m": np.array([1.0, 0.0, 1.0]), "w": np.array([2.0, 3.0, 5.0]), "t": 0.5}
    gradient = program.grad("L", "x").compile("numpy")(x=np.array([1.0, 7.0, -2.0]), **values)
    assert gradient[1] == 0
    assert gradient[0] != 0


def test_whitened_data_has_the_identity_as_covariance() -> None:
    rng = np.random.default_rng(4)
    data = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)) + rng.normal(size=3)
    covariance = tc.parse(MOMENTS).compile("numpy")(X=data)
    np.testing.assert_allclose(covariance, np.cov(data.T, bias=True), rtol=1e-12)
    spectrum, vectors = np.linalg.eigh(covariance)
    white = tc.parse(WHITENING).compile("numpy")(X=data, U=vectors, D=spectrum)
    np.testing.assert_allclose(white.T @ white / 50, np.eye(3), atol=1e-12)
