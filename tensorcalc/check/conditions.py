"""Under which condition a formula that is wrong in general would be right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, permutations

import numpy as np

from tensorcalc.check.findings import Finding
from tensorcalc.check.points import Point
from tensorcalc.check.samples import Arrays, Numbers, Samples, agree
from tensorcalc.expr import Tensor

__all__ = ["explain_conditions", "positive_only"]


def explain_conditions(samples: Samples, what: str) -> Finding | None:
    """Conditions under which the formula would be right."""
    tests: tuple[Callable[[Samples, str], Finding | None], ...] = (
        _symmetric_only,
        positive_only,
        _mask_only,
        _special_point,
    )
    for test in tests:
        found = test(samples, what)
        if found is not None:
            return found
    return None


def _symmetric_only(samples: Samples, what: str) -> Finding | None:
    for tensor in samples.inputs:
        for first, second in combinations(range(tensor.rank), 2):
            if tensor.extents[first] is not tensor.extents[second]:
                continue
            if any({first, second} <= set(slots) for _, slots in tensor.symmetry):
                continue
            for sign, word in ((1, "symmetric"), (-1, "antisymmetric")):
                if samples.hold_with(tensor.name, _mirrored(first, second, sign)):
                    where = "" if tensor.rank == 2 else f" in its axes {first + 1} and {second + 1}"
                    return Finding(
                        "symmetric only",
                        f"your formula is right only if {tensor.name} is {word}{where}",
                    )
    return _other_convention(samples, what)


def _mirrored(first: int, second: int, sign: int) -> Callable[[Numbers], Numbers]:
    def make(array: Numbers) -> Numbers:
        return np.asarray((array + sign * np.swapaxes(array, first, second)) / 2)

    return make


def _other_convention(samples: Samples, what: str) -> Finding | None:
    """The derivative by a general matrix, where that by a symmetric one was asked."""
    rank = samples.right.tensor.rank
    for first, second in combinations(range(rank), 2):
        if all(
            s.answer.shape == s.right.shape
            and s.answer.shape[first] == s.answer.shape[second]
            and agree((s.answer + np.swapaxes(s.answer, first, second)) / 2, s.right)
            for s in samples.generic
        ):
            return Finding(
                "symmetric only",
                f"{what} is the symmetric part of your formula in its axes {first + 1} and "
                f"{second + 1}",
            )
    return None


def positive_only(samples: Samples, what: str) -> Finding | None:
    """Whether the formula is right where an input, or all of them, have one sign."""
    names = [t.name for t in samples.inputs if "mask" not in t.facts]
    for name in names:
        for make, word in ((np.abs, "positive"), (_negative, "negative")):
            if samples.hold_with(name, make):
                return Finding("domain", f"your formula is right only where {name} is {word}")
    if samples.hold_where_drawn("positive"):
        return Finding(
            "domain", f"your formula is right only where {', '.join(names)} are positive"
        )
    return None


def _negative(array: Numbers) -> Numbers:
    return np.asarray(-np.abs(array))


def _mask_only(samples: Samples, what: str) -> Finding | None:
    for tensor in samples.inputs:
        if "mask" in tensor.facts:
            if samples.hold_with(tensor.name, np.ones_like):
                return Finding("mask only", f"your formula is right only where {tensor.name} is 1")
        elif samples.hold(_coins(tensor)):
            return Finding(
                "mask only", f"your formula is right only if {tensor.name} holds 0 and 1 alone"
            )
    return None


def _coins(tensor: Tensor) -> Callable[[Point, np.random.Generator], Arrays]:
    def change(point: Point, generator: np.random.Generator) -> Arrays:
        shape = np.shape(point.arrays[tensor.name])
        drawn = generator.integers(0, 2, shape).astype(np.float64)
        if drawn.size == 1:  # both values are to be met at the few points
            drawn = np.full(shape, float(point.seed % 2))
        return {**point.arrays, tensor.name: drawn}

    return change


def _special_point(samples: Samples, what: str) -> Finding | None:
    for name, make, where in _special_values(samples):
        if samples.hold_with(name, make):
            return Finding("special point", f"your formula is right only where {where}")
    for first, second in permutations(samples.inputs, 2):
        if first.extents != second.extents:
            continue
        if samples.hold(_equated(first.name, second.name)):
            return Finding(
                "special point",
                f"your formula is right only where {first.name} = {second.name}",
            )
    return None


def _special_values(
    samples: Samples,
) -> Iterator[tuple[str, Callable[[Numbers], Numbers], str]]:
    for tensor in samples.inputs:
        name = tensor.name
        if tensor.rank:
            yield name, _constant_array, f"all entries of {name} are the same"
        yield name, np.zeros_like, f"{name} = 0"
        yield name, np.ones_like, f"{name} = 1"
        if tensor.rank == 2 and tensor.extents[0] is tensor.extents[1]:
            yield name, _identity, f"{name} is the identity"


def _identity(array: Numbers) -> Numbers:
    return np.eye(array.shape[0])


def _constant_array(array: Numbers) -> Numbers:
    return np.full_like(array, array.flat[0])


def _equated(first: str, second: str) -> Callable[[Point, np.random.Generator], Arrays]:
    def change(point: Point, generator: np.random.Generator) -> Arrays:
        return {**point.arrays, first: point.arrays[second]}

    return change
