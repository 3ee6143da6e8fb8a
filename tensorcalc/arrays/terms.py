"""Products: factors, and the equations between labels that deltas put on them.

A delta, like every structured array, is an :class:`Assemble`. As a factor of a product it is
never computed: each of its axes states an equation, ``label = place``, and the equations
are solved here. An equation between two plain labels joins them (union-find); one for a
summed label replaces it, so that the factors that have it are read through a view or
a gather; one for a label of the result stays, as the place where a piece of
the result goes. What cannot be solved is a comparison of positions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from tensorcalc.arrays.builder import (
    Builder,
    Coefficient,
    Combination,
    Label,
    Lookups,
    Reading,
    Value,
    labels_of,
    place_of,
)
from tensorcalc.arrays.nodes import (
    AffineMap,
    Assemble,
    Iota,
    Pick,
    Piece,
    Place,
    Scalar,
    plain_axis,
)
from tensorcalc.expr import Edge, Extent, extent
from tensorcalc.expr.extents import FloorDivision, SizeName

__all__ = ["Term", "add", "close", "position_value", "solve_places", "surely_nonnegative"]

#: More combinations of pieces than this are not multiplied out.
MOST_COMBINATIONS = 16


@dataclass(frozen=True, slots=True)
class Term:
    """``coefficient`` times a product of factors, summed over some of their labels."""

    coefficient: Coefficient
    factors: tuple[Value, ...]
    summed: frozenset[Label]


@dataclass(frozen=True, slots=True)
class _Solved:
    """A dense value, and a place for each label of the result that is not one of its axes."""

    value: Value
    places: dict[Label, Reading]


def close(builder: Builder, term: Term) -> Value:
    """Return the array of a product. Structured factors are multiplied out piece by piece."""
    structured = [f for f in term.factors if _is_sparse(f)]
    while prod(_piece_count(f) for f in structured) > MOST_COMBINATIONS:
        structured.remove(max(structured, key=_piece_count))
    if not structured:
        free = _free(term.factors, term.summed)
        return _dense(builder, term.coefficient, list(term.factors), term.summed, free)
    chosen = {id(f) for f in structured}
    plain = [f for f in term.factors if id(f) not in chosen]
    solved: list[_Solved] = []
    pieces = [f.array.pieces for f in structured if isinstance(f.array, Assemble)]
    free = _free(term.factors, term.summed)
    for choice in product(*pieces):
        system = _System(builder, plain, term.summed, free)
        for factor, piece in zip(structured, choice, strict=True):
            system.add_piece(factor, piece)
        solved.append(system.solve(term.coefficient))
    return _combine(builder, solved, free)


def add(builder: Builder, terms: Sequence[tuple[Coefficient, Value]]) -> Value:
    """``sum coefficient * value``; a structured term makes the sum structured."""
    if not any(isinstance(v.array, Assemble) for _, v in terms):
        return builder.add(terms)
    free = _free([v for _, v in terms], frozenset())
    solved: list[_Solved] = []
    for coefficient, value in terms:
        if isinstance(value.array, Assemble):
            for piece in value.array.pieces:
                system = _System(builder, [], frozenset(), free)
                system.add_piece(value, piece)
                solved.append(system.solve(coefficient))
        else:
            scaled = builder.einsum(coefficient, [builder.distinct(value)], value.labels)
            solved.append(_Solved(scaled, {}))
    return _combine(builder, solved, free)


def _is_sparse(factor: Value) -> bool:
    """Whether a factor is zero but for its pieces.

    A sum over places, as the adjoint of a window, has pieces with at least as many entries as
    the whole: each of their labels stands in one place, and some place has several.
    """
    array = factor.array
    if not isinstance(array, Assemble):
        return False
    if len(set(factor.labels)) < len(factor.labels):
        return True
    for piece in array.pieces:
        maps = [p for p in piece.places if isinstance(p, AffineMap)]
        placed = [k for m in maps for k, _ in m.terms]
        if len(maps) == len(piece.places) and len(set(placed)) == len(placed) > len(maps):
            return False
    return True


def _piece_count(factor: Value) -> int:
    return len(factor.array.pieces) if isinstance(factor.array, Assemble) else 1


def _free(factors: Sequence[Value], summed: frozenset[Label]) -> tuple[Label, ...]:
    found: dict[Label, None] = {}
    for factor in factors:
        for label in factor.labels:
            if label not in summed:
                found[label] = None
    return tuple(found)


def _dense(
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


def _combine(builder: Builder, solved: Sequence[_Solved], free: tuple[Label, ...]) -> Value:
    """The sum of solved terms: dense if all are, else an :class:`Assemble`."""
    one = Fraction(1)
    dense = [s.value for s in solved if not s.places and not _is_zero(s.value)]
    rest = [s for s in solved if s.places and not _is_zero(s.value)]
    total = builder.add([(one, v) for v in dense])
    if not rest:
        return total
    pieces: dict[tuple[object, ...], list[tuple[Value, Piece]]] = {}
    made: list[Piece] = []
    if dense and not _is_zero(total):
        made.append(_piece(builder, _Solved(total, {}), free))
    for s in rest:
        piece = _piece(builder, s, free)
        pieces.setdefault((piece.places, piece.extents), []).append((s.value, piece))
    for group in pieces.values():
        if len(group) == 1:
            made.append(group[0][1])
            continue
        labels = [builder.fresh(size) for size in group[0][1].extents]
        values = [Value(p.array, tuple(labels[k] for k in p.labels)) for _, p in group]
        joined = builder.add([(one, v) for v in values])
        position = {label: k for k, label in enumerate(labels)}
        first = group[0][1]
        axes = tuple(position[k] for k in joined.labels if isinstance(k, int))
        made.append(Piece(joined.array, axes, first.extents, first.places))
    shape = tuple(builder.extent(k) for k in free)
    node = Assemble(shape, tuple(_apart(builder, piece, shape) for piece in made))
    builder.axis_names.setdefault(node, tuple(builder.hint(k) for k in free))
    builder.number(node)
    return Value(node, free)


def _apart(builder: Builder, piece: Piece, shape: Sequence[Extent]) -> Piece:
    """A piece that is looked up along one axis and shifted along another: first the one.

    What is looked up is added into an array that still has the shifted labels as axes of their
    own; this is then put where they point to, as far as that is inside the result. So is a label
    of another extent than the axis that it stands on.
    """
    affine = [p for p in piece.places if isinstance(p, AffineMap)]
    if len(affine) == len(piece.places) or all(
        _is_whole(place, piece.extents, size)
        for place, size in zip(piece.places, shape, strict=True)
        if isinstance(place, AffineMap)
    ):
        return piece
    own = sorted({k for p in affine for k, _ in p.terms})
    axis = {label: n for n, label in enumerate(own)}
    inner: list[Place] = [plain_axis(label) for label in own]
    sizes = [piece.extents[label] for label in own]
    outer: list[Place] = []
    for place, size in zip(piece.places, shape, strict=True):
        if isinstance(place, Pick):
            outer.append(plain_axis(len(inner)))
            inner.append(place)
            sizes.append(size)
        else:
            terms = sorted((axis[k], c) for k, c in place.terms)
            outer.append(AffineMap(tuple(terms), place.constant))
    array = Assemble(tuple(sizes), (Piece(piece.array, piece.labels, piece.extents, tuple(inner)),))
    builder.number(array)
    return Piece(array, tuple(range(len(sizes))), tuple(sizes), tuple(outer))


def _is_whole(place: AffineMap, extents: Sequence[Extent], size: Extent) -> bool:
    """Whether a place is fixed, or one label that runs over all of an axis of that size."""
    if not place.terms:
        return True
    label = place.terms[0][0]
    return place is plain_axis(label) and extents[label] is size


def _is_zero(value: Value) -> bool:
    return isinstance(value.array, Scalar) and value.array.value == 0


def _piece(builder: Builder, solved: _Solved, free: tuple[Label, ...]) -> Piece:
    numbering: dict[Label, int] = {}
    readings: list[Reading] = []
    for label in free:
        reading = solved.places.get(label, _just(label))
        readings.append(reading)
        for own in labels_of(reading):
            numbering.setdefault(own, len(numbering))
    for label in solved.value.labels:
        numbering.setdefault(label, len(numbering))
    return Piece(
        solved.value.array,
        tuple(numbering[k] for k in solved.value.labels),
        tuple(builder.extent(k) for k in numbering),
        tuple(place_of(r, numbering) for r in readings),
    )


class _System:
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

    def solve(self, coefficient: Coefficient) -> _Solved:
        """Return the dense core and the places of the result's labels."""
        waiting: list[tuple[Reading, Reading]] = []
        for label, reading in self.equations:
            plain = reading.plain if isinstance(reading, Combination) else None
            if plain is not None and _same_extent(
                self.builder.extent(self.find(label)), self.builder.extent(self.find(plain))
            ):
                self.join(label, plain)
            else:
                waiting.append((_just(label), reading))
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

    def _result(self, coefficient: Coefficient, places: dict[Label, Reading]) -> _Solved:
        for label in self.free:
            representative = self.find(label)
            if representative != label:
                places[label] = places.get(
                    representative, Combination(((representative, 1),), extent(0))
                )
        kept = {own for reading in places.values() for own in labels_of(reading)}
        kept.update(k for k in self.free if k not in places)
        roots = frozenset(k for k in self.summed if self.find(k) == k and k not in kept)
        value = _dense(
            self.builder,
            coefficient,
            self.factors,
            roots - self.replaced,
            sorted(kept, key=_label_key),
        )
        return _Solved(value, places)

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


