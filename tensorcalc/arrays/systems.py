"""The equations that the structured factors of one product put on its labels, solved.

An equation between two plain labels joins them (union-find); one for a summed label replaces
it, so that the factors that have it are read through a view or a gather; one for a label of
the result stays, as the place where a piece of the result goes. What cannot be solved is a
comparison of positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorcalc.arrays.builder import (
    Builder,
    Coefficient,
    Combination,
    Label,
    Lookups,
    Reading,
    Value,
    labels_of,
)
from tensorcalc.arrays.nodes import AffineMap, Piece, Scalar
from tensorcalc.arrays.places import (
    bounds,
    just,
    position_value,
    solve_places,
    surely_nonnegative,
)
from tensorcalc.expr import Edge, Extent, extent

__all__ = ["Solved", "System", "dense"]


@dataclass(frozen=True, slots=True)
class Solved:
    """A dense value, and a place for each label of the result that is not one of its axes."""

    value: Value
    places: dict[Label, Reading]


def dense(
    builder: Builder,
    coefficient: Coefficient,
    factors: list[Value],
    summed: frozenset[Label],
    output: Sequence[Label],
) -> Value:
    """An einsum; a summed label that no factor has is a factor of its extent."""
    present = {label for f in factors for label in f.labels}
    for label in sorted((k for k in summed if k not in present), key=_label_key):
        size = builder.extent(label)
        number = size.number
        if number is not None:
            coefficient = coefficient * number
        else:
            factors = [*factors, Value(Scalar(size), ())]
    return builder.einsum(coefficient, factors, output)


def _label_key(label: Label) -> tuple[str, int]:
    return ("", label) if isinstance(label, int) else (label.name, label.serial)


class System:
    """The equations of one product; solved once."""

    def __init__(
        self,
        builder: Builder,
        factors: Sequence[Value],
        summed: frozenset[Label],
        free: tuple[Label, ...],
    ) -> None:
        self.builder = builder
        self.factors = list(factors)
        self.summed: set[Label] = set(summed)
        self.free = free
        self.equations: list[tuple[Label, Reading]] = []
        self.parent: dict[Label, Label] = {}
        self.replaced: set[Label] = set()

    def add_piece(self, factor: Value, piece: Piece) -> None:
        """Put a piece in the place of a structured factor."""
        own: list[Label] = [self.builder.fresh(size) for size in piece.extents]
        self.summed.update(own)
        self.factors.append(Value(piece.array, tuple(own[k] for k in piece.labels)))
        for label, place in zip(factor.labels, piece.places, strict=True):
            if isinstance(place, AffineMap):
                reading: Reading = Combination(
                    tuple((own[k], c) for k, c in place.terms), place.constant
                )
            else:
                reading = Lookups(Value(place.array, tuple(own[k] for k in place.labels)))
            self.equations.append((label, reading))

    def find(self, label: Label) -> Label:
        """The representative of a label's class."""
        while label in self.parent:
            label = self.parent[label]
        return label

    def join(self, left: Label, right: Label) -> None:
        """Make two labels of equal extent one; a free label represents its class."""
        left, right = self.find(left), self.find(right)
        if left == right:
            return
        if right in self.summed:
            self.parent[right] = left
        elif left in self.summed:
            self.parent[left] = right
        else:
            self.parent[right] = left

    def solve(self, coefficient: Coefficient) -> Solved:
        """Return the dense core and the places of the result's labels."""
        waiting: list[tuple[Reading, Reading]] = []
        for label, reading in self.equations:
            plain = reading.plain if isinstance(reading, Combination) else None
            if plain is not None and _same_extent(
                self.builder.extent(self.find(label)), self.builder.extent(self.find(plain))
            ):
                self.join(label, plain)
            else:
                waiting.append((just(label), reading))
        self.factors = [self._renamed(f) for f in self.factors]
        waiting = [(self._renamed_reading(a), self._renamed_reading(b)) for a, b in waiting]
        places: dict[Label, Reading] = {}
        while waiting:
            # Summed labels first: replacing one changes what the other equations say.
            solutions = [solve_places(a, b, self.summed) for a, b in waiting]
            position = next(
                (
                    n
                    for n, s in enumerate(solutions)
                    if s is not None and len(s) == 2 and s[0] in self.summed
                ),
                0,
            )
            one, other = waiting.pop(position)
            solution = solutions[position]
            if solution is None:
                self._mask("==", one, other)
                continue
            if len(solution) == 0:
                continue
            label, reading = solution
            summed = label in self.summed
            self._replace(label, reading, masked=summed)
            waiting = [
                (self._substituted(a, label, reading), self._substituted(b, label, reading))
                for a, b in waiting
            ]
            places = {k: self._substituted(r, label, reading) for k, r in places.items()}
            if not summed:
                places[label] = reading
        return self._result(coefficient, places)

    def _result(self, coefficient: Coefficient, places: dict[Label, Reading]) -> Solved:
        for label in self.free:
            representative = self.find(label)
            if representative != label:
                places[label] = places.get(
                    representative, Combination(((representative, 1),), extent(0))
                )
        kept = {own for reading in places.values() for own in labels_of(reading)}
        kept.update(k for k in self.free if k not in places)
        roots = frozenset(k for k in self.summed if self.find(k) == k and k not in kept)
        value = dense(
            self.builder,
            coefficient,
            self.factors,
            roots - self.replaced,
            sorted(kept, key=_label_key),
        )
        return Solved(value, places)

    def _renamed(self, factor: Value) -> Value:
        return Value(factor.array, tuple(self.find(k) for k in factor.labels))

    def _renamed_reading(self, reading: Reading) -> Reading:
        if isinstance(reading, Lookups):
            return Lookups(self._renamed(reading.value))
        total: dict[Label, int] = {}
        for label, coefficient in reading.terms:
            root = self.find(label)
            total[root] = total.get(root, 0) + coefficient
        return Combination(tuple((k, c) for k, c in total.items() if c), reading.constant)

    def _replace(self, label: Label, reading: Reading, *, masked: bool = True) -> None:
        """Read every factor that has ``label`` at ``reading`` instead; outside counts as 0."""
        inside = isinstance(reading, Lookups) or self._surely_inside(label, reading)
        edge = Edge.INSIDE if inside else Edge.ZERO
        found = False
        for position, factor in enumerate(self.factors):
            if label in factor.labels:
                found = True
                self.factors[position] = self._read(factor, label, reading, edge)
        self.replaced.add(label)
        if masked and not found and not inside:
            self._mask("<=", Combination((), extent(0)), reading)
            self._mask("<", reading, Combination((), self.builder.extent(label)))

    def _read(self, factor: Value, label: Label, reading: Reading, edge: Edge) -> Value:
        readings: list[Reading] = [
            reading if k == label else Combination(((k, 1),), extent(0)) for k in factor.labels
        ]
        edges = [edge if k == label else Edge.INSIDE for k in factor.labels]
        return self.builder.read(factor.array, readings, edges)

    def _substituted(self, reading: Reading, label: Label, by: Reading) -> Reading:
        if label not in labels_of(reading):
            return reading
        if isinstance(reading, Lookups):
            # Beyond the range of the label the product is 0, whichever place is looked up.
            inside = isinstance(by, Lookups) or self._surely_inside(label, by)
            edge = Edge.INSIDE if inside else Edge.REPLICATE
            return Lookups(self._read(reading.value, label, by, edge))
        if isinstance(by, Combination):
            return reading.replaced(label, by)
        # A looked-up number inside an affine place: keep it as an array of places.
        return Lookups(position_value(self.builder, reading, {label: by.value}))

    def _surely_inside(self, label: Label, reading: Combination) -> bool:
        size = self.builder.extent(label)
        low, high = bounds(self.builder, reading)
        return surely_nonnegative(low) and surely_nonnegative(size - 1 - high)

    def _mask(self, relation: str, left: Reading, right: Reading) -> None:
        assert relation in ("==", "<", "<=")
        values = [
            r.value if isinstance(r, Lookups) else position_value(self.builder, r, {})
            for r in (left, right)
        ]
        match relation:
            case "==":
                mask = self.builder.compare("==", values[0], values[1])
            case "<":
                mask = self.builder.compare("<", values[0], values[1])
            case _:
                mask = self.builder.compare("<=", values[0], values[1])
        self.factors.append(mask)


def _same_extent(left: Extent, right: Extent) -> bool:
    return left is right
