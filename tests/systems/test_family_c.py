"""Networks and back-propagation: the equations of the textbooks, linear in the depth."""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import agrees, is_by_hand, passes

pytest.importorskip("torch", reason="one backend and the oracle are Torch")

#: Samples are rows; the second non-linearity is a name that the tests replace.
MLP = """
z1_nj = x_ni W1_ij + b1_j
y1_nj = tanh(z1_nj)
z2_nk = y1_nj W2_jk + b2_k
y2_nk = act(z2_nk)
z3_nl = y2_nk W3_kl + b3_l
L = 1/2 sum_{n l} (z3_nl - t_nl)**2
"""
PARAMETERS = ["W1", "W2", "W3", "b1", "b2", "b3", "x"]
TWO_LAYERS = """
vz_h = W_hi x_i + b_h
z_h = phi(vz_h)
vf_o = U_oh z_h + c_o
f_o = phi(vf_o)
E = 1/2 sum_o (f_o - t_o)**2
"""
GRAPH = """
a = tanh(w1 x)
b = sin(w2 x)
c = a b
d = exp(w3 a)
L = c d + b
"""


@pytest.mark.parametrize("act", ["sigmoid", "relu", "softplus"])
def test_every_mode_of_the_three_layers_agrees_with_autograd(act: str) -> None:
    source = MLP.replace("act", act)
    agrees(source, "L", PARAMETERS, ["grad", "vjp", "jvp", "hvp"])


def test_second_derivatives_of_the_three_layers_agree_with_autograd() -> None:
    agrees(MLP.replace("act", "sigmoid"), "L", ["b1", "b3"], ["hessian"])


@pytest.mark.parametrize("act", ["sigmoid", "act"])
def test_the_abstract_network_agrees_with_autograd_too(act: str) -> None:
    agrees(MLP.replace("act", act), "L", ["W1", "b2"], ["grad"], compiled=act != "act")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("z3_bar", "R_nl = L_bar (z3_nl - t_nl)"),
        ("y2_bar", "R_nk = z3_bar^nl W3_kl"),
        ("z2_bar", "R_nk = y2_bar^nk act'(z2_nk)"),
        ("y1_bar", "R_nj = z2_bar^nk W2_jk"),
        ("z1_bar", "R_nj = y1_bar^nj (1 - y1_nj**2)"),
        ("W1_bar", "R_ij = x_ni z1_bar^nj"),
        ("W2_bar", "R_jk = y1_nj z2_bar^nk"),
        ("W3_bar", "R_kl = y2_nk z3_bar^nl"),
        ("b1_bar", "R_j = sum_n z1_bar^nj"),
        ("b2_bar", "R_k = sum_n z2_bar^nk"),
        ("b3_bar", "R_l = sum_n z3_bar^nl"),
        ("x_bar", "R_ni = z1_bar^nj W1_ij"),
    ],
)
def test_back_propagation_goes_by_name(name: str, wanted: str) -> None:
    is_by_hand(tc.parse(MLP).vjp("L", PARAMETERS), name, wanted)


def deep(layers: int) -> str:
    """A network whose every layer is read by the next two: its paths grow exponentially."""
    lines = ["y0_nj = x_nj", "y1_nj = tanh(y0_nk W1_kj + b1_j)"]
    lines += [
        f"y{k}_nj = tanh(y{k - 1}_nk W{k}_kj + b{k}_j) + y{k - 2}_nj" for k in range(2, layers + 1)
    ]
    return "\n".join([*lines, f"L = 1/2 sum_{{n j}} (y{layers}_nj - t_nj)**2"])


def test_work_and_text_are_linear_in_the_depth() -> None:
    counts, lengths = [], []
    for layers in (25, 50, 100):
        names = [f"{kind}{k}" for k in range(1, layers + 1) for kind in "Wb"]
        program = tc.parse(deep(layers)).grad("L", [*names, "x"])
        assert len(program.outputs) == 2 * layers + 1
        counts.append(len(program.equations.definitions))
        lengths.append(len(program.formulas))
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])
    assert counts[2] < 9 * 100
    assert lengths[2] < 2.5 * lengths[1] < 7 * lengths[0]


def test_a_hundred_layers_agree_with_autograd() -> None:
    program = tc.parse(deep(100)).grad("L", ["W1", "b1", "W50", "W100", "x"])
    passes(program)


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "hvp"])
def test_every_mode_of_two_layers_agrees_with_autograd(mode: str) -> None:
    source = TWO_LAYERS.replace("phi", "sigmoid")
    agrees(source, "E", ["U", "c", "W", "b"], [mode])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("dE_df", "R_o = f_o - t_o"),
        ("dE_dvf", "R_o = dE_df^o phi'(vf_o)"),
        ("dE_dz", "R_h = dE_dvf^o U_oh"),
        ("dE_dvz", "R_h = dE_dz^h phi'(vz_h)"),
        ("dE_dU", "R_oh = dE_dvf^o z_h"),
        ("dE_dc", "R_o = dE_dvf^o"),
        ("dE_dW", "R_hi = dE_dvz^h x_i"),
        ("dE_db", "R_h = dE_dvz^h"),
    ],
)
def test_the_delta_rule_of_two_layers(name: str, wanted: str) -> None:
    is_by_hand(tc.parse(TWO_LAYERS).grad("E", ["U", "c", "W", "b"]), name, wanted)


