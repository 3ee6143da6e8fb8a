"""Which extents a reader of the text can work out, as the parser would.

The parser joins the slots and indices that must have one length and, where nothing names it,
calls the length of a group ``n_i`` after the first index in it. An extent that this would not
give back has to be declared.
"""

from __future__ import annotations

from collections.abc import Iterable

from tensorcalc.expr import (
    Access,
    Equations,
    Expr,
    Extent,
    Index,
    Tensor,
    Transform,
    walk,
)
from tensorcalc.printing.names import indices_in_order, sizes_mentioned

__all__ = ["Places"]

#: A slot of a tensor, or an index of the definition with that number.
_Place = tuple[str, int] | tuple[int, Index]


class Places:
    """The groups of slots and indices that have one length because the text says so."""

    def __init__(self, equations: Equations) -> None:
        self._parent: dict[_Place, _Place] = {}
        self._first_name: dict[Extent, str] = {}
        self._read: set[Tensor] = set()
        bodies: list[Expr] = []
        for number, definition in enumerate(equations.definitions):
            self._join_all(number, definition.tensor, definition.indices)
            order = [*definition.indices, *indices_in_order(definition.body)]
            for index in order:
                self._first_name.setdefault(index.extent, index.name)
            for body in (definition.body, *(s.body for s in definition.starts)):
                bodies.append(body)
                self._body(number, body)
        self._inputs = {
            self._find((t.name, n)) for t in equations.inputs if t in self._read
            for n in range(t.rank)
        }  # fmt: skip
        mentioned = sizes_mentioned(*bodies) | {name for name, _ in equations.sizes}
        groups: dict[Extent, set[_Place]] = {}
        for tensor in (*equations.inputs, *(d.tensor for d in equations.definitions)):
            for n, extent in enumerate(tensor.extents):
                groups.setdefault(extent, set()).add(self._find((tensor.name, n)))
        self._automatic = {
            extent
            for extent, roots in groups.items()
            if extent.name == f"n_{self._first_name.get(extent)}"
            and extent.name not in mentioned
            and len(roots) == 1
            and roots <= self._inputs
        }

    def needed(self, tensor: Tensor, defined: bool) -> bool:
        """Whether the extents of ``tensor`` must be declared."""
        if defined:
            return any(self._find((tensor.name, n)) not in self._inputs for n in range(tensor.rank))
        return any(extent not in self._automatic for extent in tensor.extents)

    def _body(self, number: int, body: Expr) -> None:
        for node in walk(body):
            if isinstance(node, Access):
                self._read.add(node.tensor)
                self._join_all(number, node.tensor, (s.index for s in node.slots))
            elif isinstance(node, Transform):
                bound = node.arguments[0].bound
                for n, slot in enumerate(node.at if bound else ()):
                    if isinstance(slot.index, Index):
                        self._join((number, bound[n % len(bound)]), (number, slot.index))

    def _join_all(self, number: int, tensor: Tensor, indices: Iterable[object]) -> None:
        for n, index in enumerate(indices):
            if isinstance(index, Index):
                self._join((tensor.name, n), (number, index))

    def _join(self, left: _Place, right: _Place) -> None:
        self._parent[self._find(right)] = self._find(left)

    def _find(self, place: _Place) -> _Place:
        parent = self._parent
        while parent.setdefault(place, place) != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place
