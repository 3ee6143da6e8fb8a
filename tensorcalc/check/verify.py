"""Is the derived program right? Its kernels against the oracle, at a generic point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tensorcalc.calculus import Request, carry_out
from tensorcalc.check.backends import Array, Backend, NumpyBackend, torch_is_installed
from tensorcalc.check.evaluate import evaluate
from tensorcalc.check.oracles import Function, Oracle, OracleName, oracle_for
from tensorcalc.check.points import Point, draw_like, generic_point
from tensorcalc.check.report import Line, Report, compared
from tensorcalc.check.sizes import bind_sizes
from tensorcalc.errors import VerificationError
from tensorcalc.expr import (
    Definition,
    Derivative,
    Equations,
    Tensor,
    add,
    at_indices,
    walk,
)
from tensorcalc.simplify import replaced

__all__ = ["available_backends", "carried_out", "expected", "verify"]

Numbers = NDArray[np.float64]
KernelFunction = Callable[..., Any]
BackendName = Literal["numpy", "torch"]


def available_backends() -> tuple[BackendName, ...]:
    """The backends a check can run here: NumPy, and Torch where it is installed."""
    return ("numpy", "torch") if torch_is_installed() else ("numpy",)


def verify(
    derived: Equations,
    request: Request,
    *,
    kernels: Mapping[str, KernelFunction] | None = None,
    backends: Sequence[str] = ("numpy", "torch"),
    seed: int = 0,
    tolerance: float = 1e-10,
    sizes: Mapping[str, int] | None = None,
    oracle: OracleName | None = None,
) -> Report:
    """Compare a derived program with derivatives measured on its source.

    Args:
        derived: The program to check.
        request: What it should be; ``request.source`` is the program it was derived from.
        kernels: Compiled functions by backend, called with all inputs of ``derived`` by name.
            Without any, as when an abstract function has no code, the formula itself is
            evaluated, and the report says "formula".
        backends: Which of ``kernels`` to run.
        seed: Fixes the point.
        tolerance: Largest error relative to the result's largest magnitude; never below
            what the oracle can measure.
        sizes: Sizes to use instead of drawn ones.
        oracle: By default autograd, or what replaces it where Torch is not installed.

    Returns:
        A report, whether it passed or not.
    """
    source = carried_out(request.source)
    point = generic_point(_relevant(source, request), seed, sizes)
    measure = oracle_for(source, oracle)
    order = 1 if request.mode in ("hessian", "hvp") else 0
    allowed = max(tolerance, measure.tolerances[order])
    arrays = _with_seeds(derived, source, point)
    wanted = expected(request, source, arrays, point.sizes, measure, derived.outputs)
    lines: list[Line] = []
    for backend, results in _results(derived, arrays, point.sizes, kernels or {}, backends):
        for name, right in wanted.items():
            if name in results:
                got = np.asarray(results[name])
                lines.append(compared(name, backend, got, right, allowed))
            else:
                lines.append(Line(name, backend, (), float("inf"), False, "no such output"))
    title = f"{request.mode} of {request.of}"
    if request.wrt:
        title += f" by {', '.join(dict.fromkeys(request.wrt))}"
    return Report(title, tuple(lines), measure.name, allowed, seed, dict(point.sizes))


def expected(
    request: Request,
    source: Equations,
    arrays: Mapping[str, NDArray[Any]],
    sizes: Mapping[str, int],
    oracle: Oracle,
    outputs: Sequence[str],
) -> dict[str, Numbers]:
    """What the oracle measures for each output of ``request``.

    Args:
        request: What is asked.
        source: The undifferentiated program.
        arrays: Inputs of ``source``, cotangents and tangents.
        sizes: Every size.
        oracle: Measures the derivatives.
        outputs: For ``value``, the definitions to evaluate.
    """
    of, names = request.of, tuple(dict.fromkeys(request.wrt))
    source, shifts = _with_shifts(source, names)
    zeros = {t.name: np.zeros([e.evaluate(sizes) for e in t.extents]) for t in shifts.values()}
    inputs = {t.name: zeros[t.name] if t.name in zeros else arrays[t.name] for t in source.inputs}
    moving = {name: shifts[name].name if name in shifts else name for name in names}

    def function(*wrt: str, result: str = of) -> Function:
        def run(backend: Backend, *points: Array) -> Array:
            given = {**inputs, **dict(zip([moving[name] for name in wrt], points, strict=True))}
            return evaluate(source, given, backend, sizes, [result])[result]

        return run

    def at(name: str) -> Numbers:
        return inputs[moving[name]]

    def first(name: str) -> Numbers:
        return _projected(oracle.first(function(name), at(name)), source.tensor(name), 0)

    def second(left: str, right: str) -> Numbers:
        if left == right:
            measured = oracle.second(function(left), at(left), None)
        else:
            measured = oracle.second(function(left, right), at(left), at(right))
        tensors = source.tensor(left), source.tensor(right)
        return _projected(_projected(measured, tensors[1], 0), tensors[0], tensors[1].rank)

    def weighted(name: str) -> Numbers:
        """The gradient of the output's product with the cotangent, in one pass."""
        run, cotangent = function(name), arrays[f"{of}_bar"]

        def inner_product(backend: Backend, point: Array) -> Array:
            value = run(backend, point) * backend.array(cotangent)
            return backend.total(value, tuple(range(cotangent.ndim)))

        return _projected(oracle.first(inner_product, at(name)), source.tensor(name), 0)

    def moved(run: Function, name: str) -> Function:
        """``run`` as a function of how far ``name`` moves along its tangent."""
        start = at(name)
        tangent = _projected(arrays[f"{name}_dot"], source.tensor(name), 0)

        def along(backend: Backend, step: Array, *others: Array) -> Array:
            begin = others[0] if others else backend.array(start)
            return run(backend, begin + step * backend.array(tangent))

        return along

    def second_along(name: str, other: str) -> Numbers:
        """The gradient by ``name`` of the slope along the tangent of ``other``."""
        if name == other:
            along = moved(function(name), name)
        else:
            both, begin = function(name, other), at(other)
            tangent = _projected(arrays[f"{other}_dot"], source.tensor(other), 0)

            def along(backend: Backend, step: Array, *points: Array) -> Array:
                there = backend.array(begin) + step * backend.array(tangent)
                return both(backend, points[0], there)

        measured = oracle.second(along, np.zeros(()), at(name))
        return _projected(measured, source.tensor(name), 0)

    match request.mode:
        case "value":
            return {name: oracle.value(function(result=name)) for name in outputs}
        case "jacobian" | "grad":
            fixed = dict(request.components)
            return {request.output_of(n): _component(first(n), fixed.get(n, ())) for n in names}
        case "vjp":
            return {f"{name}_bar": weighted(name) for name in names}
        case "jvp":
            slopes = [oracle.first(moved(function(n), n), np.zeros(())) for n in names]
            return {f"{of}_dot": _total(slopes)}
        case "hessian":
            return {f"d2{of}_d{a}_d{b}": second(a, b) for a, b in request.blocks}
        case "hvp":
            return {f"{a}_hvp": _total([second_along(a, b) for b in names]) for a in names}


