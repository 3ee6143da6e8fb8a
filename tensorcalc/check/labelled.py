"""Arrays whose axes are labelled by indices: what the oracle computes with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tensorcalc.check.backends import Array, Backend
from tensorcalc.expr import Index

__all__ = [
    "Labelled",
    "combine",
    "plus",
    "spread",
    "sum_of_product",
    "times",
    "union_of_axes",
]

#: Above this many entries a summed product is computed in parts.
_ENTRIES_AT_ONCE = 1 << 21


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """An array with one axis for each of ``axes``, in that order."""

    axes: tuple[Index, ...]
    array: Array

    def at(self, index: Index, position: int) -> Labelled:
        """One entry along ``index``; unchanged if there is no such axis."""
        if index not in self.axes:
            return self
        place = self.axes.index(index)
        key = (slice(None),) * place + (position,)
        return Labelled(self.axes[:place] + self.axes[place + 1 :], self.array[key])


def plus(*arrays: Array) -> Array:
    """The sum of arrays that broadcast."""
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def times(*arrays: Array) -> Array:
    """The product of arrays that broadcast."""
    total = arrays[0]
    for array in arrays[1:]:
        total = total * array
    return total


def union_of_axes(values: Iterable[Labelled]) -> tuple[Index, ...]:
    """Every axis that occurs, in order of first appearance."""
    found: dict[Index, None] = {}
    for value in values:
        for axis in value.axes:
            found.setdefault(axis)
    return tuple(found)


def spread(backend: Backend, value: Labelled, axes: Sequence[Index]) -> Array:
    """The array of ``value`` with its axes in the order of ``axes``, 1 long where it lacks one."""
    order = sorted(range(len(value.axes)), key=lambda place: axes.index(value.axes[place]))
    moved = backend.transpose(value.array, order) if len(order) > 1 else value.array
    lengths = dict(zip(value.axes, value.array.shape, strict=True))
    return moved.reshape(tuple(lengths.get(axis, 1) for axis in axes))


def combine(
    backend: Backend, function: Callable[..., Array], values: Sequence[Labelled]
) -> Labelled:
    """``function`` of the arrays, broadcast over the union of their axes."""
    axes = union_of_axes(values)
    return Labelled(axes, function(*(spread(backend, value, axes) for value in values)))


def sum_of_product(
    backend: Backend,
    factors: Sequence[Labelled],
    bound: Sequence[Index],
    length_of: Callable[[Index], int],
) -> Labelled:
    """Multiply everything out, then sum over ``bound``: the definition, and nothing cleverer.

    A product too large to hold at once is added up over the values of bound indices.
    """
    axes = union_of_axes(factors)
    entries = 1
    for axis in axes:
        entries *= length_of(axis)
    splittable = [index for index in bound if index in axes and length_of(index) > 1]
    if entries > _ENTRIES_AT_ONCE and splittable:
        index = max(splittable, key=length_of)
        rest = [other for other in bound if other is not index]
        total: Labelled | None = None
        for position in range(length_of(index)):
            here = [factor.at(index, position) for factor in factors]
            part = sum_of_product(backend, here, rest, length_of)
            total = part if total is None else combine(backend, plus, [total, part])
        assert total is not None
        return total
    product = combine(backend, times, factors)
    return _summed(backend, product, bound, length_of)


def _summed(
    backend: Backend,
    value: Labelled,
    bound: Sequence[Index],
    length_of: Callable[[Index], int],
) -> Labelled:
    places = tuple(place for place, axis in enumerate(value.axes) if axis in bound)
    kept = tuple(axis for axis in value.axes if axis not in bound)
    result = backend.total(value.array, places) if places else value.array
    for index in bound:
        if index not in value.axes:
            result = result * length_of(index)
    return Labelled(kept, result)