@pytest.mark.parametrize(("name", "output"), [("dE_dvf", "f_o"), ("dE_dvz", "z_h")])
def test_the_slope_of_a_sigmoid_is_written_by_its_value(name: str, output: str) -> None:
    program = tc.parse(TWO_LAYERS.replace("phi", "sigmoid")).grad("E", ["W", "U"])
    upstream = {"dE_dvf": "dE_df^o", "dE_dvz": "dE_dz^h"}[name]
    index = output[-1]
    is_by_hand(program, name, f"R_{index} = {upstream} {output} (1 - {output})")


@pytest.mark.parametrize("batch", [1, 8])
def test_the_printed_equations_train_the_two_layers(batch: int) -> None:
    """Stochastic and minibatch descent learn the exclusive or."""
    rng = np.random.default_rng(0)
    printed = str(tc.parse(TWO_LAYERS.replace("phi", "sigmoid")).grad("E", ["U", "c", "W", "b"]))
    gradient = tc.parse(printed).compile("numpy")
    inputs = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    targets = np.array([[0.0], [1], [1], [0]])
    values = {
        "U": rng.normal(size=(1, 6)),
        "c": np.zeros(1),
        "W": 3 * rng.normal(size=(6, 2)),
        "b": rng.normal(size=6),
    }
    for _ in range(4000 // batch):
        total = {name: np.zeros_like(value) for name, value in values.items()}
        for sample in rng.integers(0, 4, size=batch):
            made = gradient(x=inputs[sample], t=targets[sample], **values)
            for name, slope in made.items():
                total[name.removeprefix("dE_d")] += slope
        values = {name: value - 1.5 * total[name] for name, value in values.items()}

    def sigmoid(v: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-v))

    outputs = sigmoid(sigmoid(inputs @ values["W"].T + values["b"]) @ values["U"].T + values["c"])
    assert np.abs(outputs - targets).max() < 0.25


@pytest.mark.parametrize(
    ("source", "of", "wrt", "modes"),
    [
        ("y_i = relu(x_i)", "y", ["x"], ["jacobian", "vjp", "jvp"]),
        ("y_i = W_ij x_j", "y", ["x", "W"], ["jacobian", "vjp", "jvp"]),
        ("index i : n\nL = 1/n sum_i (v_i - u_i)**2", "L", ["v"], ["grad", "hessian", "hvp"]),
    ],
)
def test_the_building_blocks_agree_with_autograd(
    source: str, of: str, wrt: list[str], modes: list[str]
) -> None:
    agrees(source, of, wrt, modes)


@pytest.mark.parametrize(
    ("source", "of", "wrt", "name", "wanted"),
    [
        ("y_i = relu(x_i)", "y", "x", "dy_dx", "R_ij = heaviside(x_i) δ_ij"),
        ("y_i = W_ij x_j", "y", "x", "dy_dx", "R_ij = W_ij"),
        ("y_i = W_ij x_j", "y", "W", "dy_dW", "R_ipq = δ_ip x_q"),
        ("index i : n\nL = 1/n sum_i (v_i - u_i)**2", "L", "v", "dL_dv", "R_i = 2/n (v_i - u_i)"),
        ("index i : n\nL = mean_i (v_i - u_i)**2", "L", "v", "dL_dv", "R_i = 2/n (v_i - u_i)"),
    ],
)
def test_the_building_blocks_are_those_by_hand(
    source: str, of: str, wrt: str, name: str, wanted: str
) -> None:
    is_by_hand(tc.parse(source).jacobian(of, wrt), name, wanted)


@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "hessian", "hvp"])
def test_every_mode_of_the_graph_agrees_with_autograd(mode: str) -> None:
    agrees(GRAPH, "L", ["x", "w1", "w3"], [mode])


def test_the_sum_over_all_paths_is_the_back_propagated_derivative() -> None:
    """L depends on x by a and b; each path is the product of its edges' derivatives."""
    da, db = "(1 - tanh(w1 x)**2) w1", "cos(w2 x) w2"
    a, b = "tanh(w1 x)", "sin(w2 x)"
    d = f"exp(w3 {a})"
    paths = [
        f"{d} {b} {da}",  # L < c < a < x
        f"{d} {a} {db}",  # L < c < b < x
        f"{a} {b} {d} w3 {da}",  # L < d < a < x
        db,  # L < b < x
    ]
    over_paths = tc.parse(f"total = {' + '.join(paths)}")
    propagated = tc.parse(GRAPH).grad("L", "x")
    rng = np.random.default_rng(0)
    for point in rng.normal(size=(5, 4)):
        values = dict(zip(("x", "w1", "w2", "w3"), point, strict=True))
        np.testing.assert_allclose(
            propagated.compile("numpy")(**values),
            over_paths.compile("numpy")(**values),
            rtol=1e-12,
        )
    verdict = tc.compare(" + ".join(paths), tc.parse(GRAPH), of="L", wrt="x")
    assert verdict.reason == "equal", str(verdict)
