"""Products of an inverse are solved, in both back ends; the inverse stays where it is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.kernels import BACKENDS, behaves

SIZES = {"N": 4, "M": 3, "K": 5, "P": 2}


def arrays(program: tc.Program) -> dict[str, Any]:
    """Generic arrays; square matrices are well away from singular ones."""
    numbers = np.random.default_rng(7)
    made: dict[str, Any] = {}
    for tensor in program.equations.inputs:
        shape = [size.evaluate(SIZES) for size in tensor.extents]
        value = numbers.normal(size=shape)
        if len(shape) > 1 and shape[-1] == shape[-2]:
            value = value + 3 * np.eye(shape[-1])
            if tensor.name == "S":
                value = value @ value.swapaxes(-1, -2)
        made[tensor.name] = value
    return made


def sources(program: tc.Program, sizes: Mapping[str, int] | None = None) -> list[str]:
    return [program.compile(backend, sizes=sizes).source for backend in BACKENDS]


def solves(source: str) -> int:
    """How many systems are solved."""
    return len(re.findall(r"linalg\.(?:lu_)?solve", source))


#: A program, and how often it solves.
SOLVED = [
    ("tensor X^i_j [N, N]\ny^i = inv(X)^i_j b^j", 1),
    ("tensor X^i_j [N, N]\ny_j = inv(X)^i_j b_i", 1),
    ("tensor X^i_j [N, N], B^j_k [N, M]\nY^i_k = inv(X)^i_j B^j_k", 1),
    ("tensor X^i_j [N, N], B^j_k [N, M]\nY_k^i = inv(X)^i_j B^j_k", 1),
    ("tensor X^i_j [N, N], B_kl^j [M, P, N]\nY^i_kl = inv(X)^i_j B_kl^j", 1),
    ("tensor X_n^i_j [M, N, N], b_n^j [M, N]\ny_n^i = inv(X_n^k_l)^i_j b_n^j", 1),
    ("tensor X_n^i_j [M, N, N], b^j [N]\ny_n^i = inv(X_n^k_l)^i_j b^j", 1),
    ("tensor X_n^i_j [M, N, N], b_n_i [M, N]\ny_nj = inv(X_n^k_l)^i_j b_ni", 1),
    ("tensor X_n^i_j [M, N, N], B^j_k [N, K]\nY_n^i_k = inv(X_n^p_q)^i_j B^j_k", 1),
    ("tensor X_n^i_j [N, N, N], B^j_k [N, N]\nY_n^i_k = inv(X_n^p_q)^i_j B^j_k", 1),
    ("tensor X_n^i_j [M, N, N], B_n^j_kl [M, N, K, P]\nY_n^i_kl = inv(X_n^p_q)^i_j B_n^j_kl", 1),
    ("tensor X_n^i_j [M, N, N], B^j_kl [N, K, P]\nY_n^i_kl = inv(X_n^p_q)^i_j B^j_kl", 1),
    ("tensor X_nm^i_j [M, P, N, N], b_m^j [P, N]\ny_nm^i = inv(X_nm^p_q)^i_j b_m^j", 1),
    ("tensor X^i_j [N, N], b^j [N]\nL = a_i inv(X)^i_j b^j", 1),
    ("tensor A_ki [K, N]\nw_i = inv(A_ki A_kj)_ij A_kj y_k", 1),
    ("tensor S_ij [N, N]\nv_i = inv(cholesky(S))_ij r_j", 1),
    ("tensor S_ij [N, N]\nv_j = inv(cholesky(S))_ij r_i", 1),
    ("tensor S_ij [N, N], R_jk [N, M]\nv_ik = inv(cholesky(S))_ij R_jk", 1),
    ("tensor X_ij [N, N], Y_ij [N, N]\nz_i = inv(X)_ij inv(Y)_jk b_k", 2),
    ("tensor X_ij [N, N]\nz_i = inv(X)_ij inv(X)_jk b_k", 2),
]


@pytest.mark.parametrize(("text", "count"), SOLVED)
def test_a_product_of_an_inverse_is_solved(text: str, count: int) -> None:
    program = tc.parse(text)
    behaves(program.equations, arrays(program))
    for source in sources(program):
        assert "linalg.inv" not in source
        assert solves(source) == count, source


#: An entry that is summed, or kept, on both sides; the inverse itself; too many products.
KEPT = [
    "tensor X^i_j [N, N]\nY^i_j = inv(X)^i_j",
    "tensor X_ij [N, N], B_ij [N, N]\nL = inv(X)_ij B_ij",
    "tensor X_ij [N, N], B_ij [N, N]\nY_ij = inv(X)_ij B_ij",
    "tensor X_ij [N, N]\nd_i = inv(X)_ii b_i",
    "tensor X_ij [N, N]\nV_ij = inv(X)_ij\ny_i = V_ij b_j + V_ii",
    "tensor X_n^i_j [M, N, N], b_nj [M, N]\ny_i = sum_n inv(X_n^p_q)_ij b_nj",
    (
        "tensor X_ij [N, N]\n"
        "V_ij = inv(X)_ij\n"
        "L_i = tanh(V_ij a_j) + tanh(V_ij b_j) + tanh(V_ij c_j) + tanh(V_ji d_j)"
    ),
    "tensor X_ij [N, N], b_ti [M, N]\ns_t^i = tanh(inv(X)_ij s_{t-1}^j) + b_t^i\ns_{-1}^i = h^i",
]


@pytest.mark.parametrize("text", KEPT)
def test_an_inverse_that_is_needed_is_formed_once(text: str) -> None:
    program = tc.parse(text)
    behaves(program.equations, arrays(program))
    for source in sources(program):
        assert "linalg.solve" not in source
        assert source.count("linalg.inv") == 1, source


def test_the_adjoint_of_a_solution_is_two_solutions() -> None:
    program = tc.parse("tensor X^i_j [N, N]\ny^i = inv(X)^i_j b^j")
    adjoint = program.vjp("y", ["X", "b"])
    assert adjoint.check().passed
    for source in sources(adjoint):
        assert solves(source) == 2
        assert "linalg.inv" not in source


@pytest.mark.parametrize(
    "text",
    [
        "tensor X_ij [N, N], B_jk [N, M]\nL = tanh(inv(X)_ij B_jk) C_ik",
        "tensor X_n^i_j [M, N, N]\ny_n^i = inv(X_n^p_q)^i_j b_n^j\nL = exp(y_n^i / 5) c_ni",
        "symmetric S\ntensor S_ij [N, N]\nL = logdet(S) + r_i inv(S)_ij r_j",
        "tensor S_ij [N, N]\nL = sum_i (inv(cholesky(S))_ij r_j)**2",
    ],
)
def test_derivatives_of_solutions(text: str) -> None:
    program = tc.parse(text)
    names = [t.name for t in program.equations.inputs]
    assert program.grad("L", names).check().passed
    assert program.hvp("L", names[:1]).check().passed


def test_a_triangular_system_is_solved_by_substitution() -> None:
    below, above = (tc.parse(SOLVED[n][0]).compile("torch").source for n in (15, 16))
    assert "solve_triangular" in below
    assert "upper=False" in below
    assert "solve_triangular" in above
    assert "upper=True" in above


@pytest.mark.parametrize(
    "text",
    [
        "tensor X^i_j [N, N]\nx^i = inv(X)^i_j b^j\ny_j = inv(X)^i_j c_i",
        "tensor X_ij [N, N], B_jk [N, M]\nx_i = inv(X)_ij b_j\nY_ik = inv(X)_ij B_jk",
        "tensor X_ij [N, N], B_klj [M, P, N]\nx_i = inv(X)_ji b_j\nY_ikl = inv(X)_ij B_klj",
        "tensor X_n^i_j [M, N, N]\nx_n^i = inv(X_n^k_l)^i_j b_n^j\ny_nj = inv(X_n^k_l)^i_j c_i",
    ],
)
def test_systems_of_one_matrix_share_its_factors_in_torch(text: str) -> None:
    program = tc.parse(text)
    behaves(program.equations, arrays(program))
    numpy, torch = sources(program)
    assert solves(numpy) == solves(torch) == 2
    assert torch.count("lu_factor") == 1
    assert torch.count("lu_solve") == 2


def test_a_singular_matrix_is_an_error_where_factors_are_shared() -> None:
    program = tc.parse("tensor X^i_j [N, N]\nx^i = inv(X)^i_j b^j\ny_j = inv(X)^i_j b_i")
    kernel = program.compile("torch")
    with pytest.raises(RuntimeError, match=r"singular|zero"):
        kernel(X=np.zeros((3, 3)), b=np.ones(3))


def test_the_plan_counts_what_solving_costs() -> None:
    program = tc.parse("tensor X^i_j [N, N], B^j_k [N, M]\nY^i_k = inv(X)^i_j B^j_k")
    plan = program.compile("numpy", sizes={"N": 30, "M": 4}).plan
    (step,) = plan.steps
    assert step.formula.startswith("solve ")
    assert step.multiplications == 30**3 // 3 + 30 * 30 * 4
