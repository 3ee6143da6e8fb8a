"""A verdict on a formula: right or not, and the one mistake that explains it."""

import json
from typing import Any, get_args

import pytest

from tensorcalc.check.compare import Reason, Verdict, compare
from tensorcalc.errors import NotDifferentiableError, TensorcalcError, UnknownNameError
from tensorcalc.language import NotationError, parse

QUADRATIC = "tensor A_ij [N, N]; tensor X_ij [N, K]; f = X_ij A_ik X_kj"
NET = "L = 1/2 sum_p (x^p - t^p)**2; x^p = B^p_i s^i; s^i = tanh(z^i); z^i = A^i_j y^j"
SQUARES = "tensor x_n [N]; L = 1/N sum_n (x_n - t_n)**2"
SOFTMAX = "y_i = softmax_i(x_i)"

CASES: list[tuple[str, str, str | None, str, Reason, str]] = [
    # what is right
    (QUADRATIC, "f", "X", "A_kl X_lj + A_lk X_lj", "equal", "the gradient of f by X"),
    (QUADRATIC, "f", "X", "G_{k j} = (A_kl + A_lk) X_lj", "equal", ""),
    (QUADRATIC, "f", "X", "df_dX_{k j} = (A_kl + A_lk) X_lj", "equal", ""),
    ("symmetric A; " + QUADRATIC, "f", "X", "2 A_kl X_lj", "equal", ""),
    (NET, "L", "A", "G_{i j} = (x^p - t^p) B^p_i (1 - (s^i)**2) y^j", "equal", ""),
    (NET, "L", "A", "e^p = x^p - t^p; G_{i j} = e^p B^p_i (1 - (s^i)**2) y^j", "equal", ""),
    (NET, "x", "y", "d^i = 1 - (s^i)**2; G_{p j} = B^p_i d^i A^i_j", "equal", "the Jacobian"),
    (NET, "z", "A", "delta^i_k y_l", "equal", ""),
    (NET, "z", None, "A_ij y_j", "equal", "the value of z"),
    (SQUARES, "L", "x", "2/N (x_n - t_n)", "equal", ""),
    (SOFTMAX, "y", "x", "G_{i j} = y_i delta_ij - y_i y_j", "equal", ""),
    ("z_i = sigma(x_i)", "z", "x", "sigma'(x_i) delta_ij", "summed index", ""),
    ("z_i = sigma(x_i)", "z", "x", "G_{i j} = sigma'(x_i) delta_ij", "equal", ""),
    ("y_i = z_{i+j} w_j; tensor z_i [N]", "y", "w", "z_{i+j}", "equal", ""),
    # axes
    (QUADRATIC, "f", "X", "X_lj A_kl + X_lj A_lk", "transpose", "NAME_{k j} = …"),
    ("f_i = A_ij x_j; sizes i=3, j=3", "f", "x", "A_ji + 0 A_ij", "equal", ""),
    ("f_i = A_ij x_j; sizes i=3, j=3", "f", "x", "G_{j i} = A_ij", "transpose", ""),
    ("y_ijk = a_i b_j c_k x", "y", "x", "G_{k i j} = a_i b_j c_k", "axes", "NAME_{i j k}"),
    (QUADRATIC, "f", "X", "A_kl + A_lk", "shape", "[N, N], the gradient of f by X has [N, K]"),
    (QUADRATIC, "f", "X", "2 X_ij A_ij", "shape", "slot 2 of A is N, slot 2 of X is K"),
    # factors and terms
    (QUADRATIC, "f", "X", "-A_kl X_lj - A_lk X_lj", "sign", "-1 times"),
    (QUADRATIC, "f", "X", "A_kl X_lj - A_lk X_lj", "sign", "the term X_ij A_ik has the wrong"),
    (SOFTMAX, "y", "x", "G_{i j} = y_i (delta_ij + y_j)", "sign", "wrong sign"),
    (QUADRATIC, "f", "X", "(A_kl + A_lk) X_lj / 2", "factor", "1/2 times the gradient of f by X"),
    (QUADRATIC, "f", "X", "3 A_kl X_lj + A_lk X_lj", "factor", "stands 3 times"),
    (SQUARES, "L", "x", "2 (x_n - t_n)", "factor", "N times"),
    (SQUARES, "L", "x", "1/N**2 (x_n - t_n)", "factor", "1/2 1/N times"),
    ("f = lambda x_i x_i", "f", "x", "2 x_i", "factor", "1/lambda times"),
    ("f = x", "f", "x", "1 + 1e-20", "factor", "less than floats can tell"),
    ("f = exp(x_i) one_i pi", "f", "x", "3 exp(x_i)", "factor", "0.95492966 times"),
    (QUADRATIC, "f", "X", "A_kl X_lj", "missing term", "lacks the term X_ij A_ik"),
    (SOFTMAX, "y", "x", "G_{i j} = y_i delta_ij", "missing term", "lacks the term -y_i y"),
    ("f = x a + x b + x c + x x", "f", "x", "b + 2 x", "missing term", "the terms a, c"),
    ("f = x a", "f", "x", "0 a", "missing term", "your formula is 0"),
    (QUADRATIC, "f", "X", "A_kl X_lj + A_lk X_lj + X_kj", "extra term", "has the term X_kj"),
    ("f = a b; tensor x_i [N]; g = f x_i x_i", "f", "x", "x_i", "extra term", "f by x is 0"),
    # sums
    (NET, "L", "A", "(x^p - t^p) B^p_i (1 - (s^i)**2) y^j", "summed index", "its axis 1 (i)"),
    (SOFTMAX, "y", "x", "y_i (delta_ij - y_j)", "summed index", "to stay free"),
    ("f = sum_ij A_ij x_i", "f", "x", "A_ij", "summed index", "index j is free in your formula"),
    (
        "tensor x_i [N]; tensor a_i [N]; f = (sum_j x_j) (sum_i a_i)",
        "f",
        "a",
        "x_i",
        "summed index",
        "lacks a sum over the index i",
    ),
    ("f_i = x_i**2", "f", "x", "G_{ij} = 2 x_i + 0 x_j", "summed index", "then repeated along"),
    # right under a condition
    (QUADRATIC, "f", "X", "2 A_kl X_lj", "symmetric only", "right only if A is symmetric"),
    ("symmetric S; f = a_i S_ij b_j", "f", "S", "a_i b_j", "symmetric only", "symmetric part of"),
    ("mask m; f = sum_i m_i (x_i)**2", "f", "x", "2 x_i", "mask only", "only where m is 1"),
    ("f = sum_i (m_i x_i)**2", "f", "x", "G_i = 2 m_i x_i", "mask only", "m holds 0 and 1"),
    ("f = sum_i relu(x_i)", "f", "x", "one_i", "domain", "only where x is positive"),
    ("f = sum_i abs(x_i)", "f", "x", "-one_i", "domain", "only where x is negative"),
    ("f = sum_i abs(a x_i)", "f", "x", "a one_i", "domain", "a, x are positive"),
    ("f = sum_i (x_i)**2", "f", "x", "2/3 exp(log(x_i) + log(3))", "domain", "x is positive"),
    ("f = a x + x**3", "f", "x", "a + x**2 x", "special point", "only where x = 0"),
    ("f = log(x)", "f", "x", "2 - x", "special point", "only where x = 1"),
    ("f = logdet(X)", "f", "X", "inv(X)_ij", "transpose", "NAME_{j i}"),
    ("f = tr(X_ij Y_jk X_kl)", "f", "X", "G_{i j} = 2 Y_ji", "special point", "X is the identity"),
    ("f = (sum_i x_i)**2 / n; tensor x_i [n]", "f", "x", "2 x_i", "special point", "the same"),
    ("f = sum_i (x_i)**2", "f", "x", "log(x_i)", "not finite", "nan instead of"),
    ("f = a b", "f", "a", "b + log(-a a)", "not finite", "its value is nan"),
    ("f = (m**2 + 1) x", "f", "x", "m + 1", "mask only", "m holds 0 and 1"),
    # the rest
    (NET, "L", "A", "(1 - (s^i)**2) y_j", "upstream", "the gradient that arrives at s as 1"),
    (SOFTMAX, "y", "x", "G_{i j} = y_i (1 - y_j)**2", "unrelated", "no simple relation"),
]


