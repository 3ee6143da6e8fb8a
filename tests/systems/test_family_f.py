"""Sequences, attention, normalisation: against the modules of Torch with the same weights."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import agrees, is_by_hand, passes
from tests.support.graphs import holds_no_index_map
from tests.support.modules import agree, held_against

torch = pytest.importorskip("torch", reason="its modules are what is compared with")
functional = torch.nn.functional

ELMAN = """
s_{-1}^i = h^i
s_t^i = tanh(U^i_j x_t^j + W^i_k s_{t-1}^k)
y_t^p = V^p_i s_t^i
"""
RNN = """
s_{n,-1}^i = h_n^i
s_nt^i = tanh(U^i_j x_nt^j + b^i + W^i_k s_{n,t-1}^k + c^i)
y_nt^p = V^p_i s_nt^i
"""
LANGUAGE = """
s_{-1}^i = h^i
s_t^i = tanh(E_{w_t}^i + W^i_j s_{t-1}^j)
l_t^v = log_softmax_v(V^v_i s_t^i)
L = -1/size(t) sum_t l_t^{g_t}
"""


def cell(x: str, s: str, c: str, mark: str = "") -> str:
    """One LSTM layer over ``x``; its parameters are named by gate and ``mark``."""
    gates = "".join(
        f"{g}{mark}_nt^i = {function}(U{g}{mark}^i_j {x}_nt^j + p{g}{mark}^i"
        f" + W{g}{mark}^i_k {s}_{{n,t-1}}^k + q{g}{mark}^i)\n"
        for g, function in (("f", "sigmoid"), ("u", "sigmoid"), ("o", "sigmoid"), ("g", "tanh"))
    )
    return (
        f"{s}_{{n,-1}}^i = {s}0_n^i\n{c}_{{n,-1}}^i = {c}0_n^i\n{gates}"
        f"{c}_nt^i = f{mark}_nt^i {c}_{{n,t-1}}^i + u{mark}_nt^i g{mark}_nt^i\n"
        f"{s}_nt^i = o{mark}_nt^i tanh({c}_nt^i)\n"
    )


LSTM = cell("x", "s", "c") + "y_nt^i = s_nt^i\n"
STACKED = cell("x", "s", "c") + cell("s", "r", "d", "2") + "y_nt^i = r_nt^i\n"
HEAD = """
S_tu = q_td k_ud / sqrt(size(d))
P_tu = softmax_u(S_tu)
y_te = P_tu v_ue
"""
CAUSAL = """
index t, u : T
S_bhtu = where([u <= t], q_bhtd k_bhud / sqrt(size(d)), -inf)
P_bhtu = softmax_u(S_bhtu)
y_bhte = P_bhtu v_bhue
"""
MULTI = """
index t, u : T
tensor Q_hdm [H, D, M]
tensor K_hdm [H, D, M]
tensor V_hdm [H, D, M]
q_bhtd = x_btm Q_hdm
k_bhtd = x_btm K_hdm
v_bhtd = x_btm V_hdm
S_bhtu = where([u <= t], q_bhtd k_bhud / sqrt(size(d)), -inf)
P_bhtu = softmax_u(S_bhtu)
a_bhtd = P_bhtu v_bhud
y_btm = a_bhtd O_mhd
"""
GRAPH = """
h_ik = W_kj x_ij
e_ij = leaky_relu(a_k h_ik + c_k h_jk; slope=0.2)
S_ij = where([m_ij > 0], e_ij, -inf)
P_ij = softmax_j(S_ij)
y_ik = P_ij h_jk
"""
LAYER_NORM = """
m_n = mean_i(x_ni)
v_n = mean_i((x_ni - m_n)**2)
r_n = 1/sqrt(v_n + 1e-5)
h_ni = (x_ni - m_n) r_n
y_ni = g_i h_ni + b_i
"""
RMS_NORM = """
r_n = 1/sqrt(mean_i(x_ni**2) + 1e-5)
h_ni = x_ni r_n
y_ni = g_i h_ni
"""
BATCH_NORM = """
m_i = mean_n(x_ni)
v_i = mean_n((x_ni - m_i)**2)
r_i = 1/sqrt(v_i + 1e-5)
h_ni = (x_ni - m_i) r_i
y_ni = g_i h_ni + b_i
"""
TRANSFORMER = """
index t, u : T
tensor Q_hdm [H, D, M]
tensor K_hdm [H, D, M]
tensor V_hdm [H, D, M]
q_bhtd = x_btm Q_hdm + q0_hd
k_bhtd = x_btm K_hdm + k0_hd
v_bhtd = x_btm V_hdm + v0_hd
S_bhtu = q_bhtd k_bhud / sqrt(size(d))
P_bhtu = softmax_u(S_bhtu)
a_bhtd = P_bhtu v_bhud
z_btm = x_btm + a_bhtd O_mhd + o0_m
m1_bt = mean_m(z_btm)
r1_bt = 1/sqrt(mean_m((z_btm - m1_bt)**2) + 1e-5)
n_btm = g1_m (z_btm - m1_bt) r1_bt + b1_m
f_btl = relu(n_btm F_lm + f0_l)
w_btm = n_btm + f_btl G_ml + g0_m
m2_bt = mean_m(w_btm)
r2_bt = 1/sqrt(mean_m((w_btm - m2_bt)**2) + 1e-5)
y_btm = g2_m (w_btm - m2_bt) r2_bt + b2_m
"""
EMBEDDING = "y_td = E_{w_t, d}"
TIED = """
h_t^d = E_{w_t}^d
z_t^v = tanh(h_t^d) E_v^d
l_t^v = log_softmax_v(z_t^v)
L = -1/size(t) sum_t l_t^{g_t}
"""


def generic(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape) / 2 for name, shape in shapes.items()}


def test_back_propagation_through_time_by_hand() -> None:
    derived = tc.parse(ELMAN).vjp("y", ["U", "W", "V", "h", "x"])
    passes(derived)
    lines = str(derived).replace("`", "").splitlines()
    assert "z_bar^t_i = s_bar^t_i (1 - s_t^i**2)" in lines
    assert "s_bar^t_i = y_bar^t_p V^p_i + zeropad(z_bar^{t+1}_<i1>) W^<i1>_i" in lines
    assert "W_bar_i^k = z_bar^t_i s_{t-1}^k" in lines
    assert "h_bar_i = z_bar^{[0]}_<i1> W^<i1>_i" in lines


def test_a_simple_network_is_torchs_rnn() -> None:
    n, t, j, i, k = 2, 6, 3, 4, 5
    arrays = generic(
        {
            "x": (n, t, j),
            "h": (n, i),
            "U": (i, j),
            "b": (i,),
            "W": (i, i),
            "c": (i,),
            "V": (k, i),
        }
    )
    module = torch.nn.RNN(j, i, batch_first=True).double()

    def reference(x: Any, h: Any, **p: Any) -> Any:
        names = {"weight_ih_l0": "U", "weight_hh_l0": "W", "bias_ih_l0": "b", "bias_hh_l0": "c"}
        weights = {theirs: p[ours] for theirs, ours in names.items()}
        states, _ = torch.func.functional_call(module, weights, (x, h[None]))
        return states @ p["V"].T

    held_against(RNN, "y", arrays, reference)


def test_a_language_model() -> None:
    """Words in, the next word out; the loss is the cross-entropy of the labels."""
    words, labels = np.array([3, 0, 3, 4, 1]), np.array([0, 3, 4, 1, 1])
    arrays = generic({"E": (5, 4), "W": (4, 4), "V": (5, 4), "h": (4,)})
    module = torch.nn.RNN(4, 4, bias=False).double()

    def reference(E: Any, W: Any, V: Any, h: Any) -> Any:
        weights = {"weight_ih_l0": torch.eye(4, dtype=torch.float64), "weight_hh_l0": W}
        states, _ = torch.func.functional_call(module, weights, (E[words], h[None]))
        return functional.cross_entropy(states @ V.T, torch.as_tensor(labels))

    held_against(LANGUAGE, "L", arrays, reference, fixed={"w": words, "g": labels})


def lstm_shapes(inputs: int, state: int, samples: int, mark: str, s: str, c: str) -> Any:
    shapes: dict[str, tuple[int, ...]] = {}
    for gate in "fuog":
        shapes[f"U{gate}{mark}"] = (state, inputs)
        shapes[f"W{gate}{mark}"] = (state, state)
        shapes[f"p{gate}{mark}"] = shapes[f"q{gate}{mark}"] = (state,)
    return {**shapes, f"{s}0": (samples, state), f"{c}0": (samples, state)}


def lstm_weights(p: Mapping[str, Any], mark: str, layer: int) -> dict[str, Any]:
    """Torch's order of gates: input, forget, candidate, output."""
    kinds = {"U": "weight_ih", "W": "weight_hh", "p": "bias_ih", "q": "bias_hh"}
    return {
        f"{theirs}_l{layer}": torch.cat([p[f"{ours}{g}{mark}"] for g in "ufgo"])
        for ours, theirs in kinds.items()
    }


