"""Points on the side of a kink that no other point lies on, found by search.

``relu(1/2 - (x - 3)**2)`` is 0 but for a short interval. Whatever decides on which side of a kink
a formula is (the argument of ``relu``, the difference of what ``max`` compares) should have been
positive and negative somewhere; where it was not, the inputs are moved to make it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate
from tensorcalc.check.points import Point
from tensorcalc.check.scaled_points import bodies_of, free_inputs
from tensorcalc.expr import (
    Apply,
    Definition,
    Equations,
    Expr,
    Level,
    Pointwise,
    Tensor,
    subtract,
    walk,
)

__all__ = ["kink_points"]

#: Kinks that are looked at, points at which each is evaluated first, and moves tried for a side.
_KINKS, _SEEN, _MOVES = 8, 32, 80
#: A name no user can write.
_NAME = "kink″"


def kink_points(equations: Equations, tried: Sequence[Point]) -> Iterator[Point]:
    """Yield points on sides of kinks where none of ``tried`` is.

    Args:
        equations: Both programs.
        tried: Points at which they are compared anyway.
    """
    names = free_inputs(equations)
    if not tried or not names:
        return
    for number, decides in enumerate(_deciding(equations)):
        program = _with_output(equations, decides)
        points = tried[:: -(-len(tried) // _SEEN)]
        for sign in (1.0, -1.0):
            best, value = points[0], -np.inf
            for point in points:
                here = _largest(program, point, sign)
                if here > value:
                    best, value = point, here
            if value > 0:
                continue
            generator = np.random.default_rng([best.seed, number, 11])
            for _ in range(_MOVES):
                moved = _moved(equations, names, best, generator)
                here = _largest(program, moved, sign)
                if here > value:
                    best, value = moved, here
                if value > 0:
                    yield best
                    break


def _deciding(equations: Equations) -> Sequence[Expr]:
    """What is positive on one side of a kink and negative on the other, the first few."""
    found: dict[Expr, None] = {}
    for body in bodies_of(equations):
        for node in walk(body):
            match node:
                case Apply(Pointwise(name="pow"), _):
                    pass
                case Apply(Pointwise() as record, (first, *rest)) if record.arity < 3 and (
                    record.kinks or not record.analytic
                ):  # a where is decided by what its condition compares
                    if record.arity == 1:
                        found.setdefault(first)
                    if rest:
                        found.setdefault(subtract(first, rest[0]))
                case _:
                    pass
    return list(found)[:_KINKS]


def _with_output(equations: Equations, expr: Expr) -> Equations:
    indices = tuple(sorted(expr.free, key=repr))
    extents = tuple(i.extent for i in indices)
    tensor = Tensor(_NAME, extents, (Level.LOWER,) * len(indices))
    definitions = (*equations.definitions, Definition(tensor, indices, expr))
    return Equations(
        equations.inputs, definitions, (_NAME,), equations.facts, equations.sizes
    ).needed_for((_NAME,))


def _largest(program: Equations, point: Point, sign: float) -> float:
    """The largest finite entry of what decides, times ``sign``."""
    with np.errstate(all="ignore"):
        try:
            values = evaluate(program, point.arrays, NumpyBackend(), point.sizes)[_NAME]
        except np.linalg.LinAlgError:
            return -np.inf
    array = np.asarray(values, dtype=np.float64) * sign
    return float(np.max(array, initial=-np.inf, where=np.isfinite(array)))


def _moved(
    equations: Equations,
    names: Mapping[str, bool],
    point: Point,
    generator: np.random.Generator,
) -> Point:
    """``point`` with one or all inputs stretched, turned or shifted."""
    arrays = dict(point.arrays)
    chosen = [t for t in equations.inputs if t.name in names]
    if len(chosen) > 1 and generator.integers(2):
        chosen = [chosen[int(generator.integers(len(chosen)))]]
    for tensor in chosen:
        array = arrays[tensor.name]
        if tensor.symmetry or generator.integers(2):
            array = array * 2.0 ** generator.uniform(-2, 2)
        else:
            size = 2.0 ** generator.uniform(-4, 2) * float(np.max(np.abs(array), initial=0.0))
            array = array + size * generator.normal(size=array.shape)
        if names[tensor.name]:
            array = array * generator.choice([-1, 1])
        elif "positive" in tensor.facts:
            array = np.abs(array)
        arrays[tensor.name] = array
    return Point(arrays, point.sizes, point.seed)
