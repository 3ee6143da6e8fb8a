"""Recurrences: back-propagation through time and tangents, against autograd; no unrolling."""

from __future__ import annotations

import time

import numpy as np
import pytest

import tensorcalc as tc
from tensorcalc.calculus import Request, derive
from tensorcalc.calculus.request import Mode
from tensorcalc.check import verify
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate
from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import (
    Access,
    Affine,
    Definition,
    Edge,
    Equations,
    Expr,
    Index,
    Level,
    Slot,
    Start,
    Tensor,
    accesses,
    add,
    affine,
    apply,
    at_indices,
    contract,
    divide,
    extent,
    multiply,
    number,
    subtract,
)
from tensorcalc.expr.recurrences import groups, is_recurrent
from tensorcalc.expr.steps import Recorder
from tensorcalc.printing import to_text
from tensorcalc.simplify import same

pytest.importorskip("torch", reason="the oracle of these tests is autograd")

ELMAN = """
s_{-1}^i = h^i
s_t^i = tanh(U^i_j x_t^j + W^i_k s_{t-1}^k)
y_t^p = V^p_i s_t^i
"""
FORWARD = """
s_{0}^i = h^i
s_{t+1}^i = tanh(U^i_j x_t^j + W^i_k s_t^k)
y_t^p = V^p_i s_t^i
"""
LAST = """
index t : 4
s_{-1}^i = h^i
s_t^i = tanh(U^i_j x_t^j + W^i_k s_{t-1}^k)
y^p = V^p_i s_{3}^i
"""
LSTM = """
s_{-1}^i = h^i
c_{-1}^i = k^i
f_t^i = sigmoid(A^i_j x_t^j + B^i_k s_{t-1}^k + b^i)
u_t^i = sigmoid(C^i_j x_t^j + D^i_k s_{t-1}^k)
o_t^i = sigmoid(E^i_j x_t^j + F^i_k s_{t-1}^k)
g_t^i = tanh(G^i_j x_t^j + P^i_k s_{t-1}^k)
c_t^i = f_t^i c_{t-1}^i + u_t^i g_t^i
s_t^i = o_t^i tanh(c_t^i)
y_t^p = V^p_i s_t^i
"""
STACKED = """
s_{-1}^i = h^i
s_t^i = tanh(U^i_j x_t^j + W^i_k s_{t-1}^k)
q_{-1}^i = k^i
q_t^i = tanh(P^i_j s_t^j + Q^i_k q_{t-1}^k)
y_t^p = V^p_i q_t^i
"""
#: Only the cell is read: the state matters through the earlier step alone.
CELL = """
s_{-1}^i = h^i
c_{-1}^i = k^i
c_t^i = sigmoid(B^i_k s_{t-1}^k) c_{t-1}^i + x_t^i
s_t^i = tanh(c_t^i)
y_t^i = c_t^i
"""
ENCODED = """
s_{-1}^i = tanh(A^i_j h^j)
s_t^i = sin(x_t^i s_{t-1}^i)
y_t^i = s_t^i (s_t^i - 2)
"""
#: Two earlier steps, and an input in a denominator, which is not there beyond the last step.
QUOTIENT = """
s_{-1} = h
s_{-2} = k
s_t = sin(s_{t-1} s_{t-2} + x_t / s_{t-1})
y_t = x_t s_t
"""
INSIDE = """
s_{0} = h
s_{1} = k
s_t = sin(s_{t-1} s_{t-2} + x_t / s_{t-1})
y_t = g_t s_t
"""
#: Mutual recurrences that name their step differently.
NAMES = """
index t, u : 4
c_{-1}^i = k^i
s_{-1}^i = h^i
c_u^i = sin(s_{u-1}^i c_{u-1}^j M_j^i)
s_t^j = tanh(c_t^j + s_{t-1}^j x_t^j)
y_t^i = s_t^i
"""
BATCH = """
index t : 3
s_{n,-1}^i = h_n^i
s_nt^i = tanh(U^i_j x_nt^j + W^i_k s_{n,t-1}^k)
y_n = sum_i s_{n,2}^i
"""
ATTENDING = """
index t, u : 4
s_{-1}^i = h^i
a_tu = softmax_u(s_{t-1}^i k_u^i)
s_t^i = tanh(a_tu v_u^i + W^i_j s_{t-1}^j)
y_t^i = s_t^i
"""
GATED = """
s_{-1}^i = h^i
r_t^i = sigmoid(A^i_j s_{t-1}^j + x_t^i)
q_t^i = tanh(B^i_j r_t^j s_{t-1}^j)
s_t^i = r_t^i s_{t-1}^i + (1 - r_t^i) q_t^i
y_t^i = s_t^i
"""
CHARACTERS = """
s_{-1}^i = h^i
s_t^i = tanh(E_{w_t}^i + A^i_j s_{t-1}^j)
l_t^v = log_softmax_v(V^v_i s_t^i)
y = -sum_t l_t^{g_t}
"""
COVARIANCE = """
index i, j, k, l : 3
P_{-1}^{ij} = Q^{ij}
P_t^{ij} = A^i_k P_{t-1}^{kl} A^j_l + x_t^i x_t^j
y_t = sum_i P_t^{ii}
"""

