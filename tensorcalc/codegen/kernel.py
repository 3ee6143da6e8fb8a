"""A compiled kernel: a function of named arrays, its source and its plan."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from tensorcalc.codegen.dialect import Backend
from tensorcalc.errors import KernelInputError, ShapeError
from tensorcalc.expr import Extent, SizeName, Tensor
from tensorcalc.plan import Plan

__all__ = ["Kernel", "Signature"]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a kernel takes and returns.

    Attributes:
        accepted: Every input of the program.
        inputs: Those that are passed to the function, in the order of its parameters.
        outputs: Names of the results.
        labels: Integer inputs, and the extent their numbers must stay below.
        rooms: Extents that must not be negative, and what is wrong where one is.
        sizes: Extents fixed in the program or when compiling.
    """

    accepted: tuple[Tensor, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[str, ...]
    labels: tuple[tuple[str, Extent], ...]
    rooms: tuple[tuple[Extent, str], ...]
    sizes: tuple[tuple[str, int], ...]


class Kernel:
    """A program for one back end: call it with arrays by name.

    Every input of the program is accepted, those that a value or an extent needs are
    required. Integers become float64 where the program means real numbers, float32 stays,
    Python numbers are scalars.

    Attributes:
        source: Standalone Python with one function ``kernel``; it imports the back end only.
            Called by itself it wants arrays of real numbers that are all of one type.
        plan: The order of contractions and its cost.
        backend: ``"numpy"`` or ``"torch"``.
    """

    def __init__(self, source: str, plan: Plan, backend: Backend, signature: Signature) -> None:
        self.source = source
        self.plan = plan
        self.backend: Backend = backend
        self._signature = signature
        self._function = _compiled(source)
        self._names = tuple(t.name for t in signature.inputs)
        self._kinds = tuple((t.name, t.domain == "integer") for t in signature.inputs)
        self._accepted = frozenset(t.name for t in signature.accepted)
        self._seen: set[tuple[Any, ...]] = set()
        self._arrays: _Arrays = _NumpyArrays() if backend == "numpy" else _TorchArrays()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the arrays a call must be given."""
        return self._names

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the results."""
        return self._signature.outputs

    def __call__(self, /, **arrays: Any) -> Any:
        """Compute the outputs.

        Args:
            **arrays: By the names of the program's inputs.

        Returns:
            The array, or a dict of arrays where there are several outputs.

        Raises:
            KernelInputError: A name is unknown or missing, or a value is no array of numbers.
            ShapeError: Two extents that must be equal are not.
        """
        # What was checked once is known by its types and shapes.
        values: list[Any] = []
        key = None
        try:
            values = [arrays[name] for name in self._names]
            key = _types_and_shapes(values)
        except (KeyError, AttributeError):
            pass  # reported, or converted, below
        if key not in self._seen or len(arrays) > len(self._names):
            values = self._checked(arrays)
        if self._signature.labels:
            self._check_labels(dict(zip(self._names, values, strict=True)))
        return self._arrays.call(self._function, values)

    def _checked(self, arrays: Mapping[str, Any]) -> list[Any]:
        """Arrays of the right types whose shapes agree, or an error."""
        if not self._accepted.issuperset(arrays):
            raise self._unknown(arrays)
        values = [self._arrays.fast(arrays.get(name), whole) for name, whole in self._kinds]
        converted = any(v is None for v in values) or len({v.dtype for v in values}) > 1
        if converted:
            values = self._converted(arrays)
        self._check_shapes({**arrays, **dict(zip(self._names, values, strict=True))})
        if not converted and len(self._seen) < 256:
            self._seen.add(_types_and_shapes(values))
        return values

    def __reduce__(self) -> tuple[Any, ...]:
        return Kernel, (self.source, self.plan, self.backend, self._signature)

    def __repr__(self) -> str:
        return f"Kernel({', '.join(self.inputs)} -> {', '.join(self.outputs)}; {self.backend})"

    def _converted(self, arrays: Mapping[str, Any]) -> list[Any]:
        """Convert what is given; every problem of the names is reported at once."""
        missing = [name for name in self._names if arrays.get(name) is None]
        if missing:
            raise KernelInputError(
                f"missing {'inputs' if len(missing) > 1 else 'input'} {', '.join(missing)}; "
                f"the kernel needs {', '.join(self._names)}"
            )
        tensors = {t.name: t for t in self._signature.inputs}
        made = {name: self._arrays.converted(arrays[name], tensors[name]) for name in self._names}
        common = self._arrays.common([made[n] for n in self._names if not _is_number(made[n])])
        return [
            self._arrays.unified(value, common, tensors[name].domain == "integer")
            for name, value in made.items()
        ]

    def _unknown(self, arrays: Mapping[str, Any]) -> KernelInputError:
        unknown = [name for name in arrays if name not in self._accepted]
        known = ", ".join(sorted(self._accepted)) or "no input"
        return KernelInputError(
            f"unknown {'inputs' if len(unknown) > 1 else 'input'} {', '.join(unknown)}; "
            f"the program has {known}"
        )

    def _check_shapes(self, arrays: Mapping[str, Any]) -> None:
        tensors = [t for t in self._signature.accepted if arrays.get(t.name) is not None]
        shapes = {t.name: tuple(np.shape(arrays[t.name])) for t in tensors}
        sizes = check_shapes(tensors, shapes, dict(self._signature.sizes))
        for room, problem in self._signature.rooms:
            if room.names() <= sizes.keys() and room.evaluate(sizes) < 0:
                known = ", ".join(f"{n} = {sizes[n]}" for n in sorted(room.names()))
                raise ShapeError(f"with {known}, {problem}")

    def _check_labels(self, arrays: Mapping[str, Any]) -> None:
        shapes = {name: tuple(value.shape) for name, value in arrays.items()}
        sizes = check_shapes(self._signature.inputs, shapes, dict(self._signature.sizes))
        for name, size in self._signature.labels:
            values = arrays[name]
            limit = size.evaluate(sizes)
            if values.shape and 0 in values.shape:
                continue
            low, high = int(values.min()), int(values.max())
            if low < 0 or high >= limit:
                raise KernelInputError(
                    f"{name} holds {low if low < 0 else high}, "
                    f"but its labels run from 0 to {limit - 1}"
                )


def check_shapes(
    tensors: Sequence[Tensor], shapes: Mapping[str, tuple[int, ...]], given: Mapping[str, int]
) -> dict[str, int]:
    """Return the value of every size; an error where two places disagree."""
    known = dict(given)
    origin = dict.fromkeys(known, "the program")
    waiting: list[tuple[Tensor, int, Extent]] = []
    for tensor in tensors:
        shape = shapes[tensor.name]
        if len(shape) != tensor.rank:
            raise ShapeError(
                f"{tensor.name} has {tensor.rank} {'index' if tensor.rank == 1 else 'indices'}, "
                f"but the array given has {len(shape)} axes"
            )
        waiting.extend((tensor, axis, size) for axis, size in enumerate(tensor.extents))
    while waiting:
        later: list[tuple[Tensor, int, Extent]] = []
        for tensor, axis, size in waiting:
            found = shapes[tensor.name][axis]
            place = f"axis {axis} of {tensor.name}"
            unknown = size.names() - known.keys()
            if not unknown:
                _agree(size, found, place, known, origin)
            elif not _learn(size, found, place, known, origin):
                later.append((tensor, axis, size))
        if len(later) == len(waiting):
            break
        waiting = later
    return known


def _agree(
    size: Extent, found: int, place: str, known: Mapping[str, int], origin: Mapping[str, str]
) -> None:
    wanted = size.evaluate(known)
    if wanted == found:
        return
    name = size.name
    if size.number is not None:
        raise ShapeError(f"{place} has extent {found}, but the program fixes it to {wanted}")
    if name is not None:
        raise ShapeError(f"{name} is {wanted} in {origin[name]} and {found} in {place}")
    because = ", ".join(f"{n} = {known[n]} in {origin[n]}" for n in sorted(size.names()))
    raise ShapeError(f"{place} has extent {found}, but {size} is {wanted} ({because})")


def _learn(
    size: Extent, found: int, place: str, known: dict[str, int], origin: dict[str, str]
) -> bool:
    """Solve ``size = found`` for its one unknown name, where it stands in it linearly."""
    unknown = size.names() - known.keys()
    if len(unknown) != 1:
        return False
    (name,) = unknown
    own = [(m, c) for m, c in size.terms if m == (SizeName(name),)]
    rest = Extent(tuple(t for t in size.terms if t not in own))
    if len(own) != 1 or name in rest.names():
        return False
    value, remainder = divmod(found - rest.evaluate(known), own[0][1])
    if remainder or value < 0:
        raise ShapeError(f"{place} has extent {found}, which {size} cannot be")
    known[name] = value
    origin[name] = place
    return True


def _is_number(value: object) -> bool:
    """Whether ``value`` is a Python number."""
    return isinstance(value, numbers.Real) and not isinstance(value, np.generic | bool)


def _types_and_shapes(values: list[Any]) -> tuple[Any, ...]:
    return tuple([(v.__class__, v.dtype, v.shape) for v in values])


def _compiled(source: str) -> Callable[..., Any]:
    scope: dict[str, Any] = {"__name__": "tensorcalc_kernel"}
    exec(compile(source, "<kernel>", "exec"), scope)  # generated from a checked graph
    function: Callable[..., Any] = scope["kernel"]
    return function


class _NumpyArrays:
    """Arguments and calls of NumPy kernels."""

    def fast(self, value: Any, integer: bool) -> Any:
        """The value if it is an array of the right kind already, else None."""
        if type(value) is np.ndarray and value.dtype.kind == ("i" if integer else "f"):
            return value
        return None

    def converted(self, value: Any, tensor: Tensor) -> Any:
        """An array of the right kind, or the Python number."""
        if _is_number(value):
            return value
        if type(value).__module__.split(".")[0] == "torch":
            value = value.detach().cpu().numpy()
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" and not (array.dtype.kind == "c"):
            raise KernelInputError(
                f"{tensor.name} is no array of numbers: it has dtype {array.dtype}"
            )
        if tensor.domain == "integer":
            return _integers(array, tensor.name)
        return array.astype(np.float64) if array.dtype.kind in "iub" else array

    def common(self, arrays: Sequence[Any]) -> Any:
        """The type of real numbers among the arrays."""
        kinds = [a.dtype for a in arrays if a.dtype.kind in "fc"]
        return np.result_type(*kinds) if kinds else np.dtype(np.float64)

    def unified(self, value: Any, dtype: Any, integer: bool) -> Any:
        """A number as an array without axes; an array of real numbers in the common type."""
        if integer:
            return np.asarray(value, dtype=np.int64)
        return np.asarray(value, dtype=dtype)

    def call(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Run the kernel."""
        return function(*values)


class _TorchArrays:
    """Arguments and calls of Torch kernels; no gradient is recorded inside."""

    def __init__(self) -> None:
        self.torch: ModuleType = __import__("torch")

    def fast(self, value: Any, integer: bool) -> Any:
        """The value if it is a tensor of the right kind already, else None."""
        torch = self.torch
        if type(value) is not torch.Tensor:
            return None
        right = value.dtype is torch.int64 if integer else value.dtype.is_floating_point
        return value if right else None

    def converted(self, value: Any, tensor: Tensor) -> Any:
        """A tensor of the right kind, or the Python number."""
        torch = self.torch
        if _is_number(value):
            return value
        if not isinstance(value, torch.Tensor):
            array = np.asarray(value)
            if array.dtype.kind not in "fiub":
                raise KernelInputError(
                    f"{tensor.name} is no array of numbers: it has dtype {array.dtype}"
                )
            value = torch.from_numpy(np.array(array))
        if tensor.domain == "integer":
            if value.dtype.is_floating_point and bool((value != value.round()).any()):
                raise KernelInputError(f"{tensor.name} holds labels, which are integers")
            return value.to(torch.int64)
        return value if value.dtype.is_floating_point else value.to(torch.float64)

    def common(self, arrays: Sequence[Any]) -> Any:
        """The type of real numbers among the tensors."""
        torch = self.torch
        result = None
        for array in arrays:
            if array.dtype.is_floating_point:
                kind = array.dtype
                result = kind if result is None else torch.promote_types(result, kind)
        return result if result is not None else torch.float64

    def unified(self, value: Any, dtype: Any, integer: bool) -> Any:
        """A number as a tensor without axes; a tensor of real numbers in the common type."""
        return self.torch.as_tensor(value, dtype=self.torch.int64 if integer else dtype)

    def call(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Run the kernel without recording it for autograd."""
        if not any(v.requires_grad for v in values):
            return function(*values)
        with self.torch.no_grad():
            return function(*values)


_Arrays = _NumpyArrays | _TorchArrays


def _integers(array: Any, name: str) -> Any:
    if array.dtype.kind in "iu":
        return array
    whole = np.asarray(array)
    if whole.dtype.kind == "b":
        return whole.astype(np.int64)
    if whole.dtype.kind != "f" or not np.array_equal(whole, np.round(whole)):
        raise KernelInputError(f"{name} holds labels, which are integers")
    return whole.astype(np.int64)