def test_lstm_is_torchs() -> None:
    samples, steps, inputs, state = 2, 5, 3, 4
    arrays = generic(
        {"x": (samples, steps, inputs), **lstm_shapes(inputs, state, samples, "", "s", "c")}
    )
    module = torch.nn.LSTM(inputs, state, batch_first=True).double()

    def reference(x: Any, s0: Any, c0: Any, **p: Any) -> Any:
        start = (s0[None], c0[None])
        return torch.func.functional_call(module, lstm_weights(p, "", 0), (x, start))[0]

    held_against(LSTM, "y", arrays, reference)


def test_stacked_lstm_is_torchs() -> None:
    samples, steps, inputs, state = 2, 4, 3, 5
    arrays = generic(
        {
            "x": (samples, steps, inputs),
            **lstm_shapes(inputs, state, samples, "", "s", "c"),
            **lstm_shapes(state, state, samples, "2", "r", "d"),
        }
    )
    module = torch.nn.LSTM(inputs, state, num_layers=2, batch_first=True).double()

    def reference(x: Any, **p: Any) -> Any:
        weights = {**lstm_weights(p, "", 0), **lstm_weights(p, "2", 1)}
        start = (torch.stack([p["s0"], p["r0"]]), torch.stack([p["c0"], p["d0"]]))
        return torch.func.functional_call(module, weights, (x, start))[0]

    held_against(STACKED, "y", arrays, reference)


