"""Inputs that are rejected, each with its codes and places, and the texts of some."""

from __future__ import annotations

import re

import pytest

from tensorcalc.language import NotationError, parse

# Text, code, line, column of the caret.
REJECTED: list[tuple[str, str, int, int]] = [
    ("y^i = W^i_j x^k", "E102", 1, 15),
    ("y = x_i", "E102", 1, 7),
    ("y = (x^i)**2", "E102", 1, 8),
    ("y = exp(a_i b^i) c_i", "E102", 1, 20),
    ("y = (a_i + b_i) c", "E102", 1, 8),
    ("y = a_i / b_i", "E201", 1, 13),
    ("y = X_ii**2", "E204", 1, 8),
    ("x_i x_i x_i", "E202", 1, 11),
    ("x_i x_i + y_i", "E203", 1, 13),
    ("y_i = sum_i x_i", "E206", 1, 11),
    ("y_i = max_i(x_i)", "E206", 1, 11),
    ("s^i = softmax(z^i)", "E107", 1, 7),
    ("y = sum(x_i)", "E107", 1, 5),
    ("D_ii = x_i", "E205", 1, 4),
    ("y = a / b c", "E108", 1, 9),
    ("y_i = x_i / 2 z_i", "E108", 1, 13),
    ("y = a / sum_j b_j * c", "E109", 1, 9),
    ("y = 2 3", "E113", 1, 7),
    ("y = (a", "E104", 1, 5),
    ("y = a)", "E105", 1, 6),
    ("y = [a)", "E105", 1, 7),
    ("y = x @ z", "E103", 1, 7),
    ("y = \x00", "E103", 1, 5),
    ("y = x_i +", "E101", 1, 10),
    ("y = * x", "E101", 1, 5),
    ("", "E106", 1, 1),
    ("# only a comment", "E106", 1, 1),
    ("a = b; b = a", "E305", 1, 1),
    ("y = a; y = b", "E301", 1, 8),
    ("y = x^", "E114", 1, 6),
    ("y = x^{}", "E114", 1, 6),
    ("y = x_{i*j}", "E114", 1, 8),
    ("y = 9**9**9**9", "E112", 1, 8),
    ("y = 1/0", "E117", 1, 7),
    ("y = a\nz = = 3", "E101", 2, 5),
    ("y = (a < b)", "E118", 1, 6),
    ("y = [a + b]", "E119", 1, 6),
    ("y_i = X^{-1}_ij x_j", "E120", 1, 8),
    ("yᵢ = X⁻¹ᵢⱼ xⱼ", "E120", 1, 7),
    ("y_i = x_{n-i}; tensor x_i [n]", "E405", 1, 10),
    ("f = x**2; g = df/dx", "E306", 1, 15),
    ("f = x_j x_j; g^i = d(f)/dx^i", "E306", 1, 20),
    ("y_i = e^{x_i}", "E306", 1, 7),
    ("y_i = e^{2 x_i}", "E306", 1, 7),
    ("f(x) = x**2; y = f(3)", "E115", 1, 1),
    ("L_nk = [k <= c_n] x_nk", "E303", 1, 9),
    ("y = sum_{i<j} x_i x_j", "E114", 1, 11),
    ("y_i = x_i ^ 2", "E114", 1, 11),
    ("y_i = x_{j-i} w_j", "E402", 1, 3),
    ("2 y = x", "E115", 1, 1),
    ("y_i = max(x_i)", "E304", 1, 7),
    ("y_i = leaky_relu(x_i; angle=2)", "E304", 1, 23),
    ("y_i = A_ij x_j; z = A_i x_i", "E208", 1, 21),
    ("y = X^i_j X_i^j", "E209", 1, 11),
    ("variance strict; y = a_i b_i", "E210", 1, 28),
    ("variance strict; y^i = x_i", "E211", 1, 26),
    ("y_ij = x_i", "E402", 1, 4),
    ("tensor A_ij [3, 4], x_j [5]; y_i = A_ij x_j", "E401", 1, 43),
    ("tensor A_ij [N, M], x_j [K]; y_i = A_ij x_j", "E401", 1, 43),
    ("sizes i=0; y_i = x_i", "E402", 1, 9),
    ("def f(v) = v a_i; y = f(x)", "E308", 1, 16),
    ("y_ij = x_{i*2} [i < j", "E104", 1, 16),
    ("y = x__i", "E114", 1, 6),
    ("y_n = p^{argmax_c(x_n^c)}", "E114", 1, 10),
    ("y_n = p_{n, argmin_<c>(x_nc)} + 1", "E114", 1, 13),
    ("y_i = p_{step}", "E102", 1, 10),
    ("y_i = p_batch x_i", "E102", 1, 9),
    ("y = x**", "E101", 1, 8),
    # Powers
    ("y = x^2^3", "E101", 1, 8),
    ("y = x^{1/2}^2", "E101", 1, 12),
    ("y = (x)^n^2", "E101", 1, 10),
    ("y = (x)^{n}^2", "E101", 1, 12),
    ("y = x²^3", "E101", 1, 7),
    ("y = x².5", "E113", 1, 7),
    ("y = x²3", "E113", 1, 7),
    # Functions without their bracket
    ("y = max_i x_i", "E304", 1, 5),
    ("y_i = softmax_i z_i", "E304", 1, 7),
    ("y_i = relu x_i", "E304", 1, 7),
    ("y_i = x_i relu", "E304", 1, 11),
    ("y = log det(X)", "E304", 1, 5),
    ("y = exp**2", "E304", 1, 5),
    ("y = tr X", "E304", 1, 5),
    ("y_i = zeropad x_{i+1}", "E304", 1, 7),
    ("sigma = relu; y_i = sigma x_i", "E304", 1, 21),
    # Places in a program
    ("y_i = x_i\n\nz_i = W_ij x_k", "E102", 3, 14),
    ("y = a;; z = b_i", "E102", 1, 15),
    ("y = (a\n     + b_i)", "E102", 2, 10),
    ("# comment\ny = x_i  # more", "E102", 2, 7),
    ("y_i = x_i  # fine @ here\nz = @", "E103", 2, 5),
    # Indices
    ("y^i = x^j", "E102", 1, 9),
    ("y = A_ij B_jk C_ki D_l", "E102", 1, 22),
    ("y = tanh(A_ij x_j)", "E102", 1, 12),
    ("y = a_i sum_i b_i", "E102", 1, 7),
    ("y = max_i(x_i) x_i", "E102", 1, 18),
    ("y = softmax_i(x_i)", "E102", 1, 17),
    ("y = where([x_i > 0], x_i, 0)", "E102", 1, 14),
    ("y = x_{2*i}", "E102", 1, 8),
    ("y = a_i ** b_i", "E201", 1, 14),
    ("y = x_i / (b_i + c)", "E201", 1, 14),
    ("a_i / b_i", "E201", 1, 9),
    ("2 X_i X_i X_i", "E202", 1, 13),
    ("y = (X_ij Z_ji)**2 + X_ii**3", "E204", 1, 25),
    ("y_i = mean_i x_i", "E206", 1, 12),
    ("y_i = prod_i x_i", "E206", 1, 12),
    ("y_i = min_i(x_i)", "E206", 1, 11),
    ("y = sum_ii X_ii", "E205", 1, 5),
    ("y = max_{i i}(X_ii)", "E205", 1, 12),
    ("y = max_i(x_j)", "E207", 1, 8),
    ("y_j = softmax_i(x_j)", "E207", 1, 14),
    ("tensor A_ij; y = A_i b_i", "E208", 1, 18),
    ("y_i = x_i; y = 1", "E301", 1, 12),
    ("tensor A_ij [N]; y = 1", "E208", 1, 8),
    ("y = A^i_j a_i b^j c A_j^i", "E209", 1, 21),
    ("variance strict; y = A_i^j b_i c_j", "E210", 1, 30),
    ("metric g; tensor x^i [N]; y = x^i x^i", "E210", 1, 37),
    ("variance strict; y^i = a^i + b_i", "E211", 1, 32),
    ("c_n = a_n; y_n = p_{n, c_n}", "E212", 1, 24),
    ("z_i = x_i; y = sigma(z)", "E213", 1, 22),
    ("y = tanh(x_i)^i", "E213", 1, 14),
    ("y = det(X_ijk)", "E213", 1, 9),
    ("y = det(X)^i", "E213", 1, 5),
    ("J_i = [∇sigma(z)]_i", "E213", 1, 7),
    # Syntax
    ("y = x_", "E114", 1, 6),
    ("y = x_{i", "E104", 1, 7),
    ("y = x_<i", "E104", 1, 7),
    ("y = x_{i+}", "E114", 1, 10),
    ("y = x_{i $ j}", "E114", 1, 10),
    ("y = x_12", "E114", 1, 7),
    ("y = x_{n * i} w_i", "E114", 1, 8),
    ("y = sum_{i+1} x_i", "E114", 1, 10),
    ("y = ^i", "E114", 1, 5),
    ("y = f(a, )", "E101", 1, 10),
    ("y = (a, b)", "E101", 1, 7),
    ("y = a +* b", "E101", 1, 8),
    ("y = a b =", "E101", 1, 9),
    ("y == x", "E118", 1, 1),
    ("y = a < b", "E118", 1, 5),
    ("y = [i == ]", "E101", 1, 11),
    ("y = []", "E101", 1, 6),
    ("y = x'", "E103", 1, 6),
    ("y = 1.2.3", "E113", 1, 8),
    ("y = x $ 2", "E103", 1, 7),
    ("y = {a}", "E103", 1, 5),
    ("y = sum x_i", "E107", 1, 5),
    ("y_i = logsumexp(x_i)", "E107", 1, 7),
    ("y = a / b_i c_i", "E108", 1, 9),
    ("y = a / mean_j b_j c", "E109", 1, 9),
    ("y = " + "(" * 401 + "x" + ")" * 401, "E110", 1, 405),
    ("y = " + "9" * 401, "E112", 1, 5),
    ("y = 1e500", "E112", 1, 5),
    ("y = 2**5000", "E112", 1, 5),
    ("y = x/(1 - 1)", "E117", 1, 7),
    ("def f(v_i) = v_i", "E115", 1, 5),
    ("def f(v, v) = v", "E301", 1, 10),
    ("y^2 = x", "E115", 1, 1),
    # Names
    ("def f(v) = v; def f(v) = 2; y = f(x)", "E301", 1, 19),
    ("result = 1; x + 1", "E301", 1, 13),
    ("sizes N=3; N = 2; y = N", "E302", 1, 12),
    ("y_i = exp(x_i, 2)", "E304", 1, 7),
    ("y = pow(x)", "E304", 1, 5),
    ("def f(v) = v; y = f(a, b)", "E304", 1, 19),
    ("def f(v; a=1) = a v; y = f(x; b=2)", "E304", 1, 31),
    ("y_i = huber(x_i; size=1)", "E304", 1, 18),
    ("y = f(x; a=1)", "E304", 1, 10),
    ("y = zeropad(a + b)", "E304", 1, 5),
    ("a = a + 1", "E305", 1, 1),
    ("y = x_i / y_i", "E305", 1, 1),
    ("y_t = y_t + x_t", "E305", 1, 1),
    ("y = x_i 1/N_y", "E102", 1, 13),
    ("y = x; a = b; b = c; c = a", "E305", 1, 8),
    ("s_t = s_{t+1} + x_t", "E305", 1, 1),
    ("s_t = x_t + a zeropad(s_{t+1}); s_{3} = 1", "E115", 1, 33),
    ("s_{-1} = h; s_t = x_t + a s_{t-1}; y_t = s_{t-2} x_t", "E405", 1, 45),
    ("y = d(x)/d(q)", "E303", 1, 12),
    ("y = d(x)/d(2)", "E307", 1, 12),
    ("L = x_i x_i; y = d(L)/d(x) + 1", "E208", 1, 25),
    ("L = x_i x_i; d(L)/d(x) + 1", "E208", 1, 21),
    ("y = tr(inv(X) Y)", "E213", 1, 8),
    ("y = det(X + Y)", "E213", 1, 9),
    ("y = norm2(x)^2", "E304", 1, 5),
    ("y = x .* z", "E103", 1, 7),
    ("y = f''(a, b)", "E306", 1, 5),
    ("s_t = a s_{t-2} + x_t; s_{-1} = h", "E309", 1, 9),
    ("c_{0} = 1", "E115", 1, 1),
    # Extents
    ("sizes i=3; tensor x_i [4]; y_i = x_i", "E401", 1, 36),
    ("index i : N; tensor x_i [M]; y_i = x_i", "E401", 1, 38),
    ("y_i = 1", "E402", 1, 3),
    ("y = sum_k 2", "E402", 1, 9),
    ("J_ij = delta_ij", "E402", 1, 3),
    ("y_bar = 2 x", "E402", 1, 3),
    ("x_i x_i; result = 3", "E301", 1, 10),
    ("y = a * -sum_i x_i", "E101", 1, 9),
    ("y = ∂ x", "E101", 1, 5),
    ("index batch; y = w_batch2", "E102", 1, 20),
    ("tensor x_i [3]; y = x_{3}", "E404", 1, 24),
    ("tensor x_n [n]; y = x_n", "E404", 1, 23),
    ("tensor A_ij [n, m]; y_n = A_nj x_j", "E302", 1, 23),
    ("tensor x_i [3]; y = x_{-1}", "E404", 1, 24),
    ("x_i = z_{i-j} w_j", "E405", 1, 10),
    ("y_i = x_{i+1} a_i", "E405", 1, 10),
    ("sizes i=4; g_i = x_{i+1} - x_i", "E405", 1, 21),
    ("tensor x_k [n]; y = max_k(reflect(x_{k+1}) x_k + z_k)", "E405", 1, 46),
    ("sizes i=4; y_i = W_{n, i+1} a_n", "E405", 1, 24),
    ("variance loose; y = x", "E116", 1, 1),
    ("syntax perl; y = x", "E116", 1, 1),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), REJECTED)