def solve_places(
    left: Reading, right: Reading, preferred: Collection[Label] = ()
) -> tuple[Label, Reading] | tuple[()] | None:
    """Solve ``left = right`` for one label, if some label can be had by itself.

    Returns the label and what it equals; ``()`` if the equation always holds; None if it
    has to be tested place by place. Labels of ``preferred`` that stand alone on a side come
    first, then others that do.
    """
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Lookups):
            plain = one.plain if isinstance(one, Combination) else None
            return None if plain is None or plain in labels_of(other) else (plain, other)
    assert isinstance(left, Combination)
    assert isinstance(right, Combination)
    difference: dict[Label, int] = dict(left.terms)
    for label, coefficient in right.terms:
        difference[label] = difference.get(label, 0) - coefficient
    terms = {k: c for k, c in difference.items() if c}
    constant = left.constant - right.constant
    if not terms:
        return None if constant.terms else ()
    alone = [k for k in (left.plain, right.plain) if k is not None and k in terms]
    alone.sort(key=lambda k: k not in preferred)
    rest = sorted(terms, key=lambda k: k not in preferred)
    for label in [*alone, *rest]:
        if abs(terms[label]) == 1:
            sign = -terms.pop(label)
            others = tuple((k, c * sign) for k, c in terms.items())
            return label, Combination(others, constant * sign)
    return None