def test_one_head_is_torchs_attention() -> None:
    arrays = generic({"q": (5, 3), "k": (6, 3), "v": (6, 4)})
    attention = functional.scaled_dot_product_attention
    derived = held_against(HEAD, "y", arrays, lambda q, k, v: attention(q, k, v))
    is_by_hand(derived, "P_bar", "R_tu = `y_bar`_te v_ue")
    is_by_hand(derived, "S_bar", "R_tu = P_tu (`P_bar`_tu - sum_i P_ti `P_bar`_ti)")
    is_by_hand(derived, "v_bar", "R_ue = P_tu `y_bar`_te")
    agrees(HEAD, "y", ["q", "k", "v"], ("jacobian", "jvp"))


def test_causal_heads_are_torchs_attention() -> None:
    arrays = generic({"q": (2, 3, 5, 4), "k": (2, 3, 5, 4), "v": (2, 3, 5, 6)})

    def reference(q: Any, k: Any, v: Any) -> Any:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)

    held_against(CAUSAL, "y", arrays, reference)


def test_causal_self_attention_with_all_weights() -> None:
    b, t, m, h, d = 2, 5, 6, 2, 3
    arrays = generic({"x": (b, t, m), **dict.fromkeys("QKV", (h, d, m)), "O": (m, h, d)})

    def reference(x: Any, **p: Any) -> Any:
        parts = (torch.einsum("btm,hdm->bhtd", x, p[name]) for name in "QKV")
        heads = functional.scaled_dot_product_attention(*parts, is_causal=True)
        return torch.einsum("bhtd,mhd->btm", heads, p["O"])

    derived = held_against(MULTI, "y", arrays, reference)
    rows = "R_bhtu = P_bhtu (`P_bar`_bhtu - sum_i P_bhti `P_bar`_bhti)"
    is_by_hand(derived, "S_bar", rows)


def test_graph_attention_is_a_softmax_over_neighbours() -> None:
    """Every node is its own neighbour, as in the paper, so that no row is empty."""
    mask = (np.random.default_rng(1).random((5, 5)) < 0.4) | np.eye(5, dtype=bool)
    arrays = generic({"x": (5, 3), "W": (4, 3), "a": (4,), "c": (4,)})

    def reference(x: Any, W: Any, a: Any, c: Any) -> Any:
        h = x @ W.T
        scores = functional.leaky_relu((h @ a)[:, None] + h @ c, 0.2)
        masked = scores.masked_fill(~torch.as_tensor(mask), float("-inf"))
        return masked.softmax(1) @ h

    derived = held_against(GRAPH, "y", arrays, reference, fixed={"m": mask.astype(float)})
    is_by_hand(derived, "S_bar", "R_ij = P_ij (`P_bar`_ij - sum_k P_ik `P_bar`_ik)")


