r"""What random sentences found: each row once read back as something else, or not at all."""

from __future__ import annotations

import pytest

from tensorcalc.calculus import Request, derive
from tensorcalc.expr import (
    Access,
    Condition,
    Definition,
    Equations,
    Index,
    Level,
    Slot,
    Tensor,
    add,
    at_indices,
    contract,
    extent,
    multiply,
)
from tensorcalc.language import NotationError, parse
from tensorcalc.printing import to_latex, to_text
from tests.support.read_back import is_equal

TEXTS: dict[str, str] = {
    "the sum in a product's factor is written": "y = prod_l (sum_o g_lo v_o) z_l",
    "a sum behind a divisor is written": "y = x / a * mean_k (b_k c_k)",
    "so is one that leads with a number": "y_i = 7/4 x_i tr(2 X_kl)",
    "and one that leads with a sign": "y_p = x_p sum_m (-z_m) w_m",
    "a number stands once before a fraction": "y_i = -3 a_i / b_i * sum_k U_ik x_k",
    "an index of base and exponent is summed explicitly":
        "y = sum_k pow(a_k, b_k) c_k",
    "no index has the name of a size": "sizes n=5, m=4\ntensor x_p [3]\ny_p = x_p sum_q z_q",
    "an index may be called as a size with a prime": "sizes j'=3, k=4; y = a",
    "a look-up at a Greek index": "y_<mu> = p_{mu, c_<mu>} q_<mu>",
    "a look-up at an index with a prime": "y_j' = p_{c_j'}",
    "a prime in a condition": "y_j' = x_j' [j' < 2] size(j')",
    "two rules at the edges of one access":
        "tensor x_i^j [5, 3]; index k : 5; y_k = w_k sum_{u=0}^{1} zeropad(circular(x_{k+u}^k))",
    "in any order of the slots":
        "tensor x_i^j [3, 5]; index k : 5; y_k = w_k sum_{u=0}^{1} zeropad(reflect(x_k^{k+u}))",
    "an input that looks like a derivative": "tensor `dy_dx`_ij [N, M]; y_i = `dy_dx`_ij x_j",
    "a logarithm to a base": "y = a log2(b_k c_k) + log10(a)",
    "a bracket to a power that is a name": "y_i = alpha (-x_i)**alpha",
    "a name with a space": "tensor `x y`_i [N]; y_i = 2 `x y`_i",
    "a function beside another one that ends in its name": "y_i = log_softmax_i(log(x_i) z_i)",
    "a function whose name is an index too": "z_<i nu> = nu(x_i) y_<nu>",
    "a definition that is a tensor named as a function": "tensor exp; z = exp",
    "a sum that leads with a number inside another one":
        "tensor c_j [N]; y = 1/3 (sum_l 2 W_ll) p_{c_j} z_j",
    "a tensor named as a function of matrices": "tensor diag_ij, tr; y_i = diag_ij x_j tr",
    "bars inside bars": "y = abs(abs(a - 1) - abs(b))",
    "a divisor that begins with a fraction": "y_i = 5/2 / (a_i / b_i * sum_k U_ik x_k)",
    "labels with a name of several letters": "integer cji_i; y_i = x_{cji_i} det(A_<j j1>)",
    "the component 1 of labels i, and an index i1": "A^{i}_{i_{1}}",
    "a sum before an unequal sign": "sum_m x_m [m != 0]",
    "a product, too": "prod_m x_m [m != 0] + a",
    "a sum in a sum behind a division":
        "tensor g_i [N], x_j [N]; y = a - N mean_j (sum_o zeropad(g_{j+o}) v_o) x_j z_j",
    "a number before a sum that divides": "y = 1/2 / (Q_pl**a L_lm^p x^m)",
    "the transpose of a formula": "y = logdet(transpose(W_l^m + X^ml)) x_j z_j",
    "the transpose of a transpose": "y_ij = inv(transpose(transpose(X)))_ij",
    "a delta beside an adjoint of its name":
        "tensor `delta`_i [N], delta_bar^i [N]\ndelta_bar^i = δ^i_{0} `delta`_{1}",
}  # fmt: skip

#: Functions whose indices are written at their name.
AT_THE_NAME: list[str] = [
    "tensor x_i [N]; y_i = norm_{k=0}^{3}(x_i)",
    "tensor x_i [N], z_j [4]; y_i = norm_{k=0}^{3}_j(x_i z_j)",
    "tensor x_j [4]; y = prod_{k=0}^{3}_j x_j",
    "tensor x_i [N]; y_i = softmax_{i=0}^{N-1}(2)",
    "y_ij = inv_{k l}(A_kl x_k)_ij",
    "y = det_{k l}(A_kl x_k) + logdet_{k l}(B_kl z_k)",
    "tensor x_j [4]; y = det_{k=0}^{3}_j(x_j)",
    "y_ij = cholesky_{k l}(A_kl x_k)_ij",
    "y_k = log_softmax_i(x_ki)_k",
    "y_k = softmax_i(x_i z_ki)_{0}",
]

