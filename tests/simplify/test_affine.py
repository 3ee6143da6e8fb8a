"""Deltas between affine indices: solved where that keeps the value, else kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorcalc.ops  # noqa: F401
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate_expr
from tensorcalc.expr import (
    Access,
    Affine,
    Condition,
    Contraction,
    Delta,
    Edge,
    Expr,
    Extent,
    Index,
    Level,
    Lookup,
    Slot,
    Tensor,
    add,
    affine,
    apply,
    contract,
    extent,
    multiply,
    number,
    power,
    reduce,
    walk,
)
from tensorcalc.expr.ranges import is_inside, is_never_negative, range_of
from tensorcalc.simplify import is_finite, same, simplify, zero_outside

UPPER, LOWER = Level.UPPER, Level.LOWER
N, K, L = extent("n"), extent("k"), extent("l")


def at(name: str, *slots: tuple[Index | Affine, Extent] | Slot) -> Access:
    """A tensor at slots; a pair is an index expression and the extent of the tensor there."""
    made = [s if isinstance(s, Slot) else Slot(s[0], LOWER) for s in slots]
    sizes = [s[1] if isinstance(s, tuple) else N for s in slots]
    return Access(Tensor(name, tuple(sizes), (LOWER,) * len(made)), tuple(made))


def plain(name: str, *indices: Index) -> Access:
    return at(name, *((i, i.extent) for i in indices))


def padded(name: str, index: Index | Affine, size: Extent, edge: Edge = Edge.ZERO) -> Access:
    return Access(Tensor(name, (size,), (LOWER,)), (Slot(index, LOWER, edge),))


def delta(left: Index | Affine, right: Index | Affine, edge: Edge = Edge.INSIDE) -> Delta:
    return Delta(Slot(left, UPPER, edge), Slot(right, LOWER))


R, J, M = Index("i", 0, N), Index("j", 0, K), Index("m", 0, N)
VALID = Index("i", 0, N - K + 1)

SOLVED = [
    # the Jacobian of zeropad(z_{i-j}) w_j
    (
        contract([J], multiply([delta(affine([(R, 1), (J, -1)]), M), plain("w", J)])),
        padded("w", affine([(R, 1), (M, -1)]), K),
    ),
    # its adjoint
    (
        contract(
            [R, J],
            multiply([delta(affine([(R, 1), (J, -1)]), M), plain("e", R), plain("w", J)]),
        ),
        contract([R], multiply([plain("e", R), padded("w", affine([(R, 1), (M, -1)]), K)])),
    ),
    # the adjoint of the valid one
    (
        contract(
            [VALID, J],
            multiply([delta(affine([(VALID, 1), (J, 1)]), M), plain("e", VALID), plain("w", J)]),
        ),
        contract([J], multiply([padded("e", affine([(M, 1), (J, -1)]), N - K + 1), plain("w", J)])),
    ),
    # a stride: solved for the index without it
    (
        contract(
            [R, J],
            multiply([delta(affine([(R, 2), (J, 1)], -1), M), plain("e", R), plain("w", J)]),
        ),
        contract([R], multiply([plain("e", R), padded("w", affine([(M, 1), (R, -2)], 1), K)])),
    ),
    # a circle, for the index that goes once around
    (
        contract(
            [R, J],
            multiply(
                [
                    delta(affine([(R, 1), (J, -1)]), M, Edge.CIRCULAR),
                    plain("e", R),
                    plain("w", J),
                ]
            ),
        ),
        contract(
            [J],
            multiply([padded("e", affine([(M, 1), (J, 1)]), N, Edge.CIRCULAR), plain("w", J)]),
        ),
    ),
    # forward: what stands alone is replaced, with the edge of the other side
    (
        contract([M], multiply([delta(affine([(R, 1), (J, 1)]), M, Edge.REFLECT), plain("x", M)])),
        padded("x", affine([(R, 1), (J, 1)]), N, Edge.REFLECT),
    ),
    # inside for certain: no rule for the edge
    (
        contract([M], multiply([delta(affine([(VALID, 1), (J, 1)]), M), plain("x", M)])),
        padded("x", affine([(VALID, 1), (J, 1)]), N, Edge.INSIDE),
    ),
    # a component
    (
        contract([M], multiply([delta(affine([], N - 1), M), plain("x", M)])),
        padded("x", affine([], N - 1), N, Edge.INSIDE),
    ),
    # never, always
    (multiply([delta(affine([(R, 1)], 1), R), plain("x", R)]), number(0)),
    (multiply([delta(affine([(R, 2)]), affine([(M, 2)], 1)), plain("x", R)]), number(0)),
    (delta(affine([], -1), R), number(0)),
    (delta(affine([(R, 2)]), affine([(M, 2)])), delta(R, M)),
    (delta(affine([(R, 1)], 1), affine([(R, 1)], 1)), number(1)),
    (Condition("<=", affine([]), R), number(1)),
    (Condition("<", affine([], N), R), number(0)),
    (contract([M], multiply([Condition("==", M, R), plain("x", M)])), plain("x", R)),
]


@pytest.mark.parametrize(("before", "after"), SOLVED)
def test_solved(before: Expr, after: Expr) -> None:
    found = simplify(before)
    assert same(found, simplify(after)), found


KEPT = [
    # both coefficients greater than 1: solvable only where it divides
    contract([R, J], multiply([delta(affine([(R, 2), (J, 3)]), M), plain("e", R), plain("w", J)])),
    # several preimages
    contract(
        [R, J],
        multiply([delta(affine([(R, 1), (J, -1)]), M, Edge.REFLECT), plain("e", R), plain("w", J)]),
    ),
    # a circle that the index does not go round once
    contract([J], multiply([delta(affine([(R, 1), (J, -1)]), M, Edge.CIRCULAR), plain("w", J)])),
    # beyond the range, 1/e would be infinite
    contract(
        [VALID, J],
        multiply([delta(affine([(VALID, 1), (J, 1)]), M), power(plain("e", VALID), -1)]),
    ),
    # no factor carries the index: nothing would vanish beyond its range
    contract([J], delta(affine([(R, 1), (J, -1)]), M)),
]


@pytest.mark.parametrize("before", KEPT)
def test_kept_under_its_sum(before: Expr) -> None:
    found = simplify(before)
    assert any(isinstance(node, Delta) for node in walk(found))
    assert isinstance(found, Contraction)


def test_start_of_a_recurrence_is_not_taken_for_zero() -> None:
    """``s_{i-1}`` may read ``s_{-1}``: padded with zeros it would be something else."""
    read = Access(Tensor("s", (N,), (LOWER,)), (Slot(affine([(R, 1)], -1), LOWER),))
    before = contract([R], multiply([delta(affine([(R, 1), (J, 1)]), M), plain("e", R), read]))
    found = simplify(before)
    reads = [node for node in walk(found) if isinstance(node, Access)]
    assert [a.slots[0].edge for a in reads if a.tensor.name == "s"] == [Edge.INSIDE]


def test_look_up_does_not_enter_an_affine_index() -> None:
    labels = Access(Tensor("c", (K,), (LOWER,), "integer"), (Slot(J, LOWER),))
    looked_up = Delta(Slot(M, UPPER), Slot(Lookup(labels), LOWER))
    shifted = padded("x", affine([(M, 1)], 1), N)
    found = simplify(contract([M], multiply([looked_up, shifted])))
    assert any(isinstance(node, Delta) for node in walk(found))
    gathered = simplify(contract([M], multiply([looked_up, plain("x", M)])))
    assert isinstance(gathered, Access)
    assert isinstance(gathered.slots[0].index, Lookup)


def test_ranges() -> None:
    stride = (N - K) // 2 + 1
    p = Index("p", 0, stride)
    assert is_inside(affine([(p, 2), (J, 1)]), N)
    assert not is_inside(affine([(p, 2), (J, 1)], 1), N)
    assert not is_inside(affine([(R, 1), (J, 1)]), N)
    assert is_never_negative(N * K - 1)
    assert not is_never_negative(N - 2)
    low, high = range_of(affine([(R, -1), (J, 2)], 3))
    assert (str(low), str(high)) == ("4 - n", "2*k + 1")


def test_zero_outside_refuses_what_is_not_finite() -> None:
    later = affine([(R, 1)], 1)
    assert zero_outside(power(plain("x", R), -1), R, later) is None
    assert is_finite(apply("tanh", plain("x", R)))
    assert not is_finite(apply("log", plain("x", R)))
    assert zero_outside(plain("x", R), R, later) is padded("x", later, N)


ARRAYS = (
    *(("x", N), ("y", K), ("z", extent(3))),
    *(("v", N + K - 1), ("u", N + K + L + 5)),
)
SIZES = ({"n": 5, "k": 3, "l": 2}, {"n": 2, "k": 4, "l": 1}, {"n": 1, "k": 1, "l": 3})
INDICES = (
    Index("a", 0, N),
    Index("b", 0, N),
    Index("c", 0, K),
    Index("d", 0, extent(3)),
    Index("e", 0, N + K - 1),
    Index("f", 0, L),
)
EDGES = (Edge.ZERO, Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE)


@st.composite
def index_maps(draw: st.DrawFn) -> Index | Affine:
    terms = draw(
        st.lists(
            st.tuples(st.sampled_from(INDICES), st.sampled_from((1, 1, 1, -1, -1, 2, -2, 3))),
            min_size=1,
            max_size=3,
        )
    )
    constant = draw(st.sampled_from((extent(0), extent(0), extent(1), extent(-1), N - 1, K)))
    return affine(terms, constant)


KINDS = (
    *("plain",) * 4,
    *("mapped", "function", "quotient", "inner sum", "largest"),
)


@st.composite
def factors(draw: st.DrawFn) -> Expr:
    name, size = draw(st.sampled_from((("x", N), ("y", K), ("z", extent(3)), ("v", N + K - 1))))
    kind = draw(st.sampled_from(KINDS))
    fitting = [i for i in INDICES if i.extent is size]
    if kind == "mapped":
        return padded(name, draw(index_maps()), size, draw(st.sampled_from(EDGES)))
    inner: Expr = plain(name, draw(st.sampled_from(fitting)))
    if kind == "function":
        return apply(draw(st.sampled_from(("tanh", "sigmoid"))), inner)
    if kind == "quotient":
        return power(inner, -1)
    if kind == "inner sum":  # binds an index that may stand outside too
        index, other = draw(st.sampled_from(fitting)), draw(st.sampled_from(INDICES))
        shifted = padded(name, affine([(index, 1), (other, 1)]), size, draw(st.sampled_from(EDGES)))
        return add([inner, contract([other], multiply([shifted, plain(name, index)]))])
    if kind == "largest":
        index, other = draw(st.sampled_from(INDICES)), draw(st.sampled_from(INDICES[2:4]))
        place = affine([(index, 1), (other, 1)])
        long = extent(5) + N + K + L
        return reduce("max", [other], padded("u", place, long, Edge.INSIDE))
    return inner


@st.composite
def relations(draw: st.DrawFn) -> Expr:
    kind = draw(st.sampled_from(("delta", "delta", "delta", "folded", "condition")))
    if kind == "condition":
        left, right = draw(index_maps()), draw(index_maps())
        made = [Condition("==", left, right), Condition("!=", left, right)]
        made += [Condition("<", left, right), Condition("<=", left, right)]
        return draw(st.sampled_from(made))
    if kind == "folded":
        other = draw(st.sampled_from(INDICES))
        return delta(draw(index_maps()), other, draw(st.sampled_from(EDGES[1:])))
    left = draw(index_maps())
    right = draw(st.one_of(st.sampled_from(INDICES), index_maps()))
    return delta(left, right, draw(st.sampled_from((Edge.INSIDE, Edge.ZERO))))


@st.composite
def terms(draw: st.DrawFn) -> Expr:
    parts = [
        *draw(st.lists(relations(), min_size=1, max_size=2)),
        *draw(st.lists(factors(), min_size=0, max_size=3)),
    ]
    if draw(st.booleans()):
        parts.append(add([draw(factors()), draw(factors())]))
    body = multiply(parts)
    carried = sorted(body.free, key=lambda i: i.name)
    if not carried:
        return body
    bound = draw(st.lists(st.sampled_from(carried), unique=True, min_size=1, max_size=3))
    return contract(bound, body)


@given(terms())
def test_simplification_keeps_the_value(term: Expr) -> None:
    after = simplify(term)
    assert after.free <= term.free
    axes = sorted(term.free, key=lambda i: i.name)
    for sizes in SIZES:
        generator = np.random.default_rng(0)
        arrays = {name: generator.uniform(0.4, 2.0, size.evaluate(sizes)) for name, size in ARRAYS}
        backend = NumpyBackend()
        wanted = evaluate_expr(term, axes, arrays, backend, sizes)
        got = evaluate_expr(after, axes, arrays, backend, sizes)
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
