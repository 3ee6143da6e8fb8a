"""Windows, edges, look-ups, scatters, conditions: NumPy = Torch = the naive evaluator."""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tensorcalc.codegen import Backend, compile_equations
from tensorcalc.errors import KernelInputError, ShapeError
from tensorcalc.expr import (
    Condition,
    Delta,
    Edge,
    Expr,
    Index,
    Lookup,
    affine,
    apply,
    contract,
    extent,
    multiply,
    number,
    subtract,
)
from tensorcalc.language import parse
from tests.codegen.small_programs import at, check, index, lower_slot, program, tensor

I, J, K, M, C, O = (index(n) for n in "ijkmco")  # noqa: E741
SIZES = {"n_i": 5, "n_j": 3, "n_k": 4, "n_m": 7, "n_c": 2, "n_o": 3, "n": 6}
WIDE = I.extent + J.extent - 1


def delta(left: object, right: object) -> Delta:
    assert isinstance(left, Index | Lookup) or hasattr(left, "terms")
    return Delta(lower_slot(left), lower_slot(right))  # type: ignore[arg-type]


def vector(name: str, size: object) -> object:
    return tensor(name, Index("x", 0, extent(size)))  # type: ignore[arg-type]


def wide(name: str) -> Index:
    return Index(name, 0, WIDE)


def test_valid_correlation() -> None:
    z = tensor("z", wide("x"))
    check(
        program(
            {"y": ([I], contract([J], multiply([at(z, affine([(I, 1), (J, 1)])), at("w", J)])))}
        ),
        SIZES,
    )


@pytest.mark.parametrize("edge", [e for e in Edge if e is not Edge.INSIDE])
def test_convolution_with_every_edge(edge: Edge) -> None:
    z = tensor("z", I)
    place = affine([(I, 1), (J, -1)], 1)
    body = contract([J], multiply([at(z, place, edge=edge), at("w", J)]))
    check(program({"y": ([I], body)}), SIZES)
    check(program({"y": ([I], body)}), {"n_i": 2, "n_j": 6})


@pytest.mark.parametrize("edge", [e for e in Edge if e is not Edge.INSIDE])
def test_views_beyond_the_edge(edge: Edge) -> None:
    z = tensor("z", I, K)
    for place in (affine([(I, -1)], I.extent - 1), affine([(I, 1)], -2), affine([(I, 2)], -1)):
        check(program({"y": ([I, K], at(z, place, K, edge=edge))}), SIZES)


def test_layer_with_stride_dilation_and_channels() -> None:
    place = affine([(I, 2), (J, 3)])
    z = tensor("z", K, C, Index("x", 0, I.extent * 2 + J.extent * 3))
    w = tensor("w", O, C, J)
    body = contract([C, J], multiply([at(z, K, C, place), at(w, O, C, J)]))
    check(program({"y": ([K, O, I], body)}), SIZES)


@pytest.mark.parametrize("coefficients", [(1, 1), (1, -1), (2, 1), (-1, 1), (2, -3), (-1, -1)])
def test_adjoint_of_a_window_is_assembled(coefficients: tuple[int, int]) -> None:
    a, b = coefficients
    for constant in (0, 2, -1):
        place = affine([(I, a), (J, b)], constant)
        body = contract([I, J], multiply([delta(place, M), at("e", I), at("w", J)]))
        kernels = check(program({"z": ([M], body)}), SIZES)
        assert "for" in kernels["numpy"].source


@pytest.mark.parametrize(
    "coefficients", [(1, 1), (1, -1), (2, 1), (-1, 1), (1, 0), (-1, 0), (2, 0)]
)
def test_jacobian_of_a_window(coefficients: tuple[int, int]) -> None:
    a, b = coefficients
    place = affine([(I, a), (J, b)], 1)
    body = contract([J], multiply([delta(place, M), at("w", J)]))
    check(program({"D": ([I, M], body)}), SIZES)
    check(
        program(
            {"D": ([I, M], multiply([delta(place, M), at("x", I)]))}
            if b == 0
            else {"D": ([I, J, M], multiply([delta(place, M), at("x", I)]))}
        ),
        SIZES,
    )


def test_affine_delta_that_is_summed_reads_a_window() -> None:
    place = affine([(I, 1), (J, -1)])
    body = contract([M], multiply([delta(place, M), at("x", M), at("w", J)]))
    kernels = check(program({"y": ([I, J], body)}), SIZES)
    assert "np.eye" not in kernels["numpy"].source
    both = contract([M, J], multiply([delta(place, M), at("x", M), at("w", J)]))
    check(program({"y": ([I], both)}), SIZES)
    check(program({"y": ([], contract([I], both))}), SIZES)
    nothing_reads = contract([M], multiply([delta(place, M), at("w", J)]))
    check(program({"y": ([I, J], nothing_reads)}), SIZES)