#: A function or a constant beside a tensor of the same name.
BESIDE: list[str] = [
    "tensor `delta`_i [N]; y_i = 2 `delta`_i + δ_ij `delta`_j",
    "tensor `delta`_ij [N, N]; y_ik = `delta`_ij δ_jk",
    "tensor `softmax`_ij; y_ij = `softmax`_ij softmax_i(x_i)",
    "tensor `exp`; y = `exp` exp(`exp`)",
    "tensor `pi`; y = pi `pi`",
    "tensor `delta`_i [N]; y_i = δ_ij huber(`delta`_j; delta=2)",
    "tensor `max`, `log`; z = max_i(x_i) + max(`max`, log(a)) `log`",
    "tensor `sum`; y = sum_i x_i `sum`",
    "tensor `zeropad`_i [N]; y_i = zeropad(x_{i-1}) `zeropad`_i",
]


def read_back(equations: Equations) -> None:
    for printed in (to_text, to_latex):
        text = printed(equations)
        again = parse(text).equations
        assert is_equal(again, equations), text
        assert printed(again) == text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_reads_back(text: str) -> None:
    read_back(parse(text).equations)


@pytest.mark.parametrize("text", AT_THE_NAME)
def test_functions_with_their_indices_at_the_name(text: str) -> None:
    read_back(parse(text).equations)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("y = max_i(x_i)_i", "E213"),
        ("y_i = softmax_i(x_i)_{0}", "E206"),
        ("y = det_{k l m}(A_kl)", "E213"),
        ("y = max_{k=0}^{3}", "E114"),
        ("y = det_{k l}(A_kk)", "E207"),
        ("y = softmax_i(x_i; a=2)", "E304"),
    ],
)
def test_indices_at_the_name_that_do_not_fit(text: str, code: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert caught.value.diagnostics[0].code == code, str(caught.value)


@pytest.mark.parametrize("text", BESIDE)
def test_a_tensor_beside_what_has_its_name(text: str) -> None:
    equations = parse(text).equations
    assert "`" in to_text(equations)
    read_back(equations)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("tensor x_q [5]\nsum_{q=0}^{4} x_q", "tensor x_q [5]\nresult = sum_q x_q"),
        ("tensor x_q [5]\ny = (2 +\nsum_{q=0}^{4} x_q)", "tensor x_q [5]\ny = 2 + sum_q x_q"),
    ],
)
def test_a_range_is_no_left_side(text: str, same: str) -> None:
    assert parse(text).equations.definitions == parse(same).equations.definitions


def test_a_backward_recurrence_whose_first_component_is_given() -> None:
    """``y1_{0}`` is given, so its adjoint does not follow the recurrence there: it is 0."""
    program = parse(
        "tensor b_t [7]; y1_{0} = 0; y1_t = a y2_{t-1} + b_{t-1}; y2_{0} = h; y2_t = tanh(y1_t)"
    ).equations
    adjoints = derive(Request("vjp", "y2", ("a", "b", "h"), program))
    assert "y1_bar^{[0]} = 0" in to_text(adjoints)
    read_back(adjoints)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tensor c_t [5]; b_{-1} = 3; b_t = c_t + zeropad(b_{t+1})", "E115"),
        ("tensor c_t [5]; b_{1} = 3; b_t = c_t + zeropad(b_{t+1})", "E115"),
        ("tensor c_t [5]; b_{-1} = b_{3}; b_t = c_t + b_{t-1}", "E305"),
        ("tensor c_t [1]; b_{0} = 3; b_{1} = 2; b_t = c_t + b_{t-1} + b_{t-2}", "E404"),
        ("b_{-1} = 2; d_{-1} = b_{-1}; b_t = c_t + d_{t-1}; d_t = b_{t-1} c_t", "E305"),
    ],
)
def test_starts_that_do_not_fit(text: str, code: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert [d.code for d in caught.value.diagnostics] == [code], str(caught.value)


def test_an_index_that_two_sums_bind() -> None:
    """Only the sum whose range no slot tells shows it."""
    n = extent("n")
    i, k = Index("i", 0, n), Index("k", 0, n)
    x, z = (Tensor(name, (n,), (Level.LOWER,)) for name in "xz")
    given = contract((i,), multiply((at_indices(x, (i,)), at_indices(z, (k,)))))
    counted = contract((i,), multiply((Condition("<=", k, i), at_indices(z, (k,)))))
    for body in (multiply((given, counted)), add((given, counted)), multiply((counted, counted))):
        left = Tensor("y", (n,), (Level.LOWER,))
        program = Equations((x, z), (Definition(left, (k,), body),), ("y",))
        read_back(program)


def test_levels_in_another_order_are_not_read_by_position() -> None:
    """``A_j^i`` of a tensor ``A^i_j`` is read as ``A^i_j``, so ``A[j, i]`` is not written so."""
    n = extent("n")
    i, j = Index("i", 0, n), Index("j", 0, n)
    tensor = Tensor("A", (n, n), (Level.UPPER, Level.LOWER))
    body = Access(tensor, (Slot(j, Level.LOWER), Slot(i, Level.UPPER)))
    left = Tensor("y", (n, n), (Level.LOWER, Level.UPPER))
    read_back(Equations((tensor,), (Definition(left, (j, i), body),), ("y",)))
