"""Recurrences: which definitions run together, along which slot, and what stays outside.

A group of definitions that read one another becomes one loop. Inside it the index of the
steps is a number, a size by the name of the step, so that the body is lowered like any other
formula. Parts of the body that read no state are lowered once, for all steps.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    Condition,
    Definition,
    Delta,
    Edge,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Number,
    Product,
    Size,
    Slot,
    Sum,
    Tensor,
    accesses,
    add,
    affine,
    all_indices,
    children,
    fold,
    fresh,
    multiply,
    rebuild,
    substitute,
)
from tensorcalc.expr.recurrences import step_slots, steps_ahead

__all__ = ["Group", "hoisted", "inside", "recurrence"]


@dataclass(frozen=True, slots=True)
class Group:
    """Definitions that are computed step by step together.

    Attributes:
        definitions: Within a step in this order.
        slots: For each definition, the slot of its steps.
        before: How many rows before the range each needs, for starts and for what is read.
        after: How many rows behind the range each needs.
        length: The number of the loop's steps.
        lags: Step ``n`` computes the component ``n + lag``.
        first: The first component that is computed; earlier ones are given.
        skipped: At how many steps at the beginning and at the end each is not computed.
        local: Whether each is read only by members, at the step that computes it.
        backward: The steps run from the last to the first.
    """

    definitions: tuple[Definition, ...]
    slots: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    length: Extent
    lags: tuple[int, ...]
    first: tuple[int, ...]
    skipped: tuple[tuple[int, int], ...]
    local: tuple[bool, ...]
    backward: bool


@dataclass(frozen=True, slots=True)
class _Read:
    """The member ``of`` is read ``ahead`` components ahead by ``by``; None: at other places."""

    by: int
    of: int
    ahead: int | None


def recurrence(definitions: tuple[Definition, ...]) -> Group:
    """Say how a group that reads itself runs.

    Members may have ranges of different lengths: in ``f_t = …``, ``c_{t+1} = f_t c_t``, the
    first step of the loop computes ``f`` at 0 and then ``c`` at 1.

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
    lengths = [d.indices[s].extent for d, s in zip(definitions, slots, strict=True)]
    longer = _differences(definitions, lengths)
    found = _reads(definitions, slots)
    reads = [(r.by, r.of, r.ahead) for r in found if r.ahead is not None]
    backward = any(ahead > 0 for _, _, ahead in reads)
    if backward and any(ahead < 0 for _, _, ahead in reads):
        raise NotCompilableError(
            f"{definitions[0].name} is read both an earlier and a later step ahead"
        )
    first = tuple(map(_given, definitions))
    before: list[int] = []
    after: list[int] = []
    for k, definition in enumerate(definitions):
        low = [first[by] + ahead for by, of, ahead in reads if of == k]
        high = [longer[by] - longer[k] + ahead for by, of, ahead in reads if of == k]
        before.append(-min(0, *low, *(s.component for s in definition.starts), 0))
        after.append(max(0, *high, 0))
    ends = [n - longer[0] for n in longer]
    order, lags = list(range(len(definitions))), (0,) * len(definitions)
    if not backward and (len(set(first)) > 1 or len(set(ends)) > 1):
        together = _from_first_on(first, reads)
        if together is not None:
            order, lags = together, first
    last = [n - lag for n, lag in zip(ends, lags, strict=True)]
    skipped = [(f - g, max(last) - n) for f, g, n in zip(first, lags, last, strict=True)]
    elsewhere = {
        r.of
        for r in found
        if r.ahead is None or lags[r.by] + r.ahead != lags[r.of] or skipped[r.by] != skipped[r.of]
    }
    return Group(
        tuple(definitions[k] for k in order),
        tuple(slots[k] for k in order),
        tuple(before[k] for k in order),
        tuple(after[k] for k in order),
        lengths[0] + max(last),
        tuple(lags[k] for k in order),
        tuple(first[k] for k in order),
        tuple(skipped[k] for k in order),
        tuple(k not in elsewhere for k in order),
        backward,
    )


def _differences(definitions: Sequence[Definition], lengths: Sequence[Extent]) -> list[int]:
    """How much longer each member's range is than that of the first."""
    found: list[int] = []
    for definition, length in zip(definitions, lengths, strict=True):
        difference = (length - lengths[0]).number
        if difference is None:
            raise NotCompilableError(
                f"{definitions[0].name} runs over {lengths[0]} steps and {definition.name}, "
                f"which is computed with it, over {length}"
            )
        found.append(difference)
    return found