def test_two_windows_of_one_index() -> None:
    first, second = affine([(I, 1), (J, 1)]), affine([(I, 1), (K, -1)], 1)
    body = contract([M], multiply([delta(first, M), delta(second, M), at("x", M)]))
    check(program({"y": ([I, J, K], body)}), SIZES)
    check(program({"y": ([I, J, K, M], multiply([delta(first, M), delta(second, M)]))}), SIZES)
    check(
        program({"y": ([I, J, K, M], multiply([delta(first, M), at("x", M), at("w", J)]))}), SIZES
    )


def test_unequal_extents_make_a_rectangular_identity() -> None:
    body: Expr = multiply([delta(I, M), at("x", I)])
    check(program({"y": ([I, M], body)}), SIZES)
    check(program({"y": ([M], contract([I], body))}), SIZES)
    check(program({"y": ([I], contract([M], multiply([delta(I, M), at("x", M)])))}), SIZES)
    check(program({"y": ([I], contract([M], multiply([delta(I, M), at("v", I)])))}), SIZES)


def test_fixed_components() -> None:
    first, last = affine([], 0), affine([], K.extent - 1)
    X = tensor("X", I, K)
    check(program({"y": ([I], subtract(at(X, I, first), at(X, I, last)))}), SIZES)
    check(program({"y": ([I, K], multiply([delta(last, K), at("x", I)]))}), SIZES)
    check(program({"y": ([I], contract([K], multiply([delta(first, K), at(X, I, K)])))}), SIZES)
    diagonal = tensor("Q", K, K)
    check(program({"y": ([K], at(diagonal, K, K))}), SIZES)
    cube = tensor("Q3", K, I, K, K)
    check(program({"y": ([I, K], at(cube, K, I, K, K))}), SIZES)


def test_shorter_index_reads_the_front() -> None:
    x = tensor("x", Index("x", 0, I.extent + 1))
    check(program({"y": ([I], subtract(at(x, affine([(I, 1)], 1)), at(x, I)))}), SIZES)


def test_look_ups() -> None:
    c = at(tensor("c", K, integer=True), K)
    E = tensor("E", C, J)
    check(program({"y": ([K, J], at(E, Lookup(c), J))}), SIZES)
    P = tensor("P", K, C)
    check(program({"y": ([K], at(P, K, Lookup(c)))}), SIZES)
    check(
        program({"y": ([], contract([K], apply("log", apply("exp", at(P, K, Lookup(c))))))}), SIZES
    )
    d = at(tensor("d", K, I, integer=True), K, I)
    check(program({"y": ([K, I, J], at(E, Lookup(d), J))}), SIZES)
    Q = tensor("Q", C, K, C)
    check(program({"y": ([K, I], at(Q, Lookup(c), K, Lookup(d)))}), SIZES)


def test_scatter_adds() -> None:
    c = at(tensor("c", K, integer=True), K)
    rows = contract([K], multiply([delta(Lookup(c), C), at("g", K, J)]))
    check(program({"E_bar": ([C, J], rows)}), SIZES)
    one_hot = multiply([delta(Lookup(c), C), at("x", K)])
    check(program({"t": ([K, C], one_hot)}), SIZES)
    check(program({"t": ([K, C], subtract(at("p", K, C), delta(C, Lookup(c))))}), SIZES)
    read = contract([C], multiply([delta(Lookup(c), C), at("P", K, C)]))
    kernels = check(program({"y": ([K], read)}), SIZES)
    assert "zeros" not in kernels["numpy"].source
    used = contract([C], multiply([subtract(at("P", K, C), delta(C, Lookup(c))), at("W", C, J)]))
    check(program({"y": ([K, J], used)}), SIZES)


def test_labels_outside_their_range_are_errors() -> None:
    c = at(tensor("c", K, integer=True), K)
    equations = program({"y": ([K, J], at(tensor("E", C, J), Lookup(c), J))})
    for backend in ("numpy", "torch"):
        kernel = compile_equations(equations, backend)
        for labels in ([0, 2], [0, -1]):
            with pytest.raises(KernelInputError, match=r"c holds .*from 0 to 1"):
                kernel(E=np.ones((2, 3)), c=np.array(labels))
        with pytest.raises(KernelInputError, match="integers"):
            kernel(E=np.ones((2, 3)), c=np.array([0.5, 1.0]))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_sizes_that_lead_outside_a_tensor_are_an_error(backend: Backend) -> None:
    """A strided view would read foreign memory, a slice would be shorter than said."""
    place = affine([(I, 1), (J, 1)])
    body = contract([J], multiply([at(tensor("x", M), place), at("w", J)]))
    equations = program({"y": ([I], multiply([body, at("v", I)]))})
    kernel = compile_equations(equations, backend)
    kernel(x=np.ones(7), w=np.ones(3), v=np.ones(5))
    with pytest.raises(ShapeError, match=r"with n_i = 5, n_j = 4, n_m = 7, x_\{i\+j\} leaves x"):
        kernel(x=np.ones(7), w=np.ones(4), v=np.ones(5))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_recurrence_shorter_than_its_starts_is_an_error(backend: Backend) -> None:
    text = "tensor c_t [N]; b_{0} = 3; b_{1} = 2; b_t = c_t + b_{t-1} + b_{t-2}"
    kernel = compile_equations(parse(text).equations, backend)
    assert np.asarray(kernel(c=np.array([1.5, 2.5, 3.5]))).tolist() == [3, 2, 8.5]
    with pytest.raises(ShapeError, match="with N = 1, b is given at 1"):
        kernel(c=np.array([1.5]))