@pytest.mark.parametrize(("source", "of", "wrt", "answer", "reason", "words"), CASES)
def test_every_verdict_has_its_reason(
    source: str, of: str, wrt: str | None, answer: str, reason: Reason, words: str
) -> None:
    verdict = compare(answer, parse(source).equations, of, wrt)
    assert verdict.reason == reason, str(verdict)
    assert words in verdict.message, verdict.message
    assert verdict.equal == bool(verdict) == (reason == "equal")
    assert "″" not in str(verdict)
    assert len(str(verdict).splitlines()) < 30


def test_every_reason_is_tested() -> None:
    assert {reason for *_, reason, _ in CASES} == set(get_args(Reason))


MODES: list[tuple[str, str, str | list[str], str, Any, Reason]] = [
    ("y_i = A_ij x_j", "y", "x", "A_ij y_bar_i", "vjp", "equal"),
    ("y_i = A_ij x_j", "y", "x", "sum_i A_ij", "vjp", "upstream"),
    ("y_i = A_ij x_j", "y", "x", "A_ij x_dot^j", "jvp", "equal"),
    ("y_i = A_ij x_j", "y", "x", "A_ij one^j", "jvp", "upstream"),
    ("f = x_i A_ij x_j", "f", "x", "A_ij + A_ji", "hessian", "equal"),
    ("f = x_i A_ij x_j", "f", "x", "A_ij", "hessian", "missing term"),
    ("f = x_i A_ij x_j", "f", ["x", "A"], "G_{ijk} = delta_ij x_k", "hessian", "missing term"),
    ("f = x_i A_ij x_j", "f", "x", "A_ij x_dot^j + A_ji x_dot^j", "hvp", "equal"),
    ("f = x_i A_ij x_j", "f", "x", "A_ij one^j + A_ji one^j", "hvp", "upstream"),
]


