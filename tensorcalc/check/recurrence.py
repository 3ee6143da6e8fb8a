"""Recurrences, component by component in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tensorcalc.check.backends import Array, Backend
from tensorcalc.errors import NotCompilableError
from tensorcalc.expr import (
    Affine,
    Definition,
    Expr,
    Index,
    accesses,
    affine,
    substitute,
)
from tensorcalc.expr.recurrences import step_slots

__all__ = ["Evaluating", "Extended", "unroll"]


@dataclass(frozen=True, slots=True, eq=False)
class Extended:
    """A recurrence's components with its starts: ``slot`` begins at ``-offset``."""

    array: Array
    slot: int
    offset: int


class Evaluating(Protocol):
    """The part of the evaluator that unrolling needs."""

    arrays: dict[str, Array]
    extended: dict[str, Extended]
    backend: Backend

    def array_of(self, expr: Expr, axes: Sequence[Index]) -> Array:
        """``expr`` as an array over ``axes``."""

    def length_of(self, index: Index) -> int:
        """The extent of ``index`` as a number."""
        ...


def unroll(evaluator: Evaluating, group: Sequence[Definition]) -> None:
    """Compute the components of a group of recurrences one after another.

    Components that are not computed yet are 0, so a condition may mask them.

    Raises:
        NotCompilableError: No order of the components can be told.
    """
    known = step_slots(group)
    for definition in group:
        if definition.tensor not in known:
            raise NotCompilableError(
                f"{definition.name} reads itself, but no index orders its components"
            )
    slots = {d.name: known[d.tensor] for d in group}
    lengths = {d.name: evaluator.length_of(d.indices[slots[d.name]]) for d in group}
    last = max(lengths.values()) - 1
    backward = any(offset > 0 for d in group for offset in _offsets(d, group, slots))
    tracks = {d.name: _Track(evaluator, d, slots[d.name], lengths[d.name]) for d in group}
    for name, track in tracks.items():
        track.publish(evaluator, name)
    for step in range(last, -1, -1) if backward else range(last + 1):
        for definition in group:
            track = tracks[definition.name]
            if step in track.known or step >= track.length:
                continue
            slot = slots[definition.name]
            here = substitute(definition.body, {definition.indices[slot]: affine((), step)})
            track.known[step] = evaluator.array_of(here, track.others)
            track.publish(evaluator, definition.name)


class _Track:
    """The known components of one definition."""

    def __init__(
        self, evaluator: Evaluating, definition: Definition, slot: int, length: int
    ) -> None:
        self.slot, self.length = slot, length
        self.others = tuple(i for k, i in enumerate(definition.indices) if k != slot)
        self.known: dict[int, Array] = {
            start.component: evaluator.array_of(start.body, start.indices)
            for start in definition.starts
        }
        backend = evaluator.backend
        shape = [evaluator.length_of(i) for i in self.others]
        self.empty = backend.expand(backend.array(0.0), shape) * 1.0

    def publish(self, evaluator: Evaluating, name: str) -> None:
        """Let the evaluator read what is known so far."""
        backend = evaluator.backend
        first = min(0, *self.known, 0)
        last = max(self.length - 1, *self.known, 0)
        rows = [self.known.get(step, self.empty) for step in range(first, last + 1)]
        rank = len(self.others) + 1
        order = [*range(1, self.slot + 1), 0, *range(self.slot + 1, rank)]
        whole = backend.transpose(backend.stack(rows), order)
        inner = (slice(None),) * self.slot + (slice(-first, -first + self.length),)
        evaluator.extended[name] = Extended(whole, self.slot, -first)
        evaluator.arrays[name] = whole[inner]


def _offsets(
    definition: Definition, group: Sequence[Definition], slots: dict[str, int]
) -> Iterator[int]:
    """By how much each read of the group in ``definition`` is ahead."""
    own = definition.indices[slots[definition.name]]
    for access in accesses(definition.body):
        slot = slots.get(access.tensor.name)
        if slot is None:
            continue
        match access.slots[slot].index:
            case Affine(((term, 1),), constant) if term is own:
                number = constant.number
                if number is not None:
                    yield number
            case _:
                pass
