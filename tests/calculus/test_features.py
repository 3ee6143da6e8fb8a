"""Symmetric variables, derivatives inside formulas, gradients per sample, third derivatives, …"""

from __future__ import annotations

import pytest

import tensorcalc as tc
from tensorcalc.calculus import Request, derive
from tensorcalc.expr import Transform, is_zero, walk
from tensorcalc.language import parse
from tensorcalc.printing import to_text

ATTENTION = """
index t, u : T
q_t^d = Q^d_c x_t^c
k_u^d = K^d_c x_u^c + b^d
p_tu = softmax_u(q_t^d k_u^d)
y_t^e = p_tu V^e_c x_u^c
L = y_t^e w_t^e
"""
SOFTMAX_LOSS = """
index n : N
given sum_c t_n^c = 1
h_n^i = tanh(A^i_j x_n^j + a^i)
s_n^c = softmax_c(W^c_d h_n^d + b^c)
L = -1/N sum_n sum_c t_n^c log(s_n^c)
"""


def body(program: tc.Program) -> str:
    """The right side of the first output, with names as in the whole definition."""
    text = to_text(program[program.outputs[0]], declarations=False)
    return text.split(" = ", 1)[1]


@pytest.mark.parametrize(
    ("source", "mode", "wrt", "wanted"),
    [
        ("symmetric S\nf = x_i S_ij x_j", "grad", "S", "x_i x_j"),
        ("symmetric S\nf = x_i S_ij y_j", "grad", "S", "1/2 (x_i y_j + x_j y_i)"),
        ("symmetric S\nf = x_i S_ij x_j", "grad", "x", "2 S_ij x_j"),
        ("symmetric S\nf = x_i S_ij x_j", "hessian", "x", "2 S_ij"),
        ("antisymmetric F\nf = x_i F_ij y_j", "grad", "F", "1/2 (x_i y_j - x_j y_i)"),
        ("mask m\nf = sum_i m_i m_i x_i x_i", "grad", "x", "2 m_i x_i"),
    ],
)
def test_declared_facts_are_used(source: str, mode: str, wrt: str, wanted: str) -> None:
    derived = getattr(tc.parse(source), mode)("f", wrt)
    assert body(derived) == wanted
    assert derived.check().passed


def test_notes_name_the_other_convention_and_zeros() -> None:
    program = tc.parse("symmetric S\nf = x_i S_ij x_j\ng = u")
    assert "2 G - diag(G)" in program.grad("f", "S").notes[0]
    assert program.grad("f", "u").notes == ("df_du is 0 for every input",)
    assert program.grad("f", "x").notes == ()


def test_gradient_of_the_keys_bias_in_attention_is_exactly_zero() -> None:
    gradient = tc.parse(ATTENTION).grad("L", "b")
    assert is_zero(gradient["dL_db"].body)
    assert gradient.derivation().steps


def test_attention_backpropagates_as_in_textbooks() -> None:
    pulled = tc.parse(ATTENTION).vjp("y", ["Q", "K", "V", "x"])
    assert to_text(pulled["z_bar"].body) == "p_tu (p_bar^tu - p_bar^<t u1> p_<t u1>)"
    assert pulled.check().passed


def test_derivative_inside_a_formula_is_carried_out_and_derived() -> None:
    source = "e^i = tanh(W^i_j x^j)\nP = 1/2 sum_i sum_j (d(e^i)/d(x^j))**2"
    penalty = tc.parse(source)
    assert "∂" in str(penalty)
    assert "∂" not in str(penalty.simplify())
    assert penalty.grad("P", ["W", "x"]).check().passed
    assert penalty.compile()(W=[[0.5, 1.0]], x=[0.0, 0.0]) == pytest.approx(0.625)


def test_gradients_per_sample_hold_no_square_of_the_sample_size() -> None:
    gradient = tc.parse(SOFTMAX_LOSS).grad("L", ["W", "A", "b"], per="n")
    assert gradient.check().passed
    ranks = {d.name: d.tensor.rank for d in gradient.equations.definitions}
    assert ranks["dL_dW"] == 3
    names = [str(e) for d in gradient.equations.definitions for e in d.tensor.extents]
    assert names.count("N") == len(gradient.equations.definitions)


def test_gradient_per_sample_of_what_is_no_sum_is_an_error() -> None:
    with pytest.raises(tc.UnknownNameError, match="no sum over k"):
        tc.parse("f = x_i x_i").grad("f", "x", per="k")


