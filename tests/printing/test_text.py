# ruff: noqa: E501, E741 - a table of formulas and their text
"""Expressions in the notation: one golden line each."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from tensorcalc.expr import (
    AbstractFunction,
    Apply,
    Argument,
    Condition,
    Contraction,
    Delta,
    Derivative,
    Edge,
    Expr,
    Index,
    Level,
    Lookup,
    Number,
    Product,
    Size,
    Slot,
    Sum,
    Transform,
    access,
    add,
    affine,
    apply,
    contract,
    divide,
    extent,
    multiply,
    negate,
    number,
    power,
    reduce,
    subtract,
    transform,
)
from tensorcalc.language import parse
from tensorcalc.printing import to_text, to_unicode

N = extent("n")
I, J, K, P = (Index(name, 0, N) for name in "ijkp")
I1, J1 = Index("i", 1, N), Index("j", 1, N)
MU = Index("mu", 0, N)
UP, LOW = Level.UPPER, Level.LOWER


def vec(name: str, index: Index = I) -> Expr:
    return access(f"{name}^i", index)


def cov(name: str, index: Index = I) -> Expr:
    return access(f"{name}_i", index)


def scalar(name: str) -> Expr:
    return access(name)


def dot(left: str, right: str, index: Index = J) -> Expr:
    return contract([index], multiply([cov(left, index), vec(right, index)]))


def half(expr: Expr) -> Expr:
    return multiply([number(Fraction(1, 2)), expr])


SOFTMAX = transform("softmax", [((I,), vec("z"))], [Slot(J, UP)])
SIGMA = AbstractFunction("sigma", (0,))
WHOLE = (Argument((I,), vec("z")),)

CASES: list[tuple[str, Expr, str]] = [
    # numbers and sizes
    ("integer", number(3), "3"),
    ("negative integer", number(-3), "-3"),
    ("fraction", number(Fraction(-1, 2)), "-1/2"),
    ("decimal", number(0.1), "0.1"),
    ("small decimal", number(1e-05), "1e-5"),
    ("large decimal", number(1e300), "1e300"),
    ("infinity", negate(number(float("inf"))), "-inf"),
    ("size", Size(N), "n"),
    ("formula of sizes", multiply([Size(N * extent("m") + 1), scalar("x")]), "(m*n + 1) x"),
    ("constant", multiply([number(2), apply("pi")]), "2 pi"),
    # accesses
    ("scalar", scalar("L"), "L"),
    ("two levels", access("A^i_j", I, J), "A^i_j"),
    ("one group", access("W_i_j", I, J), "W_ij"),
    ("alternating", access("G^i_j^k", I, J, K), "G^i_j^k"),
    ("long names", access("d_i_j", I, I1), "d_<i i1>"),
    ("greek index", access("x^m", MU), "x^<mu>"),
    ("offset", access("z^i", affine([(I, 1), (J, -1)])), "z^{i-j}"),
    ("stride", access("z^i", affine([(P, 2), (I, 1)], 1)), "z^{i+2*p+1}"),
    ("minus first", access("z^i", affine([(I, -1), (J, 1)])), "z^{j-i}"),
    ("only minus", access("z^i", affine([(I, -1)], N - 1)), "z^{n-1-i}"),
    ("long name in an offset", access("z^i", affine([(MU, 1), (J, -1)])), "z^{mu - j}"),
    ("component below", access("s_i", affine([], 0)), "s_{0}"),
    ("last component", access("s_i", affine([], extent("T") - 1)), "s_{T-1}"),
    ("component above", access("s^i", affine([], 0)), "s^{[0]}"),
    ("component in a group", access("s^i^j", affine([], 0), I), "s^{[0], i}"),
    ("before the start", access("s_i^j", affine([], -1), J), "s_{-1}^j"),
    ("gather", access("p^i", Lookup(access("c_n", Index("n", 0, N)))), "p^{c_n}"),
    ("reserved name, lower slot", access("x.bar_i".replace(".", "·"), I), "`x·bar`_i"),
    # products, signs, quotients
    ("matrix times vector", contract([J], multiply([access("A^i_j", I, J), vec("y", J)])), "A^i_j y^j"),
    ("coefficient", half(vec("x")), "1/2 x^i"),
    ("minus", negate(vec("x")), "-x^i"),
    ("minus coefficient", negate(half(vec("x"))), "-1/2 x^i"),
    ("minus a sum", negate(add([vec("x"), vec("y")])), "-(x^i + y^i)"),
    ("a sum as factor", multiply([add([vec("x"), number(1)]), vec("y")]), "(x^i + 1) y^i"),
    ("difference", subtract(vec("x"), vec("y")), "x^i - y^i"),
    ("minus in front", add([negate(vec("x")), vec("y")]), "-x^i + y^i"),
    ("minus behind a factor", Product((vec("x"), negate(vec("y")))), "x^i (-y^i)"),
    ("number behind", Product((vec("x"), number(2))), "x^i * 2"),
    ("two numbers", Product((number(2), number(3))), "2 * 3"),
    ("nested sum", Sum((vec("x"), Sum((vec("y"), number(1))))), "x^i + y^i + 1"),
    ("quotient", divide(vec("x"), vec("y")), "x^i / y^i"),
    ("quotient by a sum", divide(vec("x"), add([vec("y"), number(1)])), "x^i / (y^i + 1)"),
    ("quotient by a product", divide(vec("x"), multiply([vec("y"), vec("z")])), "x^i / (y^i z^i)"),
    ("factor behind", multiply([divide(vec("x"), vec("y")), vec("z")]), "x^i / y^i * z^i"),
    ("two divisors", multiply([vec("x"), power(vec("y"), -1), power(vec("z"), -1)]), "x^i / y^i / z^i"),
    ("reciprocal", power(vec("x"), -1), "1/x^i"),
    ("reciprocal of a sum", power(add([vec("x"), number(1)]), -1), "1/(x^i + 1)"),
    ("one over a size", multiply([power(Size(N), -1), vec("x")]), "1/n x^i"),
    ("two over a size", multiply([number(2), power(Size(N), -1), vec("x")]), "2/n x^i"),
    ("minus one over", negate(power(vec("x"), -1)), "-1/x^i"),
    ("half over a size", half(multiply([power(Size(N), -1), vec("x")])), "1/2 / n * x^i"),
    # powers
    ("square", power(vec("x"), 2), "x^i**2"),
    ("negative power", power(vec("x"), -2), "x^i**(-2)"),
    ("root", power(vec("x"), Fraction(1, 2)), "x^i**(1/2)"),
    ("power of a sum", power(subtract(vec("x"), vec("y")), 2), "(x^i - y^i)**2"),
    ("power of a power", power(power(scalar("x"), 2), 3), "(x**2)**3"),
    ("power of a function", power(apply("exp", scalar("x")), 2), "exp(x)**2"),
    ("power in the exponent", power(number(2), power(scalar("x"), 2)), "2**(x**2)"),
    ("negative base", power(number(-2), scalar("x")), "(-2)**x"),
    ("square of a trace", power(contract([I], access("X_i_j", I, I)), 2), "(X_ii)**2"),
    ("squares of a diagonal", contract([I], power(access("X_i_j", I, I), 2)), "sum_i (X_ii)**2"),
    ("square of a product", power(dot("a", "x"), 2), "(a_j x^j)**2"),
    # sums over indices
    ("inner product", dot("a", "b"), "a_j b^j"),
    ("lone index", contract([J], cov("a", J)), "sum_j a_j"),
    ("sum of squares", half(contract([P], power(subtract(vec("x", P), vec("t", P)), 2))), "1/2 sum_p (x^p - t^p)**2"),
    ("two lone indices", contract([K, P], access("x_k^p", K, P)), "sum_{k p} x_k^p"),
    ("one implied, one written", contract([J, K], multiply([cov("a", J), vec("b", J), cov("c", K)])), "sum_k a_j b^j c_k"),
    ("trace", contract([I], access("A^i_j", I, I)), "A^i_i"),
    ("three times", contract([K], multiply([cov("a", K), cov("b", K), cov("c", K)])), "a_k b_k c_k"),
    ("a sum first", multiply([contract([J], cov("a", J)), scalar("c")]), "(sum_j a_j) c"),
    ("a sum last", multiply([scalar("c"), contract([J], cov("a", J))]), "c sum_j a_j"),
    ("a sum as divisor", divide(scalar("a"), contract([J], cov("b", J))), "a / (sum_j b_j)"),
    ("an inner product as divisor", divide(scalar("a"), dot("b", "c")), "a / (b_j c^j)"),
    ("in a term", add([contract([J], cov("a", J)), scalar("c")]), "sum_j a_j + c"),
    ("of a sum", contract([J], add([cov("a", J), cov("b", J)])), "sum_j (a_j + b_j)"),
    ("of minus", contract([J], negate(cov("a", J))), "sum_j (-a_j)"),
    ("implied of minus", contract([J], negate(multiply([cov("a", J), vec("b", J)]))), "-a_j b^j"),
    ("once in a bracket, once outside", contract([J], multiply([add([cov("a", J), number(1)]), vec("b", J)])), "(a_j + 1) b^j"),
    ("twice in a bracket", contract([J], multiply([add([multiply([cov("a", J), vec("b", J)]), number(1)]), vec("c", J)])), "sum_j (a_j b^j + 1) c^j"),
    ("twice in an argument", contract([J], multiply([apply("exp", multiply([cov("a", J), vec("b", J)])), cov("c", J)])), "sum_j exp(a_j b^j) c_j"),
    ("in an argument and outside", contract([J], multiply([apply("exp", cov("a", J)), cov("c", J)])), "exp(a_j) c_j"),
    ("in a divisor", contract([J], divide(cov("a", J), cov("b", J))), "sum_j a_j / b_j"),
    ("across a divisor", contract([J], multiply([divide(cov("a", J), scalar("c")), vec("b", J)])), "a_j / c * b^j"),
    ("free index twice", multiply([vec("a"), vec("b")]), "a^i b^i"),
    # delta, conditions
    ("delta", Delta(Slot(I, UP), Slot(J, LOW)), "δ^i_j"),
    ("lower delta", Delta(Slot(I, LOW), Slot(I1, LOW)), "δ_<i i1>"),
    ("affine delta", Delta(Slot(affine([(I, 1), (J, -1)]), UP), Slot(K, LOW)), "δ^{i-j}_k"),
    ("condition", Condition("<=", I, J), "[i <= j]"),
    ("affine condition", Condition("==", I, affine([(J, 2), (K, 1)])), "[i == 2*j + k]"),
    ("condition sums", contract([I], multiply([Condition("<", I, J), vec("x")])), "[i < j] x^i"),
    ("comparison", apply("less_equal", vec("x"), number(0)), "[x^i <= 0]"),
    # functions
    ("pointwise", apply("tanh", vec("z")), "tanh(z^i)"),
    ("two arguments", apply("maximum", vec("x"), number(0)), "max(x^i, 0)"),
    ("default parameter", apply("leaky_relu", vec("x")), "leaky_relu(x^i)"),
    ("parameter", apply("leaky_relu", vec("x"), number(Fraction(1, 5))), "leaky_relu(x^i; slope=1/5)"),
    ("minus argument", apply("exp", negate(vec("x"))), "exp(-x^i)"),
    ("abstract", Apply(SIGMA, (vec("z"),)), "sigma(z^i)"),
    ("abstract derivatives", Apply(SIGMA.derivative(0).derivative(0), (vec("z"),)), "sigma''(z^i)"),
    ("reduction", reduce("max", [I], vec("x")), "max_i(x^i)"),
    ("reduction of two", reduce("logsumexp", [I, J], access("X_i_j", I, J)), "logsumexp_{i j}(X_ij)"),
    ("softmax", SOFTMAX, "softmax_j(z^j)"),
    ("softmax summed", contract([J], multiply([SOFTMAX, cov("v", J)])), "softmax_j(z^j) v_j"),
    ("softmax Jacobian", multiply([SOFTMAX, subtract(Delta(Slot(J, UP), Slot(K, LOW)), transform("softmax", [((I,), vec("z"))], [Slot(K, LOW)]))]), "softmax_j(z^j) (δ^j_k - softmax_k(z^k))"),
    ("product over an index", multiply([reduce("prod", [K], cov("x", K)), scalar("c")]), "(prod_k x_k) c"),
    ("inverse", transform("inv", [((I, J), access("X^i_j", I, J))], [Slot(K, UP), Slot(P, LOW)]), "inv(X)^k_p"),
    ("determinant", transform("det", [((I, J), access("X^i_j", I, J))]), "det(X)"),
    ("abstract vector function", Transform(SIGMA, WHOLE, (Slot(J, UP),)), "sigma(z)^j"),
    ("its Jacobian", Transform(SIGMA.derivative(0), WHOLE, (Slot(J, UP), Slot(K, LOW))), "[∇sigma(z)]^j_k"),
    ("derivative", Derivative(dot("a", "x"), access("A^i_j", K, P)), "∂(a_j x^j)/∂(A^k_p)"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_text(expr: Expr, expected: str) -> None:
    assert to_text(expr) == expected


def test_edges() -> None:
    slot = Slot(affine([(I, 1), (J, -1)]), UP, Edge.ZERO)
    z = access("z^i", I)
    padded = type(z)(z.tensor, (slot,))
    assert to_text(multiply([padded, cov("w", J)])) == "zeropad(z^{i-j}) w_j"


def test_unicode() -> None:
    expr = contract([J], multiply([access("A^i_j", I, J), vec("y", J)]))
    assert to_unicode(expr) == "Aⁱⱼ yʲ"
    assert to_unicode(access("sigma^m_i", MU, I1)) == "σ^μᵢ"
    assert to_unicode(contract([K], power(cov("x", K), 2))) == "∑_k xₖ**2"


def test_a_bound_index_the_body_lacks_is_still_written() -> None:
    assert to_text(Contraction((K,), scalar("x"))) == "sum_k x"


def test_ten_thousand_levels_of_functions() -> None:
    expr = vec("x")
    for _ in range(10_000):
        expr = apply("exp", expr)
    start = time.process_time()
    text = to_text(expr)
    assert text == "exp(" * 10_000 + "x^i" + ")" * 10_000
    assert time.process_time() - start < 20


def test_ten_thousand_sums_inside_one_another() -> None:
    expr = cov("x", J)
    for _ in range(10_000):
        expr = Contraction((J,), Product((cov("a", J), apply("exp", expr))))
    text = to_text(expr)
    assert text.startswith("sum_j a_j exp(sum_<j1> a_<j1> exp(sum_<j2>")
    assert "exp(a_<j9999> exp(x_<j9999>))" in text


def test_number_subclass_confusion_does_not_happen() -> None:
    assert to_text(Number(1.0)) == "1.0"
    assert to_text(number(1)) == "1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tensor y_i [n]\nz = sum_i (sum_i y_i)", "z = sum_{i=0}^{n - 1} sum_<i1> y_<i1>"),
        ("tensor A_ij [n, n], a\nz = A_ii * (sum_i a)", "z = A_ii sum_{i1=0}^{n - 1} a"),
        ("z = sum_i a + sum_i x_i", "z = sum_i a + sum_i x_i"),
    ],
)
def test_a_sum_shows_its_range_where_nothing_else_gives_it(text: str, shown: str) -> None:
    equations = parse(text).equations
    printed = to_text(equations)
    assert printed.splitlines()[-1] == shown
    assert parse(printed).equations.inputs == equations.inputs