def test_layer_norm_is_torchs() -> None:
    arrays = generic({"x": (5, 7), "g": (7,), "b": (7,)})
    held_against(
        LAYER_NORM, "y", arrays, lambda x, g, b: functional.layer_norm(x, (7,), g, b, 1e-5)
    )


def test_rms_norm_is_torchs() -> None:
    arrays = generic({"x": (5, 7), "g": (7,)})
    held_against(RMS_NORM, "y", arrays, lambda x, g: functional.rms_norm(x, (7,), g, 1e-5))


def test_batch_norm_is_torchs_in_training_mode() -> None:
    arrays = generic({"x": (9, 4), "g": (4,), "b": (4,)})
    module = torch.nn.BatchNorm1d(4).double().train()

    def reference(x: Any, g: Any, b: Any) -> Any:
        return torch.func.functional_call(module, {"weight": g, "bias": b}, (x,))

    held_against(BATCH_NORM, "y", arrays, reference)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            LAYER_NORM,
            (
                "R_ni = r_n (y_bar_ni g_i - 1/size(i) sum_k y_bar_nk g_k "
                "- h_ni/size(i) * sum_k y_bar_nk g_k h_nk)"
            ),
        ),
        (RMS_NORM, "R_ni = r_n (y_bar_ni g_i - h_ni/size(i) * sum_k y_bar_nk g_k h_nk)"),
        (
            BATCH_NORM,
            (
                "R_ni = r_i (y_bar_ni g_i - 1/size(n) sum_k y_bar_ki g_i"
                " - h_ni/size(n) * sum_k y_bar_ki g_i h_ki)"
            ),
        ),
    ],
)
def test_norms_by_hand(text: str, wanted: str) -> None:
    """``r (g - mean g - x̂ mean(g ∘ x̂))``; without the mean where nothing is centred."""
    answer = wanted.replace("y_bar", "`y_bar`")
    verdict = tc.compare(answer, tc.parse(text), of="y", wrt="x", mode="vjp")
    assert verdict, str(verdict)
    wrong = tc.compare(
        answer.replace("- h_ni", "+ h_ni"), tc.parse(text), of="y", wrt="x", mode="vjp"
    )
    assert not wrong


def transformer_weights(p: Mapping[str, Any], width: int) -> dict[str, Any]:
    heads = [p[name].reshape(width, width) for name in "QKV"]
    return {
        "self_attn.in_proj_weight": torch.cat(heads),
        "self_attn.in_proj_bias": torch.cat([p[f"{name}0"].reshape(width) for name in "qkv"]),
        "self_attn.out_proj.weight": p["O"].reshape(width, width),
        "self_attn.out_proj.bias": p["o0"],
        "linear1.weight": p["F"],
        "linear1.bias": p["f0"],
        "linear2.weight": p["G"],
        "linear2.bias": p["g0"],
        "norm1.weight": p["g1"],
        "norm1.bias": p["b1"],
        "norm2.weight": p["g2"],
        "norm2.bias": p["b2"],
    }


def test_a_transformer_layer_is_torchs() -> None:
    b, t, h, d, inner = 2, 5, 2, 3, 7
    m = h * d
    shapes: dict[str, tuple[int, ...]] = {
        "x": (b, t, m),
        **dict.fromkeys("QKV", (h, d, m)),
        **dict.fromkeys(("q0", "k0", "v0"), (h, d)),
        "O": (m, h, d),
        **dict.fromkeys(("o0", "g0", "g1", "b1", "g2", "b2"), (m,)),
        "F": (inner, m),
        "f0": (inner,),
        "G": (m, inner),
    }
    module = torch.nn.TransformerEncoderLayer(m, h, inner, dropout=0.0, batch_first=True).double()

    def reference(x: Any, **p: Any) -> Any:
        return torch.func.functional_call(module, transformer_weights(p, m), (x,))

    derived = held_against(TRANSFORMER, "y", generic(shapes), reference)
    is_by_hand(derived, "S_bar", "R_bhtu = P_bhtu (`P_bar`_bhtu - sum_i P_bhti `P_bar`_bhti)")