def _just(label: Label) -> Combination:
    return Combination(((label, 1),), extent(0))


def position_value(builder: Builder, reading: Combination, given: dict[Label, Value]) -> Value:
    """The number a combination stands for, as an integer array over its labels."""
    terms: list[tuple[Coefficient, Value]] = [
        (
            Fraction(coefficient),
            given[label] if label in given else Value(Iota(builder.extent(label)), (label,)),
        )
        for label, coefficient in reading.terms
    ]
    if reading.constant.terms:
        number = reading.constant.number
        constant = Fraction(number) if number is not None else reading.constant
        terms.append((Fraction(1), Value(Scalar(constant), ())))
    return builder.add(terms)


def bounds(builder: Builder, reading: Combination) -> tuple[Extent, Extent]:
    """The smallest and the largest value of a combination."""
    low = high = reading.constant
    for label, coefficient in reading.terms:
        reach = (builder.extent(label) - 1) * coefficient
        if coefficient < 0:
            low = low + reach
        else:
            high = high + reach
    return low, high


def surely_nonnegative(size: Extent) -> bool:
    """Whether ``size`` is 0 or more whatever the sizes are.

    Each is at least 1, but for the number of a loop's step (``%t``), which begins at 0.
    """
    least = _least(size)
    return least is not None and least >= 0


def _least(size: Extent) -> int | None:
    """The smallest value of ``size``; None where a term falls or may be negative."""
    total = 0
    for monomial, coefficient in size.terms:
        smallest = coefficient
        for atom in monomial:
            low = 0 if isinstance(atom, SizeName) and atom.name.startswith("%") else 1
            if isinstance(atom, FloorDivision):
                inside = _least(atom.numerator)
                if inside is None:
                    return None
                low = inside // atom.divisor
            if low < 0 or coefficient < 0:
                return None
            smallest *= low
        total += smallest
    return total


def _same_extent(left: Extent, right: Extent) -> bool:
    return left is right
