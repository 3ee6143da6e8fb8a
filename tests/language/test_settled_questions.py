"""The settled questions of the notation: each row is named after the sentence it holds to."""

from __future__ import annotations

import pytest

import tensorcalc as tc
from tensorcalc.language import NotationError, parse

# Sentence, a text, another text that means the same.
SAME: list[tuple[str, str, str]] = [
    # Names
    ("a declared name may hold underscores",
     "tensor W_out^i [N]; y^i = 2 W_out^i", "tensor `W_out`^i [N]; y^i = 2 `W_out`^i"),
    ("built-in names are matched before splitting",
     "p_i = log_softmax_i(z_i)", "p_i = log_softmax_<i>(z_i)"),
    ("declared names win over built-in ones",
     "tensor relu_i [N]; y_i = 2 relu_i", "tensor `relu`_i [N]; y_i = 2 `relu`_i"),
    ("declared index names win over splitting",
     "index head; y_head = 2 x_head", "y_<head> = 2 x_<head>"),
    ("a name in back-ticks may be anything",
     "y_i = `x`_i a", "y_i = x_i a"),
    ("either spelling of a Greek letter", "θ_i = α x_i", "theta_i = alpha x_i"),
    ("delta means the constant with two slots only",
     "tensor delta_i [N]; y_i = 2 delta_i", "tensor `delta`_i [N]; y_i = 2 `delta`_i"),
    ("e and pi mean constants without slots", "y = e**x + e", "y = exp(x) + exp(1) x / x"),
    ("a definition takes the constant's name", "e = 2 a; y = e x", "`e` = 2 a; y = `e` x"),
    ("a parameter takes the constant's name", "def f(e) = 2 e; y = f(x)", "y = 2 x"),
    # Product or call
    ("with a space between it is a product", "y = a (b + c)", "y = a*(b + c)"),
    ("with indices on a name it is a product", "y_i = x_i(b + c)", "y_i = x_i*(b + c)"),
    ("a tensor by use elsewhere is a factor", "y = a(b + c) + a", "y = a*(b + c) + a"),
    ("a tensor by declaration is a factor", "tensor a; y = a(b + c)", "tensor a; y = a*(b + c)"),
    ("a tensor by definition is a factor", "a = 2 q; y = a(b + c)", "a = 2 q; y = a*(b + c)"),
    # Division
    ("a / b * c goes left to right", "y = a / b * c", "y = (a/b)*c"),
    ("a number over a number is a coefficient", "y = 1/2 x", "y = (1/2)*x"),
    ("a number over a size is a coefficient",
     "tensor x_k [K]; y = 1/K sum_k x_k", "tensor x_k [K]; y = (1/K)*(sum_k x_k)"),
    ("a number over a scalar is a coefficient", "y = 1/a x", "y = (1/a)*x"),
    # Scope
    ("the innermost additive term", "y = a_i b^i + c", "y = (sum_i a_i b^i) + c"),
    ("a bracket that is one product is transparent",
     "y = (a_i b_i) c_i", "y = sum_i a_i b_i c_i"),
    ("an access under a power counts once", "y = a_i x_i**2", "y = sum_i a_i x_i**2"),
    ("(X_ii)**2 is the square of the trace", "y = (X_ii)**2", "y = (sum_i X_ii)**2"),
    ("an index inside a condition counts once", "y = x_i [i == 0]", "y = sum_i x_i [i == 0]"),
    ("a divisor's bracket is a scope", "y = a/(b_i c^i)", "y = a/(sum_i b_i c^i)"),
    ("a function's argument is a scope",
     "y = exp(a_i x^i) tanh(b_i w^i)", "y = exp(sum_i a_i x^i) tanh(sum_i b_i w^i)"),
    ("(a_i + b) c^i has i twice", "y = (a_i + b) c^i", "y = sum_i (a_i + b) c^i"),
    ("a_i / c * b^i sums", "y = a_i / c * b^i", "y = sum_i a_i / c * b^i"),
    ("the body of a big operator is transparent",
     "y = a_i sum_j B_ij c_j", "y = sum_i a_i (sum_j B_ij c_j)"),
    ("softmax leaves its index open outside",
     "y = softmax_u(z_u) v_u", "y = sum_u softmax_u(z_u) v_u"),
    ("the index of a gather counts", "y = p_{c_n} q_n", "y = sum_n p_{c_n} q_n"),
    # Levels
    ("a tensor is matched in the order written",
     "tensor A^i_j [N, M]; y_i = A_ij x^j", "tensor A^i_j [N, M]; y_i = A^i_j x^j"),
    ("the by-position case of section 1",
     "tensor A^i_j [N, M]; y^i = A_j^i x^j", "tensor A^i_j [N, M]; y^i = A^i_j x^j"),
    ("under a metric levels decide",
     "metric g; tensor x^i [N]; y_i = x_i", "metric g; tensor x^i [N]; y_i = g_ij x^j"),
    # Left sides and extents
    ("a left side broadcasts", "sizes j=3; Y_ij = x_i", "sizes j=3; Y_ij = x_i one_j"),
    ("an extent may come from a later line",
     "C_ij = delta_ij - 1/n; y_i = C_ij x_j", "y_i = C_ij x_j; C_ij = delta_ij - 1/n"),
    ("several declarations in one line",
     "tensor A_ij [N, N], x_i [N]; y_i = A_ij x_j",
     "tensor A_ij [N, N]; tensor x_i [N]; y_i = A_ij x_j"),
    # Components and numbers
    ("a component below", "y = x_{0}", "y = x_0"),
    ("a component in a group", "y^i = x^{[0], i}", "y^i = x^{[0] i}"),
    ("1e-5 and .5 are numbers", "y = 1e-5 x + .5", "y = 0.00001 x + 1/2"),
    # Several indices, conditions
    ("several indices of a function", "y = max_{u v}(X_uv)", "y = max_{u, v}(X_uv)"),
    ("affine arithmetic in a condition",
     "M_tsu = [t == 2*s + u] a_t b_s c_u", "M_tsu = [2*s + u == t] a_t b_s c_u"),
    ("chains in a condition",
     "M_ijk = [i < j < k] a_i b_j c_k", "M_ijk = [i < j and j < k] a_i b_j c_k"),
    ("not in a condition", "M_ij = [not i == j] a_i b_j", "M_ij = (1 - [i == j]) a_i b_j"),
    # Matrix functions
    ("a bracket with two open indices",
     "y = det(A_ki A_kj)", "y = det((A_ki A_kj))"),
    ("diag of a vector builds", "D^i_j = diag(x)^i_j", "D^i_j = x^i delta^i_j"),
    ("diag of a matrix takes", "d^i = diag(X)^i", "d^i = X^i_i"),
    # Derivatives, recurrences
    ("an index in both places of a derivative is that component",
     "s_ni = softmax_i(X_ni); J_nij = d(s_ni)/d(X_nj)",
     "s_ni = softmax_i(X_ni); J_nij = s_ni (delta_ij - s_nj)"),
    ("statements of a recurrence in any order",
     "s_{-1} = h; s_t = a s_{t-1} + x_t", "s_t = a s_{t-1} + x_t; s_{-1} = h"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "other"), [r[1:] for r in SAME], ids=[r[0] for r in SAME])
