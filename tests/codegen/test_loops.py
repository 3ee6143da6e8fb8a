"""Recurrences become loops: NumPy = Torch = the naive evaluator."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tensorcalc.codegen import compile_equations
from tensorcalc.errors import NotCompilableError
from tensorcalc.expr import (
    Condition,
    Definition,
    Edge,
    Equations,
    Index,
    Start,
    Tensor,
    accesses,
    add,
    affine,
    apply,
    contract,
    multiply,
)
from tensorcalc.program import parse
from tests.codegen.small_programs import at, check, index, tensor

T, I, J, K = (index(n) for n in "tijk")  # noqa: E741
H = Index("h", 0, I.extent)
SIZES = {"n_t": 5, "n_i": 3, "n_j": 4, "n_k": 2}
S = tensor("s", T, I)
BEFORE, NOW, AFTER = affine([(T, 1)], -1), T, affine([(T, 1)], 1)


def equations(*definitions: Definition, outputs: tuple[str, ...]) -> Equations:
    defined = {d.name for d in definitions}
    inputs: dict[str, Tensor] = {}
    for definition in definitions:
        for body in (definition.body, *(s.body for s in definition.starts)):
            for access in accesses(body):
                if access.tensor.name not in defined:
                    inputs.setdefault(access.tensor.name, access.tensor)
    return Equations(tuple(inputs.values()), definitions, outputs)


def simple(*, start: bool = True) -> Definition:
    """``s_t = tanh(U x_t + W s_{t-1} + b)``."""
    body = apply(
        "tanh",
        add(
            [
                contract([J], multiply([at("U", I, J), at("x", T, J)])),
                contract([H], multiply([at("W", I, H), at(S, BEFORE, H)])),
                at("b", I),
            ]
        ),
    )
    if start:
        return Definition(S, (T, I), body, starts=(Start(0, -1, (I,), at("h0", I)),))
    inside = contract([H], multiply([at("W", I, H), at(S, BEFORE, H, edge=Edge.ZERO)]))
    return Definition(S, (T, I), apply("tanh", add([inside, at("b", I), at("x", T, I)])))


@pytest.mark.parametrize("start", [True, False])
def test_a_simple_network(start: bool) -> None:
    kernels = check(equations(simple(start=start), outputs=("s",)), SIZES)
    assert kernels["numpy"].source.count("for t in range") == 1


def test_what_reads_no_state_is_computed_outside() -> None:
    source = check(equations(simple(), outputs=("s",)), SIZES)["numpy"].source
    assert source.index("x @ U.T") < source.index("for t in")
    assert "t1[t]" in source


def test_states_are_read_by_others_also_before_their_range() -> None:
    y = Definition(tensor("y", T, I), (T, I), multiply([at(S, NOW, I), at(S, BEFORE, I)]))
    total = Definition(tensor("f"), (), contract([T, I], multiply([at(S, T, I), at("v", I)])))
    check(equations(simple(), y, total, outputs=("y", "f", "s")), SIZES)


def test_mutual_recurrences_use_this_step_of_one_another() -> None:
    C = tensor("c", T, I)
    gate = apply("sigmoid", add([at("x", T, I), at(S, BEFORE, I)]))
    c = Definition(
        C,
        (T, I),
        add([multiply([gate, at(C, BEFORE, I)]), apply("tanh", at("x", T, I))]),
        starts=(Start(0, -1, (I,), at("c0", I)),),
    )
    s = Definition(
        S,
        (T, I),
        multiply([apply("tanh", at(C, NOW, I)), at("o", T, I)]),
        starts=(Start(0, -1, (I,), at("s0", I)),),
    )
    check(equations(c, s, outputs=("c", "s")), SIZES)


def test_the_range_may_begin_with_given_components() -> None:
    """``s_{0} = h``; two steps back, Fibonacci's way."""
    one = Definition(
        S,
        (T, I),
        add([multiply([at("a", I), at(S, BEFORE, I)]), at("x", T, I)]),
        starts=(Start(0, 0, (I,), at("h0", I)),),
    )
    check(equations(one, outputs=("s",)), SIZES)
    two = Definition(
        S,
        (T, I),
        add([at(S, BEFORE, I), at(S, affine([(T, 1)], -2), I)]),
        starts=(Start(0, 0, (I,), at("h0", I)), Start(0, 1, (I,), at("h1", I))),
    )
    check(equations(two, outputs=("s",)), SIZES)


