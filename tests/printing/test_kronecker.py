"""Jacobians of matrices as matrices of vectors, and their values read back from the text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.check import NumpyBackend, draw, evaluate
from tensorcalc.printing import vector_form
from tests.printing.matrix_notation import evaluate_vectors, text_of_latex

NOTE = "  (vec stacks columns)"
NOTE_K = "  (vec stacks columns; K vec(X) = vec(Xᵀ))"

JACOBIANS = [
    ("Y_ij = A_ik X_kl B_lj", "X", "Bᵀ ⊗ A" + NOTE),
    ("Y_ij = X_ik B_kj", "X", "Bᵀ ⊗ I" + NOTE),
    ("Y_ij = A_ik X_kj", "X", "I ⊗ A" + NOTE),
    ("Y_ij = A_ik X_lk B_lj", "X", "(Bᵀ ⊗ A) K" + NOTE_K),
    ("Y_ij = X_ji", "X", "K" + NOTE_K),
    ("Y_ij = 3 X_ij + A_ij", "X", "3 I" + NOTE),
    ("Y_ij = X_ik X_kj", "X", "Xᵀ ⊗ I + I ⊗ X" + NOTE),
    ("Y_ij = X_ki X_kj", "X", "(Xᵀ ⊗ I) K + I ⊗ Xᵀ" + NOTE_K),
    ("Y_ij = inv(X)_ij", "X", "-Yᵀ ⊗ Y" + NOTE),
    ("Y_ij = A_ij X_ij", "X", "diag(vec(A))" + NOTE),
    ("Y_ij = tanh(X_ij)", "X", "diag(vec(1 1ᵀ - Y ∘ Y))" + NOTE),
    ("Y_ij = tanh(A_ik X_kj)", "X", "diag(vec(1 1ᵀ - Y ∘ Y)) (I ⊗ A)" + NOTE),
    ("Y_ij = A_ij tr(X)", "X", "vec(A) vec(I)ᵀ" + NOTE),
    ("Y_ij = C_ij X_kl D_kl", "X", "vec(C) vec(D)ᵀ" + NOTE),
    ("Y_ij = x_i X_kj w_k", "X", "I ⊗ (x wᵀ)" + NOTE),
    ("y_i = X_ij b_j", "X", "bᵀ ⊗ I" + NOTE),
    ("y_j = X_ij b_i", "X", "I ⊗ bᵀ" + NOTE),
    ("y_i = tanh(X_ij b_j)", "X", "bᵀ ⊗ diag(1 - y ∘ y)" + NOTE),
    ("y_i = A_ik X_kl b_l", "X", "bᵀ ⊗ A" + NOTE),
    ("y_i = a_i X_kl b_l c_k", "X", "a vec(c bᵀ)ᵀ" + NOTE),
    ("Y_ij = x_i x_j", "x", "x ⊗ I + I ⊗ x" + NOTE),
    ("Y_ij = A_ij x_j", "x", "diag(vec(A)) (I ⊗ 1)" + NOTE),
    ("Y_ij = A_ij x_k x_k", "x", "2 vec(A) xᵀ" + NOTE),
]

HESSIANS = [
    ("f = A_ij X_jk X_ik", "X", "I ⊗ (Aᵀ + A)" + NOTE),
    ("f = A_ij X_jk B_kl X_il", "X", "B ⊗ Aᵀ + Bᵀ ⊗ A" + NOTE),
    ("f = X_ij X_ji", "X", "2 K" + NOTE_K),
    ("f = X_ii X_jj", "X", "2 vec(I) vec(I)ᵀ" + NOTE),
    ("f = logdet(X)", "X", "-(X⁻¹ ⊗ X⁻ᵀ) K" + NOTE_K),
    ("f = det(X)", "X", "f vec(X⁻ᵀ) vec(X⁻ᵀ)ᵀ - f (X⁻¹ ⊗ X⁻ᵀ) K" + NOTE_K),
    ("f = norm_{i j}(X_ij)", "X", "I / f - vec(X) vec(X)ᵀ / f³" + NOTE),
    ("f = sum_ij exp(X_ij)", "X", "diag(vec(exp(X)))" + NOTE),
    ("f = 1/2 sum_ij (X_ik Y_kj - S_ij)**2", "X", "(Y Yᵀ) ⊗ I" + NOTE),
    ("f = 1/2 sum_ij (X_ik Y_kj - S_ij)**2", ("X", "Y"), "(I ⊗ (X Y - S)) K + Y ⊗ X" + NOTE_K),
]


def agrees(program: tc.Program, rows: int) -> None:
    """The text and the LaTeX have the value of the formula."""
    equations = program.written_out().equations
    names = {n for t in equations.inputs for e in t.extents for n in e.names()}
    names |= {n for d in equations.definitions for e in d.tensor.extents for n in e.names()}
    sizes = {name: 2 + k for k, name in enumerate(sorted(names))} | dict(equations.sizes)
    arrays: dict[str, Any] = dict(
        draw(equations, sizes, np.random.default_rng(3), "small and positive")
    )
    everything = [d.name for d in equations.definitions]
    values = evaluate(equations, arrays, NumpyBackend(), sizes, everything)
    arrays.update({n: np.asarray(v) for n, v in values.items()})
    definition = equations.definition(equations.outputs[0])
    wanted = arrays[definition.name]
    text = vector_form(definition, rows)
    latex = vector_form(definition, rows, latex=True)
    assert text is not None
    assert latex is not None
    plain = text_of_latex(latex.split(r" \quad")[0])
    for form in (text.split("  (")[0], plain):
        shape = wanted.shape
        found = evaluate_vectors(form, arrays, shape[:rows], shape[rows:], sizes)
        np.testing.assert_allclose(found, wanted, 1e-9, 1e-9, err_msg=form)


@pytest.mark.parametrize(("source", "wrt", "wanted"), JACOBIANS)
def test_jacobian(source: str, wrt: str, wanted: str) -> None:
    program = tc.parse(source)
    (of,) = program.outputs
    jacobian = program.jacobian(of, wrt)
    assert jacobian.to_matrix().split(" = ", 1)[1] == wanted
    agrees(jacobian, len(program[of].indices))


@pytest.mark.parametrize(("source", "wrt", "wanted"), HESSIANS)
def test_hessian(source: str, wrt: str | tuple[str, str], wanted: str) -> None:
    hessian = tc.parse(source).hessian("f", wrt)
    assert hessian.to_matrix().split(" = ", 1)[1] == wanted
    agrees(hessian, 2)


@pytest.mark.parametrize(
    ("source", "of", "wrt"),
    [
        ("Y_ijkl = A_ij X_kl", "Y", "X"),  # six indices
        ("Y_ij = softmax_j(X_ij)", "Y", "X"),  # of each row
        ("Y_ij = T_ijkl X_kl", "Y", "X"),
        ("Y_ij = A_ik X_kj + X_{0,j} b_i", "Y", "X"),  # a component
        ("tensor Y_ij [n, n], X_ij [n, n]\nY_ij = A_ik B_jk X_ik", "Y", "X"),
    ],
)
def test_where_there_is_no_form_there_is_none(source: str, of: str, wrt: str) -> None:
    assert tc.parse(source).jacobian(of, wrt).to_matrix().endswith("has no matrix form")


def test_a_name_of_the_program_is_not_taken() -> None:
    form = tc.parse("Y_ij = K_ik X_jk").jacobian("Y", "X").to_matrix()
    assert form == "dY_dX = (I ⊗ K) K_vec  (vec stacks columns; K_vec vec(X) = vec(Xᵀ))"


FACTORS = ["A_ik", "B_lj", "C_ij", "D_kl", "a_i", "b_j", "c_k", "d_l", "P_im Q_mk", "sin(B_lj)"]


@given(st.lists(st.sampled_from(FACTORS), min_size=1, max_size=5, unique=True), st.booleans())
def test_any_product_has_its_value(factors: list[str], twice: bool) -> None:
    term = " ".join(factors)
    second = " + 2 E_ik F_lj" if twice else ""
    declared = "tensor J_ijkl [3, 4, 5, 2], A_ik [3, 5], B_lj [2, 4], C_ij [3, 4], D_kl [5, 2]"
    program = tc.parse(f"{declared}\nJ_ijkl = {term}{second}")
    assert vector_form(program["J"], 2) is not None
    agrees(program, 2)
