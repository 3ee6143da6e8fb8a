"""Points of other sizes than generic ones, where a kink away from the origin is met.

``relu(x - 50)`` is 0 at every point near the origin, ``asin(sin(x))`` is ``x`` there, and
``sigmoid(1000 x)`` is a step but for points nearer than generic ones. So formulas are compared
at points that are stretched and shrunk by the constants in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorcalc.check.points import Point
from tensorcalc.expr import (
    Apply,
    Equations,
    Expr,
    Functional,
    Number,
    Pointwise,
    Transform,
    accesses,
    walk,
)

__all__ = ["bodies_of", "free_inputs", "scaled_points"]

#: Binary exponents of scales for functions that are not smooth everywhere: beyond a period.
_USUAL = (2, 4)
#: Constants in ``(2**-2, 2**2)`` are met by generic points.
_NEAR = 2
#: Constants beyond ``2**±64`` are left out, and of many scales so many are taken.
_FARTHEST, _SCALES = 64, 16
_WAYS = ("as drawn", "positive", "negative", "each its own")


def scaled_points(equations: Equations, near: Sequence[Point]) -> Iterator[Point]:
    """Yield ``near`` points with their real inputs scaled; none if nothing asks for it.

    Args:
        equations: Both programs.
        near: Generic points.
    """
    exponents = _exponents(equations)
    names = free_inputs(equations)
    number = 0
    for exponent in exponents:
        for way in _WAYS:
            point = near[number % len(near)]
            generator = np.random.default_rng([point.seed, number, 5])
            number += 1
            arrays: dict[str, NDArray[Any]] = dict(point.arrays)
            for name, signed in names.items():
                chosen = int(generator.choice([0, *exponents])) if way == _WAYS[3] else exponent
                array = arrays[name] * 2.0**chosen
                if signed and way in ("positive", "negative"):
                    array = np.abs(array) * (1 if way == "positive" else -1)
                arrays[name] = array
            yield Point(arrays, point.sizes, point.seed)


def free_inputs(equations: Equations) -> Mapping[str, bool]:
    """The real inputs that no declared fact is about, and whether they may have any sign."""
    bound = {a.tensor.name for f in equations.facts for a in accesses(f.left)}
    return {
        t.name: "positive" not in t.facts and not any(sign < 0 for sign, _ in t.symmetry)
        for t in equations.inputs
        if t.domain == "real" and "mask" not in t.facts and t.name not in bound
    }


def _exponents(equations: Equations) -> list[int]:
    """Binary exponents of the scales: about each constant, twice it, and their roots."""
    smooth = True
    constants: set[float] = set()
    for body in bodies_of(equations):
        for node in walk(body):
            match node:
                case Apply(Pointwise(name="pow"), (_, Number(value))) if value == int(value):
                    pass
                case Apply(Pointwise() as record, _) | Transform(Functional() as record, _, _):
                    smooth &= (
                        record.analytic and not record.kinks and record.domain == "all real numbers"
                    )
                case Number(value) if value:
                    constants.add(abs(float(value)))
                case _:
                    pass
    found: set[int] = set() if smooth else set(_USUAL)
    for constant in constants:
        exponent = log2(constant)
        if _NEAR <= abs(exponent) <= _FARTHEST:
            for sign in (1, -1):
                nearest = round(sign * exponent)
                found.update((nearest, nearest + 1, round(nearest / 2) + (nearest > 0)))
    ordered = sorted(found, key=lambda k: (abs(k), k))
    if len(ordered) > _SCALES:
        step = len(ordered) / _SCALES
        ordered = [ordered[int(k * step)] for k in range(_SCALES - 1)] + [ordered[-1]]
    return ordered


def bodies_of(equations: Equations) -> Iterator[Expr]:
    """Every formula of a program, those of starts included."""
    for definition in equations.definitions:
        yield definition.body
        for start in definition.starts:
            yield start.body
