"""What the array graph holds: sharing, deltas solved, structure kept, depth."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tensorcalc.arrays import lower
from tensorcalc.arrays.nodes import Array, Assemble, Einsum, Input, Scalar, View, topological
from tensorcalc.arrays.rewrite import flatten
from tensorcalc.codegen import compile_equations
from tensorcalc.expr import (
    Delta,
    Equations,
    Expr,
    Index,
    add,
    apply,
    contract,
    multiply,
    subtract,
)
from tests.codegen.small_programs import at, check, index, lower_slot, program, tensor

I, J, K = (index(n) for n in "ijk")  # noqa: E741
P, Q, R = (Index(n, 0, I.extent) for n in "pqr")
SIZES = {"n_i": 4, "n_j": 3, "n_k": 2}


def delta(left: Index, right: Index) -> Delta:
    return Delta(lower_slot(left), lower_slot(right))


def nodes_of(equations: Equations) -> list[Array]:
    return list(topological([a for _, a in lower(equations).outputs]))


def test_equal_formulas_up_to_names_of_indices_are_one_array() -> None:
    """Also with the factors in another order and the result transposed."""
    A, B = tensor("A", I, J), tensor("B", J, K)
    other = Index("other", 3, J.extent)
    one = contract([J], multiply([at(A, I, J), at(B, J, K)]))
    two = contract([other], multiply([at(B, other, K), at(A, I, other)]))
    equations = program({"u": ([I, K], one), "v": ([K, I], two)}, ["u", "v"])
    assert sum(isinstance(n, Einsum) for n in nodes_of(equations)) == 1
    check(equations, SIZES)


def test_sums_in_another_order_are_one_array() -> None:
    one = apply("exp", add([at("x", I), at("y", I)]))
    two = apply("exp", add([at(tensor("y", I), Q), at(tensor("x", I), Q)]))
    equations = program({"u": ([I], one), "v": ([Q], two)}, ["u", "v"])
    (_, u), (_, v) = lower(equations).outputs
    assert u is v


def test_a_chain_of_deltas_is_nothing() -> None:
    body = contract([P, Q], multiply([delta(I, P), delta(P, Q), delta(Q, R), at("x", R)]))
    (_, array), *_ = lower(program({"y": ([I], contract([R], body))})).outputs
    assert isinstance(array, Input)


def test_a_closed_delta_is_its_extent() -> None:
    body = contract([I, P], multiply([delta(I, P), delta(P, I)]))
    (_, array), *_ = lower(program({"n": ([], body)})).outputs
    assert isinstance(array, Scalar)
    assert array.value is I.extent


def test_what_joins_two_axes_of_a_result_becomes_a_place() -> None:
    body = multiply([delta(I, P), delta(P, Q), at("x", I)])
    (_, array), *_ = lower(program({"y": ([I, P, Q], body)})).outputs
    assert isinstance(array, Assemble)
    (piece,) = array.pieces
    assert isinstance(piece.array, Input)
    assert len(piece.extents) == 1


def test_a_product_is_multiplied_into_the_pieces_of_a_structured_factor() -> None:
    D = subtract(multiply([at("s", I), delta(I, Q)]), multiply([at("s", I), at(tensor("s", I), Q)]))
    definitions: dict[str, tuple[list[Index], Expr]] = {
        "D": ([I, Q], D),
        "y": ([Q], contract([I], multiply([at("g", I), at("D", I, Q)]))),
    }
    assert not any(isinstance(n, Assemble) for n in nodes_of(program(definitions)))


def test_structure_survives_sums_products_and_transposition() -> None:
    first = multiply([at("x", I), delta(I, Q)])
    definitions: dict[str, tuple[list[Index], Expr]] = {
        "D": ([I, Q], first),
        "E": (
            [Q, I],
            add([at("D", I, Q), at("D", Q, I), multiply([at("D", I, Q), at("M", I, Q)])]),
        ),
    }
    (_, array), *_ = lower(program(definitions)).outputs
    assert isinstance(array, Assemble)
    assert len(array.pieces) == 1
    check(program(definitions), SIZES)


def test_many_structured_factors_do_not_multiply_out_without_bound() -> None:
    """Two to the tenth terms would be no kernel."""
    definitions: dict[str, tuple[list[Index], Expr]] = {}
    body = []
    names = [Index(f"i{n}", 0, I.extent) for n in range(11)]
    for n in range(10):
        dense = multiply([at(f"s{n}", I), at(tensor(f"s{n}", I), Q)])
        definitions[f"D{n}"] = ([I, Q], subtract(multiply([at(f"s{n}", I), delta(I, Q)]), dense))
        body.append(at(tensor(f"D{n}", I, Q), names[n], names[n + 1]))
    product = contract(names[:-1], multiply([at(tensor("g", I), names[0]), *body]))
    definitions["y"] = ([names[-1]], product)
    equations = program(definitions)
    assert len(nodes_of(equations)) < 200
    check(equations, SIZES)


def test_products_read_once_are_joined_and_shared_ones_are_not() -> None:
    AB = contract([J], multiply([at("A", I, J), at("B", J, K)]))
    once = program(
        {"M": ([I, K], AB), "y": ([I], contract([K], multiply([at("M", I, K), at("x", K)])))}
    )
    graph = lower(once)
    (root,) = flatten([a for _, a in graph.outputs], graph.builder)
    assert isinstance(root, Einsum)
    assert len(root.operands) == 3
    twice = Equations(once.inputs, once.definitions, ("M", "y"))
    graph = lower(twice)
    roots = flatten([a for _, a in graph.outputs], graph.builder)
    assert [len(r.operands) for r in roots if isinstance(r, Einsum)] == [2, 2]


def test_a_broadcast_is_no_array() -> None:
    definitions: dict[str, tuple[list[Index], Expr]] = {
        "Y": ([I, J], at("x", I)),
        "z": ([I, J], multiply([at("Y", I, J), at("w", J)])),
    }
    assert not any(isinstance(n, View) for n in nodes_of(program(definitions)))


@pytest.mark.parametrize("kind", ["tanh", "linear", "sum"])
def test_ten_thousand_definitions_compile_in_linear_time(kind: str) -> None:
    def chain(length: int) -> Equations:
        definitions: dict[str, tuple[list[Index], Expr]] = {}
        last = "x"
        for n in range(length):
            if kind == "sum":
                body: Expr = add([at(last, K, I), at(tensor("A", I, Q), I, I)])
            else:
                body = contract([Q], multiply([at("A", I, Q), at(tensor(last, K, I), K, Q)]))
            if kind == "tanh":
                body = apply("tanh", body)
            definitions[f"z{n}"] = ([K, I], body)
            last = f"z{n}"
        return program(definitions)

    seconds: list[float] = []
    for length in (1000, 10_000) if kind == "tanh" else (500, 5000):
        equations = chain(length)
        start = time.process_time()
        kernel = compile_equations(equations, "numpy")
        seconds.append(time.process_time() - start)
    assert np.all(np.isfinite(kernel(A=np.eye(2) / 2, x=np.ones((3, 2)))))
    assert seconds[1] < 40 * seconds[0]
    assert seconds[1] < 60
