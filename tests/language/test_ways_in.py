"""The ways in agree: text, LaTeX, Unicode, matrix notation, einsum strings, Python operators."""

from __future__ import annotations

import time

import numpy as np
import pytest

import tensorcalc as tc
from tests.language.test_language_accepted import same_up_to_names

TEXT = "x^p = B^p_i tanh(A^i_j y^j + b^i)"

SAME_TEXT = {
    "LaTeX": r"x^{p} = B^{p}_{i} \tanh\left(A^{i}_{j} y^{j} + b^{i}\right)",
    "LaTeX as it is typed": r"x^p = B^p_i\tanh(A^i_jy^j + b^i)",
    "Unicode": "xᵖ = Bᵖᵢ · tanh(Aⁱⱼ · yʲ + bⁱ)",
    "braces": "x^{p} = B^{p}_{i} * tanh(A^{i}_{j} * y^{j} + b^{i})",
    "angle brackets": "x^<p> = B^<p>_<i> tanh(A^<i>_<j> y^<j> + b^<i>)",
}


@pytest.mark.parametrize("form", SAME_TEXT)
def test_the_layer_is_one_program_in_each_spelling(form: str) -> None:
    assert tc.parse(SAME_TEXT[form]).equations is tc.parse(TEXT).equations


def test_the_layer_is_one_program_in_python() -> None:
    i, j, p = tc.indices("i j p")
    A, B, x, y, b = tc.tensors("A B x y b")
    tanh = tc.function("tanh")
    made = tc.program(tc.define(x[p], B[p, -i] * tanh(A[i, -j] * y[j] + b[i])))
    assert made.equations is tc.parse(TEXT).equations


def test_the_layer_is_one_program_in_matrix_notation() -> None:
    programs = [
        tc.parse("x = B*tanh(A*y + b)", syntax="matrix", ranks={"b": 1}),
        tc.parse(TEXT),
    ]
    assert same_up_to_names(programs[0].equations, programs[1].equations)
    random = np.random.default_rng(0)
    shapes = {"B": (2, 3), "A": (3, 4), "y": (4,), "b": (3,), "x_bar": (2,)}
    arrays = {name: random.normal(size=shape) for name, shape in shapes.items()}
    first, second = (p.vjp("x", "A").compile("numpy")(**arrays) for p in programs)
    np.testing.assert_allclose(first, second, rtol=1e-12)
    assert first.shape == (3, 4)


def test_the_linear_layer_is_one_program_as_an_einsum_string() -> None:
    string = tc.einsum("pi,ij,j->p", "B", "A", "y")
    text = tc.parse("result_p = sum_{i j} B_pi A_ij y_j")
    assert string.equations is text.equations
    p, i, j = tc.indices("p i j")
    B, A, y, result = tc.tensors("B A y result")
    assert string.equals(tc.program(tc.define(result[-p], B[-p, -i] * A[-i, -j] * y[-j])))


#: The documented examples of matrixcalculus.org, with the variable to differentiate by.
DOCUMENTED = [
    ("0.5*x'*A*x", "x"),
    ("A*exp(x)", "x"),
    ("sin(x)'*y", "x"),
    ("(y.*v)'*x", "y"),
    ("a^b", "a"),
    ("norm2(A*x-y)^2", "x"),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "w"),
    ("tr(A*X'*B*X*C)", "X"),
    ("log(det(inv(X)))", "X"),
]


@pytest.mark.parametrize(("formula", "variable"), DOCUMENTED)
def test_the_documented_inputs_of_matrixcalculus_match_autograd(
    formula: str, variable: str
) -> None:
    program = tc.parse(formula, syntax="matrix")
    assert program.outputs == ("result",)
    (note,) = program.notes
    assert note.startswith("ranks taken from the letters: ")
    report = program.jacobian("result", variable).check()
    assert report.passed, str(report)
    if not program["result"].tensor.rank:
        assert program.hvp("result", variable).check().passed


def test_a_long_program_is_parsed_in_about_a_millisecond_a_line() -> None:
    lines = [f"z{n}^i = tanh(W{n}^i_j z{n - 1}^j + b{n}^i)" for n in range(1, 1001)]
    text = "\n".join(lines)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        tc.parse(text)
        best = min(best, time.process_time() - start)
    assert best < 1.5, f"{best:.2f} ms a line"
