# ruff: noqa: E741 - indices are called i, j, k, l
"""Matrix notation: the formula that a person would write, and its value read back."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.check import NumpyBackend, draw, evaluate
from tensorcalc.expr import (
    AbstractFunction,
    Apply,
    Argument,
    Contraction,
    Definition,
    Delta,
    Equations,
    Expr,
    Index,
    Level,
    Slot,
    Tensor,
    Transform,
    accesses,
    add,
    apply,
    at_indices,
    contract,
    extent,
    fresh,
    multiply,
    number,
    power,
    transform,
    walk,
)
from tensorcalc.printing.matrix import matrix_form
from tests.printing.matrix_notation import evaluate_latex, evaluate_text
from tests.support.programs import programs

SIZES = {"n_i": 3, "n_j": 4, "n_k": 5, "m": 2, "n": 6}


def form(source: str, name: str = "", latex: bool = False) -> str | None:
    program = tc.parse(source)
    return matrix_form(program[name or program.outputs[0]], latex=latex)


PRINTED = [
    # vectors and matrices
    ("y_i = A_ij x_j", "A x"),
    ("y_j = A_ij x_i", "Aᵀ x"),
    ("y_j = x_i A_ij", "Aᵀ x"),
    ("C_ij = A_ik B_kj", "A B"),
    ("C_ji = A_ik B_kj", "Bᵀ Aᵀ"),
    ("C_ij = A_ki B_jk", "Aᵀ Bᵀ"),
    ("C_ij = x_i y_j", "x yᵀ"),
    ("C_ij = A_ij + A_ji", "A + Aᵀ"),
    ("C_ij = 2 A_ik X_kj", "2 A X"),
    ("y_i = A_ji (A_jk x_k - b_j)", "Aᵀ (A x - b)"),
    ("C_ij = A_ik x_k y_l B_lj", "A x yᵀ B"),
    ("symmetric S_ij\ny_j = S_ij x_i", "S x"),
    ("symmetric S_ij\nC_ij = x_j S_ik y_k", "S y xᵀ"),
    # scalars
    ("f = x_i y_i", "xᵀ y"),
    ("f = x_i A_ij y_j", "xᵀ A y"),
    ("f = x_i A_ji y_j", "yᵀ A x"),
    ("f = x_i x_i", "‖x‖²"),
    ("f = 1/2 sum_i (A_ij x_j - b_i)**2", "1/2 ‖A x - b‖²"),
    ("f = sum_ij (A_ij)**2", "‖A‖_F²"),
    ("f = A_ij A_ij", "‖A‖_F²"),
    ("f = A_ii", "tr(A)"),
    ("f = A_ij B_ji", "tr(A B)"),
    ("f = A_ij B_ij", "tr(Aᵀ B)"),
    ("f = A_ij B_jk C_ki", "tr(A B C)"),
    ("f = A_ij B_ij C_ij", "tr(Aᵀ (B ∘ C))"),
    ("f = sum_i x_i", "1ᵀ x"),
    ("f = sum_ij A_ij", "1ᵀ A 1"),
    ("f = x_i y_i z_i", "xᵀ (y ∘ z)"),
    ("f = sum_i x_i / y_i", "1ᵀ (x ⊘ y)"),
    ("f = x_i y_i A_jj", "(xᵀ y) tr(A)"),
    ("f = x_i A_ij x_j / (x_k x_k)", "xᵀ A x / ‖x‖²"),
    ("f = -x_i y_i", "-xᵀ y"),
    ("f = norm_i(A_ij x_j)", "‖A x‖"),
    ("f = norm_{i j}(X_ij)", "‖X‖_F"),
    ("index i : n\nf = sum_i 1", "n"),
    # entries
    ("y_i = x_i z_i", "x ∘ z"),
    ("C_ij = A_ij B_ij", "A ∘ B"),
    ("C_ij = x_i A_ij", "diag(x) A"),
    ("C_ij = A_ij y_j", "A diag(y)"),
    ("C_ij = A_ik x_k B_kj", "A diag(x) B"),
    ("y_i = x_i A_ij z_j", "x ∘ (A z)"),
    ("y_i = A_ij B_ij", "diag(A Bᵀ)"),
    ("y_i = A_ij B_ij x_j", "(A ∘ B) x"),
    ("y_i = A_ii", "diag(A)"),
    ("C_ij = delta_ij x_i", "diag(x)"),
    ("C_ij = delta_ij A_ij", "I ∘ A"),
    ("C_ij = delta_ij A_ik x_k", "diag(A x)"),
    ("y_i = x_i / z_i", "x ⊘ z"),
    ("y_i = 1 / z_i", "1 ⊘ z"),
    ("y_i = (x_i)**3", "x^∘3"),
    ("y_i = (x_i)**(-1/2)", "x^∘(-1/2)"),
    ("y_i = s_i (1 - s_i)", "s ∘ (1 - s)"),
    ("y_i = 2 - x_i", "2 - x"),
    ("C_ij = x_i + A_ij", "x 1ᵀ + A"),
    ("C_ij = 3 + A_ij", "3 · 1 1ᵀ + A"),
    ("y_i = 2 * sum_j A_ij", "2 A 1"),
    ("p_i = softmax_i(z_i)\nJ_ij = p_i (delta_ij - p_j)", "diag(p) - p pᵀ"),
    ("symmetric S_ij\ny_i = 1/2 (S_ij x_j + x_j S_ji)", "S x"),
    ("symmetric S_ij\ny_i = S_ij x_j - x_j S_ji", "0"),
    ("symmetric S_ij\nC_ij = 1/4 (S_ij - x_i x_j + S_ji - x_j x_i)", "1/2 (S - x xᵀ)"),
    ("tensor C_ij [3, 4]\nC_ij = 0", "0"),
    ("y_i = x_i + c**2", "x + c² 1"),
    ("C_ij = 1/4 (inv(A)_ij + 1/2 A_ij)", "1/4 (A⁻¹ + 1/2 A)"),
    # functions
    ("y_i = tanh(A_ij x_j + b_i)", "tanh(A x + b)"),
    ("C_ij = exp(x_i y_j)", "exp(x yᵀ)"),
    ("y_i = max(x_i, 0)", "max(x, 0)"),
    ("y_i = leaky_relu(x_i; slope=0.2)", "leaky_relu(x; slope=1/5)"),
    ("y_i = sigma(z_i)", "sigma(z)"),
    ("s^i = softmax_i(A^i_j x^j)", "softmax(A x)"),
    ("f = logsumexp_i(z_i)", "logsumexp(z)"),
    ("f = max_i(x_i)", "max(x)"),
    ("y_i = inv(X)_ij b_j", "X⁻¹ b"),
    ("y_j = inv(X)_ij b_i", "X⁻ᵀ b"),
    ("f = logdet(X)", "logdet(X)"),
    ("f = det(X) x_i x_i", "det(X) ‖x‖²"),
    ("symmetric S_ij\ny_j = inv(S)_ij b_i", "S⁻¹ b"),
    # scalars in front and below
    ("y_i = a x_i", "a x"),
    ("y_i = (x_j z_j) x_i", "(xᵀ z) x"),
    ("y_i = x_i / norm_j(x_j)", "x / ‖x‖"),
    ("y_i = a x_i + c", "a x + c 1"),
    ("C_ij = I_ij + delta_ij", "I + Id"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "wanted"), PRINTED)
def test_formula_as_a_person_writes_it(source: str, wanted: str) -> None:
    assert form(source) == wanted
    agree(tc.parse(source).equations)


LATEX = [
    ("y_i = A_ji (A_jk x_k - b_j)", r"A^{\top} \left(A x - b\right)"),
    ("f = 1/2 sum_i (A_ij x_j - b_i)**2", r"\frac{1}{2} \left\|A x - b\right\|^{2}"),
    ("y_i = 2/n sum_j A_ij + 0 x_i", r"\frac{2}{n} A \mathbf{1}"),
    ("y_i = s_i (1 - s_i)", r"s \circ \left(1 - s\right)"),
    ("C_ij = delta_ij sigma'(z_i)", r"\operatorname{diag}\left(\sigma'\left(z\right)\right)"),
    ("f = A_ij B_ij", r"\operatorname{tr}\left(A^{\top} B\right)"),
    ("y_j = inv(X)_ij b_i", r"X^{-\top} b"),
    ("y_i = x_i / norm_j(x_j)", r"\frac{1}{\left\|x\right\|} x"),
    ("f = x_i A_ij x_j / (x_k x_k)", r"\frac{x^{\top} A x}{\left\|x\right\|^{2}}"),
    ("y_i = (x_i)**(-1/2) / z_i", r"x^{\circ -1/2} \oslash z"),
    ("f = logdet(X)", r"\log\det\left(X\right)"),
    ("f = max_i(x_i)", r"\max\left(x\right)"),
]


@pytest.mark.parametrize(("source", "wanted"), LATEX)
def test_latex(source: str, wanted: str) -> None:
    assert form(source, latex=True) == wanted


NO_FORM = {
    "three free indices": "C_ijk = A_ij x_k",
    "a tensor of three indices": "y_i = T_ijk x_j x_k",
    "an index that joins three matrices": "f = A_ij B_ik C_il D_jk E_jl F_kl",
    "a component": "y_i = A_{i, 0} x_{0}",
    "a shift": "y_i = x_{i+1} + x_i",
    "a condition": "C_ij = [i <= j] A_ij",
    "a gather": "y_n = x_{c_n}",
    "a softmax of rows": "P_ij = softmax_j(A_ij)",
}


@pytest.mark.parametrize("source", NO_FORM.values(), ids=NO_FORM.keys())
def test_where_there_is_no_form_there_is_none(source: str) -> None:
    assert form(source) is None
    assert form(source, latex=True) is None


def test_unknown_vector_function_and_its_derivatives() -> None:
    i, p, q = (Index(name, 0, extent("n")) for name in "ipq")
    z = at_indices(Tensor("z", (i.extent,), (Level.UPPER,)), (i,))

    def text(*at: Index) -> str | None:
        function = AbstractFunction("sigma", (len(at) - 1,))
        body = Transform(function, (Argument((i,), z),), tuple(Slot(s, Level.LOWER) for s in at))
        tensor = Tensor("g", tuple(s.extent for s in at), (Level.LOWER,) * len(at))
        return matrix_form(Definition(tensor, at, body))

    assert text(p) == "sigma(z)"
    assert text(p, q) == "∇sigma(z)"


def test_derived_programs_have_the_forms_of_the_textbook() -> None:
    """Rows of the optimisation chapter: gradients and Hessians by hand."""
    table = [
        ("f = 1/2 x_i A_ij x_j", "grad", "x", {"1/2 (A x + Aᵀ x)", "1/2 A x + 1/2 Aᵀ x"}),
        ("f = x_i A_ij x_j", "hessian", "x", {"A + Aᵀ"}),
        ("f = tr(A X Xᵀ)".replace("tr(A X Xᵀ)", "A_ij X_jk X_ik"), "grad", "X", {"Aᵀ X + A X"}),
        ("s^i = softmax_i(z^i)", "jacobian", "z", {"diag(s) - s sᵀ"}),
        ("z^i = A^i_j y^j\nx^p = B^p_i tanh(z^i)", "jacobian", "y", None),
    ]
    for source, mode, wrt, wanted in table:
        program = tc.parse(source)
        derived = getattr(program, mode)(program.outputs[0], wrt)
        found = matrix_form(derived[derived.outputs[0]])
        assert found is not None
        assert wanted is None or found in wanted
        agree(derived.equations)


# The value of what is printed -------------------------------------------------------------


def size_names(equations: Equations) -> set[str]:
    tensors = (*equations.inputs, *(d.tensor for d in equations.definitions))
    return {n for t in tensors for e in t.extents for n in e.names()}


def _is_abstract(body: Expr) -> bool:
    """Whether a function in it has a name only."""
    return any(
        isinstance(node, Apply | Transform) and isinstance(node.operation, AbstractFunction)
        for node in walk(body)
    )


def agree(
    equations: Equations, at_least: int = 0, given_sizes: Mapping[str, int] | None = None
) -> None:
    """Check the text and the LaTeX of every definition against the oracle."""
    names = sorted(size_names(equations) - {"n", "m"})
    known = {**SIZES, **{name: 2 + k for k, name in enumerate(names) if name not in SIZES}}
    sizes = {**known, **(given_sizes or {}), **dict(equations.sizes)}
    generator = np.random.default_rng(5)
    arrays: dict[str, Any] = dict(draw(equations, sizes, generator, "small and positive"))
    everything = [d.name for d in equations.definitions]
    values = evaluate(equations, arrays, NumpyBackend(), sizes, everything)
    arrays.update({n: np.asarray(v) for n, v in values.items()})
    printed = 0
    for definition in equations.definitions:
        text = matrix_form(definition)
        latex = matrix_form(definition, latex=True)
        assert (text is None) == (latex is None)
        if text is None or latex is None or "slope" in text or _is_abstract(definition.body):
            continue
        printed += 1
        wanted = arrays[definition.name]
        np.testing.assert_allclose(
            evaluate_text(text, arrays, wanted.shape, sizes), wanted, 1e-9, 1e-9, err_msg=text
        )
        np.testing.assert_allclose(
            evaluate_latex(latex, arrays, wanted.shape, sizes), wanted, 1e-9, 1e-9, err_msg=latex
        )
    assert printed >= at_least


#: Kinds that the reader of these tests knows: it reads neither cases nor inverse entries.
READ = (
    *("leaf", "sum", "product", "contraction", "square", "again"),
    *("delta", "diagonal", "trace"),
)


@given(programs(kinds=READ))
def test_printed_form_of_any_program_has_its_value(equations: Equations) -> None:
    agree(equations)


I, J, K = (Index(name, 0, extent(f"n_{name}")) for name in "ijk")
_FUNCTIONS = ("tanh", "exp", "sin", "sigmoid")


@st.composite
def networks(
    draw: st.DrawFn, free: tuple[Index, ...], tensors: dict[str, Tensor], depth: int
) -> Expr:
    """An expression with two free indices or fewer, of which most have a matrix form."""

    def inner(indices: tuple[Index, ...]) -> Expr:
        return draw(networks(indices, tensors, depth - 1))

    kind = draw(st.sampled_from(["leaf", "term", "term", "sum", "apply", "quotient", "whole"]))
    if depth == 0 or kind == "leaf":
        return _leaf(draw(st.sampled_from("ABC")), free, tensors)
    if kind == "sum":
        shared = free[: draw(st.integers(0, 2))]
        return add(
            [inner(free), multiply([number(draw(st.sampled_from([1, -1, 3]))), inner(shared)])]
        )
    if kind == "apply":
        return apply(draw(st.sampled_from(_FUNCTIONS)), inner(free))
    if kind == "quotient":
        return multiply([inner(free), power(apply("exp", inner(free[:1])), Fraction(-1))])
    if kind == "whole":
        summed = fresh(draw(st.sampled_from((I, J))), free)
        name = draw(st.sampled_from(("softmax", "logsumexp", "norm")))
        if name != "softmax":
            return transform(name, [((summed,), inner((summed,)))])
        if free:
            argument = Index("s", 0, free[0].extent)
            return transform(
                name, [((argument,), inner((argument,)))], [Slot(free[0], Level.UPPER)]
            )
    bound = _bound(draw, free)
    pool = (*free, *bound)
    factors: list[Expr] = []
    for _ in range(draw(st.integers(1, 4))):
        chosen = draw(st.permutations(pool))[: draw(st.integers(0, 2))]
        factors.append(inner(tuple(chosen)))
    square = [(a, b) for a in pool for b in pool if a is not b and a.extent is b.extent]
    if square and draw(st.booleans()):
        a, b = draw(st.sampled_from(square))
        factors.append(Delta(Slot(a, Level.UPPER), Slot(b, Level.LOWER)))
    return contract(bound, multiply(factors))


def _bound(draw: st.DrawFn, free: tuple[Index, ...]) -> list[Index]:
    found: list[Index] = []
    for _ in range(draw(st.integers(0, 2))):
        found.append(fresh(draw(st.sampled_from((I, J, K))), {*free, *found}))
    return found


def _leaf(letter: str, indices: Sequence[Index], tensors: dict[str, Tensor]) -> Expr:
    sizes = "".join(str(i.extent)[-1] for i in indices)
    name = f"{letter}{sizes}"
    levels = (Level.UPPER,) * len(indices)
    tensor = Tensor(name, tuple(i.extent for i in indices), levels)
    return at_indices(tensors.setdefault(name, tensor), indices)


def _program(body: Expr, free: tuple[Index, ...]) -> Equations:
    levels = (Level.UPPER,) * len(free)
    definition = Definition(Tensor("f", tuple(i.extent for i in free), levels), free, body)
    inputs = {a.tensor.name: a.tensor for a in accesses(body)}
    return Equations(tuple(inputs[n] for n in sorted(inputs)), (definition,), ("f",))


@given(st.data())
def test_printed_form_of_any_network_has_its_value(data: st.DataObject) -> None:
    free = data.draw(st.sampled_from([(), (I,), (I, J), (J, I), (I, Index("i", 1, I.extent))]))
    agree(_program(data.draw(networks(free, {}, 3)), free))


@given(st.data())
def test_every_network_built_of_products_and_entries_has_a_form(data: st.DataObject) -> None:
    """Series, parallel and hanging factors, in any order and orientation, always have one."""
    free = (I, J)
    edges: list[tuple[Index, ...]] = [free]
    bound: list[Index] = []
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(edges) - 1))
        step = data.draw(st.sampled_from(["series", "parallel", "hang", "column"]))
        edge = edges[place]
        new = Index("b", len(bound), data.draw(st.sampled_from((I, J, K))).extent)
        if step == "parallel":
            edges.append(edge)
        elif step == "column":
            edges.append(edge[:1])
        else:
            bound.append(new)
            if step == "series" and len(edge) == 2:
                edges[place : place + 1] = [(edge[0], new), (new, edge[1])]
            else:
                edges.append((edge[0], new))
    turned = [e[::-1] if data.draw(st.booleans()) else e for e in edges]
    shuffled = data.draw(st.permutations(turned))
    tensors: dict[str, Tensor] = {}
    letters = [data.draw(st.sampled_from("ABCD")) for _ in shuffled]
    factors = [_leaf(letter, e, tensors) for letter, e in zip(letters, shuffled, strict=True)]
    agree(_program(contract(bound, multiply(factors)), free), at_least=1)


def test_the_bytes_do_not_depend_on_names_of_summed_indices() -> None:
    assert form("y_i = A_ij B_jk x_k z_j") == form("y_p = A_pa B_ab x_b z_a")


def test_a_summed_index_may_be_the_row_itself() -> None:
    """``sum over i`` of a vector, as a definition with the row ``i``: the sum is another ``i``."""
    total = contract([I], _leaf("x", (I,), {}))
    assert matrix_form(_program(total, (I,)).definitions[0]) == "(1ᵀ xi) 1"
    other = Index("i", 1, I.extent)
    nothing = Contraction((I, other), _leaf("a", (), {}))
    assert matrix_form(_program(nothing, (I,)).definitions[0]) == "a n_i n_i 1"


def test_a_formula_nested_deep_has_no_form_and_costs_nothing() -> None:
    body: Expr = _leaf("A", (I,), {})
    for _ in range(10_000):
        body = apply("tanh", body)
    assert matrix_form(_program(body, (I,)).definitions[0]) is None


def test_a_shared_formula_that_is_long_when_written_out_has_no_form() -> None:
    body: Expr = _leaf("A", (I,), {})
    for _ in range(30):
        body = apply("tanh", multiply([body, apply("sin", body)]))
    start = time.process_time()
    assert matrix_form(_program(body, (I,)).definitions[0]) is None
    assert time.process_time() - start < 1


def test_a_long_product_of_sums_is_given_up_in_time() -> None:
    sums = [add([_leaf(x, (I,), {}), _leaf(x, (J,), {}), _leaf(x, (K,), {})]) for x in "ABCD" * 4]
    body = contract((K,), multiply(sums))
    start = time.process_time()
    assert matrix_form(_program(body, (I, J)).definitions[0]) is None
    assert time.process_time() - start < 5


# The interpreter must be able to fail -----------------------------------------------------


@pytest.mark.parametrize(
    "wrong", ["Aᵀ x", "x A", "A + 1", "xᵀ x x", "A ∘ x", "x / x", "A x + A", "diag(x) x x", "tr(A"]
)
def test_the_interpreter_rejects_what_a_reader_would_have_to_guess(wrong: str) -> None:
    arrays = {"A": np.ones((3, 4)), "x": np.ones(4)}
    with pytest.raises((AssertionError, ValueError, IndexError)):
        evaluate_text(wrong, arrays, (3,), {})
