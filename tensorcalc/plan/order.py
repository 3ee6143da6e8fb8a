"""The order in which the factors of one product are contracted.

Cost is counted in multiplications: a pairwise step costs the product of the extents of all
indices of its two operands. Up to :data:`EXACT` factors the best order is found by
opt_einsum's dynamic programming over all subsets, outer products included; its other named
optimisers miss the optimum wherever an index stands in more than two factors, as every batch
index does. Longer products start from the best of several simple orders and are then improved
window by window with the same exact search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import prod
from typing import cast

from opt_einsum.paths import DynamicProgramming, greedy

__all__ = ["EXACT", "Path", "best_path", "left_to_right", "path_cost", "right_to_left"]

#: Products of at most this many factors are ordered exactly.
EXACT = 10
#: Leaves of a window that is ordered exactly inside a longer product.
WINDOW = 7
#: Longer products are not improved window by window.
IMPROVED = 64

#: Pairs of positions; each step removes both operands and appends its result.
Path = tuple[tuple[int, int], ...]
Indices = tuple[int, ...]


def best_path(
    factors: Sequence[frozenset[int]], output: frozenset[int], sizes: dict[int, int]
) -> Path:
    """Return the cheapest pairwise order of a product, exact up to :data:`EXACT` factors.

    Args:
        factors: The indices of each factor.
        output: The indices that are kept.
        sizes: The extent of each index.

    Example:
        A matrix times a matrix times a vector is contracted from the vector's side.

        >>> abc = [frozenset({0, 1}), frozenset({1, 2}), frozenset({2})]
        >>> best_path(abc, frozenset({0}), {0: 50, 1: 50, 2: 50})
        ((1, 2), (0, 1))
    """
    numbers: dict[int, int] = {}
    for factor in factors:
        for index in sorted(factor):
            numbers.setdefault(index, len(numbers))
    return _search(
        tuple(tuple(sorted(numbers[k] for k in f)) for f in factors),
        tuple(sorted(numbers[k] for k in output if k in numbers)),
        tuple(sizes[k] for k in numbers),
    )


def path_cost(
    factors: Sequence[frozenset[int]],
    output: frozenset[int],
    sizes: dict[int, int],
    path: Path,
) -> int:
    """The multiplications of a product contracted in the order of ``path``."""
    return sum(prod(sizes[k] for k in union) for union in _unions(factors, output, path))


def left_to_right(count: int) -> Path:
    """The order that starts at the first factor and takes in the next, and the next."""
    if count < 2:
        return ()
    return ((0, 1), *((0, count - 1 - k) for k in range(1, count - 1)))


def right_to_left(count: int) -> Path:
    """The order that starts at the last factor."""
    return tuple((count - 2 - k, count - 1 - k) for k in range(count - 1))


def _unions(
    factors: Sequence[frozenset[int]], output: frozenset[int], path: Path
) -> Iterator[frozenset[int]]:
    """The indices of each step. An index is summed with the last two factors that have it."""
    left: dict[int, int] = {}
    for factor in factors:
        for index in factor:
            left[index] = left.get(index, 0) + 1
    current = list(factors)
    for i, j in path:
        one, other = current[i], current[j]
        for position in sorted((i, j), reverse=True):
            current.pop(position)
        union = one | other
        for index in one & other:
            left[index] -= 1
        result = frozenset(k for k in union if k in output or left[k] > 1)
        current.append(result)
        yield union


@lru_cache(maxsize=4096)
def _search(factors: tuple[Indices, ...], output: Indices, extents: Indices) -> Path:
    sizes = dict(enumerate(extents))
    sets = [frozenset(f) for f in factors]
    kept = frozenset(output)
    count = len(sets)
    if count < 2:
        return ()
    if count == 2:
        return ((0, 1),)
    if count <= EXACT:
        return _exact(sets, kept, sizes)
    candidates = [left_to_right(count), right_to_left(count)]
    if count <= 200:
        found = cast("list[tuple[int, ...]]", greedy(_sets(sets), _set(kept), _sizes(sizes)))
        candidates.append(_pairs(found))
    best = min(candidates, key=lambda path: path_cost(sets, kept, sizes, path))
    return _improve(sets, kept, sizes, best) if count <= IMPROVED else best


def _exact(
    factors: Sequence[frozenset[int]], output: frozenset[int], sizes: dict[int, int]
) -> Path:
    optimizer = DynamicProgramming(minimize="flops", search_outer=True)
    found = cast("list[tuple[int, ...]]", optimizer(_sets(factors), _set(output), _sizes(sizes)))
    return _pairs(found)


def _pairs(path: Sequence[tuple[int, ...]]) -> Path:
    """A path of pairs; ``(k,)`` steps, which move one operand to the end, are expanded."""
    made: list[tuple[int, int]] = []
    for step in path:
        assert len(step) == 2, step
        made.append((min(step), max(step)))
    return tuple(made)


def _set(indices: frozenset[int]) -> frozenset[str]:
    return frozenset(chr(192 + k) for k in indices)


def _sets(factors: Sequence[frozenset[int]]) -> list[frozenset[str]]:
    return [_set(f) for f in factors]


def _sizes(sizes: dict[int, int]) -> dict[str, int]:
    return {chr(192 + k): max(n, 1) for k, n in sizes.items()}


class _Node:
    """A contraction tree with mutable children, for improving it in place."""

    __slots__ = ("children", "factor", "indices")

    def __init__(self, indices: frozenset[int], factor: int | None, children: list[_Node]) -> None:
        self.indices = indices
        self.factor = factor
        self.children = children


def _improve(
    factors: Sequence[frozenset[int]],
    output: frozenset[int],
    sizes: dict[int, int],
    path: Path,
) -> Path:
    """Re-order windows of the tree exactly, from the root down, until none gets cheaper."""
    for _ in range(3):
        root = _tree(factors, output, path)
        stack = [root]
        while stack:
            node = stack.pop()
            if node.children:
                _reorder(node, sizes)
                stack.extend(node.children)
        better = _path_of(root, len(factors))
        old, new = (path_cost(factors, output, sizes, p) for p in (path, better))
        if new >= old:
            return path
        path = better
    return path


def _tree(factors: Sequence[frozenset[int]], output: frozenset[int], path: Path) -> _Node:
    left: dict[int, int] = {}
    for factor in factors:
        for index in factor:
            left[index] = left.get(index, 0) + 1
    current = [_Node(f, n, []) for n, f in enumerate(factors)]
    for i, j in path:
        one, other = current[i], current[j]
        for position in sorted((i, j), reverse=True):
            current.pop(position)
        for index in one.indices & other.indices:
            left[index] -= 1
        union = one.indices | other.indices
        kept = frozenset(k for k in union if k in output or left[k] > 1)
        current.append(_Node(kept, None, [one, other]))
    return current[0]


def _cost(node: _Node, sizes: dict[int, int]) -> int:
    one, other = node.children
    return prod(sizes[k] for k in one.indices | other.indices)


def _reorder(node: _Node, sizes: dict[int, int]) -> None:
    """Replace the top of the tree below ``node`` by the best tree over the same leaves."""
    leaves = list(node.children)
    while len(leaves) < WINDOW:
        inner = [leaf for leaf in leaves if leaf.children]
        if not inner:
            break
        widest = max(inner, key=lambda leaf: _cost(leaf, sizes))
        position = leaves.index(widest)
        leaves[position : position + 1] = widest.children
    if len(leaves) < 3:
        return
    sets = [leaf.indices for leaf in leaves]
    path = _exact(sets, node.indices, sizes)
    best = _tree(sets, node.indices, path)
    if sum(prod(sizes[k] for k in u) for u in _unions(sets, node.indices, path)) >= _top_cost(
        node, leaves, sizes
    ):
        return
    stack = [best]
    while stack:
        made = stack.pop()
        made.children = [leaves[c.factor] if c.factor is not None else c for c in made.children]
        stack.extend(c for c in made.children if c not in leaves)
    node.children = best.children


def _top_cost(node: _Node, leaves: list[_Node], sizes: dict[int, int]) -> int:
    stop = set(map(id, leaves))
    total, stack = 0, [node]
    while stack:
        inner = stack.pop()
        if id(inner) not in stop:
            total += _cost(inner, sizes)
            stack.extend(inner.children)
    return total


def _path_of(root: _Node, count: int) -> Path:
    """The linear path of a tree: operands are removed, results appended."""
    order: list[_Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.children:
            order.append(node)
            stack.extend(node.children)
    order.reverse()
    position: list[int] = list(range(count))
    name: dict[int, int] = {}
    path: list[tuple[int, int]] = []
    for step, node in enumerate(order):
        pair = [
            position.index(c.factor if c.factor is not None else name[id(c)]) for c in node.children
        ]
        path.append((min(pair), max(pair)))
        for where in sorted(pair, reverse=True):
            position.pop(where)
        name[id(node)] = count + step
        position.append(count + step)
    return tuple(path)
