"""The node kinds of the array level: positional operations, no index names.

Axes are numbered by position. Where several operands meet, *labels* (small integers, private
to the node) say which axes run together; labels are numbered in order of first appearance,
so that structurally equal nodes are one object. Extents stay symbolic until arrays are given.

========  ==========================================================================
Input     an array by name
Scalar    a number, or an extent as a number
Einsum    a product of operands summed over the labels that are not in the output
Map       a pointwise operation
Add       a sum with exact coefficients
Whole     a function over trailing axes (softmax, max, inverse)
Solve     an inverse times an array, without the inverse
View      each operand axis read at an affine function of the result's axes
Assemble  the adjoint of views: pieces added into a result at affine places
Gather    operand axes read at components that integer arrays hold
Iota      0 … n-1 along one axis, for conditions
Compare   a relation between two arrays: 1 or 0
Loop      recurrences: states filled step by step; has no value of its own
Stacked   a state that a loop has filled
State     inside a loop, a state as far as it is filled
========  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, assert_never

from tensorcalc.expr import Edge, Extent, Functional, Pointwise, extent
from tensorcalc.expr.interning import Node

__all__ = [
    "Add",
    "AffineMap",
    "Array",
    "Assemble",
    "Compare",
    "Einsum",
    "Gather",
    "Input",
    "Iota",
    "Loop",
    "Map",
    "Pick",
    "Piece",
    "Place",
    "Relation",
    "Scalar",
    "Solve",
    "Stacked",
    "State",
    "View",
    "Whole",
    "label_extents",
    "operands",
    "plain_axis",
    "topological",
]

Shape = tuple[Extent, ...]
Labels = tuple[int, ...]
Relation = Literal["==", "!=", "<", "<="]


@dataclass(frozen=True, slots=True, eq=False)
class AffineMap(Node):
    """``sum coefficient * axis + constant``, over axes (or labels) by number, sorted."""

    terms: tuple[tuple[int, int], ...]
    constant: Extent

    def __post_init__(self) -> None:
        assert list(self.terms) == sorted(self.terms)
        assert all(c for _, c in self.terms)


def plain_axis(number: int) -> AffineMap:
    """The map that is one axis itself."""
    return AffineMap(((number, 1),), extent(0))


@dataclass(frozen=True, slots=True, eq=False)
class Input(Node):
    """An array given by name; ``integer`` ones hold labels."""

    name: str
    shape: Shape
    integer: bool


@dataclass(frozen=True, slots=True, eq=False)
class Scalar(Node):
    """A constant, or an extent used as a number."""

    value: Fraction | float | Extent

    @property
    def shape(self) -> Shape:
        """Scalars have no axes."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Einsum(Node):
    """``coefficient`` times the product of ``operands``, summed over labels not in ``output``.

    Invariants: one label for each axis of each operand; output labels are distinct and occur
    in an operand; labels are numbered in order of first appearance. A label repeated in one
    operand reads its diagonal.
    """

    coefficient: Fraction | float
    operands: tuple[Array, ...]
    labels: tuple[Labels, ...]
    output: Labels
    shape: Shape = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(set(self.output)) == len(self.output)
        extents = label_extents(self.operands, self.labels)
        object.__setattr__(self, "shape", tuple(extents[label] for label in self.output))