def test_both_texts_mean_the_same(text: str, other: str) -> None:
    left, right = tc.parse(text), tc.parse(other)
    assert left.outputs == right.outputs
    assert set(left.inputs) == set(right.inputs)
    assert left.equals(right)


# Sentence, a text, the code of its one error, what the error says.
REFUSED: list[tuple[str, str, str, str]] = [
    ("other juxtaposition after a division offers both bracketings",
     "y = a / b c", "E108", "write a/(b c) or a/b * c"),
    ("X_ii**2 asks for one of two", "y = X_ii**2", "E204", "sum_i (X_ii)**2"),
    ("in exp(a_i b^i) c_i the outer i is alone", "y = exp(a_i b^i) c_i", "E102", "index i"),
    ("(a_i + b_i) c has i once", "y = (a_i + b_i) c", "E102", "index i"),
    ("free indices on different levels in strict mode",
     "variance strict; y^i = a^i + b_i", "E211", "upper here and lower there"),
    ("one tensor in both orders names both readings",
     "y = X^i_j X_i^j", "E209", "write X^j_i or X^i_j"),
    ("D_ii = x_i", "D_ii = x_i", "E205", "a diagonal is written with a delta"),
    ("y_i = sum_i x_i", "y_i = sum_i x_i", "E206", "rename one of them"),
    ("components of a definition that is no recurrence", "c_{0} = 1", "E115", "no recurrence"),
    ("a left side does not broadcast without an extent", "Y_ij = x_i", "E402", "index j"),
    ("one extent in one statement",
     "tensor a_i [3], b_i [4]; y_i = a_i + b_i", "E401", "two different extents"),
    ("an index declared once has one extent everywhere",
     "index t : T; tensor x_t [M]; y = x_t x_t", "E401", "two different extents"),
    ("two literals side by side", "y = 2 3", "E113", "two numbers"),
    ("digits are bounded", "y = " + "9" * 401, "E112", "400 digits"),
    ("powers are bounded before they are evaluated", "y = 9**9**9**9", "E112", "bits"),
    ("a big operator without its index", "y = sum x_i", "E107", "sum_k"),
    ("a named function without its index", "s^i = softmax(z^i)", "E107", "softmax_i"),
    ("a matrix function of another rank", "y = det(X_ijk)", "E213", "2 open indices"),
    ("a derivative by an unknown name", "y = d(x)/d(q)", "E303", "q is not known"),
    ("a repeated index across a division", "y = a_i / b_i", "E201", "sum_i"),
    ("no implied sum over one level in strict mode",
     "variance strict; y = a_i b_i", "E210", "two lower slots"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "says"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_the_error_says_what_to_write(text: str, code: str, says: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert [d.code for d in caught.value.diagnostics] == [code], str(caught.value)
    assert says in str(caught.value)


# Sentence, a text, the codes of its notes.
NOTED: list[tuple[str, str, list[str]]] = [
    ("a tensor directly before a bracket is a factor, with a note", "y = a(b + c) + a", ["N502"]),
    ("inside a condition the index wins, with a note", "y_i = i x_i [i == 0]", ["N510", "N504"]),
    ("tensors and indices have names of their own", "y_i = i x_i", ["N510"]),
    ("free indices on different levels are a note", "y^i = x_i", ["N503"]),
    ("a sum over one level is a note", "y = a_i b_i", ["N501"]),
    ("a derivative by what takes no part is noted", "y = d(a)/d(x) + x", ["N506"]),
    ("ranks of matrix notation are noted", "syntax matrix; y = A*x", ["N505"]),
]


@pytest.mark.parametrize(("text", "codes"), [r[1:] for r in NOTED], ids=[r[0] for r in NOTED])
def test_the_reader_is_told(text: str, codes: list[str]) -> None:
    assert [n.code for n in parse(text).notes] == codes


# Sentence, LaTeX, the notation's text.
LATEX: list[tuple[str, str, str]] = [
    ("e to a power is the exponential", r"y_i = e^{x_i}", "y_i = exp(x_i)"),
    ("unless e is a tensor", r"y_i = e_i^{2} + e_i", "y_i = e_i**2 + e_i"),
    ("a function without brackets takes the next factor",
     r"L = \sum_i p_i \log p_i q_i", "L = sum_i p_i log(p_i) q_i"),
    ("a sum from 1 to n is the full range and its bound a size",
     r"m = \frac{1}{n} \sum_{i=1}^{n} x_i", "tensor x_i [n]; m = 1/n sum_i x_i"),
    ("an upper number in round brackets belongs to the name",
     r"z_i = W^{(1)}_{ij} x_j", "z_i = W1_ij x_j"),
    ("a lower number in round brackets belongs to the name",
     r"z_i = W_{(1)}{}_{ij} x_j", "z_i = W1_ij x_j"),
    ("W_1 is a component", r"y_i = W_1 x_i", "y_i = W_{1} x_i"),
    ("mathbf is no part of a name", r"y_i = 2 \mathbf{x}_i", "y_i = 2 x_i"),
    ("a hat is", r"L = \hat{y}_i \hat{y}_i", "L = `y_hat`_i `y_hat`_i"),
    ("rows separate statements",
     r"\begin{aligned} y_i &= 2 x_i \\ z_i &= y_i a \end{aligned}", "y_i = 2 x_i; z_i = y_i a"),
    ("AB is a product of two symbols", r"z_i = AB x_i", "z_i = A B x_i"),
    ("each part of a fraction is a scope",
     r"y = \frac{a_i b_i}{c_i d_i}", "y = (sum_i a_i b_i) / (sum_i c_i d_i)"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "text"), [r[1:] for r in LATEX], ids=[r[0] for r in LATEX])
def test_latex_means_the_same(latex: str, text: str) -> None:
    assert tc.parse(latex, syntax="latex").equals(tc.parse(text))