PROGRAMS = {
    "elman": (ELMAN, ("W", "h", "x")),
    "forward": (FORWARD, ("W", "h", "x")),
    "last": (LAST, ("W", "h", "x")),
    "lstm": (LSTM, ("B", "k", "h")),
    "stacked": (STACKED, ("W", "k", "h")),
    "cell": (CELL, ("B", "k", "h")),
    "encoded": (ENCODED, ("A", "h", "x")),
    "quotient": (QUOTIENT, ("x", "h", "k")),
    "inside": (INSIDE, ("x", "h", "k")),
}
MORE = {
    "names": (NAMES, ("M", "k", "x")),
    "batch": (BATCH, ("W", "h")),
    "attending": (ATTENDING, ("k", "W", "h")),
    "gated": (GATED, ("A", "B", "h")),
    "characters": (CHARACTERS, ("E", "A", "h")),
    "covariance": (COVARIANCE, ("A", "Q", "x")),
}
UPPER, LOWER = Level.UPPER, Level.LOWER


def scalar(equations: Equations, of: str = "y") -> Equations:
    """The program with a weighted sum of squares of ``of`` as its output."""
    last = equations.definition(of)
    weights = Tensor("weights", last.tensor.extents, (LOWER,) * last.tensor.rank)
    value = at_indices(last.tensor, last.indices)
    body = contract(last.indices, multiply([at_indices(weights, last.indices), value, value]))
    total = Definition(Tensor("L", (), ()), (), body)
    inputs = (*equations.inputs, weights)
    definitions = (*equations.definitions, total)
    return Equations(inputs, definitions, ("L",), equations.facts, equations.sizes)


def check(equations: Equations, mode: Mode, of: str, wrt: tuple[str, ...], seed: int = 0) -> None:
    request = Request(mode, of, wrt, equations)
    derived = derive(request)
    report = verify(derived, request, seed=seed)
    assert report.passed, f"{to_text(derived)}\n{report}"


@pytest.mark.parametrize("name", [*PROGRAMS, *MORE])
@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
def test_first_derivatives_agree_with_autograd(name: str, mode: Mode) -> None:
    text, wrt = (PROGRAMS | MORE)[name]
    check(tc.parse(text).equations, mode, "y", wrt)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("mode", ["grad", "hvp", "hessian"])
def test_derivatives_of_a_loss_agree_with_autograd(name: str, mode: Mode) -> None:
    text, wrt = PROGRAMS[name]
    names = (wrt[0], wrt[0], wrt[1], wrt[0]) if mode == "hessian" else wrt[:2]
    check(scalar(tc.parse(text).equations), mode, "L", names)


@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
def test_a_state_itself_is_differentiated(mode: Mode) -> None:
    equations = tc.parse(ELMAN).equations
    check(equations.needed_for(["s"]), mode, "s", ("W", "h", "x"))


