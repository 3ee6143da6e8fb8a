"""Recurrences in every form and every mode, through compiled kernels of both back ends."""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import passes

pytest.importorskip("torch", reason="the oracle is autograd")

#: What is to be derived: the program, and by what.
FORMS: dict[str, tuple[str, list[str]]] = {
    "forward": (
        """s_{0}^i = h^i
        s_{t+1}^i = tanh(U^i_j x_t^j + W^i_k s_t^k)
        y_t^p = V^p_i s_t^i""",
        ["W", "h", "x"],
    ),
    "last": (
        """index t : 4
        s_{0}^i = h^i
        s_{t+1}^i = tanh(U^i_j x_t^j + W^i_k s_t^k)
        y^p = V^p_i s_{4}^i""",
        ["W", "h", "x"],
    ),
    "several": (
        """index t : 5
        s_{-1}^i = h^i
        s_t^i = tanh(W^i_j s_{t-1}^j + x_t^i)
        y = s_{2}^i a_i + s_{4}^i b_i + sum_t s_t^i c_i d_t""",
        ["W", "h", "x"],
    ),
    "two steps back": (
        """s_{-1}^i = h^i
        s_{-2}^i = k^i
        s_t^i = tanh(A^i_j s_{t-1}^j + B^i_j s_{t-2}^j + x_t^i)
        y_t^i = s_t^i""",
        ["B", "k", "h"],
    ),
    "only two steps back": (
        """s_{-1}^i = h^i
        s_{-2}^i = k^i
        s_t^i = tanh(B^i_j s_{t-2}^j + x_t^i)
        y_t^i = s_t^i s_t^i""",
        ["B", "h", "k"],
    ),
    "two steps forward": (
        """s_{0}^i = h^i
        s_{1}^i = k^i
        s_{t+2}^i = tanh(A^i_j s_{t+1}^j + B^i_j s_t^j + x_t^i)
        y_t^i = s_t^i""",
        ["A", "B", "k"],
    ),
    "starts inside": (
        """s_{0} = h
        s_{1} = k
        s_t = sin(s_{t-1} s_{t-2} + x_t)
        y_t = g_t s_t""",
        ["h", "k", "x"],
    ),
    "logarithm": (
        """positive W, x, h
        s_{0}^i = h^i
        s_{t+1}^i = log(1 + W^i_j s_t^j + x_t^i)
        y_t^i = s_t^i""",
        ["W", "h", "x"],
    ),
    "mutual": (
        """s_{-1}^i = h^i
        c_{-1}^i = k^i
        f_t^i = sigmoid(A^i_j x_t^j + B^i_j s_{t-1}^j)
        g_t^i = tanh(D^i_j x_t^j + E^i_j s_{t-1}^j)
        c_t^i = f_t^i c_{t-1}^i + (1 - f_t^i) g_t^i
        s_t^i = f_t^i tanh(c_t^i)
        y_t^i = s_t^i""",
        ["B", "k", "x"],
    ),
    "mutual forward": (
        """s_{0}^i = h^i
        c_{0}^i = k^i
        f_t^i = sigmoid(A^i_j x_t^j + B^i_j s_t^j)
        g_t^i = tanh(D^i_j x_t^j + E^i_j s_t^j)
        c_{t+1}^i = f_t^i c_t^i + (1 - f_t^i) g_t^i
        s_{t+1}^i = f_t^i tanh(c_{t+1}^i)
        y_t^i = s_t^i""",
        ["B", "k", "x"],
    ),
    "stacked forward": (
        """s_{0}^i = h^i
        q_{0}^i = k^i
        s_{t+1}^i = tanh(U^i_j x_t^j + W^i_k s_t^k)
        q_{t+1}^i = tanh(P^i_j s_{t+1}^j + Q^i_k q_t^k)
        y_t^i = q_t^i""",
        ["W", "Q", "h"],
    ),
    "both directions": (
        """index t : T
        s_{-1}^i = h^i
        s_t^i = tanh(U^i_j x_t^j + W^i_k s_{t-1}^k)
        r_{-1}^i = k^i
        r_t^i = tanh(P^i_j x_{T-1-t}^j + Q^i_k r_{t-1}^k)
        y_t^p = A^p_i s_t^i + B^p_i r_{T-1-t}^i""",
        ["W", "Q", "x"],
    ),
    "a constant start": (
        """s_{-1}^i = 0
        s_t^i = tanh(W^i_j s_{t-1}^j + x_t^i)
        y_t^i = s_t^i""",
        ["W", "x"],
    ),
    "steps of an integrator": (
        """index t : 6
        s_{0}^i = h^i
        s_{t+1}^i = s_t^i + eta * tanh(A^i_j s_t^j)
        y^i = s_{6}^i""",
        ["A", "h", "eta"],
    ),
    "a matrix": (
        """M_{-1}^{ij} = Q^{ij}
        M_t^{ij} = A^i_k M_{t-1}^{kl} B_l^j + x_t^i x_t^j
        y_t = M_t^{ij} c_ij""",
        ["A", "Q", "x"],
    ),
}


