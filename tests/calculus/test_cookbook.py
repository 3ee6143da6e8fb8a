# ruff: noqa: E501 - a table of formulas
"""The derivative identities of the Matrix Cookbook, by their numbers.

Petersen and Pedersen, "The Matrix Cookbook", version of November 15, 2012, sections 2.1 to
2.8. Each row is an identity as it is printed there, in index notation: the function, by what
it is differentiated, and the printed answer (``h_{axes}``, the axes of the function first).
The answer may use definitions of the source. ``h`` is compared with what tensorcalc derives,
as numbers at random points, and the derived program with autograd. The layout of the Cookbook
for a scalar by a matrix is that of the matrix, as it is here.

What the numbers rest on: the identities stand in the order of a public transcript of sections 2.1
to 2.8, counted between the numbers it names itself (46, the first; 119 and 142, which its text
refers to; 144, the last of the chapter) and those that others cite (69, 81). They leave no gap.

The rows hold what is printed but for: 92, printed with its first term transposed; 127, whose A
must be symmetric too. Powers are taken at one exponent (58, 90 to 92, 121, 122).

Not here: 65 to 68 (eigenvalues; their sum and product are 99 and 49), 80 (is 79, by single-entry
matrices), 89 (complex), 96 (the function of 97), 128 (functions of matrices by series), 133 to
136 (definitions, and the chain rule that 137 states), 144 (a symmetric Toeplitz matrix).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tensorcalc as tc
from tensorcalc.check import NumpyBackend, evaluate
from tensorcalc.printing.matrix import matrix_form


@dataclass(frozen=True)
class Identity:
    """One printed identity."""

    number: str
    #: Tensors with their shapes, ``"X 43, A 44"``.
    tensors: str
    source: str
    wrt: str
    answer: str
    mode: str = "grad"
    #: The name whose symmetry the printed answer takes for granted.
    symmetric: str = ""
    #: The same in matrix notation, where the derived formula has this very form.
    matrix: str = ""


SQUARE_FORM = "M_pq = X_ip A_ij X_jq"

IDENTITIES = [
    # 2.1 determinants
    Identity("49", "X 33", "f = det(X)", "X", "h_ij = f inv(X)_ji", matrix="f X⁻ᵀ"),
    Identity("51", "A 33, X 33, B 33", "M_pq = A_pi X_ij B_jq; f = det(M)", "X", "h_ij = f inv(X)_ji"),
    Identity("52", "X 33, A 33", f"{SQUARE_FORM}; f = det(M)", "X", "h_ij = 2 f inv(X)_ji"),
    Identity("53", "X 42, A 44", f"{SQUARE_FORM}; f = det(M)", "X", "h_iq = 2 f A_ij X_jp inv(M)_pq", symmetric="A"),
    Identity("54", "X 42, A 44", f"{SQUARE_FORM}; f = det(M)", "X", "N_pq = X_ip A_ji X_jq; h_iq = f (A_ij X_jp inv(M)_pq + A_ji X_jp inv(N)_pq)"),
    Identity("55", "X 42", "M_pq = X_ip X_iq; f = logdet(M)", "X", "h_iq = 2 X_ip inv(M)_pq"),
    Identity("56", "P 24", "M_pq = P_pi P_qi; X_ip = P_qi inv(M)_qp; N_pq = X_ip X_iq; f = logdet(N)", "P", "h_pi = -2 X_ip"),
    Identity("57, the absolute value", "X 33", "f = log(abs(det(X)))", "X", "h_ij = inv(X)_ji"),
    Identity("57", "X 33", "f = logdet(X)", "X", "h_ij = inv(X)_ji", matrix="X⁻ᵀ"),
    Identity("58", "X 33", "M_ij = X_ip X_pq X_qj; f = det(M)", "X", "h_ij = 3 f inv(X)_ji"),
    # 2.2 inverses
    Identity("60", "X 33", "f_kl = inv(X)_kl", "X", "h_klij = -inv(X)_ki inv(X)_jl", mode="jacobian"),
    Identity("61", "X 33, a 3, b 3", "f = a_i inv(X)_ij b_j", "X", "h_ij = -inv(X)_pi a_p b_q inv(X)_jq", matrix="-X⁻ᵀ a bᵀ X⁻ᵀ"),
    Identity("62", "X 33", "M_ij = inv(X)_ij; f = det(M)", "X", "h_ij = -f inv(X)_ji"),
    Identity("63", "A 43, X 33, B 34", "f = A_pi inv(X)_ij B_jp", "X", "h_ij = -inv(X)_jp B_pq A_qr inv(X)_ri"),
    Identity("64", "X 33, A 33", "M_ij = X_ij + A_ij; f = sum_i inv(M)_ii", "X", "h_ij = -inv(M)_jp inv(M)_pi"),
    # 2.4.1 first order
    Identity("69", "x 4, a 4", "f = x_i a_i", "x", "h_i = a_i", matrix="a"),
    Identity("70", "a 4, X 43, b 3", "f = a_i X_ij b_j", "X", "h_ij = a_i b_j", matrix="a bᵀ"),
    Identity("71", "a 3, X 43, b 4", "f = a_i X_ji b_j", "X", "h_ij = b_i a_j", matrix="b aᵀ"),
    Identity("72", "a 4, X 44", "f = a_i X_ij a_j", "X", "h_ij = a_i a_j", matrix="a aᵀ"),
    Identity("74", "X 43, A 32", "f_ij = X_ip A_pj", "X", "h_ijmn = delta_im A_nj", mode="jacobian"),
    Identity("75", "X 43, A 42", "f_ij = X_pi A_pj", "X", "h_ijmn = delta_in A_mj", mode="jacobian"),
    # 2.4.2 second order
    Identity("76", "X 43", "f = (sum_kl X_kl) (sum_mn X_mn)", "X", "h_ij = 2 (sum_kl X_kl) one_i one_j"),
    Identity("77", "X 43, b 3, c 3", "f = b_j X_ij X_ik c_k", "X", "h_ij = X_ik b_k c_j + X_ik c_k b_j"),
    Identity("78", "x 3, B 43, b 4, C 45, D 53, d 5", "u_i = B_ij x_j + b_i; v_k = D_kj x_j + d_k; f = u_i C_ik v_k", "x", "h_j = B_ij C_ik v_k + D_kj C_ik u_i"),
    Identity("79", "X 43, B 44", "f_kl = X_pk B_pq X_ql", "X", "h_klij = delta_lj X_pk B_pi + delta_kj B_iq X_ql", mode="jacobian"),
    Identity("81", "x 4, B 44", "f = x_i B_ij x_j", "x", "h_i = (B_ij + B_ji) x_j"),
    Identity("82", "X 43, D 44, b 3, c 3", "f = b_j X_ij D_ik X_kl c_l", "X", "h_ij = D_ki X_kl b_l c_j + D_ik X_kl c_l b_j"),
    Identity("83", "X 43, b 3, c 4, D 44", "u_i = X_ij b_j + c_i; f = u_i D_ik u_k", "X", "h_ij = (D_ik + D_ki) u_k b_j"),
    # W symmetric
    Identity("84", "x 4, A 43, s 3, W 44", "r_i = x_i - A_ij s_j; f = r_i W_ij r_j", "s", "h_j = -2 A_ij W_ik r_k", symmetric="W"),
    Identity("85", "x 4, s 4, W 44", "r_i = x_i - s_i; f = r_i W_ij r_j", "x", "h_i = 2 W_ij r_j", symmetric="W"),
    Identity("86", "x 4, s 4, W 44", "r_i = x_i - s_i; f = r_i W_ij r_j", "s", "h_i = -2 W_ij r_j", symmetric="W"),
    Identity("87", "x 4, A 43, s 3, W 44", "r_i = x_i - A_ij s_j; f = r_i W_ij r_j", "x", "h_i = 2 W_ij r_j", symmetric="W"),
    Identity("88", "x 4, A 43, s 3, W 44", "r_i = x_i - A_ij s_j; f = r_i W_ij r_j", "A", "h_ij = -2 W_ik r_k s_j", symmetric="W"),
    # 2.4.3 higher order
    Identity("90", "X 33", "f_kl = X_kp X_pq X_ql", "X", "h_klij = delta_ki X_jq X_ql + X_ki X_jl + X_kp X_pi delta_jl", mode="jacobian"),
    Identity("91", "X 33, a 3, b 3", "f = a_i X_ip X_pq X_qj b_j", "X", "h_ij = a_i X_jp X_pq b_q + X_pi a_p X_jq b_q + X_pi X_qp a_q b_j"),
    Identity("92", "X 33, a 3, b 3", "M_ij = X_ik X_kj; G_ij = M_ik b_k a_j + M_ik a_k b_j; f = a_k M_ik M_il b_l", "X", "h_ij = G_ik X_jk + X_ki G_kj"),
    Identity("94, 95", "x 3, A 43, B 53", "n = A_ij x_j A_ik x_k; d = B_ij x_j B_ik x_k; f = n / d", "x", "h_j = 2 A_ij A_ik x_k / d - 2 n B_mj B_mk x_k / d**2"),
    # 2.4.4 gradient and Hessian
    Identity("97", "x 4, A 44, b 4", "f = x_i A_ij x_j + b_i x_i", "x", "h_i = (A_ij + A_ji) x_j + b_i"),
    Identity("98", "x 4, A 44, b 4", "f = x_i A_ij x_j + b_i x_i", "x", "h_ij = A_ij + A_ji", mode="hessian", matrix="A + Aᵀ"),
    # 2.5.1 traces, first order
    Identity("99", "X 44", "f = tr(X)", "X", "h_ij = delta_ij", matrix="I"),
    Identity("100", "X 43, A 34", "f = X_ij A_ji", "X", "h_ij = A_ji", matrix="Aᵀ"),
    Identity("101", "A 54, X 43, B 35", "f = A_pi X_ij B_jp", "X", "h_ij = A_pi B_jp", matrix="Aᵀ Bᵀ"),
    Identity("102", "A 53, X 43, B 45", "f = A_pj X_ij B_ip", "X", "h_ij = B_ip A_pj", matrix="B A"),
    Identity("103", "X 43, A 43", "f = X_ij A_ij", "X", "h_ij = A_ij", matrix="A"),
    Identity("104", "A 43, X 43", "f = A_ij X_ij", "X", "h_ij = A_ij", matrix="A"),
    Identity("105", "A 33, X 44", "f = A_pp X_ii", "X", "h_ij = A_pp delta_ij", matrix="tr(A) I"),
    # 2.5.2 second order
    Identity("106", "X 44", "f = X_ij X_ji", "X", "h_ij = 2 X_ji", matrix="2 Xᵀ"),
    Identity("107", "X 44, B 44", "f = X_ij X_jk B_ki", "X", "h_ij = X_jk B_ki + B_jk X_ki"),
    Identity("108", "X 43, B 44", "f = X_ij B_ik X_kj", "X", "h_ij = B_ik X_kj + B_ki X_kj"),
    Identity("109", "B 44, X 43", "f = B_ik X_kj X_ij", "X", "h_ij = B_ik X_kj + B_ki X_kj"),
    Identity("110", "X 43, B 44", "f = X_ij X_kj B_ki", "X", "h_ij = B_ik X_kj + B_ki X_kj"),
    Identity("111", "X 43, B 33", "f = X_ij B_jk X_ik", "X", "h_ij = X_ik B_jk + X_ik B_kj"),
    Identity("112", "B 33, X 43", "f = B_jk X_ik X_ij", "X", "h_ij = X_ik B_jk + X_ik B_kj"),
    Identity("113", "X 43, B 33", "f = X_ij X_ik B_kj", "X", "h_ij = X_ik B_jk + X_ik B_kj"),
    Identity("114", "A 34, X 43, B 34", "f = A_pi X_ij B_jk X_kp", "X", "h_ij = A_pi X_kp B_jk + B_pi X_kp A_jk"),
    Identity("115", "X 43", "f = X_ij X_ij", "X", "h_ij = 2 X_ij", matrix="2 X"),
    Identity("116", "B 35, X 43, C 44", "f = B_jp X_ij C_ik X_kl B_lp", "X", "h_ij = C_ki X_kl B_lp B_jp + C_ik X_kl B_lp B_jp"),
    Identity("117", "X 43, B 44, C 33", "f = X_ij B_ik X_kl C_lj", "X", "h_ij = B_ik X_kl C_lj + B_ki X_kl C_jl"),
    Identity("118", "A 54, X 43, B 33, C 45", "f = A_pi X_ij B_jk X_lk C_lp", "X", "h_ij = A_pi C_lp X_lk B_jk + C_ip A_pl X_lk B_kj"),
    Identity("119", "A 54, X 43, B 32, C 52", "R_pq = A_pi X_ij B_jq + C_pq; f = R_pq R_pq", "X", "h_ij = 2 A_pi R_pq B_jq"),
    Identity("120", "X 44", "f = X_ii X_jj", "X", "h_ij = 2 X_pp delta_ij", matrix="2 tr(X) I"),
    # 2.5.3 higher order
    Identity("121", "X 33", "f = X_ij X_jk X_ki", "X", "h_ij = 3 X_jk X_ki", matrix="3 Xᵀ Xᵀ"),
    Identity("122", "A 33, X 33", "f = A_ij X_jk X_kl X_li", "X", "h_ij = A_jk X_kl X_li + X_jk A_kl X_li + X_jk X_kl A_li"),
    Identity("123", "B 35, X 43, C 44", "M_ip = C_ik X_kl B_lp; K_pj = B_lp X_il C_ik X_kj; f = K_pj X_ij M_ip", "X", "h_ij = C_ik X_kl X_ml C_mn X_nq B_qp B_jp + C_ki X_kl B_lp B_qp X_mq C_nm X_nj + C_ik X_kl B_lp B_qp X_mq C_mn X_nj + C_ki X_kl X_ml C_nm X_nq B_qp B_jp"),
    # 2.5.4 other
    Identity("124", "A 43, X 33, B 34", "f = A_pi inv(X)_ij B_jp", "X", "h_ij = -inv(X)_pi A_qp B_rq inv(X)_jr"),
    Identity("125", "X 42, C 44, A 22", "M_pq = X_ip C_ij X_jq; f = inv(M)_pq A_qp", "X", "h_iq = -C_ij X_jp inv(M)_pr (A_rs + A_sr) inv(M)_sq", symmetric="C"),
    Identity("126", "X 42, C 44, B 44", "M_pq = X_ip C_ij X_jq; N_pq = X_ip B_ij X_jq; f = inv(M)_pq N_qp", "X", "h_iq = -2 C_ij X_jp inv(M)_pr N_rs inv(M)_sq + 2 B_ij X_jp inv(M)_pq", symmetric="B C"),
    Identity("127", "X 42, C 44, B 44, A 22", "M_pq = A_pq + X_ip C_ij X_jq; N_pq = X_ip B_ij X_jq; f = inv(M)_pq N_qp", "X", "h_iq = -2 C_ij X_jp inv(M)_pr N_rs inv(M)_sq + 2 B_ij X_jp inv(M)_pq", symmetric="A B C"),
    # 2.6, 2.7 norms
    Identity("129", "x 4, a 4", "r_i = x_i - a_i; f = norm_i(r_i)", "x", "h_i = r_i / f"),
    Identity("130", "x 4, a 4", "r_i = x_i - a_i; d = norm_i(r_i); f_i = r_i / d", "x", "h_ij = delta_ij / d - r_i r_j / d**3", mode="jacobian"),
    Identity("131", "x 4", "f = x_i x_i", "x", "h_i = 2 x_i", matrix="2 x"),
    Identity("132", "X 43", "f = norm_{i j}(X_ij)**2", "X", "h_ij = 2 X_ij"),
]  # fmt: skip

#: Rows with a scalar variable, or with functions of the variable: program, of what, by what, answer.
WITH_FUNCTIONS = [
    ("46", "Y_ij = A_ij + x B_ij; f = det(Y)", "x", "f inv(Y)_ji B_ij"),
    ("59", "Y_ij = A_ij + x B_ij; f_kl = inv(Y)_kl", "x", "h_kl = -inv(Y)_ki B_ij inv(Y)_jl"),
    ("2.2, the last", "W_ij = inv(A)_ij; f = sum_ij sin(W_ij)", "A", "h_ij = -inv(A)_ki cos(W_kl) inv(A)_jl"),
    ("73", "f_kl = X_kl", "X", "h_klij = delta_ki delta_lj"),
    ("93", "s_i = tanh(S_ij x_j); r_i = sin(R_ij x_j); f = s_i A_ij r_j", "x", "h_k = (1 - s_i**2) S_ik A_ij r_j + cos(R_jm x_m) R_jk A_ij s_i"),
    ("142", "X_ij = delta_ij x_j; f = A_ij X_ji", "x", "h_i = A_ii"),
    ("137", "U_kl = B_ki X_ij C_jl; f = sum_kl exp(U_kl)", "X", "h_ij = exp(U_kl) B_ki C_jl"),
]  # fmt: skip

WITHOUT_SYMMETRY = [row for row in IDENTITIES if not row.symmetric]
WITH_SYMMETRY = [row for row in IDENTITIES if row.symmetric]


def declared(row: Identity, symmetric: bool) -> str:
    """Statements that give the tensors of a row their shapes."""
    lines: list[str] = []
    for tensor in row.tensors.split(", "):
        name, shape = tensor.split()
        slots = "_" + "".join("pq"[: len(shape)])
        lines.append(f"tensor {name}{slots} [{', '.join(shape)}]")
    if symmetric and row.symmetric:
        lines.append("symmetric " + ", ".join(row.symmetric.split()))
    return "\n".join(lines)


def _arrays(row: Identity, seed: int, symmetric: bool) -> dict[str, NDArray[np.float64]]:
    """Inputs at which every matrix is regular and every determinant positive."""
    generator = np.random.default_rng(seed)
    arrays: dict[str, NDArray[np.float64]] = {}
    for tensor in row.tensors.split(", "):
        name, digits = tensor.split()
        shape = tuple(map(int, digits))
        array = generator.uniform(-1, 1, shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            array = array + 2 * np.eye(shape[0])
        if symmetric and name in row.symmetric.split():
            array = (array + array.T) / 2
        arrays[name] = array
    return arrays


def _values(
    row: Identity, seed: int, symmetric: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64], tc.Program]:
    """What is printed, and what is derived."""
    tensors = declared(row, symmetric)
    program = tc.parse(f"{tensors}\n{row.source}")
    derived = getattr(program, row.mode)("f", row.wrt)
    output = derived.outputs[-1]
    extents = [e.number for e in derived[output].tensor.extents]
    left = re.search(r"h_(\w+) =", row.answer)
    assert left
    answer = f"tensor h_{left[1]} [{', '.join(map(str, extents))}]\n{row.answer}"
    printed = tc.parse(f"{tensors}\n{row.source}\n{answer}")
    arrays = _arrays(row, seed, symmetric)

    def value(of: tc.Program, name: str) -> Any:
        return evaluate(of.equations, arrays, NumpyBackend(), {}, [name])[name]

    return value(printed, "h"), value(derived, output), derived


def _named(rows: list[Identity]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=[f"({r.number})" for r in rows])


@_named(IDENTITIES)
def test_identity_holds(row: Identity) -> None:
    for seed in (1, 2):
        printed, found, _ = _values(row, seed)
        np.testing.assert_allclose(found, printed, rtol=1e-8, atol=1e-9, err_msg=row.number)


@pytest.mark.parametrize("row", WITH_FUNCTIONS, ids=lambda row: f"({row[0]})")
def test_identity_with_functions_of_the_variable(row: tuple[str, str, str, str]) -> None:
    _, source, wrt, answer = row
    program = tc.parse(source)
    assert tc.compare(answer, program, of="f", wrt=wrt).equal
    assert not tc.compare(
        answer.replace(" = ", " = -") if "=" in answer else f"-{answer}", program, of="f", wrt=wrt
    ).equal


def test_the_expansion_of_a_determinant_along_any_row() -> None:
    """Identities 47 and 50: ``sum_k ∂det(X)/∂X_ik X_jk = δ_ij det(X)``."""
    gradient = tc.parse("f = det(X)\ntensor X_ij [4, 4]").grad("f", "X").compile()
    matrix = np.random.default_rng(3).normal(size=(4, 4))
    np.testing.assert_allclose(
        gradient(X=matrix) @ matrix.T, np.linalg.det(matrix) * np.eye(4), atol=1e-12
    )


def test_the_second_derivative_of_a_determinant() -> None:
    """Identity 48, along a curve of matrices."""
    curve = tc.parse("Y_ij = A_ij + x B_ij + x**2 C_ij; f = det(Y)")
    printed = tc.parse("""
        Y_ij = A_ij + x B_ij + x**2 C_ij; f = det(Y)
        U_ij = inv(Y)_ik (B_kj + 2 x C_kj)
        V_ij = 2 inv(Y)_ik C_kj
        h = f (V_ii + U_ii U_jj - U_ij U_ji)
    """)
    assert curve.hessian("f", "x").equals(printed)


def test_identity_92_is_printed_with_its_first_term_transposed() -> None:
    row = next(r for r in IDENTITIES if r.number == "92")
    second = "M_ik a_k b_l X_jl + X_ki M_kl a_l b_j"
    for first, right in (
        ("X_il a_l b_k M_jk + a_i b_k M_lk X_lj", False),
        ("X_jl a_l b_k M_ik + a_j b_k M_lk X_li", True),
    ):
        printed, found, _ = _values(replace(row, answer=f"h_ij = {first} + {second}"), 1)
        assert np.allclose(printed, found) == right


def test_gradient_by_the_diagonals_of_a_toeplitz_matrix() -> None:
    """Identity 143: each is the sum of a diagonal of A."""
    program = tc.parse("tensor A_ij [4, 4]; tensor t_k [7]; T_ij = t_{i-j+3}; f = A_ij T_ji")
    matrix = np.random.default_rng(5).normal(size=(4, 4))
    found = program.grad("f", "t").compile()(A=matrix, t=np.zeros(7))
    np.testing.assert_allclose(found, [np.trace(matrix, k) for k in range(-3, 4)], rtol=1e-14)


@_named(WITH_SYMMETRY)
def test_printed_answer_needs_the_symmetry_it_takes_for_granted(row: Identity) -> None:
    printed, found, _ = _values(row, 1, symmetric=False)
    assert np.abs(printed - found).max() > 1e-3


@_named(IDENTITIES)
def test_derived_program_agrees_with_autograd(row: Identity) -> None:
    report = tc.parse(f"{declared(row, True)}\n{row.source}")
    checked = getattr(report, row.mode)("f", row.wrt).check(backends=("numpy",))
    assert checked.passed, str(checked)


@_named([row for row in IDENTITIES if row.matrix])
def test_derived_formula_is_printed_as_in_the_cookbook(row: Identity) -> None:
    _, _, derived = _values(row, 1)
    assert matrix_form(derived[derived.outputs[-1]]) == row.matrix


#: 2.8.2: the answer for a symmetric X counts each entry off the diagonal twice.
SYMMETRIC_VARIABLE = [
    Identity("139", "X 33, A 33", "f = A_ij X_ji", "X", "h_ij = A_ij + A_ji - delta_ij A_ij"),
    Identity("140", "X 33", "f = det(X)", "X", "h_ij = f (2 inv(X)_ij - delta_ij inv(X)_ij)"),
    Identity("141", "X 33", "f = logdet(X)", "X", "h_ij = 2 inv(X)_ij - delta_ij inv(X)_ij"),
]  # fmt: skip


@_named(SYMMETRIC_VARIABLE)
def test_gradient_by_a_symmetric_variable_is_the_symmetric_part(row: Identity) -> None:
    """The Cookbook differentiates by the entries on and above the diagonal (138): another convention.

    From the symmetric part ``G`` its answer is ``2 G - diag(G)``.
    """
    printed, found, _ = _values(replace(row, symmetric="X"), 1)
    np.testing.assert_allclose(found, found.T, atol=1e-12)
    np.testing.assert_allclose(2 * found - np.diag(np.diag(found)), printed, rtol=1e-9)


def test_identity_127_needs_a_symmetric_a_too() -> None:
    """The Cookbook assumes B and C symmetric; the printed answer also takes A for symmetric."""
    row = next(r for r in IDENTITIES if r.number == "127")
    only_b_and_c = replace(row, symmetric="B C")
    printed, found, _ = _values(only_b_and_c, 1)
    assert np.abs(printed - found).max() > 1e-3


#: The same in matrix notation, in and out: the gradient is printed as the Cookbook prints it,
#: up to transposes taken inside and products not multiplied out.
WRITTEN_AS_MATRICES = [
    ("49", "f = det(X)", "X", "f X⁻ᵀ"),
    ("57", "f = log(det(X))", "X", "X⁻ᵀ"),
    ("61", "f = y'*inv(X)*z", "X", "-X⁻ᵀ y zᵀ X⁻ᵀ"),
    ("63", "f = tr(A*inv(X)*B)", "X", "-X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ"),
    ("69", "f = x'*y", "x", "y"),
    ("70", "f = y'*X*z", "X", "y zᵀ"),
    ("71", "f = y'*X'*z", "X", "z yᵀ"),
    ("77", "f = y'*X'*X*z", "X", "X z yᵀ + X y zᵀ"),
    ("78", "f = (B*x + y)'*C*(D*x + z)", "x", "Bᵀ C (D x + z) + Dᵀ Cᵀ (B x + y)"),
    ("81", "f = x'*B*x", "x", "B x + Bᵀ x"),
    ("82", "f = y'*X'*D*X*z", "X", "D X z yᵀ + Dᵀ X y zᵀ"),
    ("83", "f = (X*y + z)'*D*(X*y + z)", "X", "(D (X y + z) + Dᵀ (X y + z)) yᵀ"),
    ("97", "f = x'*A*x + y'*x", "x", "A x + Aᵀ x + y"),
    ("99", "f = tr(X)", "X", "I"),
    ("100", "f = tr(X*A)", "X", "Aᵀ"),
    ("101", "f = tr(A*X*B)", "X", "Aᵀ Bᵀ"),
    ("102", "f = tr(A*X'*B)", "X", "B A"),
    ("103", "f = tr(X'*A)", "X", "A"),
    ("104", "f = tr(A*X')", "X", "A"),
    ("106", "f = tr(X*X)", "X", "2 Xᵀ"),
    ("107", "f = tr(X*X*B)", "X", "Bᵀ Xᵀ + Xᵀ Bᵀ"),
    ("108", "f = tr(X'*B*X)", "X", "B X + Bᵀ X"),
    ("111", "f = tr(X*B*X')", "X", "X Bᵀ + X B"),
    ("114", "f = tr(A*X*B*X)", "X", "Aᵀ Xᵀ Bᵀ + Bᵀ Xᵀ Aᵀ"),
    ("115", "f = tr(X'*X)", "X", "2 X"),
    ("116", "f = tr(B'*X'*C*X*B)", "X", "C X B Bᵀ + Cᵀ X B Bᵀ"),
    ("117", "f = tr(X'*B*X*C)", "X", "B X C + Bᵀ X Cᵀ"),
    ("118", "f = tr(A*X*B*X'*C)", "X", "Aᵀ Cᵀ X Bᵀ + C A X B"),
    ("119", "f = tr((A*X*B + C)*(A*X*B + C)')", "X", "2 Aᵀ (A X B + C) Bᵀ"),
    ("121", "f = tr(X*X*X)", "X", "3 Xᵀ Xᵀ"),
    ("124", "f = tr(A*inv(X)*B)", "X", "-X⁻ᵀ Aᵀ Bᵀ X⁻ᵀ"),
    ("131", "f = norm2(x)^2", "x", "2 x"),
    ("132", "f = norm2(X)^2", "X", "2 X"),
]


def _terms(text: str) -> set[str]:
    """The terms of a sum without brackets around it, in no order."""
    return set(re.split(r" \+ (?![^(]*\))", text))


@pytest.mark.parametrize(
    ("source", "wrt", "wanted"),
    [row[1:] for row in WRITTEN_AS_MATRICES],
    ids=[f"({row[0]})" for row in WRITTEN_AS_MATRICES],
)
def test_matrix_notation_in_and_out(source: str, wrt: str, wanted: str) -> None:
    derived = tc.parse(source, syntax="matrix").grad("f", wrt)
    found = matrix_form(derived[f"df_d{wrt}"])
    assert found is not None
    assert _terms(found) == _terms(wanted)
