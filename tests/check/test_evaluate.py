"""The oracle against plain NumPy, for every node kind."""

import numpy as np
import pytest
import torch

from tensorcalc.check import NumpyBackend, TorchBackend, evaluate, evaluate_expr
from tensorcalc.check import labelled as labelled_module
from tensorcalc.errors import NotCompilableError, ShapeError, UnknownNameError
from tensorcalc.expr import (
    ZERO,
    AbstractFunction,
    Access,
    Affine,
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
    Size,
    Slot,
    Start,
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
    number,
    power,
    reduce,
    transform,
)

UP, LOW = Level.UPPER, Level.LOWER
N, M = extent("n"), extent("m")
i, j, k, m = Index("i", 0, N), Index("j", 0, M), Index("k", 0, N), Index("m", 0, N)
SIZES = {"n": 3, "m": 4}
GENERATOR = np.random.default_rng(0)
A = GENERATOR.normal(size=(3, 4))
X = GENERATOR.normal(size=3)
Y = GENERATOR.normal(size=4)
C = np.array([2, 0, 1, 2])
ARRAYS = {"A": A, "x": X, "y": Y, "c": C}
LABELS = Tensor("c", (M,), (LOW,), "integer")


def both(expr: Expr, *axes: Index) -> np.ndarray:
    """The value, the same by both libraries."""
    left = evaluate_expr(expr, axes, ARRAYS, NumpyBackend(), SIZES)
    right = evaluate_expr(expr, axes, ARRAYS, TorchBackend(), SIZES)
    assert right.dtype == torch.float64
    np.testing.assert_allclose(left, right.numpy(), rtol=1e-14)
    return np.asarray(left)


def test_product_sum_and_contraction() -> None:
    a, x, y = access("A^i_j", i, j), access("x_i", i), access("y^j", j)
    np.testing.assert_allclose(both(contract((j,), multiply((a, y))), i), A @ Y)
    np.testing.assert_allclose(both(add((x, y)), i, j), X[:, None] + Y)
    np.testing.assert_allclose(both(add((x, y)), j, i), Y[:, None] + X)
    np.testing.assert_allclose(both(divide(a, power(y, 2)), i, j), A / Y**2)
    np.testing.assert_allclose(both(contract((i, j), multiply((x, a, y)))), X @ A @ Y)


def test_an_index_the_body_lacks_counts() -> None:
    np.testing.assert_allclose(both(contract((i, j), access("x^k", k)), k), 12 * X)
    np.testing.assert_allclose(both(contract((j,), number(2))), 8)
    np.testing.assert_allclose(both(access("x^i", i), i, j), np.repeat(X[:, None], 4, 1))


def test_numbers_and_sizes() -> None:
    assert float(both(number(0.1))) == 0.1
    assert both(Size(N * M - 1)) == 11


def test_repeated_and_nested_indices() -> None:
    square = Tensor("S", (N, N), (UP, LOW))
    entries = GENERATOR.normal(size=(3, 3))
    diagonal = Access(square, (Slot(i, UP), Slot(i, LOW)))
    for backend in (NumpyBackend(), TorchBackend()):
        got = evaluate_expr(diagonal, (i,), {"S": entries}, backend, SIZES)
        np.testing.assert_allclose(np.asarray(got), np.diag(entries))
    inner = contract((i,), access("x^i", i))
    np.testing.assert_allclose(both(multiply((access("x^i", i), inner)), i), X * X.sum())


def test_delta_and_condition() -> None:
    np.testing.assert_array_equal(both(Delta(Slot(i, UP), Slot(k, LOW)), i, k), np.eye(3))
    np.testing.assert_array_equal(both(Delta(Slot(i, UP), Slot(j, LOW)), i, j), np.eye(3, 4))
    shifted = affine([(i, 1), (k, -1)])
    wanted = np.array([[[a - b == c for c in range(3)] for b in range(3)] for a in range(3)])
    np.testing.assert_array_equal(both(Delta(Slot(shifted, UP), Slot(m, LOW)), i, k, m), wanted)
    np.testing.assert_array_equal(both(Condition("<=", i, k), i, k), np.triu(np.ones((3, 3))))
    np.testing.assert_array_equal(both(Condition("!=", i, affine((), 1)), i), [1, 0, 1])


