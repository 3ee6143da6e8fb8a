"""Derivatives of a function of arrays, measured without any rule of this library.

Autograd where Torch is installed. Without it, the complex step, exact to rounding where every
function continues to complex arguments; else central differences with one step of
Richardson's extrapolation. Second derivatives are measured by differentiating twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tensorcalc.check.backends import (
    Array,
    Backend,
    NumpyBackend,
    TorchBackend,
    torch_is_installed,
)
from tensorcalc.expr import Apply, Equations, Functional, Pointwise, Transform, walk

__all__ = ["Function", "Oracle", "OracleName", "is_analytic", "oracle_for"]

OracleName = Literal["autograd", "complex step", "differences"]
Numbers = NDArray[np.float64]

#: A function of one or more arrays that computes with the given array library.
Function = Callable[..., Array]

_STEP = 2e-3
_IMAGINARY = 1e-40


class Oracle(Protocol):
    """Measures derivatives; ``tolerances`` are the errors to allow for the first and second."""

    name: str
    tolerances: tuple[float, float]

    def value(self, function: Function, *points: Numbers) -> Numbers:
        """The value of ``function(backend, *points)``."""
        ...

    def first(self, function: Function, point: Numbers) -> Numbers:
        """The Jacobian: axes of the value, then those of ``point``."""
        ...

    def second(self, function: Function, left: Numbers, right: Numbers | None) -> Numbers:
        """The mixed second derivative of ``function(backend, left, right)``.

        Without ``right``, the second derivative of ``function(backend, left)``. Axes: those
        of the value, of ``left``, and of ``right`` (or ``left`` again).
        """
        ...


def oracle_for(equations: Equations, name: OracleName | None = None) -> Oracle:
    """Return the oracle of that name, or the best there is for ``equations``."""
    if name is None and torch_is_installed():
        name = "autograd"
    match name:
        case "autograd":
            return _Autograd()
        case "complex step":
            return _ComplexStep()
        case "differences":
            return _Differences()
        case None:
            return _ComplexStep() if is_analytic(equations) else _Differences()


def is_analytic(equations: Equations) -> bool:
    """Whether every function in ``equations`` continues to complex arguments."""
    for definition in equations.definitions:
        for body in (definition.body, *(s.body for s in definition.starts)):
            for node in walk(body):
                if isinstance(node, Apply | Transform):
                    operation = node.operation
                    if isinstance(operation, Pointwise | Functional) and not operation.analytic:
                        return False
    return True


class _Autograd:
    name = "torch autograd, float64"
    tolerances = (1e-14, 1e-14)

    def __init__(self) -> None:
        import torch
        from torch.autograd import functional

        self._torch: Any = torch
        self._functional: Any = functional
        self._backend = TorchBackend()

    def value(self, function: Function, *points: Numbers) -> Numbers:
        return _numbers(function(self._backend, *map(self._torch.tensor, points)))

    def first(self, function: Function, point: Numbers) -> Numbers:
        def of(x: Array) -> Array:
            return function(self._backend, x)

        return _numbers(self._functional.jacobian(of, self._torch.tensor(point)))

    def second(self, function: Function, left: Numbers, right: Numbers | None) -> Numbers:
        jacobian, start = self._functional.jacobian, self._torch.tensor(left)

        def gradient(point: Array) -> Array:
            if right is None:
                by_left = partial(function, self._backend)
                return jacobian(by_left, point, create_graph=True)

            def beside(x: Array) -> Array:
                return function(self._backend, x, point)

            return jacobian(beside, start, create_graph=True)

        return _numbers(jacobian(gradient, start if right is None else self._torch.tensor(right)))


class _ComplexStep:
    name = "complex step, float64"
    tolerances = (1e-10, 1e-8)

    def value(self, function: Function, *points: Numbers) -> Numbers:
        return _numbers(function(NumpyBackend(), *points))

    def first(self, function: Function, point: Numbers) -> Numbers:
        backend = NumpyBackend(complex_numbers=True)

        def slope(place: tuple[int, ...]) -> Numbers:
            moved = point.astype(np.complex128)
            moved[place] += _IMAGINARY * 1j
            with np.errstate(all="ignore"):
                return np.imag(np.asarray(function(backend, moved))) / _IMAGINARY

        return _along(point, slope)

    def second(self, function: Function, left: Numbers, right: Numbers | None) -> Numbers:
        return _second(self, function, left, right)


class _Differences:
    name = "central differences, float64"
    tolerances = (1e-8, 1e-5)

    def value(self, function: Function, *points: Numbers) -> Numbers:
        return _numbers(function(NumpyBackend(), *points))

    def first(self, function: Function, point: Numbers) -> Numbers:
        return _extrapolated(lambda x: _numbers(function(NumpyBackend(), x)), point)

    def second(self, function: Function, left: Numbers, right: Numbers | None) -> Numbers:
        return _second(self, function, left, right)


def _second(oracle: Oracle, function: Function, left: Numbers, right: Numbers | None) -> Numbers:
    """Differences of measured first derivatives."""

    def gradient(point: Numbers) -> Numbers:
        if right is None:
            return oracle.first(function, point)

        def beside(backend: Backend, x: Array) -> Array:
            return function(backend, x, point)

        return oracle.first(beside, left)

    return _extrapolated(gradient, left if right is None else right)


def _extrapolated(function: Callable[[Numbers], Numbers], point: Numbers) -> Numbers:
    """Central differences at a step and half of it, combined to fourth order."""

    def slope(place: tuple[int, ...]) -> Numbers:
        def central(step: float) -> Numbers:
            ahead, behind = point.copy(), point.copy()
            ahead[place] += step
            behind[place] -= step
            with np.errstate(all="ignore"):
                return (function(ahead) - function(behind)) / (2 * step)

        return (4 * central(_STEP / 2) - central(_STEP)) / 3

    return _along(point, slope)


def _along(point: Numbers, slope: Callable[[tuple[int, ...]], Numbers]) -> Numbers:
    """``slope`` at every component, stacked along the axes of ``point`` at the end."""
    columns = [slope(place) for place in np.ndindex(point.shape)]
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + point.shape)


def _numbers(value: Array) -> Numbers:
    plain = value.detach().numpy() if hasattr(value, "detach") else value
    return np.asarray(plain, dtype=np.float64)