@pytest.mark.parametrize(("source", "of", "wrt", "answer", "mode", "reason"), MODES)
def test_every_mode(
    source: str, of: str, wrt: str | list[str], answer: str, mode: Any, reason: Reason
) -> None:
    verdict = compare(answer, parse(source).equations, of, wrt, mode=mode)
    assert verdict.reason == reason, str(verdict)


def test_answers_in_latex_and_matrix_notation() -> None:
    loss = parse("f = x_i A_ij x_j").equations
    assert compare(r"A_{ij} x_j + A_{ji} x_j", loss, "f", "x")
    assert compare(r"A x + A^\top x", loss, "f", "x")
    assert compare("A*x + A'*x", loss, "f", "x", syntax="matrix")
    verdict = compare("2*A*x", loss, "f", "x", syntax="matrix")
    assert verdict.reason == "symmetric only"
    assert compare(r"\delta_{ij} c", parse("y_i = c x_i").equations, "y", "x")


def test_shapes_that_do_not_fit_are_a_verdict() -> None:
    loss = parse("f_i = A_ij x_j").equations
    for answer, syntax in (("A'*x", "matrix"), ("A_ji x_j", "text")):
        verdict = compare(answer, loss, "f", syntax=syntax)
        assert verdict.reason == "shape", str(verdict)
        assert "n_" in verdict.message
    other = parse("f = A_i x_i").equations
    assert compare(other, loss, "f").reason == "shape"


def test_answers_as_equations() -> None:
    loss = parse("f = x_i A_ij x_j").equations
    answer = parse("G_i = A_ij x_j + A_ji x_j").equations
    assert compare(answer, loss, "f", "x")