@pytest.mark.parametrize(
    ("edge", "wanted"),
    [
        (Edge.ZERO, [0, 0, 0, 1, 2]),
        (Edge.CIRCULAR, [1, 2, 3, 1, 2]),
        (Edge.REFLECT, [2, 3, 2, 1, 2]),
        (Edge.REPLICATE, [1, 1, 1, 1, 2]),
    ],
)
def test_edges(edge: Edge, wanted: list[int]) -> None:
    t = Index("t", 0, extent(5))
    z = Tensor("z", (extent(3),), (UP,))
    read = Access(z, (Slot(affine([(t, 1)], -3), UP, edge),))
    values = {"z": np.array([1.0, 2.0, 3.0])}
    got = evaluate_expr(read, (t,), values, NumpyBackend(), {})
    np.testing.assert_array_equal(got, wanted)
    got = evaluate_expr(read, (t,), values, TorchBackend(), {})
    np.testing.assert_array_equal(got.numpy(), wanted)


@pytest.mark.parametrize("edge", [Edge.ZERO, Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE])
def test_the_delta_of_an_edge_is_its_derivative(edge: Edge) -> None:
    t, s = Index("t", 0, extent(7)), Index("s", 0, extent(4))
    z = Tensor("z", (extent(4),), (UP,))
    slot = Slot(affine([(t, 1)], -2), UP, edge)
    delta = evaluate_expr(Delta(slot, Slot(s, LOW)), (t, s), {}, NumpyBackend(), {})
    values = GENERATOR.normal(size=4)
    read = evaluate_expr(Access(z, (slot,)), (t,), {"z": values}, NumpyBackend(), {})
    np.testing.assert_allclose(delta @ values, read)


def test_an_index_that_leaves_its_tensor_is_an_error() -> None:
    ahead = Access(Tensor("x", (N,), (UP,)), (Slot(affine([(i, 1)], 1), UP),))
    with pytest.raises(ShapeError, match="leaves x"):
        evaluate_expr(ahead, (i,), ARRAYS, NumpyBackend(), SIZES)
    short = Index("i", 0, N - 1)
    ahead = Access(Tensor("x", (N,), (UP,)), (Slot(affine([(short, 1)], 1), UP),))
    np.testing.assert_array_equal(both(ahead, short), X[1:])


def test_components_and_gathers() -> None:
    vector = Tensor("x", (N,), (UP,))
    last = Access(vector, (Slot(affine((), N - 1), UP),))
    assert both(last) == X[-1]
    picked = Access(vector, (Slot(Lookup(at_indices(LABELS, (j,))), UP),))
    np.testing.assert_array_equal(both(picked, j), X[C])
    one_hot = Delta(Slot(i, UP), Slot(Lookup(at_indices(LABELS, (j,))), LOW))
    np.testing.assert_array_equal(both(one_hot, i, j), np.eye(3)[:, C])


def test_a_label_outside_its_range_is_an_error() -> None:
    picked = Access(Tensor("x", (N,), (UP,)), (Slot(Lookup(at_indices(LABELS, (j,))), UP),))
    for wrong in (-1, 3):
        with pytest.raises(ShapeError):
            evaluate_expr(
                picked, (j,), {**ARRAYS, "c": np.array([0, 1, 2, wrong])}, NumpyBackend(), SIZES
            )


def test_whole_functions_with_batches_and_components() -> None:
    a = access("A^i_j", i, j)
    soft = np.exp(A) / np.exp(A).sum(1, keepdims=True)
    one = transform("softmax", [((j,), a)], [Slot(j, LOW)])
    np.testing.assert_allclose(both(one, i, j), soft)
    np.testing.assert_allclose(both(reduce("max", [i], a), j), A.max(0))
    np.testing.assert_allclose(both(reduce("logsumexp", [i, j], a)), np.log(np.exp(A).sum()))
    fixed = transform("softmax", [((j,), a)], [Slot(affine((), 1), LOW)])
    np.testing.assert_allclose(both(fixed, i), soft[:, 1])
    np.testing.assert_allclose(both(reduce("norm", [j], number(2))), 4.0)


def test_constants_and_conditions_on_values() -> None:
    assert both(apply("pi")) == np.pi
    chosen = apply("where", apply("less", ZERO, access("x^i", i)), access("x^i", i), number(-1))
    np.testing.assert_array_equal(both(chosen, i), np.where(X > 0, X, -1))


