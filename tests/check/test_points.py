"""Generic points respect what is declared and what is defined."""

import numpy as np
import pytest

from tensorcalc.check import NumpyBackend, evaluate, generic_point
from tensorcalc.errors import ShapeError, VerificationError
from tensorcalc.expr import (
    ONE,
    Access,
    Definition,
    Equations,
    Expr,
    Fact,
    Index,
    Level,
    Lookup,
    Slot,
    Tensor,
    access,
    add,
    affine,
    apply,
    at_indices,
    contract,
    extent,
    multiply,
    negate,
    number,
    power,
    transform,
)

UP, LOW = Level.UPPER, Level.LOWER
N, M = extent("n"), extent("m")
i, j, k = Index("i", 0, N), Index("j", 0, M), Index("k", 0, N)


def scalar(body: Expr, *inputs: Tensor, facts: tuple[Fact, ...] = ()) -> Equations:
    """A program with one scalar output."""
    return Equations(inputs, (Definition(Tensor("f", (), ()), (), body),), ("f",), facts)


def test_sizes_differ_and_the_seed_fixes_everything() -> None:
    a = Tensor("A", (N, M), (UP, LOW))
    equations = scalar(contract((i, j), at_indices(a, (i, j))), a)
    one, two, other = (generic_point(equations, seed) for seed in (0, 0, 1))
    assert one.sizes["n"] != one.sizes["m"]
    assert one.sizes == two.sizes
    np.testing.assert_array_equal(one.arrays["A"], two.arrays["A"])
    assert not np.array_equal(one.arrays["A"], other.arrays["A"])
    assert one.arrays["A"].shape == (one.sizes["n"], one.sizes["m"])


def test_given_sizes_are_used() -> None:
    x = Tensor("x", (N,), (UP,))
    equations = scalar(contract((i,), at_indices(x, (i,))), x)
    assert generic_point(equations, sizes={"n": 11}).arrays["x"].shape == (11,)


def test_every_index_gets_a_component() -> None:
    z, w = Tensor("z", (N,), (UP,)), Tensor("w", (M,), (UP,))
    out = Index("o", 0, N - M + 1)
    reach = Access(z, (Slot(affine([(out, 1), (j, 1)]), UP),))
    body = contract((out, j), multiply((reach, at_indices(w, (j,)))))
    for seed in range(10):
        point = generic_point(scalar(body, z, w), seed)
        assert point.sizes["n"] >= point.sizes["m"]


def test_no_sizes_at_all_is_an_error() -> None:
    x = Tensor("x", (N - N,), (UP,))
    with pytest.raises(ShapeError, match="no sizes"):
        generic_point(scalar(ONE, x))


def test_declared_signs_masks_and_symmetries() -> None:
    v = Tensor("v", (N,), (UP,), facts=frozenset(("positive",)))
    m = Tensor("m", (N, M), (UP, LOW), facts=frozenset(("mask",)))
    s = Tensor("S", (N, N), (LOW, LOW), symmetry=((1, (0, 1)),))
    f = Tensor("F", (N, N), (LOW, LOW), symmetry=((-1, (0, 1)),))
    point = generic_point(scalar(ONE, v, m, s, f), 3, sizes={"n": 6, "m": 5})
    assert (point.arrays["v"] > 0).all()
    assert set(np.unique(point.arrays["m"])) == {0.0, 1.0}
    np.testing.assert_array_equal(point.arrays["S"], point.arrays["S"].T)
    np.testing.assert_array_equal(point.arrays["F"], -point.arrays["F"].T)
    assert np.abs(point.arrays["F"]).max() > 0.1


def test_labels_lie_in_the_range_they_index() -> None:
    c = Tensor("c", (N,), (LOW,), "integer")
    table = Tensor("E", (M, extent(2)), (LOW, UP))
    row = Access(table, (Slot(Lookup(at_indices(c, (i,))), LOW), Slot(affine((), 0), UP)))
    for seed in range(5):
        point = generic_point(scalar(contract((i,), row), c, table), seed)
        labels = point.arrays["c"]
        assert labels.dtype.kind == "i"
        assert labels.min() >= 0
        assert labels.max() < point.sizes["m"]


@pytest.mark.parametrize(
    "name", ["log", "sqrt", "acos", "atanh", "acosh", "log1p", "log10", "asin"]
)
def test_inputs_lie_in_the_domain_of_what_reads_them(name: str) -> None:
    x = Tensor("x", (N,), (UP,))
    equations = scalar(contract((i,), apply(name, at_indices(x, (i,)))), x)
    for seed in range(5):
        point = generic_point(equations, seed)
        assert np.isfinite(evaluate(equations, point.arrays, NumpyBackend())["f"])


def test_a_function_of_a_formula_gets_a_point_in_its_domain_too() -> None:
    x = Tensor("x", (N,), (UP,))
    inner = contract((i,), at_indices(x, (i,)))
    for seed in range(5):
        generic_point(scalar(apply("log", inner), x), seed)
        generic_point(scalar(apply("acosh", inner), x), seed)
        generic_point(scalar(apply("acos", multiply((number(0.1), inner))), x), seed)


def test_a_program_that_is_never_finite_is_an_error() -> None:
    x = Tensor("x", (), ())
    body = apply("log", negate(power(Access(x, ()), 2)))
    with pytest.raises(VerificationError, match="seed 4"):
        generic_point(scalar(body, x), 4)


@pytest.mark.parametrize("name", ["cholesky", "logdet", "inv"])
def test_matrices_that_are_inverted_are_well_conditioned(name: str) -> None:
    a = Tensor("A", (N, N), (UP, LOW))
    bound = [((i, k), at_indices(a, (i, k)))]
    p = (Slot(i, UP), Slot(k, LOW)) if name != "logdet" else ()
    body = transform(name, bound, p)
    equations = scalar(contract((i, k), body) if p else body, a)
    for seed in range(5):
        matrix = generic_point(equations, seed).arrays["A"]
        assert np.linalg.cond(matrix) < 1e3
        assert np.linalg.det(matrix) > 0
        if name == "cholesky":
            np.testing.assert_allclose(matrix, matrix.T)
        elif len(matrix) > 1:
            assert not np.allclose(matrix, matrix.T)


def test_facts_hold_for_every_free_index() -> None:
    y = Tensor("Y", (N, M), (LOW, LOW))
    fact = Fact((i,), contract((j,), access("Y_i_j", i, j)), ONE)
    rows = generic_point(scalar(ONE, y, facts=(fact,))).arrays["Y"].sum(1)
    np.testing.assert_allclose(rows, 1)
    unit = Fact((), contract((j,), power(access("y^j", j), 2)), number(4))
    vector = generic_point(scalar(ONE, Tensor("y", (M,), (UP,)), facts=(unit,))).arrays["y"]
    np.testing.assert_allclose(np.linalg.norm(vector), 2)


def test_a_fact_that_cannot_be_met_is_an_error() -> None:
    x = Tensor("x", (), ())
    never = Fact((), add((power(Access(x, ()), 2), ONE)), number(-1))
    with pytest.raises(VerificationError, match="fact"):
        generic_point(scalar(ONE, x, facts=(never,)))
