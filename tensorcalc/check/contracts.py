"""What every record of the catalog must keep: its code and its derivative agree.

:func:`problems_of` is run over the whole catalog by the tests. Whoever adds a function runs it
on the new record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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

__all__ = ["problems_of"]

Numbers = NDArray[np.float64]
_EXACT, _MEASURED, _SINGLE = 2e-11, 2e-6, 3e-5
_STEP = 1e-4


def problems_of(record: Pointwise | Functional, seed: int = 0) -> list[str]:
    """Return what is wrong with ``record``, in words; an empty list is a pass.

    Checked at generic points inside the domain: NumPy and Torch code give the same value, in
    float64 and float32; the derivative by every argument and parameter agrees with autograd
    of the Torch code, with central differences of the NumPy code, and (where the record says
    it may) with a complex step; the second derivatives agree with autograd's and are symmetric.

    Example:
        >>> from tensorcalc.ops import catalog
        >>> problems_of(catalog()["tanh"])
        []
    """
    generator = np.random.default_rng(seed)
    if isinstance(record, Pointwise):
        return list(_of_pointwise(record, generator))
    found: list[str] = []
    for count in (1, 2) if record.bound is None else (record.bound,):
        found.extend(_of_functional(record, count, generator))
    return found


def _of_pointwise(record: Pointwise, generator: np.random.Generator) -> Iterator[str]:
    i = Index("i", 0, extent("n"))
    length, count = 9, record.arity + len(record.parameters)
    tensors = [Tensor(f"x{k}", (i.extent,), (Level.UPPER,)) for k in range(count)]
    points = [generator.uniform(*record.sample, length) for _ in range(record.arity)]
    points += [float(v) + generator.uniform(0.1, 0.5, length) for _, v in record.parameters]
    if record.name == "where":  # its condition takes both sides
        points[0] = (np.arange(length) % 2).astype(np.float64)
    arguments = tuple(at_indices(tensor, (i,)) for tensor in tensors)
    node = Apply(record, arguments)
    yield from _of_code(record, points, 0)
    if not count:
        return
    problem = _Problem(node, (i,), tensors, points, {"n": length})
    partials = record.partials(arguments, node)
    if len(partials) != count:
        yield f"{len(partials)} derivatives for {count} arguments"
        return
    for place, partial in enumerate(partials):
        axes = (i,)
        yield from problem.first(place, partial, axes, f"derivative by argument {place}", record)
        for other in range(count):
            yield from problem.second(place, other, partial, axes)


def _of_functional(record: Functional, count: int, generator: np.random.Generator) -> Iterator[str]:
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
    yield from problem.second(0, 0, jacobian, axes)


def _of_code(record: Pointwise | Functional, points: Sequence[Numbers], axes: int) -> Iterator[str]:
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
            yield f"{dtype.__name__} in, {left.dtype} (NumPy) and {right.dtype} (Torch) out"
        yield from _compared("NumPy and Torch", left, right, tolerance)


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
    ) -> Iterator[str]:
        """The formula against autograd, differences and the complex step."""
        got = self._evaluated(formula, axes)
        yield from _compared(f"{what} and autograd", got, self._autograd(place), _EXACT)
        measured = self._differences(place)
        yield from _compared(f"{what} and central differences", got, measured, _MEASURED)
        if record.analytic:
            measured = self._complex_step(place)
            yield from _compared(f"{what} and the complex step", got, measured, _EXACT)

    def second(
        self, place: int, other: int, formula: Expr, axes: tuple[Index, ...]
    ) -> Iterator[str]:
        """The derivative of the formula against autograd of autograd, and its symmetry."""
        tensor = self.tensors[other]
        fresh = tuple(Index(c, 7, e) for c, e in zip("rs", tensor.extents, strict=False))
        derived = differentiate(formula, at_indices(tensor, fresh))
        got = self._evaluated(derived, (*axes, *fresh))
        if self.pointwise:
            got = np.diagonal(got, axis1=-2, axis2=-1)
        what = f"second derivative by {place} and {other}"
        if self.symmetric:
            got = (got + np.swapaxes(got, -1, -2)) / 2
        yield from _compared(f"{what} and autograd", got, self._autograd(place, other), _EXACT)
        if not self.pointwise:
            rank = len(fresh)
            start = got.ndim - 2 * rank
            order = [*range(start), *range(start + rank, got.ndim), *range(start, start + rank)]
            yield from _compared(f"{what} and its mirror", got, got.transpose(order), _EXACT)

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


def _compared(what: str, left: Numbers, right: Numbers, tolerance: float) -> Iterator[str]:
    if left.shape != right.shape:
        yield f"{what} have shapes {left.shape} and {right.shape}"
        return
    scale = max(1.0, float(np.max(np.abs(right), initial=0.0)))
    with np.errstate(all="ignore"):
        error = np.abs(left - right) / scale
    if not bool((error <= tolerance).all()):
        yield f"{what} differ by {float(np.max(error)):.1e}: {left.flat[0]!r}, {right.flat[0]!r}"
