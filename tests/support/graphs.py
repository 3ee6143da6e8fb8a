"""What an array graph holds: no index map, no identity matrix."""

from __future__ import annotations

from collections.abc import Mapping

from tensorcalc.arrays import lower
from tensorcalc.arrays.nodes import (
    Array,
    Assemble,
    Compare,
    Iota,
    Pick,
    Scalar,
    operands,
    topological,
)
from tensorcalc.calculus import carried_out
from tensorcalc.expr import Condition, Edge, Equations, accesses, walk
from tensorcalc.plan import order

__all__ = ["holds_no_index_map"]

FOLDED = (Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE)


def holds_no_index_map(
    equations: Equations, source: Equations, sizes: Mapping[str, int] | None = None
) -> None:
    """Read the ordered graph of ``equations``, which were derived from ``source``.

    Positions are never compared for equality, and in another way only where the source says so;
    numbers of an index stand there for such a comparison, or where an edge folds. Ones at places
    that no label array holds are a delta: only a result is one.
    """
    graph = order(lower(carried_out(equations)), dict(sizes or {})).graph
    roots = [array for _, array in graph.outputs]
    nodes = list(topological(roots))
    written = {
        node.relation
        for definition in source.definitions
        for node in walk(definition.body)
        if isinstance(node, Condition)
    }
    folded = any(
        slot.edge in FOLDED
        for definition in source.definitions
        for access in accesses(definition.body)
        for slot in access.slots
    )
    readers: dict[Array, list[Array]] = {}
    for node in nodes:
        for operand in operands(node):
            readers.setdefault(operand, []).append(node)
    for node in nodes:
        match node:
            case Compare(relation, _, _, _):
                assert relation != "==", node
                assert relation in written, node
            case Iota():
                assert folded or all(isinstance(r, Compare) for r in readers[node]), node
            case Assemble(_, pieces) if node not in roots:
                for piece in pieces:
                    looked_up = any(isinstance(p, Pick) for p in piece.places)
                    assert looked_up or not isinstance(piece.array, Scalar), node
            case _:
                pass