def test_each_mistake_has_its_code_and_place(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text)
    found = [(d.code, d.line, d.column) for d in caught.value.diagnostics]
    assert (code, line, column) in found, str(caught.value)
    assert len(found) == 1, str(caught.value)


def test_an_error_shows_the_place_and_what_to_write() -> None:
    with pytest.raises(NotationError) as caught:
        parse("y^i = W^i_j x^k")
    assert str(caught.value) == (
        "error[E102]: index k appears once on the right and not on the left: "
        "neither summed nor free\n"
        "  1 | y^i = W^i_j x^k\n"
        "    |               ^  did you mean x^j?  To sum a lone index, write sum_k"
    )


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("tensor x_k [n]; y = max_k(reflect(x_{k+1}) x_k + z_k)", "declare z_k [n]"),
        (
            "tensor x_k [n]; y = max_k(reflect(x_{k+1}) x_k + A_{i k} w_i)",
            "declare slot 2 of A with the extent n",
        ),
        (
            "index i : N; tensor x_i [M]; y_i = circular(x_{i+1}) - x_i",
            "index i is fixed to N; let both have one extent",
        ),
        ("y_i = x_i / N_y", "N_y is no size that is known"),
        ("y = x_i / y_i", "give the result another name than the tensor it reads"),
        ("y = tr(inv(X) Y)", "write them, and those of the other factors: inv(X)^i_j; for matrix"),
        ("y = det(X + Y)", "write the indices: det(A_ij + B_ij)"),
        ("y = norm2(A*x - b)", "write norm_i(x_i); for matrix notation: syntax="),
        ("y = x'*A*x", "for matrix notation: syntax="),
        ("y = x .* z", "for matrix notation: syntax="),
        ("L = x_i x_i; y = d(L)/d(x)", "d(…)/d(x_i)"),
        ("tensor x_n [n]; y = x_n x_n", "n is a size: an index needs another name"),
        ("tensor W_out_ij [N, M]; y_i = 2 W_out_ij", "in back-ticks: `W_out`_ij"),
        ("y_i = W_{n, i+1} a_n b_i", "zeropad(W_{n, i+1})"),
        ("x^i = z^{i-j} w_j", "write z^{i+j}, zeropad(z^{i-j})"),
        ("y = max_i x_i", "write max_i(x_i)"),
        ("y_i = relu A_{i j} z_j", "write relu(A_{i j})"),
        ("y = log det(X)", "write log(det(X))"),
        ("y_i = sin 2 x_i", "write sin(2 x_i)"),
        ("y_i = softmax z_i", "write softmax_i(z_i)"),
        ("y = 2 exp", "write exp(…)"),
    ],
)
def test_an_error_offers_what_to_write(text: str, offer: str) -> None:
    with pytest.raises(NotationError, match=re.escape(offer)):
        parse(text)


