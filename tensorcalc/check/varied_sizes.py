"""Sizes at which two programs are compared: small ones of both parities, and large ones.

``sum_i [i < 9] x_i`` is the whole sum while the size is below 10, and ``(n - 3) (n - 4)`` is 0 at
two sizes: so no sizes are tried twice as long as there are others, and every other time they
lie above the constants that indices and sizes meet.
"""

from __future__ import annotations

import numpy as np

from tensorcalc.check.alignment import nodes_below, size_names
from tensorcalc.check.points import choose_sizes
from tensorcalc.errors import ShapeError
from tensorcalc.expr import (
    Access,
    Contraction,
    Equations,
    Extent,
    FloorDivision,
    Functional,
    Number,
    Product,
    Size,
    Sum,
    Transform,
)

__all__ = ["VariedSizes"]

#: Sizes go up to the first, and to the second while the largest array has so many entries.
_LARGEST, _LARGEST_OF_ALL, _ENTRIES = 24, 1000, 20_000
_ATTEMPTS = 12


class VariedSizes:
    """Draws sizes for two programs.

    Attributes:
        equations: Both programs.
        limit: The largest constant above which sizes are drawn.
        untried: A larger constant that an index or a size meets, if there is one.
    """

    def __init__(self, equations: Equations) -> None:
        self.equations = equations
        constant = _largest_constant(equations)
        self.limit = min(constant, _affordable(equations))
        self.untried = constant if constant > self.limit else None
        self._names = sorted(size_names(equations) - dict(equations.sizes).keys())
        self._seen: set[tuple[int, ...]] = set()
        self._calls = 0

    def next(self, generator: np.random.Generator) -> dict[str, int]:
        """Sizes that were not drawn before, if any are left after some attempts."""
        large = self.limit > 1 and self._calls % 2 == 1
        self._calls += 1
        sizes = self._draw(generator, large)
        for _ in range(_ATTEMPTS):
            if tuple(sizes[n] for n in self._names) not in self._seen:
                break
            sizes = self._draw(generator, large)
        self._seen.add(tuple(sizes[n] for n in self._names))
        return sizes

    def _draw(self, generator: np.random.Generator, large: bool) -> dict[str, int]:
        fixed = dict(self.equations.sizes)
        if large:
            offsets = generator.permutation(max(len(self._names), 4))
            wished = {
                n: int(self.limit + 1 + k) for n, k in zip(self._names, offsets, strict=False)
            }
            try:
                return choose_sizes(self.equations, generator, {**wished, **fixed})
            except ShapeError:
                pass  # a size is bounded above by others: small ones then
        return choose_sizes(self.equations, generator, fixed)


def _largest_constant(equations: Equations) -> int:
    """The largest integer with which indices or sizes are compared or shifted."""
    found: list[int] = [0]
    numbers: list[int] = [0]
    sized = False
    for node in nodes_below(equations):
        match node:
            case Extent(terms):
                found.extend(abs(c) for monomial, c in terms if not monomial)
            case FloorDivision(_, divisor):
                found.append(divisor)
            case Size():
                sized = True
            case Number(value) if value % 1 == 0:
                numbers.append(abs(int(value)))
            case _:
                pass
    return max(found + numbers) if sized else max(found)


def _affordable(equations: Equations) -> int:
    """The largest constant for which the largest array is not too large."""
    axes = 1
    for node in nodes_below(equations):
        match node:
            case Transform(Functional(bound=2), _, _):
                return _LARGEST
            case Access() | Contraction() | Product() | Sum():
                axes = max(axes, len(node.free))
            case _:
                pass
    return max(_LARGEST, min(_LARGEST_OF_ALL, int(_ENTRIES ** (1 / axes))))
