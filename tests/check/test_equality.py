"""Equality is decided, by the stage it says, and never wrongly "equal"."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorcalc.check import NumpyBackend, evaluate, generic_point
from tensorcalc.check.equality import Equality, equal
from tensorcalc.check.numeric import first_difference
from tensorcalc.errors import UnknownNameError
from tensorcalc.expr import (
    Access,
    Equations,
    Expr,
    add,
    fold,
    multiply,
    number,
    power,
    rebuild,
    walk,
)
from tensorcalc.language import parse
from tensorcalc.simplify import replaced, simplify_equations
from tests.support.programs import programs


def decided(left: str, right: str) -> Equality:
    return equal(parse(left).equations, parse(right).equations)


EQUAL = [
    ("Y_ij = X_ik Z_kj", "Y_ij = Z_kj X_ik", "normal form"),
    ("f = sum_i x_i x_i", "g = x^j x_j", "normal form"),
    ("given sum_i t_i = 1; f_j = sum_i t_i x_j", "f_j = x_j; tensor t_i", "normal form"),
    ("z_i = A_ij y_j; f = z_i z_i", "f = A_ij y_j A_ik y_k", "normal form"),
    ("f = (a + b)**7 x_i x_i", "f = (a + b)**5 (a*a + 2 a b + b*b) x_i x_i", "modular"),
    ("f = 1/(a + b) + 1/(a - b)", "f = 2 a / (a**2 - b**2)", "modular"),
    ("f = logdet(X)", "f = log(det(X))", "modular"),
    ("f = inv(X)_ij X_jk inv(X)_kl X_li", "f = 1/7 X_ij inv(X)_ji * 7", "modular"),
    ("y_i = softmax_i(x_i)", "y_i = exp(x_i) / (sum_j exp(x_j))", "modular"),
    ("y_i = log_softmax_i(x_i)", "y_i = x_i - logsumexp_j(x_j)", "modular"),
    ("y = tanh(x)", "y = 1 - 2 / (exp(x) / exp(-x) + 1)", "modular"),
    ("y = sigmoid(x) + sigmoid(-x)", "y = 1 + 0 x", "modular"),
    ("y = sigma(a b) (a - b) (a + b)", "y = (a a - b b) sigma(b a)", "modular"),
    ("y = x**(3/2) + x", "y = x (sqrt(x) + 1)", "modular"),
    ("mask m; y_i = (1 - m_i)**2 x_i", "mask m; y_i = (1 - m_i) x_i", "modular"),
    ("mask m; y_i = where(m_i, x_i, z_i)", "mask m; y_i = m_i x_i + (1 - m_i) z_i", "modular"),
    ("y_t = sum_u [u <= t] x_u + 0 * x_t", "y_t = sum_u (1 - [t < u]) x_u + 0 x_t", "modular"),
    ("y_n = W_{c_n, i} x_i; integer c", "y_n = delta^v_{c_n} W_vi x_i", "modular"),
    ("s_t = 2 s_{t-1} + x_t; s_{-1} = h", "s_t = x_t + s_{t-1} + s_{t-1}; s_{-1} = h", "modular"),
    ("z_i = circular(x_{i+1}) + 0 x_i; f = z_i z_i", "f = x_i x_i", "modular"),
    ("given sum_i t_i = 1; f = (sum_i t_i a_i) + c", "f = sum_i t_i (a_i + c)", "modular"),
    ("y = sin(x)**2 + cos(x)**2", "y = 1 + 0 x", "numeric"),
    ("y_i = softmax_i(x_i)", "y_i = softmax_i(x_i + c)", "numeric"),
    ("y = max(a, b)", "y = a + relu(b - a)", "numeric"),
    ("y = norm_i(x_i)**2", "y = x_i x_i", "numeric"),
    ("y_t = softmax_u(where([u <= t], a_tu, -inf)) v_u", None, "numeric"),
]


@pytest.mark.parametrize(("left", "right", "stage"), EQUAL)
def test_equal_programs(left: str, right: str | None, stage: str) -> None:
    if right is None:  # causal attention by an explicit sum
        right = "y_t = sum_u [u <= t] exp(a_tu) v_u / (sum_w [w <= t] exp(a_tw))"
    for first, second in ((left, right), (right, left)):
        answer = decided(first, second)
        assert answer, str(answer)
        assert answer.counter_example is None
        stages = ("normal form", "modular", "numeric")
        assert stages.index(answer.decided_by) <= stages.index(stage), str(answer)


DIFFERENT = [
    ("Y_ij = X_ik Z_kj", "Y_ij = X_ik Z_jk", "modular"),
    ("f = x_i x_i", "f = x_i y_i", "modular"),
    ("f = x", "f = x * (1 + 1e-20)", "modular"),
    ("f = x**30", "f = x**30 + 1e-30", "modular"),
    ("f = det(X)", "f = logdet(X)", "numeric"),
    ("y_i = m_i**2 x_i", "y_i = m_i x_i", "modular"),
    ("y_i = where(m_i, x_i, z_i)", "y_i = x_i; tensor m_i; tensor z_i", "numeric"),
    ("y = sqrt(x**2)", "y = x", "numeric"),
    ("y = log(x**2)", "y = 2 log(x)", "numeric"),
    ("y = sigma(a)", "y = sigma(-a)", "numeric"),
    ("y = sigma(a)", "y = tau(a)", "numeric"),
    ("f_i = 1/n x_i; sizes n=3; tensor x_i [n]", "f_i = 1/4 x_i; tensor x_i [3]", "modular"),
    ("y_t = sum_u [u <= t] x_u + 0 x_t", "y_t = sum_u [u < t] x_u + 0 x_t", "modular"),
    ("f = sum_i [i < 9] x_i", "f = sum_i x_i", "modular"),
    ("f = sum_i [i < 9] exp(x_i)", "f = sum_i exp(x_i)", "numeric"),
    (
        "f = x (n - 2)(n - 3)(n - 4)(n - 5)(n - 6) + 0 y_i y_i; tensor y_i [n]",
        "f = 0 x + 0 y_i y_i; tensor y_i [n]",
        "modular",
    ),
    ("given sum_i t_i = 1; f = sum_i t_i a_i", "f = a_i t_i (sum_j t_j) + 1/99", "modular"),
]


@pytest.mark.parametrize(("left", "right", "stage"), DIFFERENT)
def test_different_programs_come_with_a_counter_example(left: str, right: str, stage: str) -> None:
    answer = decided(left, right)
    assert not answer
    assert answer.decided_by == stage, str(answer)
    example = answer.counter_example
    assert example is not None
    assert example.left != example.right
    if example.modulus is None:
        for text, name, value in (
            (left, example.outputs[0], example.left),
            (right, example.outputs[1], example.right),
        ):
            equations = parse(text).equations
            inputs = {t.name: example.inputs[t.name] for t in equations.inputs}
            with np.errstate(all="ignore"):
                array = evaluate(equations, inputs, NumpyBackend(), example.sizes)[name]
            np.testing.assert_allclose(array[example.entry], value)
    assert "not equal (decided by" in str(answer)
    assert len(str(answer).splitlines()) < 25


def test_shapes_and_outputs_that_do_not_fit_are_no_error() -> None:
    for left, right, words in (
        ("f = x_i x_i", "f = x x", "the input x"),
        ("y_i = x_i", "y = x_i x_i", "y: 1 axes on the left, 0 on the right"),
        ("y_i = x_i; tensor x_i [3]", "y_i = x_i; tensor x_i [4]", "3 long on the left, 4"),
        ("a = x; b = x", "a = x; c = x", "the outputs are a, b on the left"),
    ):
        answer = decided(left, right)
        assert not answer
        assert words in str(answer)


def test_chosen_outputs_are_compared() -> None:
    left = parse("a = x x; b = x + y").equations
    right = parse("c = x**2; d = x - y").equations
    assert equal(left, right, [("a", "c")])
    answer = equal(left, right, [("a", "c"), ("b", "d")])
    assert answer.counter_example is not None
    assert answer.counter_example.outputs == ("b", "d")
    with pytest.raises(UnknownNameError):
        equal(left, right, [("a", "nothing")])


def test_names_of_sizes_indices_and_definitions_do_not_matter() -> None:
    left = parse("tensor A_ij [M, N]; z_i = A_ij y_j; f = z_i z_i").equations
    right = parse("tensor A_pq [P, M]; sizes M=3; u_p = A_pq y_q; f = u_p**2 one_p").equations
    assert equal(left, right)
    clash = parse("f = A_ij y_j z_i; tensor z_i").equations
    assert not equal(left, clash)


def test_the_answer_is_the_same_for_one_seed() -> None:
    left, right = parse("f = sigma(x_i) y_i").equations, parse("f = sigma(y_i) x_i").equations
    first, second = (equal(left, right, seed=3) for _ in range(2))
    assert str(first) == str(second)


def test_entries_are_compared_on_their_own_scale() -> None:
    big = np.array([1e6, 1.0])
    assert first_difference(big, big + np.array([0.0, 1e-4])) == (1,)
    assert first_difference(np.array([0.0]), np.array([1e-17])) is None
    assert first_difference(np.array([np.nan, 1.0]), np.array([np.nan, 1.0])) is None
    assert first_difference(np.array([np.inf, 1.0]), np.array([1.0, 1.0])) == (0,)


@given(programs())
def test_simplification_and_a_disguise_are_seen_through(equations: Equations) -> None:
    assert equal(equations, simplify_equations(equations))
    last = equations.definitions[-1]
    one = with_last_body(equations, add((last.body, last.body)))
    two = with_last_body(equations, multiply((number(2), last.body, power(number(3), 0))))
    assert equal(one, two)
    answer = equal(equations, with_last_body(equations, add((last.body, number(1)))))
    assert not answer
    assert answer.counter_example is not None


def with_last_body(equations: Equations, body: Expr) -> Equations:
    last = equations.definitions[-1]
    changed = replaced(last, body)
    definitions = (*equations.definitions[:-1], changed)
    return Equations(equations.inputs, definitions, equations.outputs)


@given(programs(), st.data())
def test_any_change_is_judged_as_the_values_say(equations: Equations, data: st.DataObject) -> None:
    """Whatever is done to one node, the answer is what evaluation at other points gives."""
    last = equations.definitions[-1]
    labels = {t for t in equations.inputs if t.domain == "integer"}
    nodes = [n for n in walk(last.body) if not (isinstance(n, Access) and n.tensor in labels)]
    chosen = data.draw(st.sampled_from(nodes))
    change = data.draw(st.sampled_from(["twice", "shifted", "dropped", "squared"]))
    new = {
        "twice": multiply((number(2), chosen)),
        "shifted": add((chosen, number(1))),
        "dropped": number(1),
        "squared": power(chosen, 2),
    }[change]
    body = fold(last.body, lambda node, parts: new if node is chosen else rebuild(node, parts))
    other = with_last_body(equations, body)
    answer = equal(equations, other)
    name, agreed = last.name, True
    for seed in range(50, 54):
        point = generic_point(equations, seed)
        values = []
        for program in (equations, other):
            with np.errstate(all="ignore"):
                found = evaluate(program, point.arrays, NumpyBackend(), point.sizes)
            values.append(np.asarray(found[name]))
        with np.errstate(all="ignore"):
            agreed &= bool(np.allclose(values[0], values[1], rtol=1e-7, atol=1e-10))
    assert answer.equal == agreed, str(answer)
