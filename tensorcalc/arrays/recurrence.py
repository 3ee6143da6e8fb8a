"""Recurrences: which definitions run together, along which slot, and what stays outside.

A group of definitions that read one another becomes one loop. Inside it the index of the
steps is a number, a size by the name of the step, so that the body is lowered like any other
formula. Parts of the body that read no state are lowered once, for all steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tensorcalc.arrays.nodes import (
    AffineMap,
    Array,
    Assemble,
    Gather,
    Loop,
    Place,
    Scalar,
    State,
    View,
    operands,
    topological,
)
from tensorcalc.errors import NotCompilableError
from tensorcalc.expr import (
    Access,
    Affine,
    Condition,
    Definition,
    Delta,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Level,
    Number,
    Size,
    Slot,
    Tensor,
    accesses,
    affine,
    all_indices,
    children,
    fold,
    fresh,
    rebuild,
    substitute,
)
from tensorcalc.expr.recurrences import step_slots

__all__ = ["Group", "hoisted", "inside", "recurrence"]


@dataclass(frozen=True, slots=True)
class Group:
    """Definitions that are computed step by step together.

    Attributes:
        slots: For each, the slot along which its components follow one another.
        before: How many rows before the range each needs.
        after: How many rows behind the range each needs.
        first: The first step that is computed; earlier ones are given.
        backward: The steps run from the last to the first.
    """

    definitions: tuple[Definition, ...]
    slots: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    first: tuple[int, ...]
    backward: bool

    @property
    def length(self) -> Extent:
        """The number of steps."""
        return self.definitions[0].indices[self.slots[0]].extent


def recurrence(definitions: tuple[Definition, ...]) -> Group:
    """Say how a group that reads itself runs.

    Raises:
        NotCompilableError: No order of its components can be told.
    """
    known = step_slots(definitions)
    for definition in definitions:
        if definition.tensor not in known:
            raise NotCompilableError(
                f"{definition.name} reads itself, but no index orders its components"
            )
    slots = tuple(known[d.tensor] for d in definitions)
    lengths = {d.indices[s].extent for d, s in zip(definitions, slots, strict=True)}
    if len(lengths) > 1:
        raise NotCompilableError(
            f"{definitions[0].name} and what it is computed with run over ranges of "
            f"different lengths"
        )
    slot_of = {d.name: s for d, s in zip(definitions, slots, strict=True)}
    reads = [(d, n, o) for d in definitions for n, o in _offsets(d, slot_of)]
    backward = any(offset > 0 for _, _, offset in reads)
    if backward and any(offset < 0 for _, _, offset in reads):
        raise NotCompilableError(
            f"{definitions[0].name} is read both an earlier and a later step ahead"
        )
    before: list[int] = []
    after: list[int] = []
    first: list[int] = []
    for definition in definitions:
        offsets = [o for _, name, o in reads if name == definition.name]
        given = {s.component for s in definition.starts}
        before.append(max(0, *(-o for o in offsets), *(-c for c in given), 0))
        after.append(max(0, *offsets, 0))
        inside_range = sorted(c for c in given if c >= 0)
        if inside_range != list(range(len(inside_range))) or (inside_range and backward):
            raise NotCompilableError(
                f"{definition.name} is given at component {inside_range[-1]}, which is "
                f"not at the start of its steps"
            )
        first.append(len(inside_range))
    return Group(definitions, slots, tuple(before), tuple(after), tuple(first), backward)


def _offsets(definition: Definition, slots: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Which states a definition reads, and how many steps ahead."""
    own = definition.indices[slots[definition.name]]
    for access in accesses(definition.body):
        slot = slots.get(access.tensor.name)
        if slot is None:
            continue
        match access.slots[slot].index:
            case Affine(((term, 1),), constant) if term is own and constant.number is not None:
                yield access.tensor.name, constant.number
            case _:
                pass


def hoisted(
    body: Expr, step: Index, first: int, names: frozenset[str], prefix: str
) -> tuple[Expr, list[tuple[Tensor, tuple[Index, ...], Expr]]]:
    """Take out of ``body`` what depends on the step but on no state.

    The new tensors hold the computed steps alone, from ``first`` on: what is read at the step
    before (``x_{t-1}`` in ``s_t``, where ``s_{0}`` is given) need not exist for an earlier one.

    Returns:
        The body, which reads new tensors, and each new tensor with its indices and formula.
    """
    counted = fresh(Index(step.name, 0, step.extent - first), all_indices(body)) if first else step
    own: dict[Index, IndexExpression] = {step: affine([(counted, 1)], first)} if first else {}
    place = affine([(step, 1)], -first) if first else step
    found: dict[Expr, tuple[Tensor, tuple[Index, ...]]] = {}

    def stand_in(expr: Expr) -> Expr:
        if step not in expr.free or isinstance(expr, Access | Number | Size | Delta | Condition):
            return expr
        if expr not in found:
            others = sorted(expr.free - {step}, key=lambda i: (i.name, i.serial, str(i.extent)))
            indices = (counted, *others)
            levels = (Level.LOWER,) * len(indices)
            name = f"{prefix}{len(found) + 1}"
            tensor = Tensor(name, tuple(i.extent for i in indices), levels)
            found[expr] = (tensor, indices)
        tensor, indices = found[expr]
        return Access(tensor, tuple(map(Slot, (place, *indices[1:]), tensor.levels)))

    def rule(node: Expr, parts: tuple[tuple[Expr, bool], ...]) -> tuple[Expr, bool]:
        reads = any(r for _, r in parts)
        reads = reads or (isinstance(node, Access) and node.tensor.name in names)
        if not reads:
            return node, False
        new = tuple(part if r else stand_in(part) for part, r in parts)
        return (rebuild(node, new) if children(node) else node), True

    result, reads = fold(body, rule)
    if not reads:
        result = stand_in(result)
    return result, [(t, i, substitute(e, own)) for e, (t, i) in found.items()]


def inside(loop: Loop) -> frozenset[Array]:
    """The nodes that have to be computed anew at each step of ``loop``."""
    found: set[Array] = set()
    for node in topological(loop.bodies):
        if isinstance(node, State):
            if node.loop == loop.step:
                found.add(node)
        elif _mentions(node, loop.step) or any(o in found for o in operands(node)):
            found.add(node)
    return frozenset(found)


def _mentions(node: Array, step: str) -> bool:
    places: Sequence[Place] = ()
    match node:
        case Scalar(value):
            return isinstance(value, Extent) and step in value.names()
        case View(_, maps, _, _):
            places = maps
        case Gather(_, own, _):
            places = own
        case Assemble(_, pieces):
            places = [p for piece in pieces for p in piece.places]
        case _:
            return False
    return any(step in p.constant.names() for p in places if isinstance(p, AffineMap))