def test_embedding_is_torchs_and_its_gradient_a_scatter_add() -> None:
    """A word that comes twice gets both gradients, one that does not come gets none."""
    words = np.array([4, 1, 4, 0, 4])
    arrays = generic({"E": (6, 3)})

    def reference(E: Any) -> Any:
        return functional.embedding(torch.as_tensor(words), E)

    derived = held_against(EMBEDDING, "y", arrays, reference, fixed={"w": words})
    is_by_hand(derived, "E_bar", "R_vd = sum_t δ^v_{w_t} `y_bar`_td")
    y_bar = np.ones((5, 3))
    found = derived.compile("numpy")(w=words, E=arrays["E"], y_bar=y_bar)
    assert found.sum(1).tolist() == [3, 3, 0, 0, 9, 0]


def test_weight_tying_adds_both_gradients() -> None:
    words, labels = np.array([2, 0, 2, 4]), np.array([0, 2, 4, 1])
    arrays = generic({"E": (5, 3)})

    def reference(E: Any) -> Any:
        return functional.cross_entropy(torch.tanh(E[words]) @ E.T, torch.as_tensor(labels))

    held_against(TIED, "L", arrays, reference, fixed={"w": words, "g": labels})


def test_a_long_recurrence_differentiates_and_runs() -> None:
    """10,000 steps; neither the code nor the time to make it depends on their number."""
    seconds: dict[int, float] = {}
    lines: dict[int, list[int]] = {}
    arrays = generic({"U": (3, 2), "W": (3, 3), "V": (2, 3), "h": (3,)})
    for length in (321, 10_000):
        start = time.process_time()
        derived = tc.parse(f"index t : {length}\n{ELMAN}").vjp("y", ["U", "W", "V", "h", "x"])
        kernels = [derived.compile(backend) for backend in ("numpy", "torch")]
        seconds[length] = time.process_time() - start
        lines[length] = [kernel.source.count("\n") for kernel in kernels]
        more = generic({"x": (length, 2), "y_bar": (length, 2)}, seed=1)
        results = [kernel(**arrays, **more) for kernel in kernels]
        for name in derived.outputs:
            agree(results[1][name], results[0][name], name)
    assert lines[321] == lines[10_000]
    assert seconds[10_000] < 2 * seconds[321] + 1
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in arrays.items()}
    module = torch.nn.RNN(2, 3, bias=False).double()
    weights = {"weight_ih_l0": leaves["U"], "weight_hh_l0": leaves["W"]}
    given = (torch.as_tensor(more["x"]), leaves["h"][None])
    states, _ = torch.func.functional_call(module, weights, given)
    (states @ leaves["V"].T).backward(torch.as_tensor(more["y_bar"]))
    for name, leaf in leaves.items():
        agree(results[0][f"{name}_bar"], leaf.grad, name)


@pytest.mark.parametrize(
    ("text", "of", "wrt"),
    [
        (RNN, "y", ["U", "W", "V", "h", "x"]),
        (LSTM, "y", ["Uf", "Wg", "s0", "x"]),
        (HEAD, "y", ["q", "k", "v"]),
        (MULTI, "y", ["Q", "K", "V", "O", "x"]),
        (GRAPH, "y", ["W", "a", "x"]),
        (LAYER_NORM, "y", ["x", "g", "b"]),
        (BATCH_NORM, "y", ["x", "g", "b"]),
        (TRANSFORMER, "y", ["Q", "F", "x"]),
        (EMBEDDING, "y", ["E"]),
        (TIED, "L", ["E"]),
    ],
)
def test_kernels_hold_no_identity(text: str, of: str, wrt: list[str]) -> None:
    """Nor do they compare positions, but for the mask that is written."""
    program = tc.parse(text)
    holds_no_index_map(program.equations, program.equations)
    holds_no_index_map(program.vjp(of, wrt).equations, program.equations)
    holds_no_index_map(program.jvp(of, wrt).equations, program.equations)
    for backend in ("numpy", "torch"):
        source = tc.parse(text).vjp(of, wrt).compile(backend).source
        code = "".join(source.split('"""')[::2])
        assert not re.search(r"\b(eye|identity|diagflat|one_hot|diag_embed|kron)\b", code)
        assert " == " not in code
        assert code.count("arange(") <= (2 if text is MULTI else 0), source