@pytest.mark.parametrize("relation", ["==", "!=", "<", "<="])
def test_conditions(relation: str) -> None:
    mask = Condition(relation, I, affine([(J, 2)], -1))  # type: ignore[arg-type]
    check(program({"y": ([I, J], multiply([mask, at("A", I, J)]))}), SIZES)
    check(program({"y": ([J], contract([I], multiply([mask, at("x", I)])))}), SIZES)
    check(program({"y": ([], contract([I, J], mask))}), SIZES)
    check(program({"y": ([I, J], subtract(number(1), mask))}), SIZES)
    chosen = apply("where", mask, at("A", I, J), number(float("-inf")))
    check(program({"y": ([I, J], apply("exp", chosen))}), SIZES)
    labels = at(tensor("c", K, integer=True), K)
    check(program({"y": ([K, J], Condition(relation, Lookup(labels), J))}), SIZES)  # type: ignore[arg-type]


def test_equality_as_a_condition_of_where_is_a_mask() -> None:
    q = Index("q", 0, I.extent)
    chosen = apply("where", delta(I, q), number(1), at("x", I))
    check(program({"y": ([I, q], chosen)}), SIZES)


def test_levels_of_indirection_of_an_adjoint() -> None:
    place = affine([(I, 1), (J, 1)])
    e = at("e", K, O, I)
    w = at("w", O, C, J)
    x = Index("x", 0, WIDE)
    body = contract([O, I, J], multiply([delta(place, x), e, w]))
    kernels = check(program({"z_bar": ([K, C, x], body)}), SIZES)
    assert kernels["numpy"].source.count("for ") == 1


def test_padding_where_a_stride_makes_a_single_step() -> None:
    """``(H - R + 2) // 2`` is 0 for some sizes, so that nothing is padded in front."""
    height, taps = extent("h"), extent("r")
    p, u = Index("p", 0, (height - taps + 2) // 2 + 1), Index("u", 0, taps)
    m = Index("m", 0, height)
    place = affine([(m, 1), (p, -2)], 1)
    body = contract([p], multiply([at("e", p), at(tensor("w", u), place, edge=Edge.ZERO)]))
    for sizes in ({"h": 5, "r": 7}, {"h": 5, "r": 6}, {"h": 7, "r": 3}):
        check(program({"g": ([m], multiply([body, at("c", m)]))}), sizes, given=False)


def test_a_choice_between_numbers_has_the_type_of_the_arrays() -> None:
    """Its reader forms the product in its memory."""
    choices = (("a", 1, 0), ("b", 1, 0.01))
    chosen = [apply("where", at(t, I, J), number(a), number(b)) for t, a, b in choices]
    equations = program({"y": ([I, J], multiply([*chosen, at("x", I, J)]))})
    kernels = check(equations, SIZES)
    single = {n: np.ones((5, 3), dtype=np.float32) for n in ("a", "b", "x")}
    assert kernels["numpy"](**single).dtype == np.float32


@pytest.mark.parametrize("edge", [e for e in Edge if e is not Edge.INSIDE])
def test_an_axis_read_in_both_directions(edge: Edge) -> None:
    """Torch knows no negative strides, and turning the axis around helps one of the two."""
    z = tensor("z", I, J)
    first, second = affine([(I, 1), (K, -1)]), affine([(J, 1), (K, 1)])
    check(program({"y": ([I, J, K], at(z, first, second, edge=edge))}), SIZES)
    square = tensor("s", I, K)
    check(program({"y": ([I, K], at(square, affine([(I, 1), (K, -1)]), K, edge=edge))}), SIZES)
    body = contract([K], multiply([at(z, first, second, edge=edge), at("w", K)]))
    check(program({"y": ([J, I], body)}), SIZES)


def test_two_rules_at_the_edges_of_one_access() -> None:
    """The inner one holds for shifted indices, 0 around it where a plain one leaves its slot."""
    text = "tensor x_i^j [5, 3]; index k : 5; y_k = w_k sum_{u=0}^{1} zeropad(circular(x_{k+u}^k))"
    program = tc.parse(text)
    x, w = np.arange(15.0).reshape(5, 3) ** 1.3, np.arange(5.0) + 0.7
    wanted = [sum(x[(k + u) % 5, k] for u in (0, 1)) * w[k] if k < 3 else 0.0 for k in range(5)]
    np.testing.assert_allclose(program.compile("numpy")(x=x, w=w), wanted, rtol=1e-13)
    assert program.vjp("y", ["x", "w"]).check()
    assert program.jacobian("y", "x").check()