def test_third_derivatives_are_derivatives_of_hessians() -> None:
    hessian = tc.parse("f = sum_i exp(x_i) * x_i").hessian("f", "x")
    third = hessian.jacobian("d2f_dx_dx", "x")
    assert body(third) == "δ^<i1>_i δ^<i2>_i exp(x_i) (x_i + 3)"
    assert third.check().passed


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("f = logdet(X)", "inv(X)^ji"),
        ("f = log(det(X))", "inv(X)^ji"),
        ("f = det(X)", "f inv(X)^ji"),
        ("Y^i_k = inv(X)^i_j X^j_k", "δ^i_k"),
        ("Y^i_k = X^i_j inv(X)^j_k", "δ^i_k"),
        ("f = log(exp(x))", "1"),
    ],
)
def test_matrix_functions_and_their_inverses(source: str, wanted: str) -> None:
    program = tc.parse(source)
    if "Y" in source:
        assert body(program.simplify()) == wanted
        return
    wrt = "X" if "X" in source else "x"
    gradient = program.grad("f", wrt)
    assert body(gradient) == wanted
    assert gradient.check().passed


def test_the_inverse_of_a_symmetric_matrix_is_symmetric() -> None:
    source = "symmetric S\nf = b_i inv(S)_ij b_j"
    assert body(tc.parse(source).grad("f", "b")) == "2 inv(S)_ij b_j"
    assert (
        body(tc.parse(source.replace("symmetric S", "tensor S_ij")).grad("f", "b")).count("inv")
        == 2
    )


def test_inverse_twice_differentiated_has_two_terms() -> None:
    program = tc.parse("Y^i_j = inv(X)^i_j").jacobian("Y", "X")
    second = program.jacobian("dY_dX", "X")
    (terms,) = [d.body for d in second.equations.definitions if d.name == second.outputs[0]]
    assert len(to_text(terms).split(" + ")) == 2
    assert second.check().passed


def test_hessian_of_logsumexp_computes_one_softmax() -> None:
    hessian = tc.parse("f = logsumexp_i(z^i)").hessian("f", "z")
    functions = [
        n for d in hessian.equations.definitions for n in walk(d.body) if isinstance(n, Transform)
    ]
    assert len(functions) == 1


def test_a_norm_squared_is_differentiated_as_a_sum_of_squares() -> None:
    gradient = tc.parse("f = 1/2 norm_i(A_ij x_j - b_i)**2").grad("f", "x")
    assert "norm" not in str(gradient)
    assert gradient.check().passed


def test_assumptions_name_domains_and_kinks() -> None:
    gradient = tc.parse("f = sum_i log(x_i) + sum_i relu(y_i) / u").grad("f", ["x", "y", "u"])
    text = "\n".join(gradient.assumptions)
    assert "log(x_i): positive numbers" in text
    assert "relu'(0) = 0" in text
    assert "u ≠ 0" in text
    assert "relu'(0) = 0" in gradient.derivation().to_text()


def test_the_component_of_a_scalar_is_the_scalar() -> None:
    """Of an intermediate one, that others read, too."""
    program = parse("y = sigmoid(x_i w_i); L = y**2 + y").equations
    whole = Request("jacobian", "L", ("y", "x"), program)
    part = Request("jacobian", "L", ("y", "x"), program, (("y", ()),))
    assert derive(part) is derive(whole)


def test_derivative_by_one_component() -> None:
    program = tc.parse("f = w_i A^i_j w^j\ng^i = A^i_j w^j")
    gradient = program.grad("f", ["w_{0}", "A"])
    assert gradient.outputs == ("df_dw_0", "df_dA")
    assert gradient["df_dw_0"].tensor.rank == 0
    assert gradient.check().passed
    assert program.grad("f", "A_{0, 1}").check().passed
    jacobian = program.jacobian("g", "w_{1}")
    assert body(jacobian) == "A^{i, [1]}"
    assert jacobian.check().passed


@pytest.mark.parametrize(
    ("mode", "wrt", "text"),
    [
        ("grad", "w_{0,1}", "1 indices"),
        ("grad", "w_{7}", "outside 0 … 2"),
        ("vjp", "w_{0}", "not for vjp"),
    ],
)
def test_components_that_do_not_exist_are_errors(mode: str, wrt: str, text: str) -> None:
    program = tc.parse("tensor w_i [3]\nf = w_i w_i")
    with pytest.raises(tc.TensorcalcError, match=text):
        getattr(program, mode)("f", wrt)