def _given(definition: Definition) -> int:
    """How many components of the range are given: those before the first that is computed."""
    inside_range = sorted(s.component for s in definition.starts if s.component >= 0)
    if inside_range != list(range(len(inside_range))):
        raise NotCompilableError(
            f"{definition.name} is given at component {inside_range[-1]}, which is "
            f"not at the start of its steps"
        )
    return len(inside_range)


def _reads(definitions: Sequence[Definition], slots: Sequence[int]) -> list[_Read]:
    place = {d.tensor.name: k for k, d in enumerate(definitions)}
    found: dict[_Read, None] = {}
    for by, definition in enumerate(definitions):
        own = definition.indices[slots[by]]
        for access in accesses(definition.body):
            of = place.get(access.tensor.name)
            if of is not None:
                found[_Read(by, of, steps_ahead(access.slots[slots[of]].index, own))] = None
    return list(found)


def _from_first_on(first: Sequence[int], reads: Sequence[tuple[int, int, int]]) -> list[int] | None:
    """The order within a step if each member begins at its first component; None if none is."""
    needs: dict[int, set[int]] = {k: set() for k in range(len(first))}
    for by, of, ahead in reads:
        behind = first[of] - first[by] - ahead
        if behind < 0:
            return None
        if behind == 0:
            needs[by].add(of)
    order: list[int] = []
    while len(order) < len(first):
        ready = [k for k in needs if k not in order and needs[k] <= set(order)]
        if not ready:
            return None
        order.append(ready[0])
    return order


def hoisted(
    body: Expr,
    own: Sequence[Index],
    step: Index,
    first: int,
    names: frozenset[str],
    prefix: str,
) -> tuple[Expr, list[tuple[Tensor, tuple[Index, ...], Expr]]]:
    """Take out of ``body``, a formula of ``own``, what depends on the step but on no state.

    The new tensors hold the computed steps alone, from ``first`` on: what is read at the step
    before (``x_{t-1}`` in ``s_t``, where ``s_{0}`` is given) need not exist for an earlier one.
    Terms of a sum are taken out together, and so are factors, unless that makes an array of
    more axes than the state has.

    Returns:
        The body, which reads new tensors, and each new tensor with its indices and formula.
    """
    counted = fresh(Index(step.name, 0, step.extent - first), all_indices(body)) if first else step
    shifted: dict[Index, IndexExpression] = {}
    if first:
        shifted[step] = affine([(counted, 1)], first)
    place = affine([(step, 1)], -first) if first else step
    position = {index: k for k, index in enumerate(own)}
    found: dict[Expr, tuple[Tensor, tuple[Index, ...]]] = {}

    def stand_in(expr: Expr) -> Expr:
        if step not in expr.free or isinstance(expr, Number | Size | Delta | Condition):
            return expr
        if isinstance(expr, Access) and all(map(_is_plain, expr.slots)):
            return expr  # a row of it is read as it is
        if expr not in found:
            others = sorted(
                expr.free - {step},
                key=lambda i: (position.get(i, len(own)), i.name, i.serial, str(i.extent)),
            )
            indices = (counted, *others)
            levels = (Level.LOWER,) * len(indices)
            name = f"{prefix}{len(found) + 1}"
            tensor = Tensor(name, tuple(i.extent for i in indices), levels)
            found[expr] = (tensor, indices)
        tensor, indices = found[expr]
        return Access(tensor, tuple(map(Slot, (place, *indices[1:]), tensor.levels)))

    def together(node: Expr, parts: Sequence[tuple[Expr, bool]]) -> list[Expr] | None:
        still = [part for part, reads in parts if not reads]
        if isinstance(node, Product):
            fixed = Number | Size | Delta | Condition
            still = [p for p in still if not isinstance(p, fixed) and p.free <= set(own)]
        elif not isinstance(node, Sum):
            return None
        return still if len(still) > 1 else None

    def rule(node: Expr, parts: tuple[tuple[Expr, bool], ...]) -> tuple[Expr, bool]:
        reads = any(r for _, r in parts)
        reads = reads or (isinstance(node, Access) and node.tensor.name in names)
        if not reads:
            return node, False
        joined = together(node, parts)
        if joined is None:
            new = [part if r else stand_in(part) for part, r in parts]
            return (rebuild(node, tuple(new)) if children(node) else node), True
        join = add if isinstance(node, Sum) else multiply
        rest = [part if r else stand_in(part) for part, r in parts if part not in joined]
        return join([stand_in(join(joined)), *rest]), True

    result, reads = fold(body, rule)
    if not reads:
        result = stand_in(result)
    return result, [(t, i, substitute(e, shifted)) for e, (t, i) in found.items()]


def _is_plain(slot: Slot) -> bool:
    """Whether nothing is looked up or padded, which is done once for all steps."""
    return slot.edge is Edge.INSIDE and not isinstance(slot.index, Lookup)


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
