"""Sums inside products are multiplied out where that is cheaper, and only there."""

from __future__ import annotations

from tensorcalc.codegen import compile_equations
from tensorcalc.expr import Equations, Index, add, contract, multiply, subtract
from tests.codegen.small_programs import at, check, index, program

I, J, K = (index(n) for n in "ijk")  # noqa: E741
Q = Index("q", 0, I.extent)
SIZES = {"n_i": 40, "n_j": 30, "n_k": 20}


def low_rank() -> Equations:
    """``(A_ij + u_i v_j) x_j``."""
    matrix = add([at("A", I, J), multiply([at("u", I), at("v", J)])])
    return program({"y": ([I], contract([J], multiply([matrix, at("x", J)])))})


def test_a_matrix_plus_an_outer_product_is_never_formed() -> None:
    kernel = check(low_rank(), SIZES)["numpy"]
    n, m = SIZES["n_i"], SIZES["n_j"]
    assert kernel.plan.multiplications == n * m + m  # and a vector times a number
    assert kernel.plan.largest_intermediate <= n


def test_a_residual_stays_one_factor() -> None:
    """``X_kj (X_ki W_ij - Y_kj)``: expanding would multiply ``X`` by itself."""
    residual = subtract(contract([I], multiply([at("X", K, I), at("W", I, J)])), at("Y", K, J))
    other = contract([K], multiply([at("X", K, I), residual]))
    equations = program({"g": ([I, J], other)})
    kernel = check(equations, {"n_i": 10, "n_j": 3, "n_k": 20})["numpy"]
    assert kernel.plan.multiplications == 2 * 10 * 3 * 20


def test_sums_that_broadcast_and_sums_used_twice() -> None:
    wide = add([at("x", I), at("y", J)])
    check(program({"s": ([K], contract([I, J], multiply([wide, at("z", K)])))}), SIZES)
    check(program({"s": ([I], contract([J], multiply([wide, at("z", I)])))}), SIZES)
    shared = program(
        {
            "M": ([I, J], add([at("A", I, J), multiply([at("u", I), at("v", J)])])),
            "y": ([I], contract([J], multiply([at("M", I, J), at("x", J)]))),
        },
        ["M", "y"],
    )
    check(shared, SIZES)


def test_the_choice_follows_the_sizes() -> None:
    """A sum of two products of thin factors: apart if the vector is thin too."""
    first = contract([K], multiply([at("A", I, K), at("B", K, J)]))
    matrix = add([first, at("C", I, J)])
    equations = program({"y": ([I], contract([J], multiply([matrix, at("x", J)])))})
    thin = compile_equations(equations, "numpy", sizes=SIZES).plan
    assert thin.multiplications == 30 * 20 + 40 * 20 + 40 * 30
    check(equations, SIZES)
