"""What every function of the catalog is, said once more with 40 digits and without its record.

Values and derivatives along a line by mpmath: they share nothing with the catalog, so that an
error made alike in the code of both back ends is seen too. :func:`reference_checks` holds a
record against its definition here; a record without one fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf
from numpy.typing import NDArray

from tensorcalc.calculus import differentiate
from tensorcalc.check import Check, NumpyBackend, TorchBackend, evaluate_expr
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
    add,
    at_indices,
    extent,
    multiply,
)

__all__ = ["KINKS", "REFERENCES", "reference_checks"]

_DIGITS = 40
_TOLERANCE = 1e-11
Numbers = NDArray[np.float64]


def _positions(extreme: Callable[..., Any], x: NDArray[Any]) -> NDArray[Any]:
    flat = list(x.flat)
    result = np.array([mpf(0)] * len(flat), dtype=object)
    result[flat.index(extreme(flat))] = mpf(1)
    return result.reshape(x.shape)


def _softmax(x: NDArray[Any]) -> NDArray[Any]:
    exponentials = _each(mp.exp, x)
    return exponentials / exponentials.sum()


def _each(function: Callable[..., Any], *arrays: NDArray[Any]) -> NDArray[Any]:
    result = np.empty(arrays[0].shape, dtype=object)
    for place in np.ndindex(result.shape):
        result[place] = function(*(a[place] for a in arrays))
    return result


def _norm(x: NDArray[Any]) -> Any:
    return mp.sqrt((x * x).sum())


def _leibniz(x: NDArray[Any]) -> Any:
    """The determinant by its first row, again and again."""
    if len(x) == 1:
        return x[0, 0]
    minors = (np.delete(x[1:], j, 1) for j in range(len(x)))
    return sum((-1) ** j * x[0, j] * _leibniz(minor) for j, minor in enumerate(minors))


def _cofactors(x: NDArray[Any]) -> NDArray[Any]:
    result = np.empty(x.shape, dtype=object)
    for i, j in np.ndindex(x.shape):
        minor = np.delete(np.delete(x, i, 0), j, 1)
        result[j, i] = (-1) ** (i + j) * _leibniz(minor)
    return result / _leibniz(x)


def _cholesky(x: NDArray[Any]) -> NDArray[Any]:
    lower = np.array([[mpf(0)] * len(x)] * len(x), dtype=object)
    for i, j in np.ndindex(x.shape):
        rest = x[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))
        if i >= j:
            lower[i, j] = mp.sqrt(rest) if i == j else rest / lower[j, j]
    return lower


def _holds(relation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    return lambda a, b: mpf(1 if relation(a, b) else 0)


def _huber(x: Any, delta: Any) -> Any:
    return x * x / 2 if abs(x) <= delta else delta * (abs(x) - delta / 2)


#: By name: of numbers for what is pointwise, of one array of numbers for the others.
REFERENCES: dict[str, Callable[..., Any]] = {
    "pi": lambda: mp.pi,
    "e": lambda: mp.e,
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": lambda x: mp.log(1 + x),
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": mp.log10,
    "sqrt": mp.sqrt,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "log_sigmoid": lambda x: -mp.log(1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "relu": lambda x: x if x > 0 else mpf(0),
    "heaviside": lambda x: mpf(1 if x > 0 else 0),
    "step": lambda x: mpf(1 if x > 0 else 0),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "gelu": lambda x: x * mp.ncdf(x),
    "softsign": lambda x: x / (1 + abs(x)),
    "huber": _huber,
    "pow": lambda x, n: mp.exp(n * mp.log(x)),
    "abs": abs,
    "sign": mp.sign,
    "reciprocal_or_zero": lambda x: 1 / x if x else mpf(0),
    "maximum": max,
    "minimum": min,
    "where": lambda condition, a, b: a if condition else b,
    "less": _holds(lambda a, b: a < b),
    "less_equal": _holds(lambda a, b: a <= b),
    "equal": _holds(lambda a, b: a == b),
    "not_equal": _holds(lambda a, b: a != b),
    "softmax": _softmax,
    "log_softmax": lambda x: _each(mp.log, _softmax(x)),
    "logsumexp": lambda x: mp.log(_each(mp.exp, x).sum()),
    "norm": _norm,
    "normalize": lambda x: x / _norm(x) if _norm(x) else x,
    "prod": lambda x: x.prod(),
    "max": lambda x: max(x.flat),
    "min": lambda x: min(x.flat),
    "argmax": lambda x: mpf(list(x).index(max(x))),
    "argmin": lambda x: mpf(list(x).index(min(x))),
    "argmax_onehot": lambda x: _positions(max, x),
    "argmin_onehot": lambda x: _positions(min, x),
    "inv": _cofactors,
    "det": _leibniz,
    "logdet": lambda x: mp.log(_leibniz(x)),
    "cholesky": _cholesky,
}

#: Points where a function has a kink or jumps: arguments, and the derivative by each.
KINKS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "abs": ((0.0,), (0.0,)),
    "sign": ((0.0,), (0.0,)),
    "relu": ((0.0,), (0.0,)),
    "heaviside": ((0.0,), (0.0,)),
    "step": ((0.0,), (0.0,)),
    "leaky_relu": ((0.0, 0.25), (0.25, 0.0)),
    "elu": ((0.0, 0.7), (0.7, 0.0)),
    "sqrt": ((0.0,), (np.inf,)),
    "reciprocal_or_zero": ((0.0,), (0.0,)),
    "maximum": ((1.3, 1.3), (0.5, 0.5)),
    "minimum": ((1.3, 1.3), (0.5, 0.5)),
    "where": ((0.0, 2.0, 3.0), (0.0, 0.0, 1.0)),
    "less": ((1.3, 1.3), (0.0, 0.0)),
    "less_equal": ((1.3, 1.3), (0.0, 0.0)),
    "equal": ((1.3, 1.3), (0.0, 0.0)),
    "not_equal": ((1.3, 1.3), (0.0, 0.0)),
    "pow": ((1.0, 0.5), (0.5, 0.0)),
    "huber": ((0.7, 0.7), (0.7, 0.0)),
    "softsign": ((0.0,), (1.0,)),
    "norm": (([0.0, 0.0],), ([0.0, 0.0],)),
    "max": (([1.0, 2.0, 2.0],), ([0.0, 1.0, 0.0],)),
    "min": (([2.0, 1.0, 1.0],), ([0.0, 1.0, 0.0],)),
    "argmax": (([1.0, 2.0, 2.0],), ()),
    "argmin": (([2.0, 1.0, 1.0],), ()),
    "argmax_onehot": (([1.0, 2.0, 2.0],), (np.zeros((3, 3)),)),
    "argmin_onehot": (([2.0, 1.0, 1.0],), (np.zeros((3, 3)),)),
    "normalize": (([0.0, 0.0],), ()),
}


def reference_checks(record: Pointwise | Functional, seed: int = 0) -> Iterator[Check]:
    """Yield the record against its definition: values, derivatives along a line, kinks."""
    if record.name not in REFERENCES:
        yield Check("a definition in tests/support/references.py", np.inf, 0.0)
        return
    generator = np.random.default_rng([seed, 5])
    if isinstance(record, Pointwise):
        yield from _along_a_line(record, _places(record, generator), generator)
    else:
        for shape in _shapes(record):
            yield from _along_a_line(record, [_matrix(record, shape, generator)], generator)
    if record.name in KINKS:
        yield from _at_a_kink(record, *KINKS[record.name])


def _places(record: Pointwise, generator: np.random.Generator) -> list[Numbers]:
    points = [generator.uniform(*record.sample, 5) for _ in range(record.arity)]
    points += [float(v) + generator.uniform(0.1, 0.5, 5) for _, v in record.parameters]
    if record.name == "where":
        points[0] = np.array([0.0, 1.0, 0.0, 2.0, 1.0])
    if record.name in ("equal", "not_equal", "less", "less_equal"):
        points[1][0] = points[0][0]
    return points


def _shapes(record: Functional) -> list[tuple[int, ...]]:
    return {1: [(4,)], 2: [(3, 3)], None: [(4,), (2, 3)]}[record.bound]


def _matrix(record: Functional, shape: tuple[int, ...], generator: np.random.Generator) -> Numbers:
    point = generator.uniform(-2.0, 2.0, shape)
    if record.bound == 2:
        point = point @ point.T + np.eye(3) if record.name == "cholesky" else point + 3 * np.eye(3)
    return point


def _node(
    record: Pointwise | Functional, arguments: Sequence[Expr], indices: tuple[Index, ...]
) -> tuple[Expr, tuple[Index, ...]]:
    """The record applied, and the axes of its value."""
    if isinstance(record, Pointwise):
        return Apply(record, tuple(arguments)), indices
    at = tuple(Index(c, 0, i.extent) for c, i in zip("pq", indices, strict=False))
    kept = at if record.result == "keep" else ()
    slots = tuple(Slot(i, Level.UPPER) for i in kept)
    return Transform(record, (Argument(indices, arguments[0]),), slots), kept


def _along_a_line(
    record: Pointwise | Functional, points: list[Numbers], generator: np.random.Generator
) -> Iterator[Check]:
    """Value, slope and bend of ``f(x + t v)`` at ``t = 0``."""
    moves = [generator.uniform(0.5, 1.5, p.shape) for p in points]
    if record.name == "where":
        moves[0] *= 0  # its condition jumps
    if record.name in ("equal", "not_equal", "less", "less_equal"):
        moves[1][0] = moves[0][0]
    if record.name == "cholesky":
        moves = [m + m.T for m in moves]
    sizes = dict(zip("nm", points[0].shape, strict=False)) if points else {}
    if isinstance(record, Functional) and record.bound == 2:
        names: tuple[str, ...] = ("n", "n")
    else:
        names = tuple(sizes)
    indices = tuple(Index(c, 0, extent(n)) for c, n in zip("ij", names, strict=False))
    line = Tensor("t", (), ())
    t = at_indices(line, ())
    arrays: dict[str, Any] = {"t": np.array(0.0)}
    arguments: list[Expr] = []
    for k, (point, move) in enumerate(zip(points, moves, strict=True)):
        tensors = [
            Tensor(f"{c}{k}", tuple(i.extent for i in indices), _upper(indices)) for c in "xv"
        ]
        x, v = (at_indices(tensor, indices) for tensor in tensors)
        arguments.append(add((x, multiply((t, v)))))
        arrays |= {tensors[0].name: point, tensors[1].name: move}
    formula, axes = _node(record, arguments, indices)
    differentiable = record.name not in ("argmax", "argmin")
    for order, what in enumerate(("value", "slope", "bend") if differentiable else ("value",)):
        wanted = _wanted(record, points, moves, order)
        for backend in (NumpyBackend(), TorchBackend()):
            with np.errstate(all="ignore"):
                found = evaluate_expr(formula, axes, arrays, backend, sizes)
            yield _compared(f"{what} in {backend.name} and the definition", found, wanted)
        if differentiable:
            formula = differentiate(formula, t)


def _upper(indices: tuple[Index, ...]) -> tuple[Level, ...]:
    return (Level.UPPER,) * len(indices)


def _wanted(
    record: Pointwise | Functional, points: list[Numbers], moves: list[Numbers], order: int
) -> Numbers:
    reference = REFERENCES[record.name]
    with mp.workdps(_DIGITS):
        exact = [[_each(mpf, a.astype(object)) for a in both] for both in (points, moves)]

        def value(t: Any) -> NDArray[Any]:
            arrays = [x + t * v for x, v in zip(*exact, strict=True)]
            if isinstance(record, Functional) or not arrays:
                return np.asarray(reference(*arrays), dtype=object)
            return _each(reference, *arrays)

        start = value(mpf(0))
        result = np.empty(start.shape, dtype=object)
        for place in np.ndindex(start.shape):

            def entry(t: Any, place: tuple[int, ...] = place) -> Any:
                return value(t)[place]

            result[place] = mpmath.diff(entry, 0, order) if order else start[place]
        return result.astype(np.float64)


def _at_a_kink(
    record: Pointwise | Functional, arguments: tuple[Any, ...], slopes: tuple[Any, ...]
) -> Iterator[Check]:
    points = [np.atleast_1d(np.array(a)) for a in arguments]
    indices = (Index("i", 0, extent("n")),)
    tensors = [Tensor(f"x{k}", (extent("n"),), _upper(indices)) for k in range(len(points))]
    arrays = {t.name: p for t, p in zip(tensors, points, strict=True)}
    formula, axes = _node(record, [at_indices(x, indices) for x in tensors], indices)
    sizes = {"n": len(points[0])}
    wanted = _wanted(record, points, [0 * p for p in points], 0)
    backends = (NumpyBackend(), TorchBackend())
    for backend in backends:
        found = evaluate_expr(formula, axes, arrays, backend, sizes)
        yield _compared(f"value at a kink in {backend.name}", found, wanted)
    for place, slope in enumerate(slopes):
        by = Index("k", 3, extent("n"))
        derived = differentiate(formula, at_indices(tensors[place], (by,)))
        for backend in backends:
            with np.errstate(all="ignore"):
                got = evaluate_expr(derived, (*axes, by), arrays, backend, sizes)
            expected = np.array(slope).reshape(np.shape(got))
            yield _compared(f"derivative {place} at a kink in {backend.name}", got, expected)


def _compared(what: str, found: Any, wanted: Numbers) -> Check:
    found = np.asarray(found, dtype=np.float64)
    if found.shape != wanted.shape:
        return Check(what, np.inf, _TOLERANCE, f"have shapes {found.shape} and {wanted.shape}")
    scale = max(1.0, float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0)))
    with np.errstate(all="ignore"):
        away = np.where(found == wanted, 0.0, np.abs(found - wanted)) / scale
    error = float(np.max(away, initial=0.0))
    return Check(what, error, _TOLERANCE, f"differ by {error:.1e}")
