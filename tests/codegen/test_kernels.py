"""What a kernel accepts, returns and says of itself; how its source looks."""

from __future__ import annotations

import ast
import pickle

import numpy as np
import pytest
import torch

from tensorcalc.arrays import lower
from tensorcalc.arrays.nodes import Compare, Einsum, Iota, topological
from tensorcalc.codegen import Backend, compile_equations
from tensorcalc.errors import KernelInputError, NotCompilableError, ShapeError
from tensorcalc.expr import (
    AbstractFunction,
    Apply,
    Delta,
    Derivative,
    Equations,
    Index,
    Size,
    add,
    apply,
    contract,
    divide,
    extent,
    multiply,
    number,
    power,
    subtract,
    transform,
)
from tensorcalc.plan import order
from tests.codegen.small_programs import at, check, index, lower_slot, program, tensor

I, J, K, P = (index(n) for n in "ijkp")  # noqa: E741
Q = Index("q", 0, I.extent)
SIZES = {"n_i": 5, "n_j": 4, "n_k": 6, "n_p": 3}
BACKENDS: list[Backend] = ["numpy", "torch"]


def layer() -> Equations:
    z = add([contract([J], multiply([at("A", I, J), at("y", J)])), at("b", I)])
    return program({"z": ([I], z), "s": ([I], apply("tanh", at("z", I)))}, ["s", "z"])


def softmax_jacobian() -> Equations:
    s, other = at("s", I), at(tensor("s", I), Q)
    dense = subtract(multiply([s, Delta(lower_slot(I), lower_slot(Q))]), multiply([s, other]))
    return program({"D": ([I, Q], dense)})


@pytest.mark.parametrize("backend", BACKENDS)
def test_several_outputs_come_as_a_dict_one_as_an_array(backend: Backend) -> None:
    arrays = {"A": np.ones((5, 4)), "y": np.ones(4), "b": np.zeros(5)}
    both = compile_equations(layer(), backend)
    assert both.inputs == ("A", "y", "b")
    assert both.outputs == ("s", "z")
    result = both(**arrays)
    assert list(result) == ["s", "z"]
    np.testing.assert_allclose(np.asarray(result["z"]), 4.0)
    one = compile_equations(layer().needed_for(["s"]), backend)
    assert tuple(one(**arrays).shape) == (5,)


