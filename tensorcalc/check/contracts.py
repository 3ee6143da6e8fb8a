"""What every record of the catalog must keep: its code and its derivatives agree.

:func:`problems_of` is run over the whole catalog by the tests. Whoever adds a function runs it
on the new record. :func:`checks_of` says everything that was measured, so that a test can ask
whether a record was looked at in every way there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorcalc.calculus import differentiate
from tensorcalc.check.backends import Array, Backend, NumpyBackend, TorchBackend
from tensorcalc.check.evaluate import evaluate_expr
from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import (
    Apply,
    Argument,
    Expr,
    Functional,
    Index,
    Level,
    Pointwise,
    Slot,
    Tensor,
    Transform,
    at_indices,
    extent,
)

__all__ = ["Check", "checks_of", "problems_of"]

Numbers = NDArray[np.float64]
_EXACT, _MEASURED, _SINGLE = 2e-11, 2e-6, 3e-5
_STEP = 1e-4
#: Of second differences: their rounding is 1e-16 over its square.
_LONG_STEP = 1e-3


@dataclass(frozen=True, slots=True)
class Check:
    """Two ways to the same numbers, and how far they are apart.

    Attributes:
        what: What was compared with what.
        error: The largest difference, relative to the largest number if that is above 1.
        tolerance: What rounding explains.
        detail: More in words, where the two are apart.
    """

    what: str
    error: float
    tolerance: float
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the two agree; what is not a number does not."""
        return self.error <= self.tolerance


def problems_of(record: Pointwise | Functional, seed: int = 0) -> list[str]:
    """Return what is wrong with ``record``, in words; an empty list is a pass.

    Example:
        >>> from tensorcalc.ops import catalog
        >>> problems_of(catalog()["tanh"])
        []
    """
    return [f"{c.what} {c.detail}" for c in checks_of(record, seed) if not c.passed]


def checks_of(record: Pointwise | Functional, seed: int = 0) -> Iterator[Check]:
    """Yield what was measured of ``record``, one after the other.

    At generic points inside the domain: NumPy and Torch code give the same value, in
    float64 and float32; the derivative by every argument and parameter agrees with autograd
    of the Torch code, with central differences of the NumPy code, and (where the record says
    it may) with a complex step; the second derivatives agree with autograd of autograd, with
    second differences of the NumPy code, and are symmetric.

    Example:
        >>> from tensorcalc.ops import catalog
        >>> for check in checks_of(catalog()["sign"]):
        ...     print(check.what)
        NumPy and Torch in float64
        NumPy and Torch in float32
        derivative by argument 0 and autograd
        derivative by argument 0 and central differences
        second derivative by 0 and 0 and autograd
        second derivative by 0 and 0 and second differences
    """
    generator = np.random.default_rng(seed)
    if isinstance(record, Pointwise):
        yield from _of_pointwise(record, generator)
        return
    for count in (1, 2) if record.bound is None else (record.bound,):
        yield from _of_functional(record, count, generator)


def _of_pointwise(record: Pointwise, generator: np.random.Generator) -> Iterator[Check]:
    i = Index("i", 0, extent("n"))
    length, count = 9, record.arity + len(record.parameters)
    tensors = [Tensor(f"x{k}", (i.extent,), (Level.UPPER,)) for k in range(count)]
    points = [generator.uniform(*record.sample, length) for _ in range(record.arity)]
    points += [float(v) + generator.uniform(0.1, 0.5, length) for _, v in record.parameters]
    jumps: tuple[int, ...] = ()
    if record.name == "where":  # its condition takes both sides, and jumps at 0
        points[0] = (np.arange(length) % 2).astype(np.float64)
        jumps = (0,)
    arguments = tuple(at_indices(tensor, (i,)) for tensor in tensors)
    node = Apply(record, arguments)
    yield from _of_code(record, points, 0)
    if not count:
        return
    problem = _Problem(node, (i,), tensors, points, {"n": length})
    partials = record.partials(arguments, node)
    if len(partials) != count:
        yield _failure("derivatives", f"are {len(partials)} for {count} arguments")
        return
    for place, partial in enumerate(partials):
        axes = (i,)
        yield from problem.first(place, partial, axes, f"derivative by argument {place}", record)
        for other in range(count):
            smooth = place not in jumps and other not in jumps
            yield from problem.second(place, other, partial, axes, generator if smooth else None)


