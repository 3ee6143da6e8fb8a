"""Rebuilding a graph bottom up, and the rewrite that joins nested products.

An einsum may come back with its axes in another order, because an equal one exists already.
A rewritten node therefore is a :class:`Moved`: an array, and which axis of the old node
each of its axes is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from tensorcalc.arrays.builder import Builder, Coefficient, Label, Value
from tensorcalc.arrays.nodes import (
    Add,
    Array,
    Assemble,
    Compare,
    Einsum,
    Gather,
    Input,
    Iota,
    Loop,
    Map,
    Pick,
    Piece,
    Place,
    Scalar,
    Solve,
    Stacked,
    State,
    View,
    Whole,
    operands,
    topological,
)

__all__ = ["Moved", "flatten", "rebuilt", "rewrite", "use_counts"]

#: A product of more factors than this is not joined with the next.
MOST_FACTORS = 256


@dataclass(frozen=True, slots=True)
class Moved:
    """``array``, whose axis ``k`` is axis ``axes[k]`` of the node it stands for."""

    array: Array
    axes: tuple[int, ...]

    @staticmethod
    def same(array: Array) -> Moved:
        """The array itself."""
        return Moved(array, tuple(range(len(array.shape))))

    def labels(self, old: Sequence[int]) -> tuple[int, ...]:
        """Labels of the old node's axes, in the order of the new axes."""
        return tuple(old[k] for k in self.axes)


Rule = Callable[[Array, tuple[Moved, ...]], Moved]


def rewrite(roots: Sequence[Array], builder: Builder, rule: Rule) -> list[Array]:
    """Apply ``rule`` to every node, operands first; the roots keep their order of axes."""
    done: dict[Array, Moved] = {}
    for node in topological(roots):
        moved = rule(node, tuple(done[o] for o in operands(node)))
        done[node] = moved
        if moved.array is not node:
            name = builder.names.get(node)
            if name is not None and not isinstance(moved.array, Input | Scalar):
                builder.names.setdefault(moved.array, name)
            axes = builder.axis_names.get(node)
            if axes is not None:
                builder.axis_names[moved.array] = tuple(axes[k] for k in moved.axes)
            order = builder.orders.get(node)
            if order is not None:
                new = tuple(moved.axes.index(k) for k in order)
                builder.orders.setdefault(moved.array, new)
    return [_in_order(builder, root, done[root]) for root in roots]


def _in_order(builder: Builder, root: Array, moved: Moved) -> Array:
    if moved.axes == tuple(range(len(moved.axes))):
        return moved.array
    labels = [builder.fresh(size) for size in root.shape]
    return builder.arranged(Value(moved.array, tuple(labels[k] for k in moved.axes)), labels)


def rebuilt(builder: Builder, node: Array, parts: Sequence[Moved]) -> Moved:
    """``node`` with its operands replaced."""
    if all(p.array is o for p, o in zip(parts, operands(node), strict=True)):
        return Moved.same(node)
    match node:
        case Input() | Scalar() | Iota() | State():
            return Moved.same(node)
        case Loop():
            old = operands(node)
            rows = [_in_order(builder, o, p) for o, p in zip(old, parts, strict=True)]
            count = len(node.starts)
            starts = tuple(
                (state, row, array)
                for (state, row, _), array in zip(node.starts, rows[:count], strict=True)
            )
            return Moved.same(
                Loop(
                    node.step,
                    node.length,
                    node.backward,
                    node.states,
                    node.lags,
                    node.skipped,
                    starts,
                    tuple(rows[count:]),
                )
            )
        case Stacked(_, number):
            loop = parts[0].array
            assert isinstance(loop, Loop)
            return Moved.same(Stacked(loop, number))
        case Einsum():
            return _einsum(builder, node, parts)
        case Map(operation, _, labels):
            moved = tuple(p.labels(own) for p, own in zip(parts, labels, strict=True))
            return Moved.same(Map(operation, tuple(p.array for p in parts), moved))
        case Add(coefficients, _, labels):
            moved = tuple(p.labels(own) for p, own in zip(parts, labels, strict=True))
            return Moved.same(Add(coefficients, tuple(p.array for p in parts), moved))
        case Whole(operation, _, labels, batch, bound):
            moved = tuple(p.labels(own) for p, own in zip(parts, labels, strict=True))
            arrays = tuple(p.array for p in parts)
            return Moved.same(Whole(operation, arrays, moved, batch, bound))
        case Solve(_, _, labels):
            matrix, right = parts
            pair = (matrix.labels(labels[0]), right.labels(labels[1]))
            return Moved.same(Solve(matrix.array, right.array, pair))
        case View(_, maps, edges, shape):
            part = parts[0]
            return Moved.same(
                View(
                    part.array,
                    tuple(maps[k] for k in part.axes),
                    tuple(edges[k] for k in part.axes),
                    shape,
                )
            )
        case Gather(_, places, shape):
            part, rest = parts[0], iter(parts[1:])
            new = [_place(p, rest) for p in places]
            return Moved.same(Gather(part.array, tuple(new[k] for k in part.axes), shape))
        case Assemble(shape, pieces):
            rest = iter(parts)
            made: list[Piece] = []
            for piece in pieces:
                part = next(rest)
                places = tuple(_place(p, rest) for p in piece.places)
                made.append(Piece(part.array, part.labels(piece.labels), piece.extents, places))
            return Moved.same(Assemble(shape, tuple(made)))
        case Compare(relation, _, _, labels):
            left, right = parts
            pair = (left.labels(labels[0]), right.labels(labels[1]))
            return Moved.same(Compare(relation, left.array, right.array, pair))
        case _:
            assert_never(node)


