"""Deriving costs time and memory in proportion to the program."""

from __future__ import annotations

import gc
import re
import tracemalloc
from time import process_time

import tensorcalc as tc

#: One layer of a transformer: attention, residuals, layer norms, a feed-forward block.
LAYER = """
q_bhtd = x_btm Q_hdm + c_hd
k_bhtd = x_btm K_hdm
v_bhtd = x_btm V_hdm
P_bhtu = softmax_u(q_bhtd k_bhud / sqrt(size(d)))
z_btm = x_btm + P_bhtu v_bhud O_mhd
a_bt = mean_m(z_btm)
r_bt = 1/sqrt(mean_m((z_btm - a_bt)**2) + 1e-5)
n_btm = g_m (z_btm - a_bt) r_bt + s_m
w_btm = n_btm + relu(n_btm F_lm + f_l) G_ml + e_m
y_btm = 2 w_btm
"""


def _transformer(layers: int) -> tc.Program:
    lines = ["index t, u : T"]
    for layer in range(layers):
        own = re.sub(r"\b([A-Za-z])_(?=[a-z])", rf"\1L{layer}_", LAYER)
        before = f"yL{layer - 1}_" if layer else "x_"
        lines.append(own.replace(f"xL{layer}_", before))
    return tc.parse("\n".join([*lines, f"L = yL{layers - 1}_btm t_btm"]))


def _gradients(program: tc.Program) -> tc.Program:
    return program.grad("L", [t.name for t in program.equations.inputs if t.name != "t"])


def test_all_gradients_of_a_transformer_of_twelve_layers_take_seconds() -> None:
    # Three on an idle core; the bound leaves room for a machine with other work.
    program = _transformer(12)
    start = process_time()
    gradients = _gradients(program)
    assert process_time() - start < 10
    assert len(gradients.outputs) == 12 * 11 + 1


def _mlp(layers: int) -> tc.Program:
    lines = [f"x{k + 1}^i = tanh(W{k}^i_j x{k}^j + b{k}^i)" for k in range(layers)]
    return tc.parse("\n".join([*lines, f"L = x{layers}^i t_i"]))


def _peak(layers: int) -> int:
    program = _mlp(layers)
    gc.collect()  # when it runs by itself hangs on what ran before
    tracemalloc.start()
    try:
        _gradients(program)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_number_of_layers_and_no_faster() -> None:
    _peak(5)  # what is loaded and kept once does not count
    small, large = _peak(10), _peak(40)
    assert large < 1.5 * 4 * small
