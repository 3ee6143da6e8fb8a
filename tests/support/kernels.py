"""What every kernel promises: the right value, and memory left alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from tensorcalc.check import NumpyBackend, bind_sizes, evaluate
from tensorcalc.codegen import Kernel, compile_equations
from tensorcalc.expr import Equations

__all__ = ["BACKENDS", "behaves"]

BACKENDS = ("numpy", "torch")


def behaves(
    equations: Equations,
    arrays: Mapping[str, Any],
    *,
    tolerance: float = 1e-10,
    single: float | None = 1e-3,
) -> None:
    """Both backends keep every promise of a kernel, for these inputs.

    The value is that of the naive evaluator, for arrays in any layout; no input is changed;
    no output shares memory with an input or with another output; a second call returns the
    same numbers; float32 goes in and float32 comes out.

    Args:
        equations: A program without derivatives inside.
        arrays: A value for every input.
        tolerance: Largest error, relative to the largest entry of an output.
        single: The same in float32; None where that is not looked at.
    """
    shapes = {t: np.shape(arrays[t.name]) for t in equations.inputs}
    sizes = bind_sizes(shapes, dict(equations.sizes))
    wanted = evaluate(equations, dict(arrays), NumpyBackend(), sizes)
    for backend in BACKENDS:
        kernel = compile_equations(equations, backend)
        for given in (dict(arrays), {n: _scattered(a) for n, a in arrays.items()}):
            found = _called(kernel, given)
            _close(found, wanted, tolerance, kernel)
        if single is not None:
            narrow = {n: _narrow(a) for n, a in arrays.items()}
            real = any(t.domain == "real" and t.name in kernel.inputs for t in equations.inputs)
            found = _called(kernel, narrow)
            for name, value in found.items():
                assert value.dtype == (np.float32 if real else np.float64), (name, kernel.source)
            _close(found, wanted, single, kernel)


def _called(kernel: Kernel, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs as NumPy arrays, after looking at memory."""
    given: dict[str, Any] = {}
    for name, array in arrays.items():
        frozen = np.array(array) if np.ndim(array) == 0 else np.asarray(array)
        if kernel.backend == "numpy":
            frozen = frozen.view()
            frozen.setflags(write=False)  # writing to it raises
            given[name] = frozen
        else:
            given[name] = _tensor(frozen)
    before = {name: _plain(value).copy() for name, value in given.items()}
    first, second = _named(kernel, kernel(**given)), _named(kernel, kernel(**given))
    for name, value in given.items():
        assert np.array_equal(_plain(value), before[name]), f"{name} changed\n{kernel.source}"
    for name, value in first.items():
        same = np.array_equal(value, second[name], equal_nan=True)
        assert same, f"{name} differs in a second call\n{kernel.source}"
    memory = {**{f"input {n}": _plain(v) for n, v in given.items()}, **first}
    memory.update({f"second {n}": v for n, v in second.items()})
    for one, other in combinations(memory, 2):
        if not (one.startswith("input ") and other.startswith("input ")):
            shared = np.shares_memory(memory[one], memory[other])
            assert not shared, f"{one} and {other} share memory\n{kernel.source}"
    return first


def _named(kernel: Kernel, result: Any) -> dict[str, Any]:
    named = result if isinstance(result, dict) else {kernel.outputs[0]: result}
    assert set(named) == set(kernel.outputs)
    return {name: _plain(value) for name, value in named.items()}


def _plain(value: Any) -> Any:
    """The array, or the tensor as an array of the same memory."""
    return value.numpy() if hasattr(value, "numpy") else np.asarray(value)


def _tensor(array: Any) -> Any:
    """A tensor with the layout of the array."""
    import torch

    plain = torch.tensor(np.ascontiguousarray(array)).reshape(array.shape)
    if array.flags.c_contiguous:
        return plain
    wide = torch.zeros((*reversed(array.shape), 2), dtype=plain.dtype)
    result = wide[..., 1].permute(*reversed(range(array.ndim)))
    return result.copy_(plain)


def _scattered(array: Any) -> Any:
    """The same numbers, in memory in another order and with gaps."""
    array = np.asarray(array)
    if array.ndim == 0:
        return array
    wide = np.zeros((*reversed(array.shape), 2), array.dtype)
    result = wide[..., 1].T
    result[...] = array
    return result


def _narrow(array: Any) -> Any:
    array = np.asarray(array)
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _close(
    found: Mapping[str, Any], wanted: Mapping[str, Any], tolerance: float, kernel: Kernel
) -> None:
    for name, value in found.items():
        right = np.asarray(wanted[name])
        assert value.shape == right.shape, (name, value.shape, right.shape, kernel.source)
        scale = max(1.0, float(np.abs(right).max(initial=0.0)))
        error = float(np.abs(value - right).max(initial=0.0))
        assert error <= tolerance * scale, f"{name}: {error} off, of {scale}\n{kernel.source}"
