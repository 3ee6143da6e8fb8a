"""What the sizes must satisfy, so that no access leaves its tensor when a kernel runs.

What can be told from the text is an error of the text. Where a range depends on sizes that only the
arrays tell, the condition is remembered with what is wrong where it does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorcalc.expr import Access, Affine, Edge, Equations, Extent, Index, accesses, extent
from tensorcalc.expr.ranges import is_never_negative, range_of
from tensorcalc.printing import to_text

__all__ = ["rooms_of"]


def rooms_of(equations: Equations) -> dict[Extent, str]:
    """Extents that must not be negative, and what is wrong where one is.

    An access that several indices move through its tensor has to fit it once; one that a
    single index moves may have nothing to read. Starts of a recurrence stand before its range.
    """
    rooms: dict[Extent, str] = {}
    needed = equations.needed_for(equations.outputs)
    begins = {
        d.tensor.name: (d.starts[0].slot, min(s.component for s in d.starts))
        for d in needed.definitions
        if d.starts
    }
    for definition in needed.definitions:
        for start in definition.starts:
            last, name = definition.tensor.extents[start.slot] - 1, definition.tensor.name
            room = last - start.component
            if not is_never_negative(room) and room.number is None:
                has = f"slot {start.slot + 1} of {name} has 0 … {last}"
                rooms.setdefault(room, f"{name} is given at {start.component}, and {has}")
        for access in accesses(definition.body):
            slot, first = begins.get(access.tensor.name, (-1, 0))
            for room, problem in _of_access(access, slot, min(0, first)):
                if room.number is None:
                    rooms.setdefault(room, problem)
    return rooms


def _of_access(access: Access, stepped: int, first: int) -> Iterator[tuple[Extent, str]]:
    name = access.tensor.name
    for number, (slot, length) in enumerate(zip(access.slots, access.tensor.extents, strict=True)):
        place = slot.index
        if slot.edge is not Edge.INSIDE or not isinstance(place, Index | Affine):
            continue
        if isinstance(place, Index) and place.extent is length:
            continue
        indices = [place] if isinstance(place, Index) else [i for i, _ in place.terms]
        start = extent(first if number == stepped else 0)
        has = f"slot {number + 1} of {name} has {start} … {length - 1}"
        spelled = to_text(access)
        rules = f"{_EDGES.format(spelled)} would say what stands beyond"
        for index in indices:
            room = index.extent - (1 if len(indices) > 1 else 0)
            if not is_never_negative(room):
                yield room, f"{spelled} leaves no value for {index.name}: {has}; {rules}"
        low, high = range_of(place)
        at = f"{low} … {high}" if indices else str(low)
        runs = " and ".join(f"{i.name} runs over 0 … {i.extent - 1}" for i in indices)
        problem = f"{spelled} leaves {name}: {runs}{', so ' if runs else ''}it is read at {at}"
        for room in (low - start, length - 1 - high):
            if not is_never_negative(room, indices):
                yield room, f"{problem}, and {has}" + (f"; {rules}" if indices else "")


_EDGES = "zeropad({0}), circular({0}), reflect({0}) or replicate({0})"
