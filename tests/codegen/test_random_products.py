"""Random einsum-like programs: NumPy = Torch = the naive evaluator."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tensorcalc.expr import (
    Delta,
    Expr,
    Index,
    add,
    apply,
    contract,
    extent,
    multiply,
    number,
    power,
)
from tests.codegen.small_programs import at, check, lower_slot, program, tensor

SIZES = {"n": 3, "m": 4, "p": 2}
#: Two indices for each size, so that traces, diagonals and deltas come up.
INDICES = [Index(name, 0, extent(size)) for name, size in zip("ijklpq", "nnmmpp", strict=True)]


@st.composite
def factors(draw: st.DrawFn) -> Expr:
    """An access, a delta, or a function of either."""
    kind = draw(st.sampled_from(["access", "access", "access", "delta", "function", "sum"]))
    if kind == "delta":
        first = draw(st.sampled_from(INDICES))
        second = draw(st.sampled_from([i for i in INDICES if i.extent is first.extent]))
        return Delta(lower_slot(first), lower_slot(second))
    places = draw(st.lists(st.sampled_from(INDICES), max_size=3))
    shape = "".join(str(i.extent) for i in places)
    name = draw(st.sampled_from("AB")) + shape
    access = at(tensor(name, *places), *places)
    if kind == "function":
        return apply(draw(st.sampled_from(["tanh", "exp", "sin"])), access)
    if kind == "sum":
        other = draw(st.lists(st.sampled_from(INDICES), max_size=2))
        shape = "".join(str(i.extent) for i in other)
        return add([access, at(tensor("C" + shape, *other), *other)])
    return access


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> Expr:
    """Sums of contracted products, nested."""
    terms: list[Expr] = []
    for _ in range(draw(st.integers(1, 2))):
        count = draw(st.integers(1, 4))
        inner = factors() if depth == 0 else st.one_of(factors(), expressions(depth - 1))
        body = multiply(
            [number(draw(st.sampled_from([1, -1, 2]))), *(draw(inner) for _ in range(count))]
        )
        bound = draw(st.lists(st.sampled_from(INDICES), max_size=3, unique=True))
        terms.append(contract(bound, body))
    result = add(terms)
    if draw(st.integers(0, 5)) == 0:
        return power(apply("tanh", result), 2)
    return result


@given(expressions())
def test_any_expression_has_its_value(expr: Expr) -> None:
    free = sorted(expr.free, key=lambda i: i.name)
    check(program({"r": (free, expr)}), SIZES)


@given(expressions(depth=1), expressions(depth=1), st.data())
def test_definitions_may_be_read_many_times(first: Expr, second: Expr, data: st.DataObject) -> None:
    axes = sorted(first.free, key=lambda i: i.name)
    places = [
        data.draw(st.sampled_from([k for k in INDICES if k.extent is i.extent])) for i in axes
    ]
    again = at(tensor("d", *axes), *places)
    body = add([multiply([second, at(tensor("d", *axes), *axes)]), multiply([again, again])])
    bound = sorted(body.free, key=lambda i: i.name)[:2]
    result = contract(bound, body)
    free = sorted(result.free, key=lambda i: i.name)
    equations = program({"d": (axes, first), "r": (free, result)}, ["r", "d"])
    check(equations, SIZES)
