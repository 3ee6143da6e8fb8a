"""What is printed reads back as the same program."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tensorcalc.calculus import Mode, Request, derive
from tensorcalc.expr import (
    Access,
    Apply,
    Contraction,
    Definition,
    Equations,
    Expr,
    Index,
    Level,
    Number,
    Product,
    Slot,
    Sum,
    Tensor,
    add,
    apply,
    at_indices,
    divide,
    extent,
    multiply,
    negate,
    number,
    power,
)
from tensorcalc.language import parse
from tensorcalc.printing import to_latex, to_text, to_unicode
from tests.support.read_back import is_equal

PROGRAMS = [
    "z^i = A^i_j y^j + b^i\nx^p = B^p_i tanh(z^i)",
    "z^i = A^i_j y^j + b^i\ns^i = sigma(z)^i\nx^p = B^p_i s^i",
    "z^i = A^i_j y^j + b^i\nx^p = B^p_i sigma(z^i)",
    "L = 1/2 sum_p (x^p - t^p)**2",
    "s^i = softmax_i(z^i)",
    "L = x_i A^i_j x^j",
    "f = logsumexp_i(x^i)",
    "tensor t_k^p [N, M]\nL = 1/N sum_k sum_p (t_k^p - x_k^p)**2",
    "tensor A^i_j [N_x, N_y]\nz^i = A^i_j y^j / N_y",
    "y_i = exp(x_i)/(sum_j exp(x_j)) + 2 x_i**2 - 1/x_i",
    "given sum_i t^i = 1\nL = -sum_i t^i log(softmax_i(z^i))",
    "tensor z^i [n]\nz^i = zeropad(x^{i-j}) w_j",
    "z_i = x_{i+j} w_j",
    "L = sum_n (-log(p_n^{c_n}))",
    "M_tu = where([u <= t], a_tu, -inf)",
    "s = x_{0} + x_{1}",
    "Y^i_j = inv(X)^i_j",
    "symmetric S_ij\nL = S_ij x_i x_j\npositive v\nq = log(v)",
    "y_i = leaky_relu(x_i; slope=0.2) + max(x_i, 0) + H(x_i)",
    "p = prod_k x_k",
    "m = max_i(x_i)\nn = norm_{i j}(X_ij)",
    "d = e_{k i} B_k^i_j v_k^j",
    "L = (X_ii)**2 + sum_i (X_ii)**2",
    "c^i = a^i b^i\nd = a_i b^i",
    "c = exp(a_i x^i) tanh(b_i y^i)",
    "x^i = a^i / (b_j c^j) * d^i",
    "x = (a_i + b_i) c^i",
    "r = sum_i exp(a_i b_i) c_i",
    "y = 1e-5 x + .5 z",
    "y = -2/3 x + -1/2",
    "sizes i=3\ny^i = x^i",
    "result = 2 x",
    "b = x; a = y; output a, b",
    "tensor A_ij [n, n]\nz = n A_ii a",
    "s_t = a s_{t-1} + x_t\ns_{-1} = h\nd_t = s_{t-1} + x_t",
    "tensor c_t [K]\nb_t = c_t + a zeropad(b_{t+1})",
    "sizes K=5\nindex t : K\ns_t = a s_{t-1}\ns_{-1} = h",
    "h^p = B^p_q sigma(z)^q",
    "L = sum_i f(x_i, h)",
    "g_i = x_{i+1} - x_i",
    "tensor z_i [n], w_u [m]\nx_i = z_{2*i + u} w_u",
    "y_i = circular(x_{i-1}) x_i",
    "Y^i_j = inv(transpose(X))^i_j",
    "d = det(transpose(X))",
    "k = argmax_i(x_i)",
    "tensor x_cp [C, N]\ntensor y_ci [C, 3*N]\ny_ci = sum_{r=0}^{2} [i == 3*p + r] x_cp",
    "tensor `z`_bar [n, m, k]\ny_bar = z_<b a r>",
    "tensor `W_out`\ny_i = `W_out` x_i",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_program_reads_back_as_itself(text: str) -> None:
    equations = parse(text).equations
    assert parse(to_text(equations)).equations is equations


@pytest.mark.parametrize("text", PROGRAMS)
def test_unicode_reads_back_too(text: str) -> None:
    equations = parse(text).equations
    assert parse(to_unicode(equations)).equations is equations


@pytest.mark.parametrize("text", PROGRAMS)
def test_latex_reads_back_too(text: str) -> None:
    """Equal, but not always alike: each part of a fraction is a scope of its own."""
    equations = parse(text).equations
    assert is_equal(parse(to_latex(equations)).equations, equations)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("f = 1/2 / x", r"\frac{1}{2 x}"),
        ("f = -1/2 / x / y * z", r"-\frac{1}{2 x y} z"),
        ("f = a / b / c", r"\frac{a}{b c}"),
        ("f = a / b / (c + d)", r"\frac{a}{b \left(c + d\right)}"),
        ("f = 1/2 / (x + y)", r"\frac{1}{2 \left(x + y\right)}"),
        ("f = a / (x_i x_i) / (x_i y_i)", r"\frac{a}{x_{i} x_{i}} \frac{1}{x_{i} y_{i}}"),
        ("f = a / (-b) / c", r"\frac{a}{-b} \frac{1}{c}"),
        ("f = 1/2 / (-b)", r"\frac{1}{2} \frac{1}{-b}"),
        ("f_i = 1/x_i / y_i", r"\frac{1}{x_{i}} \frac{1}{y_{i}}"),
    ],
)
def test_divisors_share_a_line_where_that_reads_back(text: str, latex: str) -> None:
    equations = parse(text).equations
    printed = to_latex(equations)
    assert f"= {latex}" in printed
    assert is_equal(parse(printed).equations, equations)
    assert to_latex(parse(printed).equations) == printed


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("[i == j] A^i_j", "jvp"),
        ("M_tsu = [t == 2*s + u] a_t b_s c_u", "vjp"),
        ("x_i = z_{i+j} w_j; y_i = x_{i+k} v_k", "jacobian"),
        ("n_i n_i", "hvp"),
        ("tensor and; y = and**2 x", "jacobian"),
        ("y = sum_i f(x_i, h)", "hessian"),
        ("y_i = x_i / norm_j(x_j)", "jvp"),
        ("y = max_{u v}(X_uv)", "vjp"),
        ("tensor e_i; y_i = e_i exp(2)", "jacobian"),
        ("tensor relu; y_i = relu(x_i)", "jvp"),
        ("y = -inf x", "grad"),
    ],
)
def test_what_once_read_as_something_else(text: str, mode: Mode) -> None:
    """Ranges that only a bound gives, names of sizes and functions, inverses that are 0 at 0."""
    equations = parse(text).equations
    wrt = tuple(t.name for t in equations.inputs)
    by = (wrt[0], wrt[0]) if mode == "hessian" else wrt
    derived = derive(Request(mode, equations.outputs[-1], by, equations))
    for printed in (to_text(derived), to_latex(derived)):
        assert is_equal(parse(printed).equations, derived), printed


def test_an_offset_difference_reads_back() -> None:
    equations = parse("g_i = x_{i+1} - x_i").equations
    assert parse(to_text(equations)).equations is equations


MODES: list[Mode] = ["jacobian", "vjp", "jvp", "grad", "hessian", "hvp"]


def assert_same_text_and_tensors(equations: Equations) -> None:
    """Bound indices may have other serials; all else is equal."""
    text = to_text(equations)
    back = parse(text).equations
    assert to_text(back) == text
    assert back.inputs == equations.inputs
    assert back.outputs == equations.outputs
    assert [d.tensor for d in back.definitions] == [d.tensor for d in equations.definitions]
    assert back.facts == equations.facts


def fitting_requests() -> list[tuple[str, Mode]]:
    """Every program with derivatives, in every mode that fits; three are of scalars only."""
    found: list[tuple[str, Mode]] = []
    for text in PROGRAMS:
        if "c_n" in text or "argmax" in text:
            continue
        equations = parse(text).equations
        scalar = equations.tensor(equations.outputs[-1]).rank == 0
        found.extend((text, m) for m in MODES if scalar or m in ("jacobian", "vjp", "jvp"))
    return found


@pytest.mark.parametrize(("text", "mode"), fitting_requests())
def test_a_derived_program_reads_back(text: str, mode: Mode) -> None:
    equations = parse(text).equations
    of = equations.outputs[-1]
    names = tuple(t.name for t in equations.inputs)
    wrt = (names[0], names[0]) if mode == "hessian" else names
    assert_same_text_and_tensors(derive(Request(mode, of, wrt, equations)))


def test_the_adjoint_of_a_difference_reads_back() -> None:
    """A plain index that runs beyond its slot says that the tensor is 0 there."""
    request = Request("vjp", "g", ("x",), parse("g_i = x_{i+1} - x_i").equations)
    derived = derive(request)
    assert "zeropad(g_bar^{i-1}) - zeropad(g_bar^i)" in to_text(derived)
    assert_same_text_and_tensors(derived)


# Random formulas -----------------------------------------------------------------------------

SIZE = extent("n_i")
INDICES = [Index(name, serial, SIZE) for name in "ij" for serial in range(2)]
VECTORS = [Tensor(name, (SIZE,), (Level.UPPER,)) for name in "abc"]
MATRIX = Tensor("A", (SIZE, SIZE), (Level.UPPER, Level.LOWER))


@st.composite
def formulas(draw: st.DrawFn) -> Expr:
    """Formulas over two names of indices, so that sums are nested, shadowed and shared."""
    some_index = st.sampled_from(INDICES)

    def leaf() -> Expr:
        kind = draw(st.sampled_from(["vector", "matrix", "number"]))
        if kind == "vector":
            slot = Slot(draw(some_index), draw(st.sampled_from(list(Level))))
            return Access(draw(st.sampled_from(VECTORS)), (slot,))
        if kind == "matrix":
            return at_indices(MATRIX, (draw(some_index), draw(some_index)))
        return number(Fraction(draw(st.integers(-3, 3)), draw(st.integers(1, 3))))

    stack = [leaf() for _ in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(1, 8))):
        expr = stack.pop(draw(st.integers(0, len(stack) - 1)))
        other = stack.pop() if stack else leaf()
        kind = draw(
            st.sampled_from(["sum", "minus", "times", "over", "square", "tanh", "contract", "keep"])
        )
        match kind:
            case "sum":
                stack.append(add([expr, other]))
            case "minus":
                stack.append(add([expr, negate(other)]))
            case "times":
                stack.append(multiply([expr, other]))
            case "over":
                stack.append(divide(expr, add([power(other, 2), number(1)])))
            case "square":
                stack += [power(expr, 2), other]
            case "tanh":
                stack += [apply("tanh", expr), other]
            case "contract" if expr.free:
                order = sorted(expr.free, key=lambda i: (i.name, i.serial))
                stack += [Contraction((draw(st.sampled_from(order)),), expr), other]
            case _:
                stack += [expr, other]
    return stack[-1]


def value(expr: Expr, at: Mapping[Index, int], size: int = 2) -> float:
    """The value of a formula at given index values, by the definition of each node."""
    match expr:
        case Number(v):
            return float(v)
        case Access(tensor, slots):
            places = [at[s.index] for s in slots if isinstance(s.index, Index)]
            return math.sin(
                1.0 + 7 * ord(tensor.name) + sum(3.7**n * p for n, p in enumerate(places, 1))
            )
        case Sum(terms):
            return math.fsum(value(t, at) for t in terms)
        case Product(factors):
            return math.prod(value(f, at) for f in factors)
        case Contraction(bound, body):
            ranges = product(range(size), repeat=len(bound))
            return math.fsum(
                value(body, {**at, **dict(zip(bound, c, strict=True))}) for c in ranges
            )
        case Apply(operation, (base, exponent)):
            assert repr(operation) == "pow"
            return float(value(base, at) ** value(exponent, at))
        case Apply(operation, (argument,)):
            assert repr(operation) == "tanh"
            return math.tanh(value(argument, at))
        case _:
            raise AssertionError(expr)


@given(formulas())
def test_a_formula_keeps_its_value(body: Expr) -> None:
    """The printed sums, brackets and signs mean what the formula means."""
    free = tuple(sorted(body.free, key=lambda i: (i.name, i.serial)))
    assume(free)
    target = Tensor("y", (SIZE,) * len(free), (Level.UPPER,) * len(free))
    definition = Definition(target, free, body)
    inputs = tuple(t for t in (*VECTORS, MATRIX) if t in definition.reads)
    equations = Equations(inputs, (definition,), ("y",))
    text = to_text(equations)
    back = parse(text).equations.definition("y")
    for places in product(range(2), repeat=len(free)):
        expected = value(body, dict(zip(free, places, strict=True)))
        found = value(back.body, dict(zip(back.indices, places, strict=True)))
        assert math.isclose(expected, found, rel_tol=1e-9, abs_tol=1e-9), text
    normal = to_text(parse(text).equations)  # the parser folds numbers
    assert to_text(parse(normal).equations) == normal


def test_a_name_has_one_extent_in_one_statement() -> None:
    """Two sums over indices of one letter and two lengths were read back as one length."""
    text = (
        "q_td = x_tm Q_dm; k_td = x_tm K_dm; v_td = x_tm V_dm; S_tu = q_td k_ud; y_td = S_tu v_ud"
    )
    derived = derive(Request("vjp", "y", ("x",), parse(text).equations))
    assert_same_text_and_tensors(derived)