def test_matrix_notation_is_offered_only_where_no_index_stands() -> None:
    with pytest.raises(NotationError) as caught:
        parse("y = A_ij x_j x'")
    assert "syntax" not in str(caught.value)


def test_every_problem_is_reported_in_one_pass() -> None:
    with pytest.raises(NotationError) as caught:
        parse("y = x_i\nz = a b g_j\nw = 2 3\nv = (1 +\nu = a / b c")
    assert [(d.code, d.line) for d in caught.value.diagnostics] == [
        ("E102", 1),
        ("E102", 2),
        ("E113", 3),
        ("E104", 4),
        ("E108", 5),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "y = " + "(" * 100_000 + "x" + ")" * 100_000,
        "y = " + "sin(" * 100_000,
        "y = x_{" + "(" * 100_000 + "}",
        "y = x_" + "{" * 100_000,
        "y = x_{" + "c_{" * 50_000,
        "y = " + "**".join(["x"] * 10_000),
        "y = " + "d(" * 100_000,
        "\n".join(["y = (a"] * 10_000),
        "x" * 10_000_000,
        "y = __import__('os').system('x')",
        "y = 1" + "0" * 10_000,
        "y = 1e999999999",
        "y = x_{" + "9" * 1000 + "}",
        "\x00" * 1000,
        "y = \ud800",
    ],
    ids=lambda text: text[:12].replace("\x00", "NUL").encode("ascii", "replace").decode(),
)
def test_hostile_texts_end_in_an_error_of_ours(text: str) -> None:
    with pytest.raises(NotationError):
        parse(text)


