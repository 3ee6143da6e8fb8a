"""The numeric stage of equality: values in float64, and differences that are none of rounding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorcalc.check.alignment import Joint, shown_names
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.counter_example import CounterExample
from tensorcalc.check.evaluate import evaluate
from tensorcalc.check.kink_points import kink_points
from tensorcalc.check.points import Point, generic_point
from tensorcalc.check.scaled_points import bodies_of, free_inputs, scaled_points
from tensorcalc.check.varied_sizes import VariedSizes
from tensorcalc.errors import VerificationError
from tensorcalc.expr import Access, Apply, Equations, Pointwise, walk

__all__ = ["Numeric", "by_floats", "differing", "first_difference"]

_SEEDS = 6
#: Relative to an entry, relative to the largest entry, and absolute: inputs are of size 1, so
#: what cancels leaves rounding noise of some 1e-16.
_TOLERANCE, _NOISE, _FLOOR = 1e-11, 1e-12, 1e-13
#: Inputs are moved by so little to see whether a difference is one of rounding: by their last
#: digits, and, since in ``1 + 1e-8 x`` those change nothing, by more.
_MOVES = (1e-13,) * 4 + (1e-6,) * 6


@dataclass(frozen=True, slots=True, eq=False)
class Numeric:
    """What was found in float64: a difference, or none at so many points."""

    example: CounterExample | None
    points: int


@dataclass(frozen=True, slots=True)
class _Values:
    """The value of each definition, and whether nothing over- or underflowed on the way."""

    by_name: Mapping[str, NDArray[np.float64]]
    exact_range: bool


def by_floats(joint: Joint, seed: int, varied: VariedSizes, scale: float = 1.0) -> Numeric:
    """Compare at generic points, then at scaled ones, then beyond kinks that were not met.

    Rounding changes with the last digits of the inputs, a difference does not: one that does
    not stay when the inputs move a little is none. An entry that is finite on
    one side only counts where no number left the range of floats.

    Args:
        joint: Both programs.
        seed: Fixes everything that is drawn.
        varied: Draws sizes.
        scale: The size of the numbers in front of the terms.

    Raises:
        VerificationError: Neither side is finite anywhere, or never both at one point, so that
            nothing would be compared.
    """
    floor = _FLOOR * scale
    compared = dict.fromkeys(joint.pairs, 0)
    near = list(_generic_points(joint, range(seed, seed + _SEEDS), varied))
    tried: list[Point] = []
    scaled = scaled_points(joint.equations, near)
    for point in chain(near, scaled, kink_points(joint.equations, tried)):
        tried.append(point)
        found = _difference(joint, point, floor, compared)
        if found is not None:
            return Numeric(found, len(tried))
    if not all(compared.values()):
        raise VerificationError(
            "no inputs found at which both sides have values that can be compared"
        )
    return Numeric(None, min(compared.values()))


def _generic_points(joint: Joint, seeds: Sequence[int], varied: VariedSizes) -> Iterator[Point]:
    """Yield points that are generic for the left outputs, and some for the right ones.

    Inputs that are the condition of a ``where`` are 0 or 1 at every other point.
    """
    equations = joint.equations
    found = False
    switches = _switches(equations)
    for seed in seeds:
        sizes = varied.next(np.random.default_rng([seed, 4]))
        for side in (0, 1):
            names = tuple(dict.fromkeys(pair[side] for pair in joint.pairs))
            try:
                point = generic_point(equations.needed_for(names), seed, sizes)
            except VerificationError:
                continue
            found = True
            if switches and seed % 2:
                generator = np.random.default_rng([seed, 2])
                arrays = dict(point.arrays)
                for name in switches:
                    drawn = generator.integers(0, 2, arrays[name].shape).astype(float)
                    arrays[name] = 1 - drawn if side else drawn
                point = Point(arrays, point.sizes, seed)
            yield point
    if not found:
        raise VerificationError("no inputs found at which the programs are finite")


def _switches(equations: Equations) -> list[str]:
    """Real inputs that a ``where`` asks whether they are 0."""
    asked: dict[str, None] = {}
    for body in bodies_of(equations):
        for node in walk(body):
            match node:
                case Apply(
                    Pointwise(name="where" | "equal" | "not_equal"), (Access(tensor, _), *_)
                ):
                    asked.setdefault(tensor.name)
                case _:
                    pass
    free = free_inputs(equations)
    return [name for name in asked if name in free]


def _values(joint: Joint, point: Point) -> _Values | None:
    """All outputs at a point; None where a matrix has no inverse."""
    names = tuple(dict.fromkeys(name for pair in joint.pairs for name in pair))
    left_range: list[str] = []

    def note(what: str, _: int) -> None:
        left_range.append(what)

    with np.errstate(all="ignore", over="call", under="call", call=note):
        try:
            values = evaluate(joint.equations, point.arrays, NumpyBackend(), point.sizes, names)
        except np.linalg.LinAlgError:
            return None
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    return _Values(arrays, not left_range)


def _difference(
    joint: Joint, point: Point, floor: float, compared: dict[tuple[str, str], int]
) -> CounterExample | None:
    """The first difference at a point; pairs with equal values there are counted.

    Where a difference is one of rounding, nothing is known.
    """
    here = _values(joint, point)
    if here is None:
        return None
    nearby: list[_Values] | None = None
    for pair in joint.pairs:
        left, right = (here.by_name[name] for name in pair)
        different = differing(left, right, _TOLERANCE, floor)
        both = np.isfinite(left) & np.isfinite(right)
        if not here.exact_range:
            different &= both
        if not different.any():
            compared[pair] += here.exact_range or bool(both.any())
            continue
        if nearby is None:
            nearby = list(_nearby(joint, point))
        for values in nearby:
            different &= _stays((left, right), (values.by_name[pair[0]], values.by_name[pair[1]]))
        if different.any():
            entry = tuple(int(k) for k in np.argwhere(different)[0])
            ends = float(left[entry]), float(right[entry])
            return CounterExample(point.arrays, point.sizes, shown_names(pair), entry, *ends)
    return None


def _nearby(joint: Joint, point: Point) -> Iterator[_Values]:
    """The values at points so near that only rounding differs; integers stay what they are."""
    names = free_inputs(joint.equations)
    for k, size in enumerate(_MOVES):
        generator = np.random.default_rng([point.seed, k, 7])
        arrays = dict(point.arrays)
        for name in names:
            array = arrays[name]
            moved = array * (1 + size * generator.uniform(-1, 1))
            arrays[name] = np.where(array == np.round(array), array, moved)
        values = _values(joint, Point(arrays, point.sizes, point.seed))
        if values is not None:
            yield values


def _stays(
    here: tuple[NDArray[np.float64], NDArray[np.float64]],
    nearby: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.bool_]:
    """Where a difference is about the same, or the same side is finite."""
    finite = [np.isfinite(array) for array in (*here, *nearby)]
    same: NDArray[np.bool_] = (finite[0] == finite[2]) & (finite[1] == finite[3])
    with np.errstate(all="ignore"):
        first, second = here[0] - here[1], nearby[0] - nearby[1]
        close = np.abs(second - first) <= np.abs(first) / 2
    return same & (close | ~(finite[0] & finite[1]))


def differing(
    left: NDArray[Any], right: NDArray[Any], tolerance: float, floor: float = _FLOOR
) -> NDArray[np.bool_]:
    """Which entries of two arrays of one shape differ by more than rounding.

    Entries that are not finite in both count as equal: nothing is known there.
    """
    fine = np.isfinite(left), np.isfinite(right)
    both = fine[0] & fine[1]
    largest = float(np.max(np.abs(np.where(both, left, 0.0)), initial=0.0))
    with np.errstate(all="ignore"):
        allowed = tolerance * (np.abs(left) + np.abs(right)) + _NOISE * largest + floor
        different = np.asarray(~(np.abs(left - right) <= allowed))
    different[~both] = (fine[0] != fine[1])[~both]
    return different


def first_difference(
    left: NDArray[Any], right: NDArray[Any], tolerance: float = 1e-9
) -> tuple[int, ...] | None:
    """The first entry in which two arrays differ by more than rounding; None if none does."""
    if left.shape != right.shape:
        return tuple(0 for _ in left.shape)
    different = differing(left, right, tolerance)
    if not different.any():
        return None
    return tuple(int(k) for k in np.argwhere(different)[0])
