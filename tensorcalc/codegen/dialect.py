"""What differs between the back ends: how each primitive is written."""

# ruff: noqa: D102  (the methods are documented in the protocol)

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from tensorcalc.expr import Edge, Functional, Pointwise
from tensorcalc.ops import numpy_code, torch_code
from tensorcalc.ops.code import CodeArgument

__all__ = ["Backend", "Dialect", "NumpyDialect", "TorchDialect", "Triangle", "dialect_of"]

Backend = Literal["numpy", "torch"]

#: The half of a matrix that is not 0.
Triangle = Literal["lower", "upper"]

#: NumPy functions that take the result's memory as second argument, and have a method in Torch.
IN_PLACE = frozenset(
    f"np.{name}"
    for name in (
        "exp",
        "expm1",
        "log",
        "log1p",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
    )
)


class Dialect(Protocol):
    """Writes primitives. Arguments are source texts that are safe to index or call on."""

    name: Backend
    imports: str

    def operation(
        self, record: Pointwise | Functional, arguments: Sequence[CodeArgument], axes: int = 0
    ) -> str:
        """A catalog operation."""
        ...

    def in_place(self, function: str, x: str) -> str | None:
        """A function of one array, with the result in its memory, where there is such a form."""
        ...

    def permute(self, x: str, order: Sequence[int]) -> str:
        """Axes in another order."""
        ...

    def real(self, x: str) -> str:
        """Integers or booleans as real numbers of the kernel's type."""
        ...

    def zeros(self, shape: str) -> str:
        """An array of zeros."""
        ...

    def constant(self, shape: str, value: str) -> str:
        """An array of one value."""
        ...

    def arange(self, start: str, stop: str) -> str:
        """Integers from start to stop."""
        ...

    def broadcast(self, x: str, shape: str) -> str:
        """A read-only view of larger shape."""
        ...

    def copy(self, x: str) -> str:
        """A new array."""
        ...

    def flip(self, x: str, axis: int) -> str:
        """One axis backwards."""
        ...

    def diagonal(self, x: str, labels: Sequence[int]) -> tuple[str, list[int]]:
        """A writable view in which each label stands once, and its order of labels."""
        ...

    def dot(self, x: str, y: str, rank: int) -> str:
        """The sum of products of two arrays of one shape."""
        ...

    def row_dots(self, x: str, y: str) -> str:
        """The sum of products along the last axis."""
        ...

    def column_dots(self, x: str, y: str) -> str | None:
        """The sum of products along the first of two axes, where there is a fast way."""
        ...

    def matrix_vector(self, matrix: str, vector: str) -> str:
        """Batched matrix times vector."""
        ...

    def vector_matrix(self, vector: str, matrix: str) -> str:
        """Batched vector times matrix."""
        ...

    def solve(self, matrix: str, right: str, triangle: Triangle | None) -> str:
        """The solution for each column of ``right``; of a triangular matrix by substitution."""
        ...

    def pad(self, x: str, amounts: Sequence[tuple[str, str] | None]) -> str:
        """Zeros before and after along each axis."""
        ...

    def where(self, condition: str, x: str, y: str) -> str:
        """``x`` where a boolean array is true, else ``y``; each may be a Python number."""
        ...

    def take(self, x: str, positions: str, axis: int) -> str:
        """Components along one axis by a vector of integers."""
        ...

    def windows(self, x: str, shape: str, strides: Sequence[Sequence[tuple[int, int]]]) -> str:
        """A strided view; each axis moves by a sum of coefficient times an axis's stride."""
        ...

    def scatter(self, x: str, positions: str, values: str) -> str:
        """Add values at positions, which may repeat, in place."""
        ...

    def dtype(self, arrays: Sequence[str], every: Sequence[str]) -> list[str]:
        """Statements that set ``dtype`` (and ``device``) from the real inputs, or from any."""
        ...

    def python_value(self, record: Pointwise, arguments: Sequence[str]) -> str:
        """An operation of Python numbers, as a Python number."""
        ...


