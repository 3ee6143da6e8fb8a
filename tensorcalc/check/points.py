"""Generic points: inputs at which nothing coincides by accident.

All sizes are different as far as they are free, no matrix is symmetric unless declared, and
declared facts hold. Where a function is defined on part of the line only, the inputs it reads
directly are drawn from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate, evaluate_expr
from tensorcalc.errors import ShapeError, VerificationError
from tensorcalc.expr import (
    Access,
    Apply,
    Contraction,
    Delta,
    Equations,
    Expr,
    Extent,
    Fact,
    Functional,
    Index,
    Lookup,
    Number,
    Pointwise,
    Tensor,
    Transform,
    accesses,
    walk,
)

__all__ = ["Point", "choose_sizes", "draw", "draw_like", "generic_point", "label_limits"]

#: What a record's interval is unless it says otherwise, and what is drawn then: small enough
#: that a few layers do not saturate.
_USUAL = (-2.0, 2.0)
_DRAWN = (-1.3, 1.3)
_ATTEMPTS = 200
#: How often sizes are drawn anew: ``X'X`` is singular where ``X`` is wider than high.
_SIZE_ATTEMPTS = 8
#: A matrix that is inverted may lose no more than a few digits.
_WORST_CONDITION = 1e6
_WAYS = ("as declared", "small", "positive", "small and positive", "above 1")


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Arrays for every input, the sizes that go with them, and the seed they came from."""

    arrays: Mapping[str, NDArray[Any]]
    sizes: Mapping[str, int]
    seed: int


def generic_point(
    equations: Equations, seed: int = 0, sizes: Mapping[str, int] | None = None
) -> Point:
    """Return inputs at which every output of ``equations`` is finite.

    Args:
        equations: The program, without derivatives that are not carried out.
        seed: Fixes everything that is drawn.
        sizes: Sizes to use instead of drawn ones.

    Raises:
        VerificationError: No point was found at which the outputs are finite.
        ShapeError: No sizes were found for which every index has a component.
    """
    for attempt in range(_SIZE_ATTEMPTS):
        start = seed if attempt == 0 else [seed, attempt]
        chosen = choose_sizes(equations, np.random.default_rng(start), sizes or {})
        for way in _WAYS:
            point = Point(draw(equations, chosen, np.random.default_rng(start), way), chosen, seed)
            if _is_generic(equations, point):
                return point
    raise VerificationError(f"seed {seed}: no inputs found at which every output is finite")


def _is_generic(equations: Equations, point: Point) -> bool:
    """Whether every output is finite, and every matrix that is inverted can well be."""
    names = [d.name for d in equations.definitions]
    with np.errstate(all="ignore"):
        try:
            values = evaluate(equations, point.arrays, NumpyBackend(), point.sizes, names)
        except np.linalg.LinAlgError:
            return False
        if not all(bool(np.isfinite(values[name]).all()) for name in equations.outputs):
            return False
        arrays = {**point.arrays, **values}
        return all(
            float(np.max(np.linalg.cond(matrix), initial=0.0)) < _WORST_CONDITION
            for matrix in _inverted(equations, arrays, point.sizes)
        )


def _inverted(
    equations: Equations, arrays: Mapping[str, NDArray[Any]], sizes: Mapping[str, int]
) -> Iterator[NDArray[Any]]:
    """The matrices of which an inverse or a determinant is taken."""
    for body in _bodies(equations):
        for node in walk(body):
            match node:
                case Transform(Functional(name="inv" | "det" | "logdet"), (argument,), _):
                    rest = sorted(argument.free, key=repr)
                    axes = (*rest, *argument.bound)
                    yield evaluate_expr(argument.body, axes, arrays, NumpyBackend(), sizes)
                case _:
                    pass