def _of_functional(
    record: Functional, count: int, generator: np.random.Generator
) -> Iterator[Check]:
    square = record.bound == 2
    names = ("n", "n") if square else ("n", "m")[:count]
    sizes = {"n": 3, "m": 4}
    bound = tuple(Index(c, 0, extent(n)) for c, n in zip("ij", names, strict=False))
    tensor = Tensor("x", tuple(i.extent for i in bound), (Level.UPPER, Level.LOWER)[:count])
    shape = tuple(sizes[n] for n in names)
    symmetric = record.name == "cholesky"
    point = generator.uniform(-2.0, 2.0, shape)
    if square:
        point = point @ point.T + np.eye(3) if symmetric else point + 3 * np.eye(3)
    stacked = np.stack([point, point + 0.1 * np.eye(3)]) if square else np.stack([point, 2 * point])
    yield from _of_code(record, [stacked], count)
    kept = count if record.result == "keep" else 0
    at = tuple(
        Slot(Index(c, 0, i.extent), level)
        for c, i, level in zip("kl", bound, tensor.levels, strict=False)
    )
    node = Transform(record, (Argument(bound, at_indices(tensor, bound)),), at[:kept])
    open_indices = tuple(slot.index for slot in node.at if isinstance(slot.index, Index))
    inner = tuple(Index(c, 0, i.extent) for c, i in zip("pq", bound, strict=False))

    def value(slots: tuple[Slot, ...]) -> Expr:
        return Transform(record, node.arguments, slots)

    try:
        jacobian = record.derivative(node, 0, inner, value)
    except NotDifferentiableError:
        return
    problem = _Problem(node, open_indices, [tensor], [point], sizes, symmetric)
    axes = (*open_indices, *inner)
    yield from problem.first(0, jacobian, axes, "derivative", record)
    yield from problem.second(0, 0, jacobian, axes, generator)


def _of_code(
    record: Pointwise | Functional, points: Sequence[Numbers], axes: int
) -> Iterator[Check]:
    """NumPy and Torch code on the same arrays, in both precisions."""
    import torch

    with_numpy = NumpyBackend().function(record, len(points), axes)
    with_torch = TorchBackend().function(record, len(points), axes)
    for dtype, tolerance in ((np.float64, _EXACT), (np.float32, _SINGLE)):
        given = [point.astype(dtype) for point in points]
        left = np.asarray(with_numpy(*given))
        measured: Any = with_torch(*(torch.tensor(point) for point in given))
        right = np.asarray(measured)
        if points and left.dtype.kind == "f" and not left.dtype == right.dtype == dtype:
            types = f"are {left.dtype} (NumPy) and {right.dtype} (Torch)"
            yield _failure(f"results for {dtype.__name__}", types)
        yield _compared(f"NumPy and Torch in {dtype.__name__}", left, right, tolerance)