@dataclass(frozen=True, slots=True, eq=False)
class Map(Node):
    """A pointwise operation; result axis ``k`` is label ``k``, and every label has an operand."""

    operation: Pointwise
    operands: tuple[Array, ...]
    labels: tuple[Labels, ...]
    shape: Shape = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _set_shape(self, self.operands, self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Add(Node):
    """``sum coefficient * operand``, aligned by labels as in :class:`Map`."""

    coefficients: tuple[Fraction | float, ...]
    operands: tuple[Array, ...]
    labels: tuple[Labels, ...]
    shape: Shape = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(self.operands) == len(self.coefficients)
        _set_shape(self, self.operands, self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Whole(Node):
    """A function over the trailing axes of its operands.

    Labels ``0 … len(batch)-1`` are batch axes; in operand ``n`` the label ``len(batch) + k``
    is its bound axis ``k``, of extent ``bound[n][k]``. Missing labels are broadcast. The
    result's axes are the batch axes and, where the operation keeps them, the bound ones.
    """

    operation: Functional
    operands: tuple[Array, ...]
    labels: tuple[Labels, ...]
    batch: Shape
    bound: tuple[Shape, ...]
    shape: Shape = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kept = self.bound[0] if self.operation.result == "keep" else ()
        object.__setattr__(self, "shape", (*self.batch, *kept))


@dataclass(frozen=True, slots=True, eq=False)
class Solve(Node):
    """``s`` of ``sum_1 matrix[0, 1] s[1] = right[0]``, each label an axis, for all other labels.

    Label 0 runs over the equations and label 1 over the unknowns, so axis ``k`` of the result is
    label ``k + 1``. Other labels of the matrix are batch axes, those of ``right`` alone columns.
    """

    matrix: Array
    right: Array
    labels: tuple[Labels, Labels]
    shape: Shape = field(init=False, repr=False)

    def __post_init__(self) -> None:
        extents = label_extents((self.matrix, self.right), self.labels)
        assert set(extents) == set(range(len(extents)))
        assert {0, 1} <= set(self.labels[0])
        assert 0 in self.labels[1]
        assert 1 not in self.labels[1]
        object.__setattr__(self, "shape", tuple(extents[k] for k in range(1, len(extents))))


@dataclass(frozen=True, slots=True, eq=False)
class View(Node):
    """``result[r] = operand[maps(r)]``; an axis of the result that no map reads is broadcast.

    ``edges`` says, for each operand axis, what a place outside it means.
    """

    operand: Array
    maps: tuple[AffineMap, ...]
    edges: tuple[Edge, ...]
    shape: Shape

    def __post_init__(self) -> None:
        assert len(self.maps) == len(self.edges) == len(self.operand.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Pick(Node):
    """A place that an integer array holds; its axes run over ``labels``."""

    array: Array
    labels: Labels


Place = AffineMap | Pick


@dataclass(frozen=True, slots=True, eq=False)
class Piece(Node):
    """An array and where its components are added.

    The piece runs over the labels ``0 … len(extents)-1``; ``array`` has some of them and is
    broadcast over the others. ``places`` has one entry for each axis of the assembled
    result. Places outside the result are dropped.
    """

    array: Array
    labels: Labels
    extents: Shape
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Assemble(Node):
    """Zeros of ``shape`` into which ``pieces`` are added."""

    shape: Shape
    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        assert self.pieces
        assert all(len(p.places) == len(self.shape) for p in self.pieces)


@dataclass(frozen=True, slots=True, eq=False)
class Gather(Node):
    """``result[r] = operand[places(r)]`` where at least one place is a :class:`Pick`."""

    operand: Array
    places: tuple[Place, ...]
    shape: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Iota(Node):
    """``0 … extent-1``."""

    extent: Extent

    @property
    def shape(self) -> Shape:
        """One axis."""
        return (self.extent,)


@dataclass(frozen=True, slots=True, eq=False)
class Compare(Node):
    """1 where ``left relation right`` holds, else 0; aligned by labels as in :class:`Map`."""

    relation: Relation
    left: Array
    right: Array
    labels: tuple[Labels, Labels]
    shape: Shape = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _set_shape(self, (self.left, self.right), self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class State(Node):
    """What a loop fills: one row for each step, rows before and after the range included.

    Rows that are not filled yet are 0. ``name`` is the definition's, ``loop`` the step's,
    ``extended`` says whether there are such rows, ``before`` how many before the range.
    """

    name: str
    loop: str
    shape: Shape
    before: int
    extended: bool


@dataclass(frozen=True, slots=True, eq=False)
class Loop(Node):
    """Steps ``0 … length-1``, or backwards; each fills at most one row of each state.

    The arrays of ``bodies`` read states, and the number of the step as the size ``step``.

    Attributes:
        step: The name of the size that is the number of the step.
        lags: For each state, how far its component is ahead of the step that computes it.
        skipped: For each state, at how many steps at the beginning and at the end there is
            nothing to compute.
        starts: Rows that are given: state, row, value.
        bodies: For each state, the row of a step.
    """

    step: str
    length: Extent
    backward: bool
    states: tuple[State, ...]
    lags: tuple[int, ...]
    skipped: tuple[tuple[int, int], ...]
    starts: tuple[tuple[int, int, Array], ...]
    bodies: tuple[Array, ...]

    @property
    def shape(self) -> Shape:
        """A loop has no value; :class:`Stacked` has."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Stacked(Node):
    """The state of that number after the last step."""

    loop: Loop
    number: int

    @property
    def shape(self) -> Shape:
        """All rows, those before and after the range included."""
        return self.loop.states[self.number].shape


Array = (
    Input
    | Scalar
    | Einsum
    | Map
    | Add
    | Whole
    | Solve
    | View
    | Assemble
    | Gather
    | Iota
    | Compare
    | Loop
    | Stacked
    | State
)


def operands(node: Array) -> tuple[Array, ...]:
    """The arrays ``node`` is computed from, in order."""
    match node:
        case Input() | Scalar() | Iota() | State():
            return ()
        case Loop():
            return (*(array for _, _, array in node.starts), *node.bodies)
        case Stacked(loop, _):
            return (loop,)
        case Einsum() | Map() | Add() | Whole():
            return node.operands
        case Solve(matrix, right, _):
            return (matrix, right)
        case View(operand, _, _, _):
            return (operand,)
        case Assemble(_, pieces):
            return tuple(a for p in pieces for a in (p.array, *_picked(p.places)))
        case Gather(operand, places, _):
            return (operand, *_picked(places))
        case Compare(_, left, right, _):
            return (left, right)
        case _:
            assert_never(node)


def topological(
    roots: Sequence[Array], reads: Callable[[Array], Sequence[Array]] = operands
) -> Iterator[Array]:
    """Yield every distinct node below ``roots``, operands first; iterative.

    Args:
        roots: Where to begin.
        reads: What a node is computed from, where that is not what it holds.
    """
    seen: set[Array] = set()
    stack: list[tuple[Array, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((o, False) for o in reversed(reads(node)) if o not in seen)


def label_extents(arrays: Sequence[Array], labels: Sequence[Labels]) -> dict[int, Extent]:
    """The extent of each label; a number wins over a name where both are given."""
    extents: dict[int, Extent] = {}
    for array, own in zip(arrays, labels, strict=True):
        for label, size in zip(own, array.shape, strict=True):
            known = extents.setdefault(label, size)
            if known is not size and known.number is None and size.number is not None:
                extents[label] = size
    return extents


def _picked(places: Sequence[Place]) -> tuple[Array, ...]:
    return tuple(p.array for p in places if isinstance(p, Pick))


def _set_shape(node: Node, arrays: tuple[Array, ...], labels: tuple[Labels, ...]) -> None:
    extents = label_extents(arrays, labels)
    assert set(extents) == set(range(len(extents)))
    object.__setattr__(node, "shape", tuple(extents[k] for k in range(len(extents))))
