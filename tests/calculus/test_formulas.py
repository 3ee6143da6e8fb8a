"""Derivatives come out as the formulas people write, not merely with the right value."""

from __future__ import annotations

import pytest

import tensorcalc as tc
from tensorcalc.expr import Expr, substitute
from tensorcalc.printing import to_text
from tensorcalc.simplify import same, simplify

LAYER = "z^i = A^i_j y^j + b^i\nx^p = B^p_i sigma(z)^i"
POINTWISE = "z^i = A^i_j y^j + b^i\nx^p = B^p_i sigma(z^i)"
LOSS = """
index k : K
z_k^i = A^i_j y_k^j + b^i
x_k^p = B^p_i sigma(z_k^m)^i
L = 1/K sum_k sum_p (t_k^p - x_k^p)**2
"""
SOFTMAX_LOSS = """
index n : N
given sum_c t_n^c = 1
z_n^c = W^c_d x_n^d + b^c
s_n^c = softmax_c(z_n^c)
L = -1/N sum_n sum_c t_n^c log(s_n^c)
"""
LOGISTIC_LOSS = """
index n : N
z_n = w_d x_n^d + b
p_n = sigmoid(z_n)
L = -1/N sum_n (t_n log(p_n) + (1 - t_n) log(1 - p_n))
"""

LINEAR = "x^{i1 i2} = G^{i1 i2}_{j1 j2} y^{j1 j2}"

#: source, mode, of, wrt, the output, and what it must be up to names: written with the
#: output's indices in order.
FORMULAS = [
    ("z^i = A^i_j y^j", "jacobian", "z", "y", "h^i_j = A^i_j"),
    ("z^i = A^i_j y^j", "jacobian", "z", "A", "h^i_k^j = δ^i_k y^j"),
    (LAYER, "jacobian", "x", "y", "h^p_j = B^p_i [∇sigma(z)]^i_q A^q_j"),
    (LAYER, "jacobian", "x", "A", "h^p_i^j = B^p_q [∇sigma(z)]^q_i y^j"),
    (LAYER, "jacobian", "x", "b", "h^p_i = B^p_q [∇sigma(z)]^q_i"),
    (LAYER, "jacobian", "x", "B", "h^p_q^i = δ^p_q sigma(z)^i"),
    (POINTWISE, "jacobian", "x", "y", "h^p_j = B^p_i sigma'(z^i) A^i_j"),
    (POINTWISE, "jacobian", "x", "A", "h^p_i^j = B^p_i sigma'(z^i) y^j"),
    ("s^i = softmax_i(z^i)", "jacobian", "s", "z", "h^i_j = s^i (δ^i_j - s_j)"),
    ("s^i = tanh(z^i)", "jacobian", "s", "z", "h^i_j = (1 - (s^i)**2) δ^i_j"),
    ("s^i = sigmoid(z^i)", "jacobian", "s", "z", "h^i_j = s^i (1 - s^i) δ^i_j"),
    (LOSS, "grad", "L", "B", "h_p^i = sum_k dL_dx^k_p sigma(z_k^m)^i"),
    (
        LINEAR,
        "jacobian",
        "x",
        "y",
        "h^<i j>_<k l> = G^<i j>_<k l>",
    ),
    (
        LINEAR,
        "jacobian",
        "x",
        "G",
        "h^<i j>_<k l>^<m n> = δ^i_k δ^j_l y^<m n>",
    ),
    ("x^i = G^i_{k1 k2} y^{k1 k2}", "jacobian", "x", "G", "h^i_j^<k l> = δ^i_j y^<k l>"),
    ("f = x_i A^i_j x^j", "grad", "f", "x", "h^i = A^ij x_j + x_j A^ji"),
    ("f = x_i A^i_j x^j", "hessian", "f", "x", "h^ij = A^ij + A^ji"),
    (SOFTMAX_LOSS, "grad", "L", "z", "h^n_c = s_n^c / N - t_n^c / N"),
    (SOFTMAX_LOSS, "hessian", "L", "b", "h_cd = sum_n 1/N s_n^d (δ_cd - s_n^c)"),
    (LOGISTIC_LOSS, "grad", "L", "z", "h^n = 1/N (p_n - t_n)"),
    ("f = logsumexp_i(z^i)", "grad", "f", "z", "h_i = softmax_i(z^i)"),
    ("f = logsumexp_i(z^i)", "hessian", "f", "z", "h_ij = `df_dz`_i (δ_ij - `df_dz`_j)"),
    ("f = 1/2 sum_i x_i**2", "grad", "f", "x", "h^i = x_i"),
    ("f = sum_i (A_ij x_j - b_i)**2", "hessian", "f", "x", "h_ij = 2 A_ki A_kj"),
    ("f = x_i x_i x_j x_j", "hessian", "f", "x", "h_ij = 8 x_i x_j + 4 x_k x_k δ_ij"),
    ("m = 1/size(i) sum_i x_i", "grad", "m", "x", "h^i = 1/size(i)"),
]