def draw(
    equations: Equations,
    sizes: Mapping[str, int],
    generator: np.random.Generator,
    way: str = "as declared",
) -> dict[str, NDArray[Any]]:
    """Return an array for each input, facts included."""
    intervals, matrices = _directly_read(equations)
    limits = label_limits(equations, sizes)
    arrays: dict[str, NDArray[Any]] = {}
    for tensor in equations.inputs:
        shape = tuple(e.evaluate(sizes) for e in tensor.extents)
        if tensor.domain == "integer":
            arrays[tensor.name] = generator.integers(0, limits.get(tensor.name, 3), shape)
            continue
        interval = intervals.get(tensor.name, _DRAWN)
        if interval is _DRAWN and way.endswith("positive"):
            interval = (0.2, 1.5)
        elif interval is _DRAWN and way == "above 1":
            interval = (1.2, 2.5)
        array = _draw_real(tensor, shape, interval, generator)
        if way.startswith("small") and tensor.name not in intervals and "mask" not in tensor.facts:
            array = array * 0.2
        if tensor.name in matrices:
            array = _well_conditioned(array, definite=matrices[tensor.name])
        arrays[tensor.name] = array
    for fact in equations.facts:
        _make_true(equations, fact, arrays, sizes)
    return arrays


def draw_like(
    tensor: Tensor, sizes: Mapping[str, int], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return a generic array for a cotangent or a tangent."""
    shape = tuple(e.evaluate(sizes) for e in tensor.extents)
    return _draw_real(tensor, shape, _DRAWN, generator)


def choose_sizes(
    equations: Equations, generator: np.random.Generator, given: Mapping[str, int]
) -> dict[str, int]:
    """Different small numbers for all free sizes, such that every index has a component."""
    fixed = {**dict(equations.sizes), **given}
    extents = _extents(equations)
    names = sorted({name for e in extents for name in e.names()} - fixed.keys())
    pool = list(range(2, max(6, len(names) + 2)))
    for attempt in range(_ATTEMPTS):
        stretch = attempt // 20
        shuffled = [int(n) for n in generator.permutation(pool)]
        sizes = {**fixed, **{n: s + stretch for n, s in zip(names, shuffled, strict=False)}}
        if all(e.evaluate(sizes) >= 1 for e in extents):
            return sizes
    raise ShapeError(f"no sizes found for {', '.join(names)} that leave every index a component")


def _extents(equations: Equations) -> set[Extent]:
    found = {e for t in equations.inputs for e in t.extents}
    for definition in equations.definitions:
        found.update(definition.tensor.extents)
        for node in walk(definition.body):
            if isinstance(node, Contraction):
                found.update(i.extent for i in node.bound)
            elif isinstance(node, Transform):
                found.update(i.extent for a in node.arguments for i in a.bound)
    return found


def _bodies(equations: Equations) -> Iterator[Expr]:
    for definition in equations.definitions:
        yield definition.body
        for start in definition.starts:
            yield start.body


def _directly_read(
    equations: Equations,
) -> tuple[dict[str, tuple[float, float]], dict[str, bool]]:
    """The domains of functions whose argument is an input itself.

    Returns:
        Intervals by input, and the inputs that must be invertible (True: positive definite).
    """
    names = {t.name for t in equations.inputs}
    intervals: dict[str, tuple[float, float]] = {}
    matrices: dict[str, bool] = {}
    for body in _bodies(equations):
        for node in walk(body):
            if isinstance(node, Apply) and isinstance(node.operation, Pointwise):
                low, high = node.operation.sample
                integer_power = node.operation.name == "pow" and _is_integer(node.arguments[1])
                if (low, high) == _USUAL or integer_power:
                    continue
                for argument in node.arguments:
                    if isinstance(argument, Access) and argument.tensor.name in names:
                        known = intervals.get(argument.tensor.name, (low, high))
                        intervals[argument.tensor.name] = (max(low, known[0]), min(high, known[1]))
            elif isinstance(node, Transform) and isinstance(node.operation, Functional):
                whole = node.arguments[0].body
                if node.operation.bound == 2 and isinstance(whole, Access):
                    definite = node.operation.name == "cholesky"
                    name = whole.tensor.name
                    matrices[name] = definite or matrices.get(name, False)
    return intervals, matrices


def _is_integer(expr: Expr) -> bool:
    return isinstance(expr, Number) and float(expr.value).is_integer()


def label_limits(equations: Equations, sizes: Mapping[str, int]) -> dict[str, int]:
    """One more than the largest label each integer tensor may hold."""
    limits: dict[str, int] = {}

    def limit(lookup: Lookup, extent: Extent) -> None:
        name, length = lookup.source.tensor.name, extent.evaluate(sizes)
        limits[name] = min(length, limits.get(name, length))

    for body in _bodies(equations):
        for node in walk(body):
            if isinstance(node, Access):
                for slot, extent in zip(node.slots, node.tensor.extents, strict=True):
                    if isinstance(slot.index, Lookup):
                        limit(slot.index, extent)
            elif isinstance(node, Delta):
                for slot, other in ((node.left, node.right), (node.right, node.left)):
                    if isinstance(slot.index, Lookup) and isinstance(other.index, Index):
                        limit(slot.index, other.index.extent)
    return limits


def _draw_real(
    tensor: Tensor,
    shape: tuple[int, ...],
    interval: tuple[float, float],
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    if "mask" in tensor.facts:
        return generator.integers(0, 2, shape).astype(np.float64)
    low, high = interval
    if "positive" in tensor.facts:
        low, high = max(low, 0.2), max(high, 0.4)
    array = generator.uniform(low, high, shape)
    if low < 0 < high:  # away from 0, where kinks are
        array = np.where(np.abs(array) < 0.05, np.copysign(0.05, array) + array, array)
    return _symmetrised(tensor, np.asarray(array))


def _symmetrised(tensor: Tensor, array: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of ``array`` that has the tensor's declared symmetry, scaled back up."""
    for sign, slots in tensor.symmetry:
        total = np.zeros_like(array)
        orders = list(permutations(slots))
        for order in orders:
            axes = list(range(array.ndim))
            for slot, source in zip(slots, order, strict=True):
                axes[slot] = source
            total += (sign if _is_odd(slots, order) else 1) * np.transpose(array, axes)
        array = total / len(orders) ** 0.5
    return array


def _is_odd(slots: tuple[int, ...], order: tuple[int, ...]) -> bool:
    places = [slots.index(slot) for slot in order]
    pairs = ((a, b) for k, a in enumerate(places) for b in places[k + 1 :])
    return sum(a > b for a, b in pairs) % 2 == 1


def _well_conditioned(array: NDArray[np.float64], *, definite: bool) -> NDArray[np.float64]:
    """A matrix (or a stack) with eigenvalues of positive real part; definite on demand."""
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        return array
    size = array.shape[-1]
    if definite:
        array = array @ np.swapaxes(array, -1, -2) / size
    added: NDArray[np.float64] = array + (0.5 if definite else 2.0 * size**0.5) * np.eye(size)
    return added


def _make_true(
    equations: Equations,
    fact: Fact,
    arrays: dict[str, NDArray[Any]],
    sizes: Mapping[str, int],
) -> None:
    """Scale one input so that the fact holds: its left side is a power of the scale.

    Raises:
        VerificationError: No input of the left side can be scaled so that the fact holds.
    """
    inputs = {t.name for t in equations.inputs if t.domain == "real"}

    def side(expr: Expr) -> NDArray[np.float64]:
        value = evaluate_expr(expr, fact.indices, arrays, NumpyBackend(), sizes)
        return np.array(value, dtype=np.float64)

    right = side(fact.right)
    for access in accesses(fact.left):
        places = [slot.index for slot in access.slots]
        name = access.tensor.name
        if name not in inputs or not set(fact.indices) <= set(places):
            continue
        original = arrays[name]
        arrays[name] = np.abs(original)
        once = side(fact.left)
        arrays[name] = 2 * np.abs(original)
        with np.errstate(all="ignore"):
            degree = np.log2(side(fact.left) / once)
            factor = (right / once) ** (1 / degree)
        shape = [
            length if place in fact.indices else 1
            for place, length in zip(places, original.shape, strict=True)
        ]
        order = sorted(range(len(fact.indices)), key=lambda k: places.index(fact.indices[k]))
        arrays[name] = np.abs(original) * np.transpose(factor, order).reshape(shape)
        left = side(fact.left)
        if np.isfinite(left).all() and np.allclose(left, right, rtol=1e-12, atol=1e-12):
            return
        arrays[name] = original
    if not np.allclose(side(fact.left), right, rtol=1e-12, atol=1e-12):
        raise VerificationError("no inputs found that satisfy a declared fact")