LATEX_REJECTED: list[tuple[str, str, int, int]] = [
    (r"y = \foo x_i", "E103", 1, 5),
    (r"y = \frac{a}{b", "E104", 1, 13),
    (r"y^i = W^{i}_{j} x^{k}", "E102", 1, 20),
    (r"y_i = A_i^\top x_i", "E103", 1, 10),
    (r"y = x_{i \cdot}", "E114", 1, 10),
    (r"y = \left( x_i x_i", "E104", 1, 10),
    (r"y = \begin{pmatrix} x_i \end{pmatrix}", "E103", 1, 5),
    (r"y_i = (x_i)^{2}^{3}", "E101", 1, 16),
    (r"y = " + "{" * 100 + "x_i" + "}" * 100, "E110", 1, 65),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), LATEX_REJECTED)
def test_mistakes_in_latex_are_shown_where_they_stand(
    text: str, code: str, line: int, column: int
) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text, syntax="latex")
    found = [(d.code, d.line, d.column) for d in caught.value.diagnostics]
    assert found == [(code, line, column)], str(caught.value)


MATRIX_REJECTED: list[tuple[str, str, int, int]] = [
    ("y = x*h", "E601", 1, 7),
    ("y = A + x", "E601", 1, 9),
    ("y = A/x", "E601", 1, 7),
    ("y = x' + b", "E601", 1, 10),
    ("y = x + 2*a", "E601", 1, 9),
    ("f(x) = f(x) + 1", "E115", 1, 2),
    ("y = x^2", "E601", 1, 5),
    ("y = foo(x)", "E602", 1, 5),
    ("y = tr(x)", "E601", 1, 8),
    ("y = A*", "E101", 1, 7),
    ("y = A*x\nz = y*x", "E601", 2, 7),
    ("y = A $ x", "E103", 1, 7),
    ("y = " + "(" * 100 + "x" + ")" * 100, "E110", 1, 65),
    ("y = norm2(x, h)", "E304", 1, 5),
    ("y = a^2^3", "E101", 1, 8),
    ("y = 1/2 norm2(A*x - b)^2", "E101", 1, 9),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), MATRIX_REJECTED)
def test_mistakes_in_matrix_notation_are_shown_where_they_stand(
    text: str, code: str, line: int, column: int
) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text, syntax="matrix")
    found = [(d.code, d.line, d.column) for d in caught.value.diagnostics]
    assert found == [(code, line, column)], str(caught.value)


def test_unknown_extents_side_by_side_are_one_error() -> None:
    with pytest.raises(NotationError) as caught:
        parse("y_bar = 2 x; J_ab = 3")
    first, second = caught.value.diagnostics
    assert "indices b, a, r are not known" in first.message
    assert "if bar belongs to the name, declare the name" in first.hint
    assert "indices a, b are not known" in second.message