def test_an_adjoint_recurrence_runs_backwards() -> None:
    """``λ_t = Wᵀ λ_{t+1} + e_t`` with nothing behind the end."""
    later = at(S, AFTER, H, edge=Edge.ZERO)
    body = add([contract([H], multiply([at("W", H, I), later])), at("e", T, I)])
    check(equations(Definition(S, (T, I), body), outputs=("s",)), SIZES)


def test_a_batch_axis_in_front_and_a_matrix_state() -> None:
    M = tensor("m", K, T, I, J)
    body = add(
        [
            contract([H], multiply([at("W", I, H), at(M, K, BEFORE, H, J)])),
            multiply([at("x", K, T, I), at("y", T, J)]),
        ]
    )
    start = Start(1, -1, (K, I, J), at("m0", K, I, J))
    definition = Definition(M, (K, T, I, J), body, starts=(start,))
    check(equations(definition, outputs=("m",)), SIZES)


def test_earlier_states_may_all_be_read() -> None:
    """``s_t = x_t + sum_{u < t} w_u s_u``, by a mask over the steps."""
    u = Index("u", 0, T.extent)
    past = multiply([Condition("<", u, T), at("w", u), at(S, u, I)])
    before = multiply([at("a", I), at(S, BEFORE, I, edge=Edge.ZERO)])
    body = add([contract([u], past), before, at("x", T, I)])
    check(equations(Definition(S, (T, I), body), outputs=("s",)), SIZES)


def test_what_has_no_order_is_an_error() -> None:
    body = add([at(S, BEFORE, I), at(S, AFTER, I)])
    start = Start(0, -1, (I,), at("h0", I))
    with pytest.raises(NotCompilableError, match="both an earlier and a later step"):
        compile_equations(
            equations(Definition(S, (T, I), body, starts=(start,)), outputs=("s",)), "numpy"
        )


def test_a_later_step_is_read_without_padding() -> None:
    """The buffer has a row for it: padding it anew at each step would take T squared."""
    later = contract([H], multiply([at("W", I, H), at(S, AFTER, H, edge=Edge.ZERO)]))
    backward = Definition(S, (T, I), apply("tanh", add([later, at("x", T, I)])))
    for kernel in check(equations(backward, outputs=("s",)), SIZES).values():
        assert "pad" not in kernel.source.rpartition('"""')[2]


BACKWARD_WRITTEN = """s_{-1}^i = h^i
s_t^i = tanh(U^i_j x_t^j + W^i_k s_{t-1}^k)
y_t^p = V^p_i s_t^i"""
FORWARD_WRITTEN = """s_{0}^i = h^i
s_{t+1}^i = tanh(U^i_j x_t^j + W^i_k s_t^k)
y_t^p = V^p_i s_t^i"""


@pytest.mark.parametrize("text", [BACKWARD_WRITTEN, FORWARD_WRITTEN], ids=["backward", "forward"])
@pytest.mark.parametrize("mode", ["jacobian", "vjp", "jvp"])
def test_a_loop_with_two_axes_of_its_length_steps_along_the_right_one(text: str, mode: str) -> None:
    """A Jacobian of a recurrence read at every step has the open step beside the running one."""
    report = getattr(parse(text), mode)("y", ["W", "h", "x"]).check()
    assert report.passed, str(report)
    assert {line.backend for line in report.lines} == {"numpy", "torch"}


def test_what_a_loop_reads_is_computed_in_a_fixed_order() -> None:
    """The order of a set depends on where objects lie in memory."""
    code = (
        "from tensorcalc.program import parse\n"
        f"p = parse({BACKWARD_WRITTEN!r}).vjp('y', ['U', 'W', 'V', 'h', 'x'])\n"
        "print(p.compile('numpy').source)"
    )
    sources = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(6)
    }
    assert len(sources) == 1