def test_a_large_product_is_summed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    a, x, y = access("A^i_j", i, j), access("x_k", k), access("y^j", j)
    expr = contract((i, j, k), multiply((a, x, y, access("x_m", m))))
    wanted = both(expr, m)
    monkeypatch.setattr(labelled_module, "_ENTRIES_AT_ONCE", 4)
    np.testing.assert_allclose(both(expr, m), wanted)


def test_ten_thousand_levels_need_no_recursion() -> None:
    expr: Expr = access("x^i", i)
    for _ in range(10_000):
        expr = apply("sin", expr)
    assert both(expr, i).shape == (3,)


def test_what_has_no_value_raises() -> None:
    with pytest.raises(UnknownNameError, match="no value for q"):
        evaluate_expr(access("q^i", i), (i,), ARRAYS, NumpyBackend(), SIZES)
    derivative = Derivative(access("x^i", i), access("x^k", k))
    with pytest.raises(NotCompilableError):
        evaluate_expr(derivative, (i, k), ARRAYS, NumpyBackend(), SIZES)


def test_abstract_functions_are_generic_and_their_derivatives_exact() -> None:
    f = AbstractFunction("f", (0, 0))
    arguments = (access("x^i", i), access("y^j", j))
    value = both(Apply(f, arguments), i, j)
    other = both(Apply(AbstractFunction("g", (0, 0)), arguments), i, j)
    assert np.abs(value - other).min() > 1e-3
    step = 1e-5
    for place, name in enumerate("xy"):
        measured = []
        for sign in (1, -1):
            moved = {**ARRAYS, name: ARRAYS[name] + sign * step}
            measured.append(
                evaluate_expr(Apply(f, arguments), (i, j), moved, NumpyBackend(), SIZES)
            )
        slope = (measured[0] - measured[1]) / (2 * step)
        np.testing.assert_allclose(both(Apply(f.derivative(place), arguments), i, j), slope, 1e-7)


def test_an_abstract_vector_function_couples_its_components() -> None:
    f = AbstractFunction("sigma", (1,))
    argument = Argument((i,), access("x^i", i))
    jacobian = both(Transform(f, (argument,), (Slot(k, UP), Slot(m, LOW))), k, m)
    step = 1e-5
    plain = Transform(AbstractFunction("sigma", (0,)), (argument,), (Slot(k, UP),))
    for column in range(3):
        change = step * np.eye(3)[column]
        ahead, behind = (
            evaluate_expr(plain, (k,), {"x": X + s * change}, NumpyBackend(), SIZES)
            for s in (1, -1)
        )
        np.testing.assert_allclose(jacobian[:, column], (ahead - behind) / (2 * step), 1e-6)
    assert np.abs(jacobian).min() > 1e-4
    assert np.abs(jacobian - jacobian.T).max() > 1e-2


def program(*definitions: Definition) -> Equations:
    """A program over x^i and A^i_j."""
    inputs = (Tensor("x", (N,), (UP,)), Tensor("A", (N, M), (UP, LOW)))
    return Equations(inputs, definitions, (definitions[-1].name,))


def test_equations_bind_sizes_and_broadcast() -> None:
    y = Tensor("y", (M, N), (UP, UP))
    equations = program(Definition(y, (j, i), access("x^i", i)))
    got = evaluate(equations, {"x": X, "A": A}, NumpyBackend())
    np.testing.assert_array_equal(got["y"], np.tile(X, (4, 1)))


def test_shapes_that_disagree_are_an_error() -> None:
    y = Tensor("y", (N,), (UP,))
    equations = program(Definition(y, (i,), access("x^i", i)))
    with pytest.raises(ShapeError, match="long, not n"):
        evaluate(equations, {"x": X[:2], "A": A}, NumpyBackend())


def test_a_given_definition_is_taken() -> None:
    y, z = Tensor("y", (N,), (UP,)), Tensor("z", (), ())
    equations = program(
        Definition(y, (i,), power(access("x^i", i), 2)),
        Definition(z, (), contract((i,), at_indices(y, (i,)))),
    )
    given = {"x": X, "A": A, "y": np.array([1.0, 2.0, 3.0])}
    assert evaluate(equations, given, NumpyBackend())["z"] == 6


T = extent("T")
t = Index("t", 0, T)