def of_a_loss(name: str) -> str:
    """The program with a weighted sum of squares of its output."""
    text = FORMS[name][0]
    left = text.rsplit("\n", 1)[-1].split(" =")[0].strip()
    indices = [letter for letter in left[1:] if letter.isalpha()]
    over = f"sum_{{{' '.join(indices)}}} v_{{{','.join(indices)}}}" if indices else "v"
    return f"{text}\nL = {over} ({left})**2"


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("mode", ["jacobian", "vjp", "jvp"])
def test_first_derivatives(name: str, mode: str) -> None:
    text, wrt = FORMS[name]
    passes(getattr(tc.parse(text), mode)("y", wrt))


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("mode", ["grad", "hvp", "hessian"])
def test_derivatives_of_a_loss(name: str, mode: str) -> None:
    wrt = FORMS[name][1]
    passes(getattr(tc.parse(of_a_loss(name)), mode)("L", wrt[1:2] if mode == "hessian" else wrt))


def test_members_that_are_written_forward_share_a_loop_without_tests() -> None:
    """``f_t`` and then ``c_{t+1}``: the ranges differ, the numbers of computed steps do not."""
    program = tc.parse(FORMS["mutual forward"][0])
    for backend in ("numpy", "torch"):
        code = program.compile(backend).source.rpartition('"""')[2]
        assert code.count("for t in range(n_t)") == 1
        assert " if " not in code
        assert "c[t + 1] = " in code


def test_a_loop_holds_what_a_person_would_write() -> None:
    """Inputs and biases for all steps at once, no buffer for what only its own step reads."""
    program = tc.parse(
        """s_{n,-1}^i = h_n^i
        s_nt^i = tanh(U^i_j x_nt^j + b^i + W^i_k s_{n,t-1}^k)"""
    )
    source = program.vjp("s", ["U", "b", "W", "h", "x"]).compile("numpy").source
    code = source.rpartition('"""')[2].split("return")[0].split("\n")
    assert [line.split("  #")[0] for line in code if line.startswith(" " * 8)] == [
        "        z_t = t1[:, t] + s_rows[t] @ W.T",
        "        s_rows[t + 1] = np.tanh(z_t, z_t)",
        "        s_total_bar_t = z_bar_rows[t + 1] @ W",
        "        s_total_bar_t += s_bar[:, t]",
        "        z_bar_rows[t] = (s_total_bar_t * t3[t])",
    ], source


def test_a_looked_up_row_is_not_overwritten() -> None:
    """``E[w[t]]`` is a view of the input."""
    program = tc.parse("z^i = E_{c_{0}}^i + A^i_j y^j\nq^i = tanh(z^i)")
    arrays = {
        "E": np.array([[0.3, -0.4], [0.8, 0.1], [-0.2, 0.6]]),
        "A": np.array([[0.2, 0.9], [-0.7, 0.4]]),
        "y": np.array([0.5, -0.3]),
        "c": np.array([1, 2]),
    }
    before = {name: array.copy() for name, array in arrays.items()}
    for backend in ("numpy", "torch"):
        program.compile(backend)(**arrays)
        for name, array in arrays.items():
            assert np.array_equal(array, before[name]), (backend, name)


def test_nothing_is_padded_inside_a_loop() -> None:
    for mode in ("vjp", "jacobian"):
        for name in ("forward", "mutual forward", "two steps back"):
            text, wrt = FORMS[name]
            source = getattr(tc.parse(text), mode)("y", wrt).compile("numpy").source
            steps = [line for line in source.split("\n") if line.startswith(" " * 8)]
            assert not any("pad(" in line for line in steps), source


def test_the_length_of_what_is_read_forward_follows_from_the_inputs() -> None:
    """``v_t`` beside a state of one component more is as long as the state."""
    program = tc.parse("s_{0} = h\ns_{t+1} = sin(s_t) + x_t\nL = sum_t v_t s_t")
    lengths = {t.name: str(t.extents[0]) for t in program.equations.inputs if t.extents}
    assert lengths == {"x": "n_t", "v": "n_t + 1"}


def test_an_infinite_slope_before_the_first_step_is_not_asked_for() -> None:
    """The slope of the root is infinite at the start, which no step computes."""
    text = """c_{0} = k
    s_{0} = h
    f_t = sigmoid(b s_t + x_t)
    c_{t+1} = f_t c_t + x_t**2
    s_{t+1} = f_t sqrt(c_{t+1})
    y_t = s_t"""
    program = tc.parse(text)
    for mode in ("vjp", "jacobian", "jvp"):
        derived = getattr(program, mode)("y", ["k", "h", "b", "x"])
        passes(derived)
    given = {"k": 0.0, "h": 0.3, "b": 0.7, "x": np.array([0.4, -0.6, 0.9])}
    for backend in ("numpy", "torch"):
        found = program.vjp("y", ["k", "h"]).compile(backend)(**given, y_bar=np.ones(4))
        assert all(np.isfinite(np.asarray(v)) for v in found.values()), found
