"""Inputs that are rejected, each with its codes and places, and the texts of some."""

from __future__ import annotations

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
    ("y = x**", "E101", 1, 8),
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