@pytest.mark.parametrize("length", [1, 2])
def test_a_single_step_is_a_recurrence_too(length: int) -> None:
    for name in ("elman", "quotient"):
        text, wrt = PROGRAMS[name]
        equations = scalar(tc.parse(text).equations)
        sizes = {e.name or "": length for e in equations.tensor("x").extents[:1]}
        request = Request("grad", "L", wrt, equations)
        assert verify(derive(request), request, sizes=sizes).passed


def test_adjoint_of_an_elman_network_is_back_propagation_through_time() -> None:
    derived = tc.parse(ELMAN).vjp("y", ["W", "h", "x"])
    text = str(derived).replace("`", "").splitlines()
    assert text[-5:] == [
        "s_bar^t_i = y_bar^t_p V^p_i + zeropad(z_bar^{t+1}_<i1>) W^<i1>_i",
        "z_bar^t_i = s_bar^t_i (1 - s_t^i**2)",
        "W_bar_i^k = z_bar^t_i s_{t-1}^k",
        "h_bar_i = z_bar^{[0]}_<i1> W^<i1>_i",
        "x_bar^t_j = z_bar^t_i U^i_j",
    ]


def test_nothing_is_unrolled() -> None:
    """The derived program does not depend on the length, nor the time to derive it."""

    def derived(length: int) -> tuple[Equations, float]:
        text = f"index t : {length}\n{ELMAN}"
        start = time.process_time()
        program = tc.parse(text).vjp("y", ["W", "h"])
        return program.equations, time.process_time() - start

    short, _ = derived(7)
    long, seconds = derived(10_000)
    assert len(short.definitions) == len(long.definitions)
    assert to_text(short).replace("7", "10000") == to_text(long)
    assert seconds < 5


def test_adjoints_form_one_group_that_reads_later_components() -> None:
    derived = tc.parse(LSTM).vjp("y", ["B"]).equations
    recurrent = [g for g in groups(derived.definitions) if is_recurrent(g)]
    assert len(recurrent) == 2
    ahead = [
        slot
        for definition in recurrent[1]
        for access in accesses(definition.body)
        for slot in access.slots
        if isinstance(slot.index, Affine) and access.tensor in {d.tensor for d in recurrent[1]}
    ]
    assert ahead
    assert all(slot.edge is Edge.ZERO for slot in ahead)


def test_derivation_of_a_recurrence_replays() -> None:
    for mode, wrt in (("vjp", ("W", "h")), ("jvp", ("x",))):
        source = tc.parse(ELMAN).equations
        request = Request(mode, "y", wrt, source)  # type: ignore[arg-type]
        recorder = Recorder()
        assert derive(request, recorder) is derive(request)
        names = {rule.name for step in recorder.steps for rule in step.rules}
        assert mode == "jvp" or "one step of a recurrence" in names


def reading_beside() -> Equations:
    """``y_t = s_t - 2 s_{t-1} + s_{-1}``: a reader outside that reaches the start."""
    t, i = Index("t", 0, extent("n")), Index("i", 0, extent("d"))
    s = Tensor("s", (t.extent, i.extent), (LOWER, UPPER))
    h = Tensor("h", (i.extent,), (UPPER,))
    x = Tensor("x", (t.extent, i.extent), (LOWER, UPPER))
    y = Tensor("y", (t.extent, i.extent), (LOWER, UPPER))

    def state(step: Index | Affine) -> Expr:
        return Access(s, (Slot(step, LOWER), Slot(i, UPPER)))

    before = state(affine([(t, 1)], -1))
    start = Start(0, -1, (i,), multiply([number(2), at_indices(h, [i])]))
    body = apply("sin", multiply([at_indices(x, [t, i]), before]))
    out = add([state(t), multiply([number(-2), before]), state(affine((), -1))])
    definitions = (
        Definition(s, (t, i), body, starts=(start,)),
        Definition(y, (t, i), apply("exp", out)),
    )
    return Equations((h, x), definitions, ("y",))


@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
def test_a_reader_outside_reaches_the_start(mode: Mode) -> None:
    check(reading_beside(), mode, "y", ("h", "x"))


