"""An answer and the right formula, evaluated side by side at points of many kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorcalc.check.alignment import Joint
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate, evaluate_expr
from tensorcalc.check.numeric import first_difference
from tensorcalc.check.points import Point, draw, generic_point
from tensorcalc.errors import TensorcalcError
from tensorcalc.expr import Definition, Equations, Expr, Tensor

__all__ = ["Arrays", "Numbers", "Sample", "Samples", "agree", "proportion"]

Numbers = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

#: For diagnosis only: what is said is "your formula is twice the gradient", not "equal".
_TOLERANCE = 1e-7
#: A diagnosis tries changes of so many inputs.
_INPUTS = 10


def agree(left: Numbers, right: Numbers) -> bool:
    """Whether two arrays have one shape and the same finite entries, up to rounding."""
    if left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        return False
    return first_difference(left, right, _TOLERANCE) is None


def proportion(left: Numbers, right: Numbers) -> float | None:
    """The number ``c`` with ``left = c * right``; None if there is none or ``right`` is 0."""
    if left.shape != right.shape or not np.isfinite(left).all() or not np.isfinite(right).all():
        return None
    size = float(np.sum(right * right))
    if size < 1e-20:
        return None
    factor = float(np.sum(left * right)) / size
    return factor if agree(left, factor * right) else None


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Both formulas at one point."""

    point: Point
    answer: Numbers
    right: Numbers


class Samples:
    """Evaluates both sides of a pair wherever a diagnosis wants to look.

    Attributes:
        equations: Both programs in one.
        answer, right: The definitions to compare.
        generic: Both at generic points of the right formula.
    """

    def __init__(self, joint: Joint, seed: int, count: int = 3) -> None:
        self.equations: Equations = joint.equations
        ((answer, right),) = joint.pairs
        self.answer = self.equations.definition(answer)
        self.right = self.equations.definition(right)
        self.seed = seed
        alone = self.equations.needed_for((right,))
        points = [generic_point(alone, seed + k) for k in range(count)]
        self.generic = [self.at(point) for point in points]

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """The real inputs that either side reads, those in its own formula first; not too many."""
        read: dict[Tensor, None] = {}
        for own in (True, False):
            for side in (self.answer, self.right):
                needed = (side,) if own else self.equations.needed_for((side.name,)).definitions
                for definition in needed:
                    read.update(dict.fromkeys(sorted(definition.reads, key=lambda t: t.name)))
        inputs = {t for t in self.equations.inputs if t.domain == "real"}
        return tuple(t for t in read if t in inputs)[:_INPUTS]

    def at(self, point: Point) -> Sample:
        """Both formulas at a point."""
        names = (self.answer.name, self.right.name)
        with np.errstate(all="ignore"):
            values = evaluate(self.equations, point.arrays, NumpyBackend(), point.sizes, names)
        answer, right = (np.asarray(values[name], dtype=np.float64) for name in names)
        return Sample(point, answer, right)

    def terms(self, definition: Definition, terms: Sequence[Expr]) -> list[list[Numbers]]:
        """Each term at each generic point, over the definition's axes."""
        needed = self.equations.needed_for((definition.name,))
        others = [d.name for d in needed.definitions if d.tensor in definition.reads]
        backend = NumpyBackend()
        found: list[list[Numbers]] = []
        for sample in self.generic:
            point = sample.point
            with np.errstate(all="ignore"):
                arrays = {
                    **point.arrays,
                    **evaluate(needed, point.arrays, backend, point.sizes, others),
                }
                values = (
                    evaluate_expr(term, definition.indices, arrays, backend, point.sizes)
                    for term in terms
                )
                found.append([np.asarray(value, dtype=np.float64) for value in values])
        return found

    def hold(self, change: Callable[[Point, np.random.Generator], Arrays | None]) -> bool:
        """Whether both agree wherever ``change`` moves the generic points, and not by being 0."""
        meaningful = False
        for number, sample in enumerate(self.generic):
            generator = np.random.default_rng([self.seed, number, 3])
            arrays = change(sample.point, generator)
            if arrays is None:
                return False
            try:
                moved = self.at(Point(arrays, sample.point.sizes, sample.point.seed))
            except TensorcalcError:
                return False
            if not agree(moved.answer, moved.right):
                return False
            meaningful |= bool((np.abs(moved.right) > 1e-9).any())
        return meaningful

    def hold_with(self, name: str, make: Callable[[NDArray[Any]], NDArray[Any]]) -> bool:
        """As :meth:`hold`, for a change of one input."""

        def change(point: Point, generator: np.random.Generator) -> Arrays:
            return {**point.arrays, name: make(np.asarray(point.arrays[name]))}

        return self.hold(change)

    def hold_where_drawn(self, way: str) -> bool:
        """As :meth:`hold`, for inputs drawn in another way (see :func:`points.draw`)."""

        def change(point: Point, generator: np.random.Generator) -> Arrays:
            return draw(self.equations, point.sizes, generator, way)

        return self.hold(change)