@pytest.mark.parametrize(("source", "mode", "of", "wrt", "wanted"), FORMULAS)
def test_derivative_is_the_formula_by_hand(
    source: str, mode: str, of: str, wrt: str, wanted: str
) -> None:
    program = tc.parse(source)
    derived = getattr(program, mode)(of, wrt)
    result = derived[derived.outputs[0]]
    extents = ", ".join(map(str, result.tensor.extents))
    declared = f"tensor {wanted.split(' =')[0]} [{extents}]" if extents else ""
    expected = tc.parse("\n".join([str(derived), declared, wanted]))["h"]
    renaming = dict(zip(result.indices, expected.indices, strict=True))
    assert _like(substitute(result.body, renaming), expected.body), f"{derived}\n!= {wanted}"


def _like(left: Expr, right: Expr) -> bool:
    """Equal but for the names of extents, which another program may choose otherwise."""
    return same(simplify(left), simplify(right)) or to_text(left) == to_text(right)


def test_hessian_of_a_quadratic_form_needs_no_point() -> None:
    hessian = tc.parse("f = x_i A^i_j x^j").hessian("f", "x")
    assert {t.name for t in hessian["d2f_dx_dx"].reads} == {"A"}


def test_derivative_by_an_input_that_takes_no_part_is_zero_of_its_shape() -> None:
    program = tc.parse("tensor u^q [5]\nf^i = x^i\ng = u^q u_q").jacobian("f", "u")
    assert program["df_du"].tensor.rank == 2
    assert str(program["df_du"].body.value) == "0"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("source", "mode", "of", "wrt", "error", "text"),
    [
        ("f = x_i x_i", "grad", "f", "q", tc.UnknownNameError, "no tensor q"),
        ("f = x_i x_i", "grad", "g", "x", tc.UnknownNameError, "no tensor g"),
        ("f = x_i x_i", "grad", "x", "x", tc.NotDifferentiableError, "is an input"),
        ("f^i = x^i", "grad", "f", "x", tc.NotDifferentiableError, "needs a scalar"),
        ("f^i = x^i", "hessian", "f", "x", tc.NotDifferentiableError, "needs a scalar"),
        ("f = x_i x_i; g = f x_bar", "vjp", "x_bar", "x", tc.NotDifferentiableError, "input"),
    ],
)
def test_a_request_that_makes_no_sense_is_one_clear_error(
    source: str, mode: str, of: str, wrt: str, error: type[Exception], text: str
) -> None:
    program = tc.parse(f"tensor x_bar\n{source}" if "x_bar" in source else source)
    with pytest.raises(error, match=text):
        getattr(program, mode)(of, wrt)


def test_a_name_the_derived_program_needs_must_be_free() -> None:
    program = tc.parse("tensor f_bar^i\nf^i = x^i f_bar^i")
    with pytest.raises(tc.TensorcalcError, match="f_bar"):
        program.vjp("f", "x")


def test_reverse_accumulation_is_linear_in_the_number_of_definitions() -> None:
    import time

    def seconds(count: int) -> float:
        lines = [f"x{k + 1}^i = tanh(W^i_j x{k}^j)" for k in range(count)]
        program = tc.parse("\n".join([*lines, f"L = x{count}^i x{count}_i"]))
        start = time.process_time()
        gradient = program.grad("L", ["x0", "W"])
        assert len(gradient.equations.definitions) < 5 * count + 10
        return time.process_time() - start

    seconds(20)
    small, large = min(seconds(100) for _ in range(3)), seconds(800)
    assert large < 8 * small * 3


def test_ten_thousand_definitions_differentiate() -> None:
    lines = [f"x{k + 1}^i = tanh(x{k}^i)" for k in range(10_000)]
    program = tc.parse("\n".join([*lines, "L = sum_i x10000^i"]))
    gradient = program.grad("L", "x0")
    assert gradient.outputs == ("dL_dx0",)
    assert len(gradient.equations.definitions) >= 19_999
