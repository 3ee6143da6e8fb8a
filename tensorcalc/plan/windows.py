"""Convolutions: which two of their three indices are run through.

A convolution relates three indices: of the image ``i``, of the result ``p`` and of the kernel
``r``, with ``i = a p + d r + c``. A formula has two of them and reads the third array at a
combination of both, as ``y_p zeropad(w_{i - 2 p + 1})`` does; which two is a matter of how it was
derived, and the costs differ by the ratio of the extents. The same sum is

* over the indices it is written with: a window view, read by a product,
* over two others that can be had by solving the relation for a summed index: the other factor
  becomes the window view, ``y_{i - r} w_r``,
* or over ``p`` and ``r``, each product added to its place ``i``: an :class:`Assemble`.

The last is the adjoint of a window view, and what the gradient of a strided convolution by its
image should be. All are priced, by multiplications and by what a window copied out or a
scattered product moves in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from tensorcalc.arrays.builder import Builder, Combination, Label, Reading, Value, place_of
from tensorcalc.arrays.nodes import AffineMap, Array, Assemble, Einsum, Piece, Place, View
from tensorcalc.arrays.places import bounds, surely_nonnegative
from tensorcalc.arrays.rewrite import Moved, einsum_labels, node_output, rebuilt, rewrite
from tensorcalc.expr import Edge, extent
from tensorcalc.plan.cost import product_cost

__all__ = ["turn_windows"]

#: Products of more factors are left as they are.
MOST_FACTORS = 10
#: Copying an entry out of a window, or adding it to its place, takes as long as about this many
#: multiplications of a matrix product (1 ns, measured).
MOVED = 32
#: What changes has to cost less than this part of what was: typical sizes are no measurements.
WORTHWHILE = Fraction(4, 5)


def turn_windows(
    roots: Sequence[Array], builder: Builder, size: Callable[[Label], int]
) -> list[Array]:
    """Run every convolution through the indices that cost least.

    Args:
        roots: A graph whose products have not been ordered.
        builder: The builder of the graph.
        size: The number of each label's extent.
    """

    def rule(node: Array, parts: tuple[Moved, ...]) -> Moved:
        if isinstance(node, Einsum) and 1 < len(node.operands) <= MOST_FACTORS:
            labels = einsum_labels(builder, node)
            factors = [Value(p.array, p.labels(own)) for p, own in zip(parts, labels, strict=True)]
            output = node_output(node, labels)
            product = _Product(tuple(factors), frozenset(output), {})
            best = _cheapest(builder, size, product)
            if best is not product:
                order = [output[k] for k in builder.orders.get(node, range(len(output)))]
                value = best.made(builder, node.coefficient, order)
                position: dict[Label, int] = {k: n for n, k in enumerate(output)}
                return Moved(value.array, tuple(position[k] for k in value.labels))
        made = rebuilt(builder, node, parts)
        if isinstance(made.array, Assemble):
            pieces = tuple(_composed(builder, made.array, piece) for piece in made.array.pieces)
            if pieces != made.array.pieces:
                return Moved(Assemble(made.array.shape, pieces), made.axes)
        return made

    return rewrite(roots, builder, rule)


def _composed(builder: Builder, whole: Assemble, piece: Piece) -> Piece:
    """A piece that is itself assembled, put at its places in one go.

    What falls outside the inner array has to fall outside the outer one too.
    """
    array = piece.array
    if not isinstance(array, Assemble):
        return piece
    inner, *others = array.pieces
    if others:
        return piece
    if not all(isinstance(p, AffineMap) for p in (*inner.places, *piece.places)):
        return piece
    outer_labels: list[Label] = [builder.fresh(size) for size in piece.extents]
    inner_labels: list[Label] = [builder.fresh(size) for size in inner.extents]
    known = {
        piece.labels[axis]: _over(place, inner_labels) for axis, place in enumerate(inner.places)
    }
    for axis, label in enumerate(piece.labels):
        size = array.shape[axis]
        plain = known[label].plain
        if plain is not None and builder.extent(plain) is size:
            continue
        readers = [n for n, p in enumerate(piece.places) if label in dict(_terms(p))]
        same = [n for n in readers if _over(piece.places[n], outer_labels).plain is not None]
        if len(readers) != 1 or readers != same or whole.shape[readers[0]] is not size:
            return piece
    readings: list[Reading] = []
    for place in piece.places:
        reading = _over(place, outer_labels)
        for label, combination in known.items():
            reading = reading.replaced(outer_labels[label], combination)
        readings.append(reading)
    numbering: dict[Label, int] = {}
    for own in (*inner_labels, *(k for n, k in enumerate(outer_labels) if n not in known)):
        numbering.setdefault(own, len(numbering))
    return Piece(
        inner.array,
        inner.labels,
        tuple(builder.extent(k) for k in numbering),
        tuple(place_of(r, numbering) for r in readings),
    )


def _terms(place: Place) -> tuple[tuple[int, int], ...]:
    assert isinstance(place, AffineMap)
    return place.terms


def _over(place: Place, labels: Sequence[Label]) -> Combination:
    assert isinstance(place, AffineMap)
    return Combination(tuple((labels[k], c) for k, c in place.terms), place.constant)


@dataclass(frozen=True, slots=True)
class _Product:
    """A product whose result has some labels only as places.

    Attributes:
        factors: The factors. Those that have a placed label are multiplied afterwards.
        output: The labels of the result.
        placed: What each placed label is, over labels of the other factors.
    """

    factors: tuple[Value, ...]
    output: frozenset[Label]
    placed: dict[Label, Combination]

    @property
    def places(self) -> frozenset[Label]:
        """The labels that places are made of."""
        return frozenset(k for c in self.placed.values() for k, _ in c.terms)

    @property
    def inner(self) -> list[Value]:
        """The factors of what is added at its places."""
        return [f for f in self.factors if not self.placed.keys() & set(f.labels)]

    @property
    def outer(self) -> list[Value]:
        """The factors of what has been assembled."""
        return [f for f in self.factors if self.placed.keys() & set(f.labels)]

    @property
    def kept(self) -> frozenset[Label]:
        """The labels that inner factors share with the result or with outer factors."""
        inner = frozenset(k for f in self.inner for k in f.labels)
        return inner & self.output.union(*(f.labels for f in self.outer))

    def cost(self, size: Callable[[Label], int]) -> int:
        """Multiplications, and entries moved, weighed."""
        total = sum(MOVED * prod(map(size, f.labels)) for f in self.factors if _is_window(f.array))
        if not self.placed:
            return total + product_cost(self.factors, list(self.output), size)
        piece = self.kept | self.places
        total += product_cost(self.inner, list(piece), size) + MOVED * prod(map(size, piece))
        if self.outer:
            # Only its labels count: any array does.
            assembled = Value(self.outer[0].array, (*self.kept, *self.placed))
            total += product_cost([assembled, *self.outer], list(self.output), size)
        return total

    def made(
        self, builder: Builder, coefficient: Fraction | float, order: Sequence[Label]
    ) -> Value:
        """The product as an array; what is assembled has its axes in ``order``."""
        if not self.placed:
            return builder.einsum(coefficient, self.factors, self.output)
        value = builder.einsum(coefficient, self.inner, self.kept | self.places)
        numbering = {k: n for n, k in enumerate(value.labels)}
        axes = [k for k in order if k in self.kept or k in self.placed]
        axes += [k for k in (*value.labels, *self.placed) if k not in axes and k not in self.places]
        readings = [self.placed.get(k, _just(k)) for k in axes]
        piece = Piece(
            value.array,
            tuple(range(len(numbering))),
            tuple(builder.extent(k) for k in numbering),
            tuple(place_of(r, numbering) for r in readings),
        )
        node = Assemble(tuple(builder.extent(k) for k in axes), (piece,))
        builder.axis_names.setdefault(node, tuple(builder.hint(k) for k in axes))
        builder.number(node)
        assembled = Value(node, tuple(axes))
        if not self.outer:
            return assembled
        return builder.einsum(Fraction(1), [assembled, *self.outer], self.output)


@dataclass(frozen=True, slots=True)
class _Relation:
    """``axis = coefficient * label + rest``: where a factor is read, solved for ``label``.

    Attributes:
        factor: The place of the factor in the product.
        reading: The factor read along ``axis`` instead.
        label: One of the two labels that the axis was read at, of coefficient 1 or -1.
        other: The other one.
        solution: ``label`` over ``axis`` and ``other``.
    """

    factor: int
    reading: Value
    label: Label
    other: Label
    solution: Combination


def _cheapest(builder: Builder, size: Callable[[Label], int], product: _Product) -> _Product:
    """The best of what one change after another makes cheaper."""
    best = product.cost(size)
    while True:
        changed = [
            made
            for relation in _relations(builder, product)
            for made in (_scattered(product, relation), _gathered(builder, product, relation))
            if made is not None
        ]
        costs = [made.cost(size) for made in changed]
        if not costs or min(costs) > WORTHWHILE * best:
            return product
        best = min(costs)
        product = changed[costs.index(best)]


def _relations(builder: Builder, product: _Product) -> list[_Relation]:
    """Each axis of a factor that is read at a combination of two labels, both ways."""
    found: list[_Relation] = []
    for position, factor in enumerate(product.factors):
        view = factor.array
        if not isinstance(view, View) or len(set(factor.labels)) < len(factor.labels):
            continue
        times = [k for m in view.maps for k, _ in m.terms]
        for place, (m, edge) in enumerate(zip(view.maps, view.edges, strict=True)):
            if len(m.terms) != 2 or edge not in (Edge.INSIDE, Edge.ZERO):
                continue
            if any(name.startswith("%") for name in m.constant.names()):
                continue  # a place that moves with a loop
            if any(times.count(k) > 1 for k, _ in m.terms):
                continue
            size = view.operand.shape[place]
            axis = builder.fresh(size, builder.axis_names.get(view.operand, ("",) * 9)[place])
            readings: list[Reading] = [
                _just(axis)
                if n == place
                else Combination(
                    tuple((factor.labels[k], c) for k, c in other.terms), other.constant
                )
                for n, other in enumerate(view.maps)
            ]
            reading = builder.read(view.operand, readings, view.edges)
            for (k, c), (q, d) in (m.terms, m.terms[::-1]):
                if abs(c) == 1:
                    label, other_label = factor.labels[k], factor.labels[q]
                    solution = Combination(((axis, c), (other_label, -c * d)), m.constant * -c)
                    found.append(_Relation(position, reading, label, other_label, solution))
    return found


def _scattered(product: _Product, relation: _Relation) -> _Product | None:
    """``product`` with the label as a place, if the other one is summed before it is read."""
    label, other = relation.label, relation.other
    rest = [f for n, f in enumerate(product.factors) if n != relation.factor]
    if label in product.placed or label in product.places or other in product.output:
        return None
    placed = {**product.placed, label: relation.solution}
    outer = [f for f in rest if placed.keys() & set(f.labels)]
    if label not in product.output and not any(label in f.labels for f in rest):
        return None
    inner = [f for f in rest if f not in outer]
    if placed.keys() & set(relation.reading.labels) or any(other in f.labels for f in outer):
        return None
    if any(k in f.labels for f in outer for k in product.places):
        return None
    if not any(other in f.labels for f in inner):
        return None
    return _Product(_replaced(product, relation), product.output, placed)


def _gathered(builder: Builder, product: _Product, relation: _Relation) -> _Product | None:
    """``product`` with the label's other factor read at the solution, if there is one."""
    label = relation.label
    readers = [
        n for n, f in enumerate(product.factors) if label in f.labels and n != relation.factor
    ]
    if label in product.output or label in product.placed or label in product.places:
        return None
    if len(readers) != 1:
        return None
    reader = product.factors[readers[0]]
    if isinstance(reader.array, View) or reader.labels.count(label) != 1:
        return None
    low, high = bounds(builder, relation.solution)
    size = builder.extent(label)
    inside = surely_nonnegative(low) and surely_nonnegative(size - 1 - high)
    read = builder.read(
        reader.array,
        [relation.solution if k == label else _just(k) for k in reader.labels],
        [Edge.ZERO if k == label and not inside else Edge.INSIDE for k in reader.labels],
    )
    factors = list(_replaced(product, relation))
    factors[readers[0]] = read
    return _Product(tuple(factors), product.output, product.placed)


def _replaced(product: _Product, relation: _Relation) -> tuple[Value, ...]:
    factors = list(product.factors)
    factors[relation.factor] = relation.reading
    return tuple(factors)


def _is_window(array: Array) -> bool:
    return isinstance(array, View) and any(len(m.terms) > 1 for m in array.maps)


def _just(label: Label) -> Combination:
    return Combination(((label, 1),), extent(0))
