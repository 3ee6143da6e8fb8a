"""Contraction orders against brute force and against the exact search."""

from __future__ import annotations

from functools import cache
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorcalc.plan.order import (
    EXACT,
    best_path,
    left_to_right,
    path_cost,
    right_to_left,
)

Product = tuple[list[frozenset[int]], frozenset[int], dict[int, int]]


@st.composite
def products(draw: st.DrawFn, least: int, most: int) -> Product:
    """Random factors with hyperedges; an index in one factor only is kept."""
    count = draw(st.integers(least, most))
    width = draw(st.integers(3, 8))
    factors = [
        frozenset(draw(st.lists(st.integers(0, width), min_size=1, max_size=3)))
        for _ in range(count)
    ]
    used = sorted(set().union(*factors))
    alone = {k for k in used if sum(k in f for f in factors) == 1}
    output = frozenset(draw(st.lists(st.sampled_from(used), max_size=3))) | alone
    sizes = {k: draw(st.sampled_from([2, 3, 5, 16, 50])) for k in used}
    return factors, output, sizes


def brute_force(
    factors: list[frozenset[int]], output: frozenset[int], sizes: dict[int, int]
) -> int:
    """The least cost over all binary trees, straight from the definition."""

    @cache
    def legs(subset: frozenset[int]) -> frozenset[int]:
        inside = frozenset().union(*(factors[n] for n in subset))
        rest = [factors[n] for n in range(len(factors)) if n not in subset]
        return inside & output.union(*rest)

    @cache
    def cost(subset: frozenset[int]) -> int:
        if len(subset) == 1:
            return 0
        first, *others = sorted(subset)
        best = None
        for mask in range(2 ** len(others) - 1):
            part = frozenset({first, *(o for n, o in enumerate(others) if mask >> n & 1)})
            rest = subset - part
            own = [factors[next(iter(s))] if len(s) == 1 else legs(s) for s in (part, rest)]
            step = prod(sizes[k] for k in own[0] | own[1])
            total = cost(part) + cost(rest) + step
            best = total if best is None else min(best, total)
        assert best is not None
        return best

    return cost(frozenset(range(len(factors))))


@given(products(2, 5))
def test_small_products_are_ordered_optimally(product: Product) -> None:
    factors, output, sizes = product
    path = best_path(factors, output, sizes)
    assert path_cost(factors, output, sizes, path) == brute_force(factors, output, sizes)


@given(products(6, 7))
def test_products_of_seven_too(product: Product) -> None:
    factors, output, sizes = product
    path = best_path(factors, output, sizes)
    assert path_cost(factors, output, sizes, path) == brute_force(factors, output, sizes)


@given(products(EXACT + 1, EXACT + 12))
def test_long_products_are_no_worse_than_either_direction(product: Product) -> None:
    factors, output, sizes = product
    cost = path_cost(factors, output, sizes, best_path(factors, output, sizes))
    for path in (left_to_right(len(factors)), right_to_left(len(factors))):
        assert cost <= path_cost(factors, output, sizes, path)


@pytest.mark.parametrize("vector", [0, 30])
def test_a_long_chain_of_matrices_is_taken_from_its_vector(vector: int) -> None:
    """Whichever end the vector is at, no matrix is multiplied by a matrix."""
    count = 30
    factors = [frozenset({k, k + 1}) for k in range(count)]
    factors.insert(vector, frozenset({vector and count}))
    output = frozenset({count if vector == 0 else 0})
    sizes = dict.fromkeys(range(count + 1), 20)
    path = best_path(factors, output, sizes)
    assert path_cost(factors, output, sizes, path) == count * 20 * 20


def test_every_index_of_a_batch_stands_in_many_factors() -> None:
    """A layer gradient of a deep network: opt_einsum's ``optimal`` is 85 times off here."""
    batch, i, o, h, c, d = range(6)
    factors = [
        frozenset(f) for f in ({batch, c}, {c, o}, {batch, o}, {o, h}, {batch, h}, {batch, i})
    ]
    sizes = {batch: 128, i: 784, o: 256, h: 256, c: 10, d: 1}
    output = frozenset({h, i})
    path = best_path(factors, output, sizes)
    assert path_cost(factors, output, sizes, path) == brute_force(factors, output, sizes)
