"""Products and sums of arrays, structured ones among them.

A delta, like every structured array, is an :class:`Assemble`. As a factor of a product it is
never computed: each of its axes states an equation, ``label = place``, and the equations
are solved (:mod:`tensorcalc.arrays.systems`). What is left is dense, or pieces at their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from tensorcalc.arrays.builder import (
    Builder,
    Coefficient,
    Label,
    Reading,
    Value,
    labels_of,
    place_of,
)
from tensorcalc.arrays.nodes import (
    AffineMap,
    Assemble,
    Pick,
    Piece,
    Place,
    Scalar,
    plain_axis,
)
from tensorcalc.arrays.places import just
from tensorcalc.arrays.systems import Solved, System, dense
from tensorcalc.expr import Extent

__all__ = ["Term", "add", "close"]

#: More combinations of pieces than this are not multiplied out.
MOST_COMBINATIONS = 16


@dataclass(frozen=True, slots=True)
class Term:
    """``coefficient`` times a product of factors, summed over some of their labels."""

    coefficient: Coefficient
    factors: tuple[Value, ...]
    summed: frozenset[Label]


def close(builder: Builder, term: Term) -> Value:
    """Return the array of a product. Structured factors are multiplied out piece by piece."""
    structured = [f for f in term.factors if _is_sparse(f)]
    while prod(_piece_count(f) for f in structured) > MOST_COMBINATIONS:
        structured.remove(max(structured, key=_piece_count))
    if not structured:
        free = _free(term.factors, term.summed)
        return dense(builder, term.coefficient, list(term.factors), term.summed, free)
    chosen = {id(f) for f in structured}
    plain = [f for f in term.factors if id(f) not in chosen]
    solved: list[Solved] = []
    pieces = [f.array.pieces for f in structured if isinstance(f.array, Assemble)]
    free = _free(term.factors, term.summed)
    for choice in product(*pieces):
        system = System(builder, plain, term.summed, free)
        for factor, piece in zip(structured, choice, strict=True):
            system.add_piece(factor, piece)
        solved.append(system.solve(term.coefficient))
    return _combine(builder, solved, free)


def add(builder: Builder, terms: Sequence[tuple[Coefficient, Value]]) -> Value:
    """``sum coefficient * value``; a structured term makes the sum structured."""
    if not any(isinstance(v.array, Assemble) for _, v in terms):
        return builder.add(terms)
    free = _free([v for _, v in terms], frozenset())
    solved: list[Solved] = []
    for coefficient, value in terms:
        if isinstance(value.array, Assemble):
            for piece in value.array.pieces:
                system = System(builder, [], frozenset(), free)
                system.add_piece(value, piece)
                solved.append(system.solve(coefficient))
        else:
            scaled = builder.einsum(coefficient, [builder.distinct(value)], value.labels)
            solved.append(Solved(scaled, {}))
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


def _combine(builder: Builder, solved: Sequence[Solved], free: tuple[Label, ...]) -> Value:
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
        made.append(_piece(builder, Solved(total, {}), free))
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


def _piece(builder: Builder, solved: Solved, free: tuple[Label, ...]) -> Piece:
    numbering: dict[Label, int] = {}
    readings: list[Reading] = []
    for label in free:
        reading = solved.places.get(label, just(label))
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