class NumpyDialect:
    """NumPy."""

    name: Backend = "numpy"
    imports = "import numpy as np"

    def operation(
        self, record: Pointwise | Functional, arguments: Sequence[CodeArgument], axes: int = 0
    ) -> str:
        return numpy_code(record, arguments, axes)

    def in_place(self, function: str, x: str) -> str | None:
        return f"{function}({x}, {x})" if function in IN_PLACE else None

    def permute(self, x: str, order: Sequence[int]) -> str:
        if list(order) == [1, 0]:
            return f"{x}.T"
        return f"{x}.transpose({_tuple(order)})"

    def real(self, x: str) -> str:
        return f"{x}.astype(dtype)"

    def zeros(self, shape: str) -> str:
        return f"np.zeros({shape}, dtype)"

    def constant(self, shape: str, value: str) -> str:
        return f"np.full({shape}, {value}, dtype)"

    def arange(self, start: str, stop: str) -> str:
        return f"np.arange({stop})" if start == "0" else f"np.arange({start}, {stop})"

    def broadcast(self, x: str, shape: str) -> str:
        return f"np.broadcast_to({x}, {shape})"

    def copy(self, x: str) -> str:
        return f"{x}.copy()"

    def flip(self, x: str, axis: int) -> str:
        return f"np.flip({x}, {axis})"

    def diagonal(self, x: str, labels: Sequence[int]) -> tuple[str, list[int]]:
        kept = list(dict.fromkeys(labels))
        letters = {label: chr(ord("a") + n) for n, label in enumerate(kept)}
        source = "".join(letters[k] for k in labels)
        target = "".join(letters[k] for k in kept)
        return f'np.einsum("{source}->{target}", {x})', kept

    def dot(self, x: str, y: str, rank: int) -> str:
        return f"np.vdot({x}, {y})"

    def row_dots(self, x: str, y: str) -> str:
        return f"np.vecdot({x}, {y})"

    def column_dots(self, x: str, y: str) -> str | None:
        return f'np.einsum("ab,ab->b", {x}, {y})'

    def matrix_vector(self, matrix: str, vector: str) -> str:
        return f"np.matvec({matrix}, {vector})"

    def vector_matrix(self, vector: str, matrix: str) -> str:
        return f"np.vecmat({vector}, {matrix})"

    def solve(self, matrix: str, right: str, triangle: Triangle | None) -> str:
        return f"np.linalg.solve({matrix}, {right})"

    def pad(self, x: str, amounts: Sequence[tuple[str, str] | None]) -> str:
        pairs = ", ".join("(0, 0)" if a is None else f"({a[0]}, {a[1]})" for a in amounts)
        return f"np.pad({x}, ({pairs}{',' * (len(amounts) == 1)}))"

    def where(self, condition: str, x: str, y: str) -> str:
        return f"np.where({condition}, {x}, {y})"

    def take(self, x: str, positions: str, axis: int) -> str:
        return f"np.take({x}, {positions}, {axis})"

    def windows(self, x: str, shape: str, strides: Sequence[Sequence[tuple[int, int]]]) -> str:
        return f"as_strided({x}, {shape}, {_strides(strides, f'{x}.strides[{{}}]')})"

    def scatter(self, x: str, positions: str, values: str) -> str:
        return f"np.add.at({x}, {positions}, {values})"

    def dtype(self, arrays: Sequence[str], every: Sequence[str]) -> list[str]:
        if not arrays:
            return ["dtype = np.float64"]
        if len(arrays) == 1:
            return [f"dtype = {arrays[0]}.dtype"]
        return [f"dtype = np.result_type({', '.join(arrays)})"]

    def python_value(self, record: Pointwise, arguments: Sequence[str]) -> str:
        wrapped = [f"np.float64({a})" for a in arguments]
        return f"float({numpy_code(record, wrapped)})"