@pytest.mark.parametrize("backend", BACKENDS)
def test_types_of_numbers(backend: Backend) -> None:
    kernel = compile_equations(layer().needed_for(["s"]), backend)
    floats = {"A": np.ones((5, 4)), "y": np.ones(4), "b": np.zeros(5)}
    assert str(kernel(**floats).dtype).endswith("float64")
    single = {name: array.astype(np.float32) for name, array in floats.items()}
    assert str(kernel(**single).dtype).endswith("float32")
    whole = {name: array.astype(int) for name, array in floats.items()}
    assert str(kernel(**whole).dtype).endswith("float64")
    lists = {"A": [[1, 2], [3, 4]], "y": [1, 1], "b": [0.5, 1]}
    np.testing.assert_allclose(np.asarray(kernel(**lists)), np.tanh([3.5, 8]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_constants_keep_float32(backend: Backend) -> None:
    bodies = {
        "a": ([I], add([multiply([divide(number(1), Size(I.extent)), at("x", I)]), number(0.1)])),
        "b": ([I], apply("where", at("x", I), at("x", I), number(0))),
        "c": ([], power(contract([I], power(at("x", I), 2)), number(-0.5))),
        "d": ([I], multiply([apply("exp", number(2)), apply("sqrt", Size(I.extent)), at("x", I)])),
        "e": ([I, Q], subtract(Delta(lower_slot(I), lower_slot(Q)), at("x", I))),
        "f": ([I], apply("maximum", at("x", I), apply("sqrt", Size(I.extent)))),
        "g": ([I], apply("leaky_relu", at("x", I))),
        "h": ([I], multiply([at("scale"), at("x", I)])),
        "k": ([], number(2)),
    }
    kernel = compile_equations(program(bodies, list(bodies)), backend)
    for value in kernel(x=np.ones(4, np.float32), scale=2).values():
        assert str(value.dtype).endswith("float32")
    check(program(bodies, list(bodies)), SIZES)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_input_of_the_program_is_accepted_only_needed_ones_required(backend: Backend) -> None:
    equations = layer().needed_for(["z"])
    wider = Equations((*equations.inputs, tensor("unused", I)), equations.definitions, ("z",))
    kernel = compile_equations(wider, backend)
    arrays = {"A": np.ones((5, 4)), "y": np.ones(4), "b": np.zeros(5)}
    assert tuple(kernel(**arrays, unused=np.ones(5)).shape) == (5,)
    assert tuple(kernel(**arrays).shape) == (5,)
    with pytest.raises(KernelInputError, match="missing inputs y, b; the kernel needs A, y, b"):
        kernel(A=arrays["A"])
    with pytest.raises(TypeError, match="unknown input w; the program has A, b, unused, y"):
        kernel(**arrays, w=1)
    with pytest.raises(ShapeError, match="n_i is 5 in axis 0 of A and 6 in axis 0 of unused"):
        kernel(**arrays, unused=np.ones(6))


@pytest.mark.parametrize("backend", BACKENDS)
def test_shapes_that_disagree(backend: Backend) -> None:
    kernel = compile_equations(layer(), backend)
    good = {"A": np.ones((5, 4)), "y": np.ones(4), "b": np.zeros(5)}
    with pytest.raises(ShapeError, match="n_j is 4 in axis 1 of A and 3 in axis 0 of y"):
        kernel(**{**good, "y": np.ones(3)})
    with pytest.raises(ShapeError, match="y has 1 index, but the array given has 2 axes"):
        kernel(**{**good, "y": np.ones((4, 1))})
    with pytest.raises(KernelInputError, match="y is no array of numbers"):
        kernel(**{**good, "y": np.array(["a"] * 4)})
    kernel(**good)
    with pytest.raises(ShapeError):  # after a good call, too
        kernel(**{**good, "b": np.zeros(4)})


def test_fixed_extents_are_checked() -> None:
    three = Index("i", 0, extent(3))
    kernel = compile_equations(program({"y": ([], contract([three], at("x", three)))}), "numpy")
    with pytest.raises(ShapeError, match="axis 0 of x has extent 4, but the program fixes it to 3"):
        kernel(x=np.ones(4))


def test_python_numbers_are_scalars() -> None:
    kernel = compile_equations(program({"y": ([I], multiply([at("a"), at("x", I)]))}), "numpy")
    np.testing.assert_array_equal(kernel(a=2, x=[1.0, 2.0]), [2.0, 4.0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_kernel_can_be_pickled(backend: Backend) -> None:
    kernel = compile_equations(layer(), backend)
    again = pickle.loads(pickle.dumps(kernel))
    assert again.source == kernel.source
    assert str(again.plan) == str(kernel.plan)
    arrays = {"A": np.ones((5, 4)), "y": np.ones(4), "b": np.zeros(5)}
    np.testing.assert_array_equal(
        np.asarray(again(**arrays)["s"]), np.asarray(kernel(**arrays)["s"])
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["self", "arrays", "kernel", "np", "torch", "lambda", "None"])
def test_an_input_may_have_any_name(name: str, backend: Backend) -> None:
    body = contract([I], multiply([at(name, I), apply("exp", at(name, I))]))
    values = np.array([0.5, -1.0, 2.0])
    found = compile_equations(program({"y": ([], body)}), backend)(**{name: values})
    np.testing.assert_allclose(float(found), (values * np.exp(values)).sum())


@pytest.mark.parametrize("backend", BACKENDS)
def test_results_do_not_share_memory_with_inputs(backend: Backend) -> None:
    equations = program({"T": ([J, I], at("A", I, J)), "U": ([I, J], at("A", I, J))}, ["T", "U"])
    array = np.ones((2, 3)) if backend == "numpy" else torch.ones(2, 3, dtype=torch.float64)
    result = compile_equations(equations, backend)(A=array)
    result["T"][0, 0] = 7
    result["U"][0, 1] = 8
    assert float(array.sum()) == 6
    assert float(result["U"][0, 0]) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_source_stands_alone(backend: Backend) -> None:
    kernel = compile_equations(layer(), backend)
    assert "tensorcalc" not in kernel.source
    ast.parse(kernel.source)
    assert "z = A @ y  # [i]\n    z += b\n" in kernel.source
    scope: dict[str, object] = {}
    exec(kernel.source, scope)
    assert callable(scope["kernel"])


def test_what_is_read_twice_is_computed_once() -> None:
    e = apply("exp", at("x", I))
    bodies = {"y": ([I], multiply([e, at("u", I)])), "z": ([I], add([e, at("v", I)]))}
    source = check(program(bodies, ["y", "z"]), SIZES)["numpy"].source
    assert source.count("np.exp") == 1


def test_large_arrays_are_given_back_after_their_last_use() -> None:
    squares = contract([J], multiply([at("s", I, J), at("s", I, J)]))
    definitions = {
        "s": ([I, J], apply("tanh", at("A", I, J))),
        "y": ([I], squares),
        "z": ([I], apply("tanh", at("y", I))),
    }
    equations = program(definitions, ["z"])
    assert "del" not in compile_equations(equations, "numpy").source
    kernel = compile_equations(equations, "numpy", sizes={"n_i": 2000, "n_j": 3000})
    lines = [line.strip().split("  #")[0] for line in kernel.source.splitlines()]
    assert lines[lines.index("s = np.tanh(A)") + 2] == "del s"
    assert lines[-1] == "return z"
    A = np.ones((2, 3))
    np.testing.assert_allclose(kernel(A=A), np.tanh((np.tanh(A) ** 2).sum(1)))


def test_the_same_program_gives_the_same_source() -> None:
    assert compile_equations(layer(), "numpy").source == compile_equations(layer(), "numpy").source


def test_no_identity_matrix_and_no_index_map() -> None:
    """Deltas end as places: no array of a delta, no comparison of positions, no eye."""
    for equations in (softmax_jacobian(), _dense_layer_jacobian(), _chain_of_softmax()):
        nodes = list(topological([a for _, a in order(lower(equations)).graph.outputs]))
        assert not any(isinstance(n, Iota | Compare) for n in nodes)
        for backend in BACKENDS:
            source = compile_equations(equations, backend, sizes=SIZES).source
            assert "eye" not in source
            assert "diag(" not in source
        check(equations, SIZES)


def _dense_layer_jacobian() -> Equations:
    body = multiply([Delta(lower_slot(Q), lower_slot(I)), at("y", J)])
    return program({"J": ([Q, I, J], body)})


def _chain_of_softmax() -> Equations:
    """``g_i (s_i δ_iq - s_i s_q) W_qj``: nothing dense is left of the delta."""
    product = multiply([at("g", I), at("D", I, Q), at("W", Q, J)])
    definitions = softmax_jacobian().definitions[0]
    return program({"D": ((I, Q), definitions.body), "v": ([J], contract([I, Q], product))})


def test_a_softmax_gradient_is_linear_in_its_length() -> None:
    kernel = compile_equations(_chain_of_softmax(), "numpy", sizes=SIZES)
    assert "zeros" not in kernel.source
    assert kernel.plan.largest_intermediate <= SIZES["n_i"] * SIZES["n_j"]


def test_error_first_and_jacobian_first_are_counted() -> None:
    """``e_k^p B^p_i σ'_k^i y_k^j``: the direction that back-propagation takes, and the other."""
    product = multiply([at("e", K, P), at("B", P, I), at("s", K, I), at("y", K, J)])
    equations = program({"d": ([I, J], contract([K, P], product))})
    sizes = {"n_k": 100, "n_p": 10, "n_i": 50, "n_j": 30}
    plan = compile_equations(equations, "numpy", sizes=sizes).plan
    (only,) = plan.products
    k, p, i, j = sizes.values()
    assert only.left_to_right == k * p * i + k * i + k * i * j == plan.multiplications
    assert only.right_to_left == k * i * j + k * i * j * p + k * p * i * j
    assert only.naive == plan.naive_multiplications == 3 * k * p * i * j
    assert plan.largest_intermediate == k * i
    text = str(plan)
    assert "left to right" in text
    assert f"{only.right_to_left:,}" in text
    assert "n_k = 100" in text
    assumed = compile_equations(equations, "numpy").plan
    assert "n_k = 64 (assumed)" in str(assumed) or "(assumed)" in str(assumed)


def test_nested_definitions_read_once_are_ordered_as_one_product() -> None:
    """``C (B (A x))`` written from the wrong end: the vector still goes first."""
    names = {"M": ([I, Q], contract([J], multiply([at("C", I, J), at("B", J, Q)])))}
    r = Index("r", 0, extent("n_r"))
    names["N"] = ([I, r], contract([Q], multiply([at("M", I, Q), at("A", Q, r)])))
    names["y"] = ([I], contract([r], multiply([at("N", I, r), at("x", r)])))
    sizes = {**SIZES, "n_r": 7}
    kernels = check(program(names), sizes)
    assert kernels["numpy"].plan.multiplications == 5 * 7 + 5 * 4 + 4 * 5


def test_equal_products_are_computed_once() -> None:
    one = contract([J], multiply([at("A", I, J), at("B", J, K)]))
    inner = Index("P", 0, J.extent)
    other = contract(
        [inner], multiply([at(tensor("B", J, K), inner, K), at(tensor("A", I, J), I, inner)])
    )
    equations = program(
        {"u": ([I, K], apply("tanh", one)), "v": ([K, I], apply("exp", other))}, ["u", "v"]
    )
    kernels = check(equations, SIZES)
    assert len(kernels["numpy"].plan.steps) == 1


def test_what_cannot_be_computed_is_named() -> None:
    sigma = AbstractFunction("sigma", (1,))
    with pytest.raises(NotCompilableError, match="sigma' has no definition"):
        compile_equations(program({"y": ([I], Apply(sigma, (at("x", I),)))}), "numpy")
    body = Derivative(contract([J], at("x", J)), at("x", I))
    with pytest.raises(NotCompilableError, match="derivative by x is not carried out"):
        compile_equations(program({"y": ([I], body)}), "numpy")
    with pytest.raises(NotCompilableError, match="nothing fixes the size n_j"):
        compile_equations(program({"y": ([I, J], at("x", I))}), "numpy")


def test_an_input_may_be_needed_for_its_shape_only() -> None:
    base = program({"y": ([I, J], at("x", I))})
    equations = Equations((*base.inputs, tensor("w", J)), base.definitions, base.outputs)
    kernel = compile_equations(equations, "numpy")
    assert kernel.inputs == ("x", "w")
    assert kernel(x=np.ones(2), w=np.ones(3)).shape == (2, 3)


def test_broadcasts_and_lone_sums() -> None:
    check(program({"Y": ([I, J], at("x", I))}), SIZES)
    check(program({"c": ([], contract([I, J], at("x", I)))}), SIZES)
    check(program({"c": ([I], contract([J], number(3)))}), SIZES)
    check(program({"c": ([I, J], number(3))}), SIZES)
    check(program({"c": ([I, J], add([at("x", I), at("y", J), number(1)]))}), SIZES)
    check(program({"Y": ([I, J], at("x", I)), "z": ([I], contract([J], at("Y", I, J)))}), SIZES)


def test_functions_of_whole_tensors() -> None:
    batch = at("X", K, I)
    for name in ("softmax", "log_softmax", "normalize"):
        check(program({"s": ([K, Q], transform(name, [((I,), batch)], [lower_slot(Q)]))}), SIZES)
        check(program({"s": ([K, I], transform(name, [((I,), batch)], [lower_slot(I)]))}), SIZES)
        both = transform(name, [((K, I), batch)], [lower_slot(K), lower_slot(Q)])
        check(program({"s": ([K, Q], both)}), SIZES)
    for name in ("logsumexp", "norm", "max", "min", "prod"):
        check(program({"m": ([K], transform(name, [((I,), batch)]))}), SIZES)
        check(program({"m": ([I], transform(name, [((K,), batch)]))}), SIZES)
        check(program({"m": ([], transform(name, [((K, I), batch)]))}), SIZES)
        outer = multiply([at("x", I), at("y", J), at("z", K)])
        check(program({"m": ([K, J], transform(name, [((I,), outer)]))}), SIZES)
    lone = transform("logsumexp", [((I,), at("z", K))])
    check(program({"m": ([K], lone)}), SIZES)


def test_functions_of_matrices() -> None:
    r = Index("r", 0, I.extent)
    square = add([at("S", K, I, Q), multiply([number(4), Delta(lower_slot(I), lower_slot(Q))])])
    inverse = transform("inv", [((I, Q), square)], [lower_slot(r), lower_slot(I)])
    check(program({"R": ([K, r, I], inverse)}), SIZES, rtol=1e-9)
    trace = transform("inv", [((I, Q), square)], [lower_slot(r), lower_slot(r)])
    check(program({"t": ([K], contract([r], trace))}), SIZES, rtol=1e-9)
    check(program({"d": ([K], transform("det", [((I, Q), square)]))}), SIZES, rtol=1e-9)


def test_shared_steps_stand_once() -> None:
    nodes = lower(layer()).outputs
    assert sum(isinstance(n, Einsum) for n in topological([a for _, a in nodes])) == 1


def test_a_diagonal_is_added_whatever_the_layout_in_memory() -> None:
    """A sum of transposed arrays is laid out by columns; a flat view of it would be a copy."""
    left, right = tensor("A", Q, I), tensor("C", Q, I)
    dense = multiply([at(left, Q, I), at(right, Q, I)])
    diagonal = multiply([at("s", I), Delta(lower_slot(I), lower_slot(Q))])
    check(program({"D": ([I, Q], add([dense, diagonal]))}), SIZES)
    check(program({"D": ([I, Q], add([at(left, Q, I), diagonal]))}), SIZES)
    check(program({"D": ([I, Q], add([diagonal, at("x", I), number(2)]))}), SIZES)
