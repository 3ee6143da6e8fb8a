"""The two array libraries the oracle evaluates with, behind the few functions it needs.

Everything here is elementwise or moves entries: the oracle's meaning stays in
:mod:`tensorcalc.check.evaluate`, and the functions' own code comes from the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from tensorcalc.expr import Functional, Pointwise
from tensorcalc.ops import numpy_code, support_functions, torch_code

__all__ = ["Array", "Backend", "NumpyBackend", "TorchBackend", "torch_is_installed"]

#: An array of the backend's library.
Array = Any


class Backend(Protocol):
    """What the oracle asks of an array library."""

    name: str

    def array(self, value: Array) -> Array:
        """``value`` as an array, real numbers in the working precision."""

    def positions(self, length: int) -> Array:
        """The integers ``0 … length-1``."""

    def real(self, value: Array) -> Array:
        """Integers and truth values as numbers of the working precision."""

    def transpose(self, value: Array, axes: Sequence[int]) -> Array:
        """The axes of ``value`` in another order."""

    def expand(self, value: Array, shape: Sequence[int]) -> Array:
        """``value`` broadcast to ``shape``."""

    def total(self, value: Array, axes: tuple[int, ...]) -> Array:
        """The sum over ``axes``."""

    def where(self, condition: Array, left: Array, right: Array) -> Array:
        """``left`` where the condition holds, else ``right``."""

    def clip(self, value: Array, low: int, high: int) -> Array:
        """Integers held between two bounds."""

    def stack(self, values: Sequence[Array]) -> Array:
        """Arrays of one shape along a new first axis."""

    def sin(self, value: Array) -> Array:
        """The sine, for stand-ins of abstract functions."""

    def function(
        self, operation: Pointwise | Functional, count: int, axes: int
    ) -> Callable[..., Array]:
        """The catalog's code of ``operation`` as a function of ``count`` arrays."""
        ...


def torch_is_installed() -> bool:
    """Whether Torch can be imported; it is not imported here."""
    return find_spec("torch") is not None


@cache
def _numpy_function(
    operation: Pointwise | Functional, count: int, axes: int
) -> Callable[..., Array]:
    names = [f"x{k}" for k in range(count)]
    scope: dict[str, Any] = {"np": np, **support_functions(operation.support)}
    code = numpy_code(operation, names, axes)
    function: Callable[..., Array] = eval(f"lambda {', '.join(names)}: {code}", scope)
    return function


@cache
def _torch_function(
    operation: Pointwise | Functional, count: int, axes: int
) -> Callable[..., Array]:
    import torch

    names = [f"x{k}" for k in range(count)]
    code = torch_code(operation, names, axes)
    function: Callable[..., Array] = eval(f"lambda {', '.join(names)}: {code}", {"torch": torch})
    return function


class NumpyBackend:
    """NumPy in float64, or in complex128 for the complex step."""

    name = "numpy"

    def __init__(self, *, complex_numbers: bool = False) -> None:
        self._dtype = np.complex128 if complex_numbers else np.float64

    def array(self, value: Array) -> Array:
        """See :class:`Backend`."""
        given = np.asarray(value)
        return given if given.dtype.kind in "iu" else given.astype(self._dtype)

    def positions(self, length: int) -> Array:
        """See :class:`Backend`."""
        return np.arange(length)

    def real(self, value: Array) -> Array:
        """See :class:`Backend`."""
        return np.asarray(value).astype(self._dtype)

    def transpose(self, value: Array, axes: Sequence[int]) -> Array:
        """See :class:`Backend`."""
        return np.transpose(value, axes)

    def expand(self, value: Array, shape: Sequence[int]) -> Array:
        """See :class:`Backend`."""
        return np.broadcast_to(value, shape)

    def total(self, value: Array, axes: tuple[int, ...]) -> Array:
        """See :class:`Backend`."""
        return np.sum(value, axis=axes)

    def where(self, condition: Array, left: Array, right: Array) -> Array:
        """See :class:`Backend`."""
        choose: Callable[..., Array] = np.where
        return choose(condition, left, right)

    def clip(self, value: Array, low: int, high: int) -> Array:
        """See :class:`Backend`."""
        return np.clip(value, low, high)

    def stack(self, values: Sequence[Array]) -> Array:
        """See :class:`Backend`."""
        return np.stack(values)

    def sin(self, value: Array) -> Array:
        """See :class:`Backend`."""
        return np.sin(value)

    def function(
        self, operation: Pointwise | Functional, count: int, axes: int
    ) -> Callable[..., Array]:
        """See :class:`Backend`."""
        return _numpy_function(operation, count, axes)


class TorchBackend:
    """Torch in float64, so that autograd can differentiate the evaluation."""

    name = "torch"

    def __init__(self) -> None:
        import torch

        self._torch: Any = torch

    def array(self, value: Array) -> Array:
        """See :class:`Backend`."""
        if isinstance(value, float):
            return self._torch.tensor(value, dtype=self._torch.float64)
        given = self._torch.as_tensor(value)
        integer = not (given.is_floating_point() or given.dtype == self._torch.bool)
        return given if integer else given.to(self._torch.float64)

    def positions(self, length: int) -> Array:
        """See :class:`Backend`."""
        return self._torch.arange(length)

    def real(self, value: Array) -> Array:
        """See :class:`Backend`."""
        return value.to(self._torch.float64)

    def transpose(self, value: Array, axes: Sequence[int]) -> Array:
        """See :class:`Backend`."""
        return value.permute(tuple(axes))

    def expand(self, value: Array, shape: Sequence[int]) -> Array:
        """See :class:`Backend`."""
        return value.expand(tuple(shape))

    def total(self, value: Array, axes: tuple[int, ...]) -> Array:
        """See :class:`Backend`."""
        return value.sum(axes) if axes else value

    def where(self, condition: Array, left: Array, right: Array) -> Array:
        """See :class:`Backend`."""
        return self._torch.where(condition, left, right)

    def clip(self, value: Array, low: int, high: int) -> Array:
        """See :class:`Backend`."""
        return value.clamp(low, high)

    def stack(self, values: Sequence[Array]) -> Array:
        """See :class:`Backend`."""
        return self._torch.stack(tuple(values))

    def sin(self, value: Array) -> Array:
        """See :class:`Backend`."""
        return self._torch.sin(value)

    def function(
        self, operation: Pointwise | Functional, count: int, axes: int
    ) -> Callable[..., Array]:
        """See :class:`Backend`."""
        return _torch_function(operation, count, axes)
