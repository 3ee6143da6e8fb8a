"""Building array nodes from named axes.

While lowering, an array's axes carry *labels*: index objects, or fresh integers for summed
ones. The builder turns labels into the positions a node holds, and finds an existing node
where the same operation was made with its operands in another order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from tensorcalc.arrays.nodes import (
    Add,
    AffineMap,
    Array,
    Assemble,
    Compare,
    Einsum,
    Gather,
    Map,
    Pick,
    Piece,
    Place,
    Relation,
    Scalar,
    Solve,
    View,
    Whole,
    plain_axis,
)
from tensorcalc.expr import Edge, Extent, Functional, Index, Pointwise, extent
from tensorcalc.ops import numpy_code, support_functions

__all__ = [
    "Builder",
    "Coefficient",
    "Combination",
    "Label",
    "Lookups",
    "Reading",
    "Value",
    "labels_of",
    "place_of",
]

Label = Index | int
Coefficient = Fraction | float

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Value:
    """An array whose axes are named; a label that stands twice reads the diagonal."""

    array: Array
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Combination:
    """``sum coefficient * label + constant``."""

    terms: tuple[tuple[Label, int], ...]
    constant: Extent

    @property
    def plain(self) -> Label | None:
        """The label, if this is one label and nothing else."""
        if len(self.terms) == 1 and self.terms[0][1] == 1 and not self.constant.terms:
            return self.terms[0][0]
        return None

    def replaced(self, label: Label, by: Combination) -> Combination:
        """This with ``label`` replaced."""
        total: dict[Label, int] = {}
        constant = self.constant
        for own, coefficient in self.terms:
            if own != label:
                total[own] = total.get(own, 0) + coefficient
                continue
            constant = constant + by.constant * coefficient
            for other, inner in by.terms:
                total[other] = total.get(other, 0) + inner * coefficient
        return Combination(tuple((k, c) for k, c in total.items() if c), constant)


@dataclass(frozen=True, slots=True)
class Lookups:
    """A place that the integer array ``value`` holds."""

    value: Value


Reading = Combination | Lookups


@dataclass(slots=True)
class Builder:
    """Makes nodes; knows the extent of every label and the nodes made so far.

    Attributes:
        names: What a person calls an array: the definition it is.
        axis_names: What a person calls its axes, for comments.
        orders: For a definition, its axes in the order of its indices.
        label_names: What a person calls the labels of an einsum.
    """

    names: dict[Array, str] = field(default_factory=dict[Array, str])
    axis_names: dict[Array, tuple[str, ...]] = field(default_factory=dict[Array, tuple[str, ...]])
    orders: dict[Array, tuple[int, ...]] = field(default_factory=dict[Array, tuple[int, ...]])
    label_names: dict[Array, tuple[str, ...]] = field(default_factory=dict[Array, tuple[str, ...]])
    _extents: dict[int, Extent] = field(default_factory=dict[int, Extent])
    _hints: dict[int, str] = field(default_factory=dict[int, str])
    _numbers: dict[Array, int] = field(default_factory=dict[Array, int])
    _made: dict[Hashable, tuple[Array, tuple[int, ...]]] = field(
        default_factory=dict[Hashable, tuple[Array, tuple[int, ...]]]
    )

    def fresh(self, size: Extent, hint: str = "") -> int:
        """A new label."""
        label = len(self._extents)
        self._extents[label] = size
        self._hints[label] = hint
        return label

    def extent(self, label: Label) -> Extent:
        """The extent of ``label``."""
        return label.extent if isinstance(label, Index) else self._extents[label]

    def size_of(self, label: Label) -> Scalar:
        """The extent of ``label`` as a number."""
        size = self.extent(label)
        return Scalar(size if size.number is None else Fraction(size.number))

    def hint(self, label: Label) -> str:
        """A short name for ``label`` in comments."""
        return label.name if isinstance(label, Index) else self._hints[label]

    def number(self, array: Array) -> int:
        """The place of ``array`` in the order in which arrays were first seen."""
        return self._numbers.setdefault(array, len(self._numbers))

    def _named(self, array: Array, labels: Iterable[Label]) -> Value:
        """A value of a node just made; remembers what its axes are called."""
        own = tuple(labels)
        self.number(array)
        self.axis_names.setdefault(array, tuple(self.hint(label) for label in own))
        return Value(array, own)

    def einsum(
        self, coefficient: Coefficient, factors: Sequence[Value], output: Iterable[Label]
    ) -> Value:
        """The product of ``factors`` summed over the labels not in ``output``.

        Output labels that no factor has are left out: the caller broadcasts.
        """
        kept: list[Value] = []
        for factor in factors:
            if isinstance(factor.array, Scalar) and not isinstance(factor.array.value, Extent):
                coefficient = coefficient * factor.array.value
            else:
                kept.append(factor)
        wanted = set(output)
        present = {label for f in kept for label in f.labels}
        if not kept or coefficient == 0:
            return self._named(Scalar(coefficient), ())
        if len(kept) == 1 and coefficient == 1:
            only = kept[0]
            if len(set(only.labels)) == len(only.labels) and present <= wanted:
                return only
        sorted_factors = sorted(kept, key=lambda f: self.number(f.array))
        canonical = _numbering(f.labels for f in sorted_factors)
        result = sorted(present & wanted, key=canonical.__getitem__)
        key = (
            Einsum,
            _key(coefficient),
            tuple((f.array, tuple(canonical[k] for k in f.labels)) for f in sorted_factors),
            frozenset(canonical[k] for k in result),
        )
        found = self._made.get(key)
        if found is None:
            numbering = _numbering(f.labels for f in kept)
            order = sorted(result, key=numbering.__getitem__)
            node = Einsum(
                coefficient,
                tuple(f.array for f in kept),
                tuple(tuple(numbering[k] for k in f.labels) for f in kept),
                tuple(numbering[k] for k in order),
            )
            self._made[key] = (node, tuple(canonical[k] for k in order))
            self.label_names.setdefault(node, tuple(self.hint(k) for k in numbering))
            return self._named(node, order)
        made, stored = found
        by_number = {canonical[k]: k for k in result}
        return Value(made, tuple(by_number[k] for k in stored))

    def add(self, terms: Sequence[tuple[Coefficient, Value]]) -> Value:
        """``sum coefficient * value``; like terms collected, missing labels broadcast."""
        collected: dict[tuple[Array, tuple[Label, ...]], Coefficient] = {}
        constant: Coefficient = Fraction(0)
        has_constant = False
        for coefficient, value in terms:
            if isinstance(value.array, Scalar) and not isinstance(value.array.value, Extent):
                constant = constant + coefficient * value.array.value
                has_constant = True
                continue
            plain = self.distinct(value)
            collected_key = (plain.array, plain.labels)
            collected[collected_key] = collected.get(collected_key, Fraction(0)) + coefficient
        parts = [(c, Value(a, labels)) for (a, labels), c in collected.items() if c != 0]
        if has_constant and constant != 0:
            parts.append((constant, Value(Scalar(constant), ())))
        # A term that vanished must not take its axes with it, but broadcasting puts them back.
        if not parts:
            return self._named(Scalar(Fraction(0)), ())
        if len(parts) == 1:
            coefficient, value = parts[0]
            if isinstance(value.array, Scalar) and not isinstance(value.array.value, Extent):
                return value
            return self.einsum(coefficient, [value], value.labels)
        parts = [
            (ONE, v)
            if isinstance(v.array, Scalar) and not isinstance(v.array.value, Extent)
            else (c, v)
            for c, v in parts
        ]
        in_order = sorted(parts, key=lambda p: self.number(p[1].array))
        canonical = _numbering(v.labels for _, v in in_order)
        key = (
            Add,
            tuple((_key(c), v.array, tuple(canonical[k] for k in v.labels)) for c, v in in_order),
        )
        found = self._made.get(key)
        if found is None:
            widest = sorted(parts, key=lambda p: -len(p[1].labels))
            numbering = _numbering(v.labels for _, v in widest)
            node = Add(
                tuple(c for c, _ in parts),
                tuple(v.array for _, v in parts),
                tuple(tuple(numbering[k] for k in v.labels) for _, v in parts),
            )
            self._made[key] = (node, tuple(canonical[k] for k in numbering))
            return self._named(node, numbering)
        made, stored = found
        by_number = {n: k for k, n in canonical.items()}
        return Value(made, tuple(by_number[n] for n in stored))

    def map(self, operation: Pointwise, arguments: Sequence[Value]) -> Value:
        """``operation`` of ``arguments``; of constants only, it is computed here."""
        constants = [a.array.value for a in arguments if isinstance(a.array, Scalar)]
        numbers = [c for c in constants if not isinstance(c, Extent)]
        if len(numbers) == len(arguments):
            return self._named(Scalar(_evaluate(operation, numbers)), ())
        if operation.name == "where" and isinstance(arguments[0].array, Scalar):
            condition = arguments[0].array.value
            if not isinstance(condition, Extent):
                return arguments[1] if condition else arguments[2]
        plain = [self.distinct(a) for a in arguments]
        numbering = _numbering(v.labels for v in plain)
        node = Map(
            operation,
            tuple(v.array for v in plain),
            tuple(tuple(numbering[k] for k in v.labels) for v in plain),
        )
        return self._named(node, numbering)

    def compare(self, relation: Relation, left: Value, right: Value) -> Value:
        """1 where ``left relation right``, else 0."""
        numbering = _numbering((left.labels, right.labels))
        node = Compare(
            relation,
            left.array,
            right.array,
            (
                tuple(numbering[k] for k in left.labels),
                tuple(numbering[k] for k in right.labels),
            ),
        )
        return self._named(node, numbering)

    def whole(
        self,
        operation: Functional,
        arguments: Sequence[tuple[Value, tuple[Label, ...]]],
        kept: tuple[Label, ...],
    ) -> Value:
        """``operation`` over the bound labels of each argument, batched over the others."""
        plain = [(self.distinct(v), bound) for v, bound in arguments]
        batch = _numbering(tuple(k for k in v.labels if k not in bound) for v, bound in plain)
        labels: list[tuple[int, ...]] = []
        for value, bound in plain:
            own = dict(batch) | {k: len(batch) + n for n, k in enumerate(bound)}
            labels.append(tuple(own[k] for k in value.labels))
        node = Whole(
            operation,
            tuple(v.array for v, _ in plain),
            tuple(labels),
            tuple(self.extent(k) for k in batch),
            tuple(tuple(self.extent(k) for k in bound) for _, bound in plain),
        )
        return self._named(node, (*batch, *kept))

    def solve(self, matrix: Value, right: Value, equations: Label, unknowns: Label) -> Value:
        """The array over ``unknowns`` that ``matrix`` takes to ``right``, over ``equations``."""
        numbering = _numbering(((equations, unknowns), matrix.labels, right.labels))
        node = Solve(
            matrix.array,
            right.array,
            (
                tuple(numbering[k] for k in matrix.labels),
                tuple(numbering[k] for k in right.labels),
            ),
        )
        return self._named(node, list(numbering)[1:])

    def read(
        self, array: Array, places: Sequence[Reading], edges: Sequence[Edge] | None = None
    ) -> Value:
        """``array`` at places that are combinations of labels, or looked up."""
        plain = [p.plain for p in places if isinstance(p, Combination)]
        labels = [k for k in plain if k is not None]
        if len(labels) == len(places) and all(
            self.extent(k) is size for k, size in zip(labels, array.shape, strict=True)
        ):
            return Value(array, tuple(labels))
        numbering = _numbering(labels_of(p) for p in places)
        if not any(isinstance(p, Lookups) for p in places):
            maps = tuple(place_of(p, numbering) for p in places)
            assert all(isinstance(m, AffineMap) for m in maps)
            shape = tuple(self.extent(k) for k in numbering)
            affine_maps = tuple(m for m in maps if isinstance(m, AffineMap))
            given = tuple(edges) if edges is not None else (Edge.INSIDE,) * len(maps)
            return self._named(View(array, affine_maps, given, shape), numbering)
        # Affine places first, as a view with one axis for each place that is looked up.
        outer: list[Reading] = []
        inner: list[Reading] = []
        for place, size in zip(places, array.shape, strict=True):
            if isinstance(place, Lookups):
                label = self.fresh(size)
                inner.append(Combination(((label, 1),), extent(0)))
                outer.append(place)
            else:
                inner.append(place)
        base = self.distinct(self.read(array, inner, edges))
        looked_up = {
            p.plain: o
            for p, o in zip(
                [
                    p
                    for p, q in zip(inner, places, strict=True)
                    if isinstance(q, Lookups) and isinstance(p, Combination)
                ],
                outer,
                strict=True,
            )
        }
        final: list[Reading] = [
            looked_up.get(label, Combination(((label, 1),), extent(0))) for label in base.labels
        ]
        numbering = _numbering(labels_of(p) for p in final)
        node = Gather(
            base.array,
            tuple(place_of(p, numbering) for p in final),
            tuple(self.extent(k) for k in numbering),
        )
        return self._named(node, numbering)

    def distinct(self, value: Value) -> Value:
        """``value`` with each label once: repeated ones become a diagonal view."""
        if len(set(value.labels)) == len(value.labels):
            return value
        numbering = _numbering((value.labels,))
        node = View(
            value.array,
            tuple(plain_axis(numbering[k]) for k in value.labels),
            (Edge.INSIDE,) * len(value.labels),
            tuple(self.extent(k) for k in numbering),
        )
        return self._named(node, numbering)

    def arranged(self, value: Value, labels: Sequence[Label]) -> Array:
        """The array of ``value`` with exactly the axes ``labels``, broadcast where missing."""
        plain = self.distinct(value)
        if plain.labels == tuple(labels):
            return plain.array
        if isinstance(plain.array, Assemble):
            missing = [k for k in labels if k not in plain.labels]
            if not missing or all(isinstance(p.array, Scalar) for p in plain.array.pieces):
                return self._named(self._assembled(plain, missing, labels), labels).array
        position = {k: n for n, k in enumerate(labels)}
        node = View(
            plain.array,
            tuple(plain_axis(position[k]) for k in plain.labels),
            (Edge.INSIDE,) * len(plain.labels),
            tuple(self.extent(k) for k in labels),
        )
        return self._named(node, labels).array

    def _assembled(
        self, value: Value, missing: Sequence[Label], labels: Sequence[Label]
    ) -> Assemble:
        """An assembled array with its axes in another order, and alike along ``missing`` ones."""
        whole = value.array
        assert isinstance(whole, Assemble)
        more = tuple(map(self.extent, missing))
        order = [(*value.labels, *missing).index(k) for k in labels]
        pieces: list[Piece] = []
        for piece in whole.pieces:
            first = len(piece.extents)
            places = (*piece.places, *(plain_axis(first + n) for n in range(len(more))))
            turned = tuple(places[n] for n in order)
            pieces.append(Piece(piece.array, piece.labels, (*piece.extents, *more), turned))
        return Assemble(tuple((*whole.shape, *more)[n] for n in order), tuple(pieces))


def place_of(reading: Reading, numbering: Mapping[Label, int]) -> Place:
    """``reading`` with labels as numbers."""
    match reading:
        case Combination(terms, constant):
            return AffineMap(tuple(sorted((numbering[k], c) for k, c in terms)), constant)
        case Lookups(Value(array, labels)):
            return Pick(array, tuple(numbering[k] for k in labels))


def labels_of(reading: Reading) -> tuple[Label, ...]:
    """The labels a place depends on."""
    match reading:
        case Combination(terms, _):
            return tuple(k for k, _ in terms)
        case Lookups(value):
            return value.labels


def _numbering(groups: Iterable[Iterable[Label]]) -> dict[Label, int]:
    numbers: dict[Label, int] = {}
    for group in groups:
        for label in group:
            numbers.setdefault(label, len(numbers))
    return numbers


def _key(coefficient: Coefficient) -> tuple[type, Coefficient]:
    return (type(coefficient), coefficient)


def _evaluate(operation: Pointwise, numbers: Sequence[Coefficient]) -> Coefficient:
    """The value of ``operation`` at constants; exact for integer powers."""
    if operation.name == "pow":
        base, exponent = numbers
        if isinstance(base, Fraction) and isinstance(exponent, Fraction):
            whole = exponent.denominator == 1 and abs(exponent) <= 64
            if whole and base != 0:
                return Fraction(base ** int(exponent))
    code = numpy_code(operation, [repr(np.float64(float(n))) for n in numbers])
    scope = {"np": np, **support_functions(operation.support)}
    with np.errstate(all="ignore"):
        value = eval(code, scope)  # a record's own code, never text a user typed
    return float(value)