def test_the_order_of_the_axes_is_told() -> None:
    loss = parse(QUADRATIC).equations
    verdict = compare("X_lj A_kl", loss, "f", "X")
    assert verdict.order == ("j", "k")
    assert "axes   j, k" in str(verdict)
    assert "yours  result_jk = X_lj A_kl" in str(verdict)
    assert compare("G_{k j} = X_lj A_kl", loss, "f", "X").order == ("k", "j")


def test_a_wrong_answer_comes_with_a_counter_example() -> None:
    verdict = compare("A_kl X_lj", parse(QUADRATIC).equations, "f", "X")
    example = verdict.counter_example
    assert example is not None
    assert example.left != example.right
    assert set(example.inputs) == {"A", "X"}
    plain = json.loads(json.dumps(verdict.as_dict()))
    assert plain["reason"] == "missing term"
    assert plain["counter_example"]["entry"] == list(example.entry)
    right = compare("A_kl X_lj + A_lk X_lj", parse(QUADRATIC).equations, "f", "X")
    assert right.counter_example is None
    assert right.as_dict()["decided_by"] == right.decided_by


def test_an_answer_may_hold_derivatives() -> None:
    net = parse(NET).equations
    assert compare("G_{i j} = d(L)/d(z^i) y_j", net, "L", "A")
    assert compare("d(L)/d(A^i_j)", net, "L", "A").decided_by != "numeric"
    assert compare("d(t^p)/d(A^i_j)", net, "L", "A").reason == "shape"
    verdict = compare("2 d(L)/d(A^i_j)", net, "L", "A")
    assert verdict.reason == "factor"
    assert "2 times" in verdict.message


def test_a_redefined_name_is_the_answers_own() -> None:
    net = parse("z_i = A_ij y_j; f = z_i z_i").equations
    assert compare("z_i = 2 A_ij y_j; z_i A_ij", net, "f", "y")
    assert compare("2 z_i A_ij", net, "f", "y")
    assert not compare("z_i = A_ij y_j; z_i A_ij", net, "f", "y")


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("2 Q_ij x_j", UnknownNameError, "reads Q, which is not in the program; it has A,"),
        ("2 a_ij x_j", UnknownNameError, "did you mean A?"),
        ("", NotationError, "there is no statement"),
        ("tensor A_ij", TensorcalcError, "no formula"),
        ("tau(x_i)", UnknownNameError, "uses the function tau"),
        ("2 A_i", NotationError, "A has 2 indices"),
        ("2 A_ij x_", NotationError, "1 | 2 A_ij x_"),
        ("2 (A_ij x_j", NotationError, "1 | 2 (A_ij x_j"),
        ("G_i = A_ij x_k", NotationError, "did you mean"),
    ],
)
def test_bad_answers_are_errors_with_their_place(
    answer: str, error: type[TensorcalcError], words: str
) -> None:
    with pytest.raises(error) as caught:
        compare(answer, parse("f = x_i A_ij x_j").equations, "f", "x")
    assert words in str(caught.value)


def test_bad_requests_are_errors() -> None:
    loss = parse("f = x_i A_ij x_j").equations
    with pytest.raises(UnknownNameError):
        compare("x_i", loss, "f", "nothing")
    with pytest.raises(UnknownNameError):
        compare("x_i", loss, "x")
    with pytest.raises(NotDifferentiableError):
        compare("x_i", loss, "x", "A")
    with pytest.raises(TensorcalcError, match="needs the name of a variable"):
        compare("x_i", loss, "f", mode="grad")
    with pytest.raises(TensorcalcError, match="one output"):
        compare("x_i", loss, "f", ["x", "A"])


def test_the_same_question_has_the_same_answer() -> None:
    def ask() -> Verdict:
        return compare("2 A_kl X_lj", parse(QUADRATIC).equations, "f", "X", seed=4)

    assert str(ask()) == str(ask())