def test_second_derivatives_through_a_reader_outside() -> None:
    for mode, wrt in (("hvp", ("h", "x")), ("hessian", ("h", "x"))):
        check(scalar(reading_beside()), mode, "L", wrt)  # type: ignore[arg-type]


def running_backward() -> Equations:
    """``s_t = sin(x_t zeropad(s_{t+1}) + b)``: written to run from the last step."""
    t = Index("t", 0, extent("n"))
    s, x = Tensor("s", (t.extent,), (LOWER,)), Tensor("x", (t.extent,), (LOWER,))
    b = Tensor("b", (), ())
    later = Access(s, (Slot(affine([(t, 1)], 1), LOWER, Edge.ZERO),))
    body = apply("sin", add([multiply([at_indices(x, [t]), later]), at_indices(b, [])]))
    y = Tensor("y", (t.extent,), (LOWER,))
    out = divide(at_indices(s, [t]), at_indices(x, [t]))
    return Equations((x, b), (Definition(s, (t,), body), Definition(y, (t,), out)), ("y",))


@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
def test_a_recurrence_may_be_written_backward(mode: Mode) -> None:
    check(running_backward(), mode, "y", ("x", "b"))
    check(scalar(running_backward()), "hessian", "L", ("x", "b"))


def test_starts_inside_the_range_are_not_computed_by_the_body() -> None:
    """With ``s_{0} = h`` a vjp gives nothing to what only the body of step 0 would read."""
    derived = tc.parse(INSIDE).vjp("y", ["x", "h", "k"]).equations
    n = 5
    arrays = {"h": np.array(0.3), "k": np.array(0.7), "x": np.linspace(1, 2, n), "g": np.ones(n)}
    arrays["y_bar"] = np.ones(n)
    found = evaluate(derived, arrays, NumpyBackend())
    assert found["x_bar"][:2].tolist() == [0.0, 0.0]
    assert np.all(found["x_bar"][2:] != 0)


def test_what_has_no_rule_raises() -> None:
    equations = tc.parse(ELMAN).equations
    with pytest.raises(NotDifferentiableError, match="s is a recurrence"):
        derive(Request("vjp", "y", ("s",), equations))
    with pytest.raises(NotDifferentiableError, match="s is a recurrence"):
        derive(Request("jvp", "y", ("s",), equations))
    t, u = Index("t", 0, extent("n")), Index("u", 0, extent("n"))
    s, x = Tensor("s", (t.extent,), (LOWER,)), Tensor("x", (t.extent,), (LOWER,))
    whole = contract([u], multiply([at_indices(s, [u]), at_indices(x, [u])]))
    before = Access(s, (Slot(affine([(t, 1)], -1), LOWER),))
    start = Start(0, -1, (), number(1))
    attending = Definition(s, (t,), subtract(before, whole), starts=(start,))
    with pytest.raises(NotDifferentiableError, match="no fixed number of steps"):
        derive(Request("vjp", "s", ("x",), Equations((x,), (attending,), ("s",))))


def test_values_of_a_state_are_not_taken_where_a_start_stands() -> None:
    """``exp(q_t)`` is ``s_t`` except at ``t = 0``, where ``s`` is given."""
    t = Index("t", 0, extent("n"))
    s, q = Tensor("s", (t.extent,), (LOWER,)), Tensor("q", (t.extent,), (LOWER,))
    y = Tensor("y", (t.extent,), (LOWER,))
    h = Tensor("h", (), ())
    start = Start(0, 0, (), at_indices(h, []))
    state = Definition(s, (t,), apply("exp", at_indices(q, [t])), starts=(start,))
    value = Definition(y, (t,), apply("exp", multiply([number(1), at_indices(q, [t])])))
    equations = Equations((q, h), (state, value), ("y",))
    derived = derive(Request("jacobian", "y", ("q",), equations))
    body = derived.definition("dy_dq").body
    assert all(a.tensor is not s for a in accesses(body))
    assert same(body, body)
    check(equations, "jacobian", "y", ("q",))
