# ruff: noqa: E501, E741 - a table of formulas and their LaTeX
"""Expressions and definitions as LaTeX: one golden line each."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tensorcalc.expr import (
    AbstractFunction,
    Apply,
    Argument,
    Condition,
    Definition,
    Delta,
    Derivative,
    Edge,
    Equations,
    Expr,
    Index,
    Level,
    Lookup,
    Product,
    Size,
    Slot,
    Tensor,
    Transform,
    access,
    add,
    affine,
    apply,
    at_indices,
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
from tensorcalc.printing import to_latex
from tensorcalc.printing.latex import visible_width
from tensorcalc.printing.latex_names import index_name, latex_name

N = extent("n")
I, J, K, P = (Index(name, 0, N) for name in "ijkp")
I1 = Index("i", 1, N)
UP, LOW = Level.UPPER, Level.LOWER


def vec(name: str, index: Index = I) -> Expr:
    return access(f"{name}^i", index)


def cov(name: str, index: Index = I) -> Expr:
    return access(f"{name}_i", index)


SIGMA = AbstractFunction("sigma", (0,))
WHOLE = (Argument((I,), vec("z")),)

CASES: list[tuple[str, Expr, str]] = [
    ("fraction", multiply([number(Fraction(-1, 2)), vec("x")]), r"-\frac{1}{2} x^{i}"),
    ("small decimal", number(1e-05), "0.00001"),
    ("infinity", number(float("inf")), r"\infty"),
    ("size with an index", Size(extent("N_x")), "N_{x}"),
    ("two levels", access("A^i_j", I, J), "A^{i}_{j}"),
    ("alternating", access("G^i_j^k", I, J, K), "G^{i}{}_{j}{}^{k}"),
    ("numbered index", access("A^i_j", I, I1), "A^{i}_{i_{1}}"),
    ("greek", access("sigma^m", Index("mu", 0, N)), r"\sigma^{\mu}"),
    ("word as index", access("x^b_i", Index("batch", 0, N), I), r"x^{\mathrm{batch}}_{i}"),
    ("offset", access("z^i", affine([(P, 2), (I, -1)], 1)), "z^{2 p-i+1}"),
    ("component above", access("s^i^j", affine([], 0), I), "s^{[0], i}"),
    ("gather", access("p^i", Lookup(access("c_n", K))), "p^{c_{k}}"),
    ("implied sum", contract([J], multiply([access("A^i_j", I, J), vec("y", J)])), "A^{i}_{j} y^{j}"),
    ("written sum", contract([K, P], access("x_k^p", K, P)), r"\sum_{k, p} x_{k}^{p}"),
    ("quotient", divide(vec("x"), add([vec("y"), number(1)])), r"\frac{x^{i}}{y^{i} + 1}"),
    ("sum in the numerator", divide(add([vec("x"), vec("y")]), Size(N)), r"\frac{x^{i} + y^{i}}{n}"),
    ("coefficient over size", multiply([number(2), power(Size(N), -1), vec("x")]), r"\frac{2}{n} x^{i}"),
    ("half of a quotient", multiply([number(Fraction(1, 2)), divide(vec("x"), vec("y"))]), r"\frac{1}{2} \frac{x^{i}}{y^{i}}"),
    ("two divisors", multiply([vec("x"), power(vec("y"), -1), power(vec("z"), -1)]), r"\frac{x^{i}}{y^{i}} \frac{1}{z^{i}}"),
    ("summed in the numerator", contract([J], divide(multiply([cov("a", J), vec("b", J)]), access("c"))), r"\frac{a_{j} b^{j}}{c}"),
    ("numerator twice, once beside it", contract([J], multiply([divide(multiply([cov("a", J), vec("b", J)]), access("c")), vec("d", J)])), r"\sum_{j} \frac{a_{j} b^{j}}{c} d^{j}"),
    ("once in it, once beside it", contract([J], multiply([divide(cov("a", J), access("c")), vec("d", J)])), r"\frac{a_{j}}{c} d^{j}"),
    ("number behind", Product((vec("x"), number(2))), r"x^{i} \cdot 2"),
    ("square below", power(cov("x"), 2), "x_{i}^{2}"),
    ("square above", power(vec("x"), 2), r"\left(x^{i}\right)^{2}"),
    ("root", power(access("x"), Fraction(1, 2)), "x^{1/2}"),
    ("negative power", power(access("x"), -2), "x^{-2}"),
    ("power by a name", power(access("x"), access("a")), r"\left(x\right)^{a}"),
    ("power of a call", power(apply("tanh", vec("x")), 2), r"\tanh\left(x^{i}\right)^{2}"),
    ("square root", apply("sqrt", access("x")), r"\sqrt{x}"),
    ("comparison", apply("less", vec("x"), number(0)), r"\left[x^{i} < 0\right]"),
    ("condition", Condition("<=", I, J), r"\left[i \le j\right]"),
    ("delta", Delta(Slot(I, UP), Slot(J, LOW)), r"\delta^{i}_{j}"),
    ("abstract derivative", Apply(SIGMA.derivative(0), (vec("z"),)), r"\sigma'\left(z^{i}\right)"),
    ("abstract vector function", Transform(SIGMA, WHOLE, (Slot(J, UP),)), r"\sigma(z)^{j}"),
    ("its Jacobian", Transform(SIGMA.derivative(0), WHOLE, (Slot(J, UP), Slot(K, LOW))), r"\left[\nabla \sigma(z)\right]^{j}_{k}"),
    ("softmax", transform("softmax", [((I,), vec("z"))], [Slot(J, UP)]), r"\operatorname{softmax}_{j}\left(z^{j}\right)"),
    ("maximum", reduce("max", [I], vec("x")), r"\max_{i}\left(x^{i}\right)"),
    ("product", reduce("prod", [I], vec("x")), r"\prod_{i} x^{i}"),
    ("determinant", transform("det", [((I, J), access("X^i_j", I, J))]), r"\det(X)"),
    ("derivative of a component", Derivative(vec("x"), access("A^i_j", K, P)), r"\frac{\partial x^{i}}{\partial A^{k}_{p}}"),
    ("derivative of a formula", Derivative(negate(vec("x")), access("y^j", K)), r"\frac{\partial}{\partial y^{k}}\left(-x^{i}\right)"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_latex(expr: Expr, expected: str) -> None:
    assert to_latex(expr) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "x"),
        ("sigma", r"\sigma"),
        ("loss", r"\mathrm{loss}"),
        ("z1", r"\mathrm{z1}"),
        ("x_bar", r"\bar{x}"),
        ("x_dot", r"\dot{x}"),
        ("y_hat", r"\hat{y}"),
        ("z1_bar", r"\overline{\mathrm{z1}}"),
        ("my_name", r"\mathrm{my\_name}"),
        ("x'", "x'"),
    ],
)
def test_names(name: str, expected: str) -> None:
    assert latex_name(name) == expected


def test_index_names() -> None:
    assert [index_name(n) for n in ("i", "j12", "mu", "mu2", "batch", "b2c")] == [
        "i", "j_{12}", r"\mu", r"\mu_{2}", r"\mathrm{batch}", r"\mathrm{b2c}",
    ]  # fmt: skip


def test_edge() -> None:
    slot = Slot(affine([(I, 1), (J, -1)]), UP, Edge.CIRCULAR)
    z = access("z^i", I)
    assert to_latex(type(z)(z.tensor, (slot,))) == r"\operatorname{circular}\left(z^{i-j}\right)"


def derived(name: str, rank: int, levels: tuple[Level, ...], *inputs: Tensor) -> str:
    tensor = Tensor(name, (N,) * rank, levels)
    indices = tuple(Index(n, 0, N) for n in "pijkl"[:rank])
    body = multiply([at_indices(tensor_of("u", 1), (i,)) for i in indices] or [number(1)])
    equations = Equations(
        (*inputs, tensor_of("u", 1)), (Definition(tensor, indices, body),), (name,)
    )
    return to_latex(equations).split("\n")[-2].split(" &= ")[0]


def tensor_of(name: str, rank: int) -> Tensor:
    return Tensor(name, (N,) * rank, (UP,) * rank)


def test_a_jacobian_is_a_fraction_with_the_indices_in_their_places() -> None:
    left = derived("dx_dA", 3, (UP, LOW, UP), tensor_of("A", 2))
    assert left == r"\frac{\partial x^{p}}{\partial A^{i}_{j}}"


def test_a_gradient_has_all_indices_below() -> None:
    left = derived("dL_dA", 2, (LOW, UP), tensor_of("A", 2))
    assert left == r"\frac{\partial L}{\partial A^{p}_{i}}"


def test_second_derivatives() -> None:
    inputs = (tensor_of("A", 2), tensor_of("b", 1))
    left = derived("d2L_dA_db", 3, (LOW, UP, LOW), *inputs)
    assert left == r"\frac{\partial^{2} L}{\partial A^{p}_{i} \, \partial b^{j}}"


def test_a_reserved_name_without_a_known_variable_stays_a_name() -> None:
    assert derived("dx_dQ", 1, (UP,)) == r"\mathrm{dx\_dQ}^{p}"


def test_a_long_sum_is_broken_before_a_sign() -> None:
    terms = [multiply([vec(n), vec("weight"), apply("tanh", vec(n))]) for n in "abcdefgh"]
    tensor = tensor_of("y", 1)
    latex = to_latex(Definition(tensor, (I,), add(terms)))
    assert latex.startswith("\\begin{aligned}\ny^{i} &= a^{i}")
    assert " \\\\\n&\\quad + " in latex
    assert all(visible_width(line) < 90 for line in latex.split("\n"))


def test_several_definitions_are_aligned() -> None:
    y, z = tensor_of("y", 1), tensor_of("z", 1)
    equations = Equations(
        (tensor_of("x", 1),),
        (
            Definition(y, (I,), at_indices(tensor_of("x", 1), (I,))),
            Definition(z, (I,), subtract(at_indices(y, (I,)), number(1))),
        ),
        ("z",),
    )
    assert to_latex(equations) == (
        "\\begin{aligned}\n&x^{i} \\in \\mathbb{R}^{n} \\\\\n"
        "y^{i} &= x^{i} \\\\\nz^{i} &= y^{i} - 1\n\\end{aligned}"
    )