def _with_shifts(source: Equations, names: Sequence[str]) -> tuple[Equations, dict[str, Tensor]]:
    """The program with an input added to each definition among ``names``, and these inputs.

    To differentiate by a definition is to differentiate by what is added to it, at 0: so it has
    a meaning beside a variable that the definition depends on.
    """
    shifts: dict[str, Tensor] = {}
    definitions: list[Definition] = []
    for definition in source.definitions:
        if definition.name in names:
            tensor = definition.tensor
            shift = Tensor(f"{tensor.name} moves by", tensor.extents, tensor.levels)
            shifts[tensor.name] = shift
            body = add([definition.body, at_indices(shift, definition.indices)])
            definition = replaced(definition, body)
        definitions.append(definition)
    inputs = (*source.inputs, *shifts.values())
    moved = Equations(inputs, tuple(definitions), source.outputs, source.facts, source.sizes)
    return moved, shifts


def _component(array: Numbers, component: Sequence[int]) -> Numbers:
    """The array at a component of its last axes."""
    for number in reversed(component):
        array = np.asarray(array.take(number, -1))
    return array


def _results(
    derived: Equations,
    arrays: Mapping[str, NDArray[Any]],
    sizes: Mapping[str, int],
    kernels: Mapping[str, KernelFunction],
    backends: Sequence[str],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The outputs of each kernel, or of the formula where there is none."""
    inputs = {t.name: arrays[t.name] for t in derived.inputs}
    ran = False
    for backend in backends:
        kernel = kernels.get(backend)
        if kernel is None:
            continue
        ran = True
        yield backend, _called(kernel, inputs, derived.outputs, backend)
    if not ran:
        yield "formula", evaluate(derived, inputs, NumpyBackend(), sizes)


def _called(
    kernel: KernelFunction, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str], backend: str
) -> dict[str, NDArray[Any]]:
    given: dict[str, Any] = dict(inputs)
    if backend == "torch":
        import torch

        given = {name: torch.tensor(array) for name, array in inputs.items()}
    result = kernel(**given)
    named = cast("Mapping[str, Any]", result) if isinstance(result, Mapping) else None
    if named is None:
        return {outputs[0]: _plain(result)}
    return {name: _plain(value) for name, value in named.items()}


def _plain(value: Any) -> NDArray[Any]:
    return np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)


def _with_seeds(derived: Equations, source: Equations, point: Point) -> dict[str, NDArray[Any]]:
    """The point, with a generic array for every cotangent and tangent."""
    arrays = dict(point.arrays)
    generator = np.random.default_rng([point.seed, 1])
    known = {t: arrays[t.name].shape for t in source.inputs}
    found = bind_sizes(known, point.sizes)
    for tensor in derived.inputs:
        if tensor.name not in arrays:
            arrays[tensor.name] = draw_like(tensor, found, generator)
    return arrays


def _relevant(source: Equations, request: Request) -> Equations:
    """The definitions the check evaluates: a point must be in the domain of these."""
    if request.mode == "value":
        return source
    names = [request.of, *(n for n in dict.fromkeys(request.wrt) if source.defines(n))]
    return source.needed_for(dict.fromkeys(names))


def carried_out(source: Equations) -> Equations:
    """Derivatives inside the source's own formulas become formulas."""
    bodies = [d for d in source.definitions if any(isinstance(n, Derivative) for n in walk(d.body))]
    if not bodies:
        return source
    definitions = tuple(
        Definition(d.tensor, d.indices, carry_out(d.body), d.automatic, d.starts)
        if d in bodies
        else d
        for d in source.definitions
    )
    return Equations(source.inputs, definitions, source.outputs, source.facts, source.sizes)


def _projected(measured: Numbers, tensor: Tensor, behind: int) -> Numbers:
    """The part with the tensor's declared symmetry, in its axes (``behind`` others follow)."""
    start = measured.ndim - behind - tensor.rank
    for sign, slots in tensor.symmetry:
        orders = list(permutations(range(len(slots))))
        total = np.zeros_like(measured)
        for order in orders:
            axes = list(range(measured.ndim))
            for place, source in enumerate(order):
                axes[start + slots[place]] = start + slots[source]
            odd = sum(a > b for k, a in enumerate(order) for b in order[k + 1 :]) % 2
            total += (sign if odd else 1) * np.transpose(measured, axes)
        measured = total / len(orders)
    return measured


def _total(terms: Sequence[Numbers]) -> Numbers:
    if not terms:
        raise VerificationError("nothing to differentiate by")
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