class TorchDialect:
    """Torch."""

    name: Backend = "torch"
    imports = "import torch"

    def operation(
        self, record: Pointwise | Functional, arguments: Sequence[CodeArgument], axes: int = 0
    ) -> str:
        return torch_code(record, arguments, axes)

    def in_place(self, function: str, x: str) -> str | None:
        name = function.removeprefix("torch.")
        known = f"np.{name}" in IN_PLACE or name in ("relu", "sigmoid", "erf")
        return f"{x}.{name}_()" if known else None

    def permute(self, x: str, order: Sequence[int]) -> str:
        if list(order) == [1, 0]:
            return f"{x}.T"
        return f"{x}.permute({_tuple(order)})"

    def real(self, x: str) -> str:
        return f"{x}.to(dtype)"

    def zeros(self, shape: str) -> str:
        return f"torch.zeros({shape}, dtype=dtype, device=device)"

    def constant(self, shape: str, value: str) -> str:
        return f"torch.full({shape}, {value}, dtype=dtype, device=device)"

    def arange(self, start: str, stop: str) -> str:
        inner = stop if start == "0" else f"{start}, {stop}"
        return f"torch.arange({inner}, device=device)"

    def broadcast(self, x: str, shape: str) -> str:
        return f"torch.broadcast_to({x}, {shape})"

    def copy(self, x: str) -> str:
        return f"{x}.clone(memory_format=torch.contiguous_format)"

    def flip(self, x: str, axis: int) -> str:
        return f"torch.flip({x}, ({axis},))"

    def diagonal(self, x: str, labels: Sequence[int]) -> tuple[str, list[int]]:
        order = list(labels)
        while len(set(order)) < len(order):
            repeated = next(k for k in order if order.count(k) > 1)
            first = order.index(repeated)
            second = order.index(repeated, first + 1)
            x = f"{x}.diagonal(0, {first}, {second})"
            order = [k for n, k in enumerate(order) if n not in (first, second)] + [repeated]
        return x, order

    def dot(self, x: str, y: str, rank: int) -> str:
        if rank == 1:
            return f"torch.dot({x}, {y})"
        return f"torch.dot({x}.reshape(-1), {y}.reshape(-1))"

    def row_dots(self, x: str, y: str) -> str:
        return f"({x} * {y}).sum(-1)"

    def column_dots(self, x: str, y: str) -> str | None:
        return f"({x} * {y}).sum(0)"

    def matrix_vector(self, matrix: str, vector: str) -> str:
        return f"({matrix} @ {vector}[..., None])[..., 0]"

    def vector_matrix(self, vector: str, matrix: str) -> str:
        return f"({vector}[..., None, :] @ {matrix})[..., 0, :]"

    def solve(self, matrix: str, right: str, triangle: Triangle | None) -> str:
        if triangle is None:
            return f"torch.linalg.solve({matrix}, {right})"
        upper = triangle == "upper"
        return f"torch.linalg.solve_triangular({matrix}, {right}, upper={upper})"

    def pad(self, x: str, amounts: Sequence[tuple[str, str] | None]) -> str:
        last = next(n for n, a in enumerate(amounts) if a is not None)
        flat = [t for a in reversed(amounts[last:]) for t in (a or ("0", "0"))]
        return f"torch.nn.functional.pad({x}, ({', '.join(flat)}))"

    def where(self, condition: str, x: str, y: str) -> str:
        return f"torch.where({condition}, {x}, {y})"

    def take(self, x: str, positions: str, axis: int) -> str:
        return f"{x}.index_select({axis}, {positions})"

    def windows(self, x: str, shape: str, strides: Sequence[Sequence[tuple[int, int]]]) -> str:
        return f"{x}.as_strided({shape}, {_strides(strides, f'{x}.stride({{}})')})"

    def scatter(self, x: str, positions: str, values: str) -> str:
        return f"{x}.index_put_({positions}, {values}, accumulate=True)"

    def dtype(self, arrays: Sequence[str], every: Sequence[str]) -> list[str]:
        if not arrays:
            device = f"{every[0]}.device" if every else "None"
            return [f"dtype, device = torch.float64, {device}"]
        return [f"dtype, device = {arrays[0]}.dtype, {arrays[0]}.device"]

    def python_value(self, record: Pointwise, arguments: Sequence[str]) -> str:
        wrapped = [f"torch.tensor({a}, dtype=torch.float64)" for a in arguments]
        return f"float({torch_code(record, wrapped)})"


def dialect_of(backend: Backend) -> Dialect:
    """The dialect of a back end."""
    return NumpyDialect() if backend == "numpy" else TorchDialect()


def _tuple(order: Sequence[int]) -> str:
    return ", ".join(map(str, order))


def _scaled(text: str, factor: int) -> str:
    sign = "-" if factor < 0 else ""
    return f"{sign}{text}" if abs(factor) == 1 else f"{factor} * {text}"


def _strides(strides: Sequence[Sequence[tuple[int, int]]], each: str) -> str:
    texts: list[str] = []
    for terms in strides:
        parts = [_scaled(each.format(axis), c) for axis, c in terms]
        texts.append(" + ".join(parts) if parts else "0")
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def edge_positions(edge: Edge, positions: str, size: str) -> str:
    """Places outside an axis folded back into it, as source."""
    match edge:
        case Edge.CIRCULAR:
            return f"{positions} % {size}"
        case Edge.REPLICATE:
            return f"{positions}.clip(0, {size} - 1)"
        case Edge.REFLECT:
            period = f"max(1, 2 * {size} - 2)"
            return f"{size} - 1 - abs({size} - 1 - {positions} % {period})"
        case _:
            raise AssertionError(edge)
