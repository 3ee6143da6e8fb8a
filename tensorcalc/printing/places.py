"""Which extents a reader of the text can work out, as the parser would.

The parser joins the slots and indices that must have one length and, where nothing names it,
calls the length of a group ``n_i`` after the first index in it. An extent that this would not
give back has to be declared.
"""

from __future__ import annotations

from collections.abc import Iterable

from tensorcalc.expr import (
    Access,
    Affine,
    Argument,
    Edge,
    Equations,
    Expr,
    Extent,
    Functional,
    Index,
    Slot,
    Tensor,
    Transform,
    accesses,
    walk,
)
from tensorcalc.printing.formula import printer_for
from tensorcalc.printing.names import indices_in_order, sizes_mentioned
from tensorcalc.printing.text import TextStyle

__all__ = ["Places"]

#: A slot of a tensor, or the printed name of an index in the definition with that number.
_Place = tuple[str, int] | tuple[int, str]


class Places:
    """The groups of slots and indices that have one length because the text says so."""

    def __init__(self, equations: Equations) -> None:
        self._parent: dict[_Place, _Place] = {}
        self._read: set[Tensor] = set()
        self._windows: set[_Place] = set()
        self._printed: dict[Index, dict[str, None]] = {}
        order: list[_Place] = []
        bodies: list[Expr] = []
        ranges: set[str] = set()
        for number, definition in enumerate(equations.definitions):
            printer = printer_for(TextStyle(), definition.body, definition.indices)
            printer.print(definition.body)
            self._printed = printer.names.given
            ranges |= {name for length in printer.ranged.values() for name in length.names()}
            self._join_all(number, definition.tensor, definition.indices)
            self._body(number, definition.body)
            shown = (*definition.indices, *indices_in_order(definition.body))
            order += dict.fromkeys(place for i in shown for place in self._places(number, i))
            bodies.append(definition.body)
            for start in definition.starts:
                bodies.append(start.body)
                self._read |= {a.tensor for a in accesses(start.body)}
        slots = [(t.name, n) for t in equations.inputs if t in self._read for n in range(t.rank)]
        self._inputs = {self._find(slot) for slot in slots}
        self._bounded = {self._find(place) for place in self._windows}
        named = self._names(order, slots, equations.names())
        groups: dict[Extent, set[_Place]] = {}
        for tensor in (*equations.inputs, *(d.tensor for d in equations.definitions)):
            for n, extent in enumerate(tensor.extents):
                groups.setdefault(extent, set()).add(self._find((tensor.name, n)))
        mentioned = sizes_mentioned(*bodies) | {name for name, _ in equations.sizes} | ranges
        self._automatic = {
            extent
            for extent, roots in groups.items()
            if extent.name not in mentioned
            and len(roots) == 1
            and named.get(next(iter(roots))) == extent.name
        }

    def needed(self, tensor: Tensor, defined: bool) -> bool:
        """Whether the extents of ``tensor`` must be declared."""
        if not defined:
            return tensor not in self._read or not self._automatic.issuperset(tensor.extents)
        for n, extent in enumerate(tensor.extents):
            root = self._find((tensor.name, n))
            follows = extent.name is None and root in self._bounded
            if root not in self._inputs and not follows:
                return True
        return False

    def _names(
        self, order: Iterable[_Place], slots: Iterable[_Place], taken: Iterable[str]
    ) -> dict[_Place, str]:
        """The size name that each group with an input's slot gets: after its first index."""
        used = set(taken)
        named: dict[_Place, str] = {}
        following: dict[str, int] = {}
        indices: list[tuple[_Place, str]] = [(p, p[1]) for p in order if isinstance(p[1], str)]
        rest: list[tuple[_Place, str]] = [(p, p[0]) for p in slots if isinstance(p[0], str)]
        for place, base in [*indices, *rest]:
            root = self._find(place)
            if root in named or root not in self._inputs:
                continue
            name, number = f"n_{base}", following.get(base, 2)
            while name in used:
                name = f"n_{base}_{number}" if base[-1].isdigit() else f"n_{base}{number}"
                number += 1
            following[base] = number
            used.add(name)
            named[root] = name
        return named

    def _body(self, number: int, body: Expr) -> None:
        for node in walk(body):
            if isinstance(node, Access):
                self._read.add(node.tensor)
                self._join_all(number, node.tensor, _tied(node))
                for slot in node.slots:
                    if isinstance(slot.index, Affine) and slot.edge is Edge.INSIDE:
                        for index, _ in slot.index.terms:
                            self._windows.update(self._places(number, index))
            elif isinstance(node, Transform):
                self._transform(number, node)

    def _transform(self, number: int, node: Transform) -> None:
        """Components have the extents of the bound indices; a matrix function's are equal."""
        argument = node.arguments[0]
        bound = [self._bound_places(number, argument, index) for index in argument.bound]
        for n, slot in enumerate(node.at if bound else ()):
            if isinstance(slot.index, Index):
                self._join_each(bound[n % len(bound)], self._places(number, slot.index))
        if isinstance(node.operation, Functional) and node.operation.bound == 2:
            self._join_each(*bound)

    def _bound_places(self, number: int, argument: Argument, index: Index) -> list[_Place]:
        """A bound index's printed names, or the slots it stands for in ``inv(X)``."""
        body = argument.body
        slots = body.slots if isinstance(body, Access) else ()
        held: list[_Place] = [
            (body.tensor.name, n)
            for n, slot in enumerate(slots)
            if isinstance(body, Access) and slot.index is index
        ]
        return [*self._places(number, index), *held]

    def _places(self, number: int, index: Index) -> list[_Place]:
        """The printed names of an index; one that is not printed has none."""
        return [(number, name) for name in self._printed.get(index, ())]

    def _join_each(self, left: Iterable[_Place], right: Iterable[_Place]) -> None:
        others = tuple(right)
        for first in left:
            for second in others:
                self._join(first, second)

    def _join_all(self, number: int, tensor: Tensor, indices: Iterable[object]) -> None:
        for n, index in enumerate(indices):
            if isinstance(index, Index):
                for place in self._places(number, index):
                    self._join((tensor.name, n), place)

    def _join(self, left: _Place, right: _Place) -> None:
        self._parent[self._find(right)] = self._find(left)

    def _find(self, place: _Place) -> _Place:
        parent = self._parent
        while parent.setdefault(place, place) != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place


def _tied(access: Access) -> list[object]:
    """What stands in the slots that share their range with their index."""
    return [
        None if _leaves(slot, size) else slot.index
        for slot, size in zip(access.slots, access.tensor.extents, strict=True)
    ]


def _leaves(slot: Slot, size: Extent) -> bool:
    """Whether a plain index runs beyond its slot, as an edge allows."""
    index = slot.index
    return slot.edge is not Edge.INSIDE and isinstance(index, Index) and index.extent != size
