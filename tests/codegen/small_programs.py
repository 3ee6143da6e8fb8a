"""Small programs for tests, and their values by the naive evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import tensorcalc.ops  # noqa: F401  (registers the catalog)
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate
from tensorcalc.codegen import Kernel, compile_equations
from tensorcalc.expr import (
    Access,
    Definition,
    Edge,
    Equations,
    Expr,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Slot,
    Tensor,
    accesses,
    extent,
    walk,
)


def index(name: str, size: str | int | None = None) -> Index:
    """An index whose extent is called ``n_<name>``, or as given."""
    return Index(name, 0, extent(f"n_{name}" if size is None else size))


def tensor(name: str, *indices: Index, integer: bool = False) -> Tensor:
    return Tensor(
        name,
        tuple(i.extent for i in indices),
        (Level.LOWER,) * len(indices),
        "integer" if integer else "real",
    )


def at(name_or_tensor: str | Tensor, *places: IndexExpression, edge: Edge = Edge.INSIDE) -> Access:
    """A tensor at places; a name makes the tensor from plain indices."""
    if isinstance(name_or_tensor, str):
        plain = [p for p in places if isinstance(p, Index)]
        assert len(plain) == len(places)
        name_or_tensor = tensor(name_or_tensor, *plain)
    edges = [edge if not isinstance(p, Index | Lookup) else Edge.INSIDE for p in places]
    return Access(
        name_or_tensor,
        tuple(Slot(p, Level.LOWER, e) for p, e in zip(places, edges, strict=True)),
    )


def lower_slot(place: IndexExpression) -> Slot:
    return Slot(place, Level.LOWER)


def program(
    definitions: Mapping[str, tuple[Sequence[Index], Expr]], outputs: Sequence[str] | None = None
) -> Equations:
    """A program from definitions in order; inputs are what they read and do not define."""
    made = [Definition(tensor(n, *ind), tuple(ind), body) for n, (ind, body) in definitions.items()]
    inputs: dict[str, Tensor] = {}
    for definition in made:
        bodies = [definition.body]
        for body in bodies:
            for access in accesses(body):
                if access.tensor.name not in definitions:
                    inputs.setdefault(access.tensor.name, access.tensor)
            for _ in walk(body):
                pass
    names = tuple(outputs) if outputs is not None else (made[-1].name,)
    return Equations(tuple(inputs.values()), tuple(made), names)


def draw(equations: Equations, sizes: Mapping[str, int], seed: int = 0) -> dict[str, Any]:
    """Generic arrays for every input; labels stay below 2."""
    rng = np.random.default_rng(seed)
    arrays: dict[str, Any] = {}
    for t in equations.inputs:
        shape = tuple(e.evaluate(sizes) for e in t.extents)
        if t.domain == "integer":
            arrays[t.name] = rng.integers(0, 2, size=shape)
        else:
            arrays[t.name] = rng.normal(size=shape) + 0.1
    return arrays


def check(
    equations: Equations, sizes: Mapping[str, int], *, given: bool = True, rtol: float = 1e-11
) -> dict[str, Kernel]:
    """Compare both back ends with the naive evaluator on generic data; return the kernels."""
    arrays = draw(equations, sizes)
    expected = evaluate(equations, arrays, NumpyBackend(), sizes)
    kernels: dict[str, Kernel] = {}
    for backend in ("numpy", "torch"):
        kernel = compile_equations(equations, backend, sizes=sizes if given else None)
        kernels[backend] = kernel
        result = kernel(**arrays)
        if len(equations.outputs) == 1:
            result = {equations.outputs[0]: result}
        for name in equations.outputs:
            got = np.asarray(result[name])
            want = np.asarray(expected[name])
            assert got.shape == want.shape, (backend, name, got.shape, want.shape, kernel.source)
            scale = max(1.0, float(np.abs(want).max(initial=0.0)))
            np.testing.assert_allclose(
                got, want, rtol=rtol, atol=rtol * scale, err_msg=kernel.source
            )
    return kernels
