"""Groups of definitions that read one another, and the slot along which they step.

A definition that reads an earlier component of itself runs forward, ``s_t`` from ``s_{t-1}``; one
that reads a later component runs backward, as adjoints do: ``λ_t`` from ``zeropad(λ_{t+1})``,
where the edge rule says that nothing comes back from beyond the last step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tensorcalc.expr.equations import Definition
from tensorcalc.expr.indices import Affine, Index
from tensorcalc.expr.nodes import IndexExpression, Tensor
from tensorcalc.expr.traversal import accesses

__all__ = ["first_step", "groups", "is_recurrent", "step_slots", "steps_ahead"]


def groups(definitions: Sequence[Definition]) -> Iterator[tuple[Definition, ...]]:
    """Yield the definitions in order, those that need one another together."""
    place = {d.tensor: k for k, d in enumerate(definitions)}
    start = 0
    while start < len(definitions):
        last, k = start, start
        while k <= last:
            last = max(last, *(place.get(t, k) for t in definitions[k].reads), k)
            k += 1
        yield tuple(definitions[start : last + 1])
        start = last + 1


def is_recurrent(group: Sequence[Definition]) -> bool:
    """Whether the definitions of a group read the group itself, or have starts."""
    tensors = {d.tensor for d in group}
    return any(d.starts or not tensors.isdisjoint(d.reads) for d in group)


def step_slots(group: Sequence[Definition]) -> dict[Tensor, int]:
    """The slot of each tensor of a group along which its components follow one another.

    A tensor for which none can be told is left out.
    """
    slots = {d.tensor: d.starts[0].slot for d in group if d.starts}
    tensors = {d.tensor for d in group}
    reads = [(d, a) for d in group for a in accesses(d.body) if a.tensor in tensors]
    for definition, access in reads:
        for place, slot in enumerate(access.slots):
            ahead = _ahead_of(slot.index, definition.indices)
            if ahead is not None and ahead[1] != 0:
                slots.setdefault(access.tensor, place)
                slots.setdefault(definition.tensor, definition.indices.index(ahead[0]))
    changed = True
    while changed:
        changed = False
        for definition, access in reads:
            there, here = slots.get(access.tensor), slots.get(definition.tensor)
            if here is None and there is not None:
                ahead = _ahead_of(access.slots[there].index, definition.indices)
                if ahead is not None:
                    slots[definition.tensor] = definition.indices.index(ahead[0])
                    changed = True
            elif there is None and here is not None:
                own = definition.indices[here]
                places = [k for k, s in enumerate(access.slots) if own in s.free]
                if len(places) == 1:
                    slots[access.tensor] = places[0]
                    changed = True
    return slots


def steps_ahead(index: IndexExpression, step: Index) -> int | None:
    """2 for ``t+2``, 0 for ``t`` itself, -1 for ``t-1``; None for anything else."""
    found = _ahead_of(index, (step,))
    return None if found is None else found[1]


def first_step(definition: Definition) -> int:
    """The first component that the body gives: those before it are starts."""
    return max((s.component + 1 for s in definition.starts if s.component >= 0), default=0)


def _ahead_of(index: IndexExpression, own: Sequence[Index]) -> tuple[Index, int] | None:
    match index:
        case Index() if index in own:
            return index, 0
        case Affine(((term, 1),), constant) if term in own and constant.number is not None:
            return term, constant.number
        case _:
            return None