class _Problem:
    """One application of a record to plain inputs, and ways to differentiate it."""

    def __init__(
        self,
        node: Apply | Transform,
        axes: tuple[Index, ...],
        tensors: Sequence[Tensor],
        points: Sequence[Numbers],
        sizes: dict[str, int],
        symmetric: bool = False,
    ) -> None:
        self.node, self.axes, self.tensors, self.sizes = node, axes, tensors, sizes
        self.arrays = {t.name: p for t, p in zip(tensors, points, strict=True)}
        self.pointwise = isinstance(node, Apply)
        self.symmetric = symmetric

    def value(self, backend: Backend, place: int, point: Array) -> Array:
        """The value with one argument moved."""
        arrays: dict[str, Array] = {**self.arrays, self.tensors[place].name: point}
        return evaluate_expr(self.node, self.axes, arrays, backend, self.sizes)

    def first(
        self,
        place: int,
        formula: Expr,
        axes: tuple[Index, ...],
        what: str,
        record: Pointwise | Functional,
    ) -> Iterator[Check]:
        """The formula against autograd, differences and the complex step."""
        got = self._evaluated(formula, axes)
        yield _compared(f"{what} and autograd", got, self._autograd(place), _EXACT)
        measured = self._differences(place)
        yield _compared(f"{what} and central differences", got, measured, _MEASURED)
        if record.analytic:
            measured = self._complex_step(place)
            yield _compared(f"{what} and the complex step", got, measured, _EXACT)

    def second(
        self,
        place: int,
        other: int,
        formula: Expr,
        axes: tuple[Index, ...],
        generator: np.random.Generator | None,
    ) -> Iterator[Check]:
        """The derivative of the formula by two ways of measuring, and its symmetry.

        Without ``generator`` nothing is moved: the function jumps there.
        """
        tensor = self.tensors[other]
        fresh = tuple(Index(c, 7, e) for c, e in zip("rs", tensor.extents, strict=False))
        derived = differentiate(formula, at_indices(tensor, fresh))
        got = self._evaluated(derived, (*axes, *fresh))
        if self.pointwise:
            got = np.diagonal(got, axis1=-2, axis2=-1)
        what = f"second derivative by {place} and {other}"
        rank = len(fresh)
        if self.symmetric:
            got = (got + np.swapaxes(got, -1, -2)) / 2
        yield _compared(f"{what} and autograd", got, self._autograd(place, other), _EXACT)
        if not self.pointwise:
            start = got.ndim - 2 * rank
            order = [*range(start), *range(start + rank, got.ndim), *range(start, start + rank)]
            yield _compared(f"{what} and its mirror", got, got.transpose(order), _EXACT)
        if generator is not None:
            moves = [self._direction(k, generator) for k in (place, other)]
            if not self.pointwise:
                for move in reversed(moves):
                    got = np.tensordot(got, move, rank)
            measured = self._second_differences((place, other), moves)
            yield _compared(f"{what} and second differences", got, measured, 3 * _MEASURED)

    def _direction(self, place: int, generator: np.random.Generator) -> Numbers:
        """A way to move an argument: all ones, or anything for a function of a whole tensor."""
        shape = self.arrays[self.tensors[place].name].shape
        if self.pointwise:
            return np.ones(shape)
        direction = generator.uniform(-1.0, 1.0, shape)
        return (direction + direction.T) / 2 if self.symmetric else direction

    def _second_differences(self, places: tuple[int, int], moves: Sequence[Numbers]) -> Numbers:
        """The second derivative along two directions, by values alone.

        Of two steps, so that the error is of their fourth power.
        """

        def measured(step: float) -> Numbers:
            total: Any = 0.0
            for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                arrays: dict[str, Array] = dict(self.arrays)
                for sign, place, move in zip((first, second), places, moves, strict=True):
                    name = self.tensors[place].name
                    arrays[name] = arrays[name] + sign * step * move
                value = evaluate_expr(self.node, self.axes, arrays, NumpyBackend(), self.sizes)
                total = total + first * second * np.asarray(value)
            return np.asarray(total / (4 * step * step))

        with np.errstate(all="ignore"):
            return (4 * measured(_LONG_STEP) - measured(2 * _LONG_STEP)) / 3

    def _evaluated(self, formula: Expr, axes: tuple[Index, ...]) -> Numbers:
        with np.errstate(all="ignore"):
            value = evaluate_expr(formula, axes, self.arrays, NumpyBackend(), self.sizes)
        return np.array(value, dtype=np.float64)

    def _autograd(self, place: int, other: int | None = None) -> Numbers:
        """The first or second derivative by Torch; of a pointwise function its diagonal."""
        import torch
        from torch.autograd import functional

        backend = TorchBackend()
        by_name: dict[str, Any] = {n: torch.tensor(a) for n, a in self.arrays.items()}
        library: Any = functional
        measure: Callable[..., Any] = library.jacobian

        def gradient(point: Any) -> Any:
            moved = {**by_name} if other is None else {**by_name, self.tensors[other].name: point}

            def inner(x: Any) -> Any:
                arrays = {**moved, self.tensors[place].name: x}
                return evaluate_expr(self.node, self.axes, arrays, backend, self.sizes)

            start = moved[self.tensors[place].name]
            result = measure(inner, start, create_graph=other is not None)
            return result.diagonal() if self.pointwise else result

        if other is None:
            return np.asarray(gradient(None).detach())
        start = by_name[self.tensors[other].name]
        result = measure(gradient, start)
        if self.pointwise:
            result = result.diagonal(dim1=-2, dim2=-1)
        return np.asarray(result.detach())

    def _differences(self, place: int) -> Numbers:
        return self._moved(place, lambda f, d: (f(_STEP * d) - f(-_STEP * d)) / (2 * _STEP))

    def _complex_step(self, place: int) -> Numbers:
        backend = NumpyBackend(complex_numbers=True)

        def slope(f: Callable[[Any], Any], direction: Numbers) -> Any:
            return np.imag(f(1e-40j * direction)) / 1e-40

        return self._moved(place, slope, backend)

    def _moved(
        self,
        place: int,
        slope: Callable[[Callable[[Any], Any], Numbers], Any],
        backend: Backend | None = None,
    ) -> Numbers:
        """Slopes along every component, or along all at once for a pointwise function."""
        point = self.arrays[self.tensors[place].name]

        def value(change: Any) -> Any:
            with np.errstate(all="ignore"):
                return np.asarray(self.value(backend or NumpyBackend(), place, point + change))

        if self.pointwise:
            return np.asarray(slope(value, np.ones_like(point)))
        columns: list[Any] = []
        for component in np.ndindex(point.shape):
            direction = np.zeros_like(point)
            direction[component] += 1
            if self.symmetric:
                direction = (direction + direction.T) / 2
            columns.append(slope(value, direction))
        stacked = np.stack(columns, axis=-1)
        return stacked.reshape(stacked.shape[:-1] + point.shape)


def _failure(what: str, detail: str) -> Check:
    return Check(what, float("inf"), 0.0, detail)


def _compared(what: str, left: Numbers, right: Numbers, tolerance: float) -> Check:
    if left.shape != right.shape:
        return _failure(what, f"have shapes {left.shape} and {right.shape}")
    scale = max(1.0, float(np.max(np.abs(right), initial=0.0)))
    with np.errstate(all="ignore"):
        error = float(np.max(np.abs(left - right) / scale, initial=0.0))
    if error <= tolerance:
        return Check(what, error, tolerance)
    ends = f"differ by {error:.1e}: {left.flat[0]!r}, {right.flat[0]!r}"
    return Check(what, error, tolerance, ends)
