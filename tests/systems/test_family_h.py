"""Matrix calculus: traces to natural gradients, first and second derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import agrees, is_by_hand, passes

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

SCALAR = ("grad", "vjp", "jvp", "hessian", "hvp")
VECTOR = ("jacobian", "vjp", "jvp")

GAUSSIAN = """
index n : N
index i : d
symmetric S
r_ni = x_ni - mu_i
l = -1/2 sum_n r_ni inv(S)_ij r_nj - 1/2 N logdet(S) - 1/2 N d log(2 pi)
"""
RAYLEIGH = "a = x_i A_ij x_j\nb = x_i x_i\nr = a/b\nsymmetric A"
KERNEL = "K_nm = exp(-sum_i (x_ni - y_mi)**2/(2 sigma**2))"
GRAM = "K_nm = exp(-sum_i (x_ni - x_mi)**2/(2 sigma**2))"
NETWORK = """
z_nj = W_ji x_ni + b_j
h_nj = tanh(z_nj)
y_no = U_oj h_nj
l_n = 1/2 sum_o (y_no - t_no)**2
L = sum_n l_n
"""
FIELD = "metric g\ntensor F_{\\mu\\nu}\nS = F_{\\mu\\nu} F^{\\mu\\nu}"
NATURAL = """
metric g
tensor g_{ij}
L = 1/2 sum_n (A_ni x^i - b_n)**2
d^i = g^{ij} d(L)/d(x^j)
"""


@pytest.mark.parametrize(
    ("source", "of", "wrt"),
    [
        ("f = tr(X)", "f", "X"),
        ("f = A_ij X_jk B_ki", "f", "X"),
        ("f = X_ij A_jk X_ki", "f", "X"),
        ("f = inv(X)_ii", "f", "X"),
        ("f = a_i inv(X)_ij b_j", "f", "X"),
        ("f = det(X)", "f", "X"),
        ("f = logdet(X)", "f", "X"),
        ("sizes i=3, k=5\nM_ij = X_ik A_kl X_jl\nf = logdet(M)", "f", "X"),
        ("f = norm_{i j}(X_ij)", "f", "X"),
        ("Y_ij = A_ij X_ij\nf = sum_{i j} Y_ij**2", "f", "X"),
        ("K_{i p j q} = A_ij X_pq\nf = u_ip K_{i p j q} v_jq", "f", "X"),
        ("f = sum_{i p j q} (A_ij X_pq)**2", "f", "X"),
        (GAUSSIAN, "l", "mu"),
        (GAUSSIAN, "l", "S"),
        (RAYLEIGH, "r", "x"),
        ("f = logsumexp_i(x_i)", "f", "x"),
    ],
)
def test_every_mode_of_a_scalar_agrees_with_autograd(source: str, of: str, wrt: str) -> None:
    agrees(source, of, [wrt], SCALAR)


@pytest.mark.parametrize(
    ("source", "of", "wrt"),
    [
        ("Y_ij = inv(X)_ij", "Y", ["X"]),
        ("K_{i p j q} = A_ij X_pq", "K", ["A", "X"]),
        (KERNEL, "K", ["x", "sigma"]),
        (GRAM, "K", ["x", "sigma"]),
        (NETWORK, "y", ["W", "b", "U"]),
        (NETWORK, "l", ["b", "U"]),
        ("g_i = d(sum_j exp(x_j) x_k x_k)/d(x_i)\nh_ij = d(g_i)/d(x_j)", "h", ["x"]),
    ],
)
def test_every_mode_of_a_tensor_agrees_with_autograd(source: str, of: str, wrt: list[str]) -> None:
    agrees(source, of, wrt, VECTOR)


@pytest.mark.parametrize(
    ("source", "mode", "of", "wrt", "name", "wanted"),
    [
        ("f = tr(X)", "grad", "f", "X", "df_dX", "R_ij = δ_ij"),
        ("f = A_ij X_jk B_ki", "grad", "f", "X", "df_dX", "R_jk = A_ij B_ki"),
        ("f = A_ij X_jk B_ki", "hessian", "f", "X", "d2f_dX_dX", "R_ijkl = 0"),
        ("f = X_ij A_jk X_ki", "grad", "f", "X", "df_dX", "R_ij = A_jk X_ki + X_jk A_ki"),
        ("f = X_ij A_jk X_ki", "hessian", "f", "X", "d2f_dX_dX", "R_ijkl = δ_il A_jk + δ_jk A_li"),
        ("Y_ij = inv(X)_ij", "jacobian", "Y", "X", "dY_dX", "R_ijkl = -Y_ik Y_lj"),
        ("f = inv(X)_ii", "grad", "f", "X", "df_dX", "R_ij = -inv(X)_ki inv(X)_jk"),
        (
            "f = a_i inv(X)_ij b_j",
            "grad",
            "f",
            "X",
            "df_dX",
            "R_ij = -inv(X)_ki a_k b_l inv(X)_jl",
        ),
        ("f = det(X)", "grad", "f", "X", "df_dX", "R_ij = f inv(X)_ji"),
        (
            "f = det(X)",
            "hessian",
            "f",
            "X",
            "d2f_dX_dX",
            "R_ijkl = f (inv(X)_ji inv(X)_lk - inv(X)_jk inv(X)_li)",
        ),
        ("f = logdet(X)", "grad", "f", "X", "df_dX", "R_ij = inv(X)_ji"),
        ("f = logdet(X)", "hessian", "f", "X", "d2f_dX_dX", "R_ijkl = -df_dX^il df_dX^kj"),
        (
            "Y_ij = A_ij X_ij\nf = sum_{i j} Y_ij**2",
            "hessian",
            "f",
            "X",
            "d2f_dX_dX",
            "R_ijkl = 2 δ_ik δ_jl A_ij**2",
        ),
        (
            "K_{i p j q} = A_ij X_pq",
            "jacobian",
            "K",
            "X",
            "dK_dX",
            "R_{i p j q k l} = A_ij δ_pk δ_ql",
        ),
        (GAUSSIAN, "grad", "l", ["mu", "S"], "dl_dr", "R_ni = -inv(S)_ij r_nj"),
        (GAUSSIAN, "grad", "l", ["mu", "S"], "dl_dmu", "R_i = -sum_n dl_dr^ni"),
        (
            GAUSSIAN,
            "grad",
            "l",
            ["mu", "S"],
            "dl_dS",
            "R_ij = 1/2 (inv(S)_ik r_nk r_nl inv(S)_lj - N inv(S)_ij)",
        ),
        (GAUSSIAN, "hessian", "l", "mu", "d2l_dmu_dmu", "R_ij = -N inv(S)_ij"),
        (RAYLEIGH, "grad", "r", "x", "dr_da", "R = 1/b"),
        (RAYLEIGH, "grad", "r", "x", "dr_db", "R = -a/b**2"),
        (RAYLEIGH, "grad", "r", "x", "dr_dx", "R_i = 2 dr_da A_ij x_j + 2 dr_db x_i"),
        ("f = logsumexp_i(x_i)", "grad", "f", "x", "df_dx", "R_i = softmax_i(x_i)"),
        (
            "f = logsumexp_i(x_i)",
            "hessian",
            "f",
            "x",
            "d2f_dx_dx",
            "R_ij = df_dx^i (δ_ij - df_dx^j)",
        ),
        (
            NETWORK,
            "jacobian",
            "l",
            ["b", "U"],
            "dl_db",
            "R_nj = (y_no - t_no) U_oj (1 - h_nj**2)",
        ),
        (NETWORK, "hessian", "L", "U", "d2L_dU_dU", "R_{o j p k} = δ_op h_nj h_nk"),
        (
            FIELD,
            "grad",
            "S",
            "F",
            "dS_dF",
            "R^{m n} = 2 inv(g)^{m k} inv(g)^{n l} F_kl",
        ),
        (NATURAL, "jacobian", "d", "x", "dd_dx", "R^i_k = inv(g)^{ij} A_nj A_nk"),
    ],
)
def test_the_formula_is_the_one_by_hand(
    source: str, mode: str, of: str, wrt: str, name: str, wanted: str
) -> None:
    is_by_hand(getattr(tc.parse(source), mode)(of, wrt), name, wanted)


@pytest.mark.parametrize(
    ("matrix", "index"),
    [
        ("f = x' * A * x", "f = x_i A_ij x_j"),
        ("f = tr(A*X'*B*X*C)", "f = A_ij X_kj B_kl X_lm C_mi"),
        ("f = norm2(A*x - y)^2", "f = sum_i (A_ij x_j - y_i)**2"),
        ("f = log(det(inv(X)))", "f = log(det(inv(X)))"),
    ],
)
def test_matrix_notation_has_the_derivatives_of_its_index_form(matrix: str, index: str) -> None:
    program = tc.parse(matrix, syntax="matrix")
    variable = "X" if "X" in program.inputs else "x"
    for mode in ("grad", "hessian"):
        passes(getattr(program, mode)("f", variable))
    if "log" not in index:
        other = tc.parse(index).grad("f", variable)
        rng = np.random.default_rng(0)
        values = {t.name: rng.normal(size=(4,) * t.rank) for t in program.equations.inputs}
        np.testing.assert_allclose(
            program.grad("f", variable).compile("numpy")(**values),
            other.compile("numpy")(**values),
            rtol=1e-10,
        )


def test_the_rayleigh_quotient_is_stationary_at_eigenvectors() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(4, 4))
    matrix = matrix + matrix.T
    gradient = tc.parse(RAYLEIGH).grad("r", "x").compile("numpy")
    values, vectors = np.linalg.eigh(matrix)
    for value, vector in zip(values, vectors.T, strict=True):
        np.testing.assert_allclose(gradient(A=matrix, x=3 * vector), 0, atol=1e-12)
        assert np.isclose(tc.parse(RAYLEIGH).compile("numpy")(A=matrix, x=vector), value)


def test_the_gaussian_is_stationary_at_the_moments_of_its_data() -> None:
    rng = np.random.default_rng(1)
    data = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3))
    values = {"x": data, "mu": data.mean(0), "S": np.cov(data.T, bias=True)}
    for slope in tc.parse(GAUSSIAN).grad("l", ["mu", "S"]).compile("numpy")(**values).values():
        np.testing.assert_allclose(slope, 0, atol=1e-9)


@pytest.mark.parametrize("wrt", ["W", "b", "U"])
def test_gradients_per_sample_agree_and_sum_to_the_gradient(wrt: str) -> None:
    program = tc.parse(NETWORK)
    single = program.grad("L", wrt, per="n")
    passes(single)
    rng = np.random.default_rng(2)
    shapes = {"W": (4, 3), "x": (5, 3), "b": (4,), "U": (2, 4), "t": (5, 2)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    samples = single.compile("numpy")(**values)
    assert samples.shape[0] == 5
    whole = program.grad("L", wrt).compile("numpy")(**values)
    np.testing.assert_allclose(samples.sum(0), whole, rtol=1e-12)


def test_hessian_vector_products_and_gauss_newton_of_the_network() -> None:
    agrees(NETWORK, "L", ["W", "b", "U"], ["hvp"])
    gauss_newton = tc.parse(
        f"{NETWORK}J_{{n o j}} = d(y_no)/d(b_j)\nG_jk = J_{{n o j}} J_{{n o k}}"
    )
    passes(gauss_newton)
    rng = np.random.default_rng(3)
    shapes = {"W": (4, 3), "x": (5, 3), "b": (4,), "U": (2, 4), "t": (5, 2)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    outputs = tc.parse("z_nj = W_ji x_ni + b_j\nh_nj = tanh(z_nj)\ny_no = U_oj h_nj")
    fitted = {**values, "t": outputs.compile("numpy")(**{n: values[n] for n in "WxbU"})}
    made = gauss_newton.compile("numpy")(**fitted)
    matrix = made["G"] if isinstance(made, dict) else made
    whole = tc.parse(NETWORK).hessian("L", "b").compile("numpy")(**fitted)
    np.testing.assert_allclose(matrix, whole, rtol=1e-10)  # equal where the residual is 0


def test_the_diagonal_of_the_hessian_is_that_of_the_whole() -> None:
    diagonal = tc.parse(f"{NETWORK}g_j = d(L)/d(b_j)\nD_j = d(g_j)/d(b_j)")
    passes(diagonal)
    rng = np.random.default_rng(4)
    shapes = {"W": (4, 3), "x": (5, 3), "b": (4,), "U": (2, 4), "t": (5, 2)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    made = diagonal.compile("numpy")(**values)
    short = made["D"] if isinstance(made, dict) else made
    whole = tc.parse(NETWORK).hessian("L", "b").compile("numpy")(**values)
    np.testing.assert_allclose(short, np.diag(whole), rtol=1e-10)
    agrees(f"{NETWORK}g_j = d(L)/d(b_j)\nD_j = d(g_j)/d(b_j)", "D", ["U"], ["jvp"])


def test_a_metric_raises_and_lowers() -> None:
    rng = np.random.default_rng(5)
    metric = rng.normal(size=(4, 4))
    metric = metric + metric.T
    vector, field = rng.normal(size=4), rng.normal(size=(4, 4))
    lowered = tc.parse("metric g\ntensor x^i\ny_i = x_i").compile("numpy")(g=metric, x=vector)
    np.testing.assert_allclose(lowered, metric @ vector, rtol=1e-12)
    inverse = np.linalg.inv(metric)
    whole = tc.parse(FIELD).compile("numpy")(g=metric, F=field)
    by_hand = np.einsum("mn,ma,nb,ab", field, inverse, inverse, field)
    np.testing.assert_allclose(whole, by_hand, rtol=1e-10)


@pytest.mark.parametrize("mode", SCALAR)
def test_every_mode_with_a_metric_agrees(mode: str) -> None:
    agrees(FIELD, "S", ["F"], [mode])


def test_a_newton_step_of_the_natural_gradient_is_free_of_coordinates() -> None:
    """With the Gauss-Newton matrix as the metric one step of length 1 is at the optimum."""
    agrees(NATURAL, "d", ["x"], VECTOR)
    rng = np.random.default_rng(6)
    design, b, start = rng.normal(size=(7, 3)), rng.normal(size=7), rng.normal(size=3)
    metric = design.T @ design
    made = tc.parse(NATURAL).compile("numpy")(A=design, b=b, x=start, g=metric)
    step = made["d"] if isinstance(made, dict) else made
    np.testing.assert_allclose(start - step, np.linalg.lstsq(design, b, rcond=None)[0], rtol=1e-9)