def step_of(tensor: Tensor, slot: int, offset: int, *rest: Slot) -> Access:
    """``tensor`` at ``t + offset`` in ``slot``."""
    slots = list(rest)
    slots.insert(slot, Slot(affine([(t, 1)], offset), LOW))
    return Access(tensor, tuple(slots))


@pytest.mark.parametrize("slot", [0, 1])
def test_a_recurrence_runs_in_its_order(slot: int) -> None:
    levels, extents, indices = [UP], [N], [i]
    levels.insert(slot, LOW)
    extents.insert(slot, T)
    indices.insert(slot, t)
    s = Tensor("s", tuple(extents), tuple(levels))
    w, h = Tensor("W", (N, N), (UP, LOW)), Tensor("h", (N,), (UP,))
    u = Tensor("u", (T, N), (LOW, UP))
    read = step_of(s, slot, -1, Slot(k, UP))
    carried = contract((k,), multiply((at_indices(w, (i, k)), read)))
    body = apply("tanh", add((at_indices(u, (t, i)), carried)))
    start = Start(slot, -1, (i,), at_indices(h, (i,)))
    y = Tensor("y", (T, N), (LOW, UP))
    before = Definition(y, (t, i), step_of(s, slot, -1, Slot(i, UP)))
    equations = Equations(
        (w, u, h), (Definition(s, tuple(indices), body, starts=(start,)), before), ("s", "y")
    )
    W, U, H = (GENERATOR.normal(size=shape) for shape in ((3, 3), (5, 3), (3,)))
    wanted, state = [], H
    for step in range(5):
        state = np.tanh(U[step] + W @ state)
        wanted.append(state)
    for backend in (NumpyBackend(), TorchBackend()):
        got = evaluate(equations, {"W": W, "u": U, "h": H}, backend)
        right = np.stack(wanted, axis=slot)
        np.testing.assert_allclose(np.asarray(got["s"]), right)
        np.testing.assert_allclose(np.asarray(got["y"]), np.stack([H, *wanted[:-1]]))


def test_a_recurrence_that_runs_backward_with_zeros_behind_its_end() -> None:
    s, u = Tensor("s", (T,), (LOW,)), Tensor("u", (T,), (LOW,))
    ahead = Access(s, (Slot(affine([(t, 1)], 1), LOW, Edge.ZERO),))
    body = add((at_indices(u, (t,)), multiply((number(2), ahead))))
    equations = Equations((u,), (Definition(s, (t,), body),), ("s",))
    got = evaluate(equations, {"u": np.array([1.0, 2.0, 3.0])}, NumpyBackend())
    np.testing.assert_array_equal(got["s"], [17, 8, 3])


def test_mutual_recurrences() -> None:
    a, b = Tensor("a", (T,), (LOW,)), Tensor("b", (T,), (LOW,))
    x = Tensor("x", (T,), (LOW,))
    to_a = add((at_indices(x, (t,)), step_of(b, 0, -1)))
    to_b = multiply((at_indices(a, (t,)), number(2)))
    one = Definition(a, (t,), to_a, starts=(Start(0, -1, (), number(0)),))
    two = Definition(b, (t,), to_b, starts=(Start(0, -1, (), number(1)),))
    equations = Equations((x,), (one, two), ("a", "b"))
    got = evaluate(equations, {"x": np.array([1.0, 1.0, 1.0])}, NumpyBackend())
    np.testing.assert_array_equal(got["a"], [2, 5, 11])
    np.testing.assert_array_equal(got["b"], [4, 10, 22])


def test_autograd_goes_through_a_recurrence() -> None:
    s, w = Tensor("s", (T,), (LOW,)), Tensor("w", (), ())
    body = multiply((Access(w, ()), step_of(s, 0, -1)))
    x = Tensor("x", (T,), (LOW,))
    body = add((body, at_indices(x, (t,))))
    start = Start(0, -1, (), number(1))
    equations = Equations((w, x), (Definition(s, (t,), body, starts=(start,)),), ("s",))
    weight = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    got = evaluate(equations, {"w": weight, "x": np.zeros(4)}, TorchBackend())["s"]
    (slope,) = torch.autograd.grad(got[-1], weight)
    assert float(slope) == 4 * 0.5**3


def test_affine_constants_may_hold_sizes() -> None:
    back = Affine(((i, -1),), N - 1)
    reverse = Access(Tensor("x", (N,), (UP,)), (Slot(back, UP),))
    np.testing.assert_array_equal(both(reverse, i), X[::-1])