@pytest.mark.parametrize(
    ("text", "assumed"),
    [
        ("p_i = softmax_i(x_i); L = y_i log(p_i)", ()),
        ("p = sigmoid(x); L = y log(p) + (1 - y) log(1 - p)", ()),
        ("y = log(1 - tanh(x)**2) + log(1 + exp(-x))", ()),
        ("y = sqrt(x_i x_i + 1) / sqrt(z_i z_i + 1/10)", ()),
        ("v = 1/n sum_i d_i**2; r = 1/sqrt(v + 1/100000); tensor d_i [n]", ()),
        ("positive x; y = log(2 x**3 exp(z)) / x", ()),
        ("y = log(x_i x_i)", ("log(x_i x_i): positive numbers",)),
        ("y = log(1 - cos(x)**2)", ("log(1 - cos(x)**2): positive numbers",)),
        ("p_i = softmax_i(x_i); y_i = log(1 - p_i)", ("log(1 - p_i): positive numbers",)),
        ("y = x / sqrt(v)", ("v > 0",)),
        ("y = 1 / (2 s**2 t)", ("s ≠ 0", "t ≠ 0")),
        (
            "positive x; y_i = log(zeropad(x_{i-1})) + 0 x_i",
            ("log(zeropad(x_{i-1})): positive numbers",),
        ),
    ],
)
def test_what_is_met_anyway_is_not_assumed(text: str, assumed: tuple[str, ...]) -> None:
    assert tc.parse(text.replace("; ", "\n")).assumptions == assumed


def test_assumptions_of_starts_are_made_too() -> None:
    program = tc.parse(
        "s_{n,t}^i = tanh(W^i_j s_{n,t-1}^j + x_{n,t}^i)\ns_{n,-1}^i = s0_n^i / c_n + log(s0_n^i)"
    )
    assert program.assumptions == ("c_n ≠ 0", "log(s0_n^i): positive numbers")


def test_a_start_has_the_indices_of_its_reader() -> None:
    program = tc.parse("s_{n,t}^i = tanh(W^i_j s_{n,t-1}^j + x_{n,t}^i)\ns_{n,-1}^i = s0_n^i")
    assert "s0_bar^n_i = " in program.vjp("s", "s0").formulas


def test_an_assumption_about_a_matrix_is_made_once() -> None:
    program = tc.parse("f = a_i inv(X)_ij b_j + inv(X)_ii + inv(Y)_ii + log(2 pi) + log(3 u)")
    assert program.assumptions == (
        "inv(X)_ij: invertible matrices",
        "inv(Y)_ii: invertible matrices",
        "log(3 u): positive numbers",
    )


@pytest.mark.parametrize(
    ("text", "assumed"),
    [
        ("y_k = x_k / sqrt(size(k))", ()),
        ("y_k = where([k < 3], x_k, 0)", ()),
        ("positive v; y_k = sqrt(v_k) + relu(v_k)", ()),
        ("y_k = log(-2) x_k", ("log(-2): positive numbers",)),
        ("y_k = sqrt(size(k) - 5) x_k", ("sqrt(n_k - 5): numbers from 0",)),
    ],
)
def test_nothing_is_assumed_of_sizes_and_of_positive_numbers(
    text: str, assumed: tuple[str, ...]
) -> None:
    assert tc.parse(text).assumptions == assumed


def test_what_is_named_has_the_shape_of_its_reader() -> None:
    """The argument of a function gets the axes of the result, in their order."""
    program = tc.parse("y_nk = tanh(V_ki x_ni + b_k)\nL = sum_{n k} (y_nk)**2")
    derived = program.grad("L", "V")
    assert str(derived.formulas).splitlines()[0] == "z_nk = V_ki x_ni + b_k"
    assert derived.check().passed


def test_a_derivative_in_the_source_is_written_with_values_that_exist() -> None:
    """The Jacobian of the code is a formula of the code, not of its argument once more."""
    program = tc.parse(
        "e_a = sigmoid(W_ai x_i + b_a)\nJ_ai = ∂(e_a)/∂(x_i)\nL = sum_{a i} (J_ai)**2 + e_a e_a"
    )
    assert program.simplify().outputs == program.outputs
    for mode in ("grad", "hvp"):
        derived = getattr(program, mode)("L", ["W", "b"])
        assert derived.check().passed, mode
        assert "J_ai = e_a (1 - e_a) W_ai" in derived.formulas.splitlines()
        assert "z1" not in str(derived)