def use_counts(
    roots: Sequence[Array], reads: Callable[[Array], Sequence[Array]] = operands
) -> dict[Array, int]:
    """How often each node is read, by other nodes or as a root."""
    counts: dict[Array, int] = {}
    for node in topological(roots, reads):
        for operand in reads(node):
            counts[operand] = counts.get(operand, 0) + 1
    for root in roots:
        counts[root] = counts.get(root, 0) + 1
    return counts


def flatten(roots: Sequence[Array], builder: Builder) -> list[Array]:
    """Join each einsum that is read once, by another einsum, with its reader.

    The planner then orders the whole product, across the definitions it was written in: a
    Jacobian, or the chain of an adjoint. What is read twice stays shared.
    """
    readers = _only_readers(roots)
    waiting: dict[Array, _Open] = {}

    def rule(node: Array, parts: tuple[Moved, ...]) -> Moved:
        if not isinstance(node, Einsum):
            return rebuilt(builder, node, parts)
        product = _joined(builder, node, parts, waiting)
        if isinstance(readers.get(node), Einsum):
            waiting[node] = product  # its reader takes it up; nothing reads this result
            return Moved.same(node)
        value = product.closed(builder)
        return _moved(value, {k: n for n, k in enumerate(product.output)})

    return rewrite(roots, builder, rule)


@dataclass(slots=True)
class _Open:
    """A product that its only reader has yet to take up."""

    coefficient: Coefficient
    factors: list[Value]
    output: tuple[Label, ...]

    def closed(self, builder: Builder) -> Value:
        """The product as an array."""
        return builder.einsum(self.coefficient, self.factors, self.output)

    def rename(self, old: Label, new: Label) -> None:
        """Let ``new`` stand for ``old``."""
        for position, factor in enumerate(self.factors):
            if old in factor.labels:
                labels = tuple(new if k == old else k for k in factor.labels)
                self.factors[position] = Value(factor.array, labels)


def _joined(
    builder: Builder, node: Einsum, parts: Sequence[Moved], waiting: dict[Array, _Open]
) -> _Open:
    """``node`` with the products it alone reads taken up.

    The labels of what is taken up are kept and those of ``node`` change, so that a chain
    costs its length.
    """
    labels = einsum_labels(builder, node)
    renamed: dict[Label, Label] = {}
    coefficient = node.coefficient
    groups: list[list[Value]] = []
    room = MOST_FACTORS - len(parts)
    for operand, part, own in zip(node.operands, parts, labels, strict=True):
        inner = waiting.pop(operand, None)
        if inner is None:
            groups.append([Value(part.array, part.labels(own))])
            continue
        if len(inner.factors) - 1 > room:
            value = inner.closed(builder)
            place = {k: n for n, k in enumerate(inner.output)}
            groups.append([Value(value.array, tuple(own[place[k]] for k in value.labels))])
            continue
        room -= len(inner.factors) - 1
        coefficient = coefficient * inner.coefficient
        for outer, label in zip(own, inner.output, strict=True):
            if outer in renamed:
                inner.rename(label, renamed[outer])
            else:
                renamed[outer] = label
        groups.append(inner.factors)
    taken = max(groups, key=len)
    before = [f for g in groups[: groups.index(taken)] for f in g]
    after = [f for g in groups[groups.index(taken) + 1 :] for f in g]
    if len(taken) > 1:
        taken[:0] = [_relabelled(f, renamed) for f in before]
        taken.extend(_relabelled(f, renamed) for f in after)
    else:
        taken = [_relabelled(f, renamed) for f in (*before, *taken, *after)]
    output = tuple(renamed.get(k, k) for k in node_output(node, labels))
    return _Open(coefficient, taken, output)


def _relabelled(factor: Value, renamed: dict[Label, Label]) -> Value:
    if not any(k in renamed for k in factor.labels):
        return factor
    return Value(factor.array, tuple(renamed.get(k, k) for k in factor.labels))


def _only_readers(roots: Sequence[Array]) -> dict[Array, Array]:
    """For each node that is read once and is no root: its reader."""
    counts = use_counts(roots)
    finished = set(roots)
    return {
        operand: node
        for node in topological(roots)
        for operand in operands(node)
        if counts[operand] == 1 and operand not in finished
    }


def einsum_labels(builder: Builder, node: Einsum) -> list[tuple[int, ...]]:
    """Fresh labels for ``node``, one tuple for each operand."""
    hints = builder.label_names.get(node, ())
    fresh: dict[int, int] = {}
    for operand, own in zip(node.operands, node.labels, strict=True):
        for label, size in zip(own, operand.shape, strict=True):
            if label not in fresh:
                hint = hints[label] if label < len(hints) else ""
                fresh[label] = builder.fresh(size, hint)
    return [tuple(fresh[k] for k in own) for own in node.labels]


def node_output(node: Einsum, labels: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The output labels of ``node`` under the labels of :func:`einsum_labels`."""
    renamed = {
        old: new
        for own, fresh in zip(node.labels, labels, strict=True)
        for old, new in zip(own, fresh, strict=True)
    }
    return tuple(renamed[k] for k in node.output)


def _einsum(builder: Builder, node: Einsum, parts: Sequence[Moved]) -> Moved:
    labels = einsum_labels(builder, node)
    factors = [Value(p.array, p.labels(own)) for p, own in zip(parts, labels, strict=True)]
    output: dict[Label, int] = {k: n for n, k in enumerate(node_output(node, labels))}
    return _moved(builder.einsum(node.coefficient, factors, list(output)), output)


def _moved(value: Value, output: Mapping[Label, int]) -> Moved:
    axes = [output[k] for k in value.labels]
    return Moved(value.array, tuple(axes))


def _place(place: Place, parts: Iterator[Moved]) -> Place:
    if not isinstance(place, Pick):
        return place
    part = next(parts)
    return Pick(part.array, part.labels(place.labels))
