"""Steps that several products share: a value and all of its gradients.

Ordered one by one, the gradients of a product of ``n`` factors cost up to ``n + 1`` times the
value. But every gradient can be had from one contraction tree, all of them for three times
the value. So products are ordered one after another, and what an earlier one has computed
counts as free.

Sources:
    Evenbly, Pfeifer, "Improving the efficiency of variational tensor network algorithms",
    Phys. Rev. B 89 (2014), theorems 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from math import prod
from typing import TypeAlias

from tensorcalc.arrays.builder import Label, Value
from tensorcalc.arrays.nodes import Array
from tensorcalc.plan.order import Path

__all__ = ["SharedSteps"]

#: Longer products are not searched for shared steps.
MOST = 8

#: A factor's place, or a pair of trees.
_Tree: TypeAlias = "int | tuple[_Tree, _Tree]"


class SharedSteps:
    """The steps of the products ordered so far, found again by what they compute."""

    def __init__(self, number: Callable[[Array], int], size: Callable[[Label], int]) -> None:
        self._number = number
        self._size = size
        #: For each product of some factors: its tree over their places in sorted order.
        self._known: dict[Hashable, _Tree] = {}

    def path(
        self, factors: Sequence[Value], output: frozenset[Label]
    ) -> tuple[Path, frozenset[int]] | None:
        """The cheapest order if known steps are free; None where no step is known.

        Returns:
            The path, and the places of factors and steps that are inside a known step.
        """
        if not 3 <= len(factors) <= MOST or not self._known:
            return None
        subsets = _Subsets(factors, output)
        keys = {mask: self._key(subsets, mask) for mask in subsets.pairs_and_more()}
        free = {mask: self._known[key] for mask, key in keys.items() if key in self._known}
        if not free:
            return None
        cost: dict[int, int] = {}
        tree: dict[int, _Tree] = {}
        for mask in range(1, subsets.everything + 1):
            if mask & (mask - 1) == 0:
                cost[mask], tree[mask] = 0, mask.bit_length() - 1
            elif mask in free:
                order = self._sorted(subsets, mask)
                cost[mask], tree[mask] = 0, _placed(free[mask], order)
            else:
                cost[mask], tree[mask] = self._best(subsets, mask, cost, tree)
        path, masks = _linear(tree[subsets.everything], len(factors))
        inside = {
            place
            for place, mask in enumerate(masks)
            if any(mask & known == mask for known in free if known in masks)
        }
        return path, frozenset(inside)

    def record(
        self,
        factors: Sequence[Value],
        output: frozenset[Label],
        path: Path,
        changed: int | None,
    ) -> None:
        """Keep the steps of a product; those that hold the place ``changed`` are scaled."""
        if len(factors) > MOST:
            return
        subsets = _Subsets(factors, output)
        current: list[tuple[int, _Tree]] = [(1 << n, n) for n in range(len(factors))]
        masks = [1 << n for n in range(len(factors))]
        steps: list[tuple[int, _Tree]] = []
        for i, j in path:
            (one, left), (other, right) = current[i], current[j]
            current.pop(j)
            current.pop(i)
            made = (one | other, (left, right))
            current.append(made)
            masks.append(made[0])
            steps.append(made)
        scaled = masks[changed] if changed is not None else 0
        for mask, tree in steps:
            if scaled and mask & scaled == scaled:
                continue
            order = self._sorted(subsets, mask)
            place = {factor: n for n, factor in enumerate(order)}
            self._known.setdefault(self._key(subsets, mask), _renumbered(tree, place))

    def _best(
        self, subsets: _Subsets, mask: int, cost: dict[int, int], tree: dict[int, _Tree]
    ) -> tuple[int, _Tree]:
        best: tuple[int, int] | None = None
        part = (mask - 1) & mask
        while part:
            rest = mask ^ part
            if part > rest:
                labels = subsets.legs(part) | subsets.legs(rest)
                total = cost[part] + cost[rest] + prod(self._size(k) for k in labels)
                if best is None or total < best[0]:
                    best = total, part
            part = (part - 1) & mask
        assert best is not None
        total, part = best
        return total, (tree[part], tree[mask ^ part])

    def _sorted(self, subsets: _Subsets, mask: int) -> list[int]:
        members = [n for n in range(len(subsets.factors)) if mask >> n & 1]
        return sorted(members, key=lambda n: self._number(subsets.factors[n].array))

    def _key(self, subsets: _Subsets, mask: int) -> Hashable:
        numbers: dict[Label, int] = {}
        operands: list[tuple[Array, tuple[int, ...]]] = []
        for member in self._sorted(subsets, mask):
            factor = subsets.factors[member]
            labels = tuple(numbers.setdefault(k, len(numbers)) for k in factor.labels)
            operands.append((factor.array, labels))
        kept = frozenset(numbers[k] for k in subsets.legs(mask))
        return tuple(operands), kept


class _Subsets:
    """Subsets of a product's factors as bit masks, and the indices each keeps."""

    def __init__(self, factors: Sequence[Value], output: frozenset[Label]) -> None:
        self.factors = factors
        self.everything = (1 << len(factors)) - 1
        self._own = [frozenset(f.labels) for f in factors]
        self._output = output
        self._legs: dict[int, frozenset[Label]] = {}

    def pairs_and_more(self) -> list[int]:
        """Every subset of two factors or more, but not all of them."""
        return [m for m in range(1, self.everything) if m & (m - 1)]

    def legs(self, mask: int) -> frozenset[Label]:
        """The indices of the result of contracting a subset."""
        found = self._legs.get(mask)
        if found is None:
            if mask & (mask - 1) == 0:
                found = self._own[mask.bit_length() - 1]
            else:
                found = self._union(mask) & (self._output | self._union(self.everything ^ mask))
            self._legs[mask] = found
        return found

    def _union(self, mask: int) -> frozenset[Label]:
        return frozenset(label for n, own in enumerate(self._own) if mask >> n & 1 for label in own)


def _placed(tree: _Tree, order: Sequence[int]) -> _Tree:
    if isinstance(tree, int):
        return order[tree]
    return _placed(tree[0], order), _placed(tree[1], order)


def _renumbered(tree: _Tree, place: dict[int, int]) -> _Tree:
    if isinstance(tree, int):
        return place[tree]
    return _renumbered(tree[0], place), _renumbered(tree[1], place)


def _linear(tree: _Tree, count: int) -> tuple[Path, list[int]]:
    """A tree as a path of pairs, and the factors that each operand and step holds."""
    masks = [1 << n for n in range(count)]
    names = list(range(count))
    path: list[tuple[int, int]] = []

    def visit(node: _Tree) -> int:
        if isinstance(node, int):
            return node
        pair = visit(node[0]), visit(node[1])
        places = sorted(names.index(p) for p in pair)
        path.append((places[0], places[1]))
        for place in reversed(places):
            names.pop(place)
        masks.append(masks[pair[0]] | masks[pair[1]])
        names.append(len(masks) - 1)
        return len(masks) - 1

    visit(tree)
    return tuple(path), masks
