"""The lengths that follow from a text, as the parser works them out.

Slots and indices that must have one length are joined; a group that no declaration fixes is
called ``n_i`` after its first index if an input has it, else it is the largest range for which
every access stays inside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tensorcalc.expr import Extent, extent

__all__ = ["Found", "Lengths", "Place", "Window"]

#: A slot of a tensor, or the printed name of an index in the statement with that number.
Place = tuple[str, int] | tuple[int, str]


@dataclass(slots=True)
class Window:
    """An access at an affine index, which must stay inside its tensor."""

    place: Place
    terms: tuple[tuple[Place, int], ...]
    constant: Extent


@dataclass(slots=True)
class Lengths:
    """What a text says of lengths.

    Attributes:
        order: Indices in the order of appearance.
        slots: The slots of inputs, which arrays give at run time.
        joins: Places of one length.
        maybe: Places of one length unless both are written apart.
        windows: Accesses that bound an index.
        defaults: An index, and the slot it takes its length from if nothing else tells.
    """

    order: list[Place] = field(default_factory=list[Place])
    slots: list[Place] = field(default_factory=list[Place])
    joins: list[tuple[Place, Place]] = field(default_factory=list[tuple[Place, Place]])
    maybe: list[tuple[Place, Place]] = field(default_factory=list[tuple[Place, Place]])
    windows: list[Window] = field(default_factory=list[Window])
    defaults: list[tuple[Place, Place]] = field(default_factory=list[tuple[Place, Place]])

    def found(self, fixed: Mapping[Place, Extent], taken: Collection[str]) -> Found:
        """The length of every group, where ``fixed`` is written and names avoid ``taken``."""
        made = Found()
        for first, second in self.joins:
            made.join(first, second)
        for place, written in fixed.items():
            made.of.setdefault(made.root(place), written)
        for first, second in self.maybe:
            left, right = made.of.get(made.root(first)), made.of.get(made.root(second))
            if left is None or right is None or left is right:
                made.join(first, second)
        self._name(made, set(taken))
        self._solve_windows(made)
        for place, other in self.defaults:
            length = made.of.get(made.root(other))
            if length is not None:
                made.of.setdefault(made.root(place), length)
        self._solve_windows(made)
        return made

    def _name(self, made: Found, used: set[str]) -> None:
        given = {made.root(slot) for slot in self.slots}
        following: dict[str, int] = {}
        indices: list[tuple[Place, str]] = [(p, p[1]) for p in self.order if isinstance(p[1], str)]
        slots: list[tuple[Place, str]] = [(p, p[0]) for p in self.slots if isinstance(p[0], str)]
        for place, base in [*indices, *slots]:
            root = made.root(place)
            if root in made.of or root not in given:
                continue
            base = base.replace("'", "p")
            name, number = f"n_{base}", following.get(base, 2)
            while name in used:
                name = f"n_{base}_{number}" if base[-1].isdigit() else f"n_{base}{number}"
                number += 1
            following[base] = number
            used.add(name)
            made.of[root] = extent(name)

    def _solve_windows(self, made: Found) -> None:
        """Give indices that only accesses bound their largest range."""
        waiting = self.windows
        while waiting:
            bounds: dict[Place, list[Extent]] = {}
            blocked: set[Place] = set()
            for window in waiting:
                unknown = [(p, c) for p, c in window.terms if made.root(p) not in made.of]
                if len(unknown) == 1 and unknown[0][1] > 0 and made.root(window.place) in made.of:
                    place, coefficient = unknown[0]
                    bound = _largest(made, window, coefficient)
                    bounds.setdefault(made.root(place), []).append(bound)
                else:
                    blocked.update(made.root(p) for p, _ in unknown)
            solved = [root for root in bounds if root not in blocked]
            if not solved:
                return
            for root in solved:
                made.of[root] = _smallest(bounds[root])
            waiting = [w for w in waiting if any(made.root(p) not in made.of for p, _ in w.terms)]


class Found:
    """Groups of places, and the lengths that are known of them, by the group's root."""

    def __init__(self) -> None:
        self._parent: dict[Place, Place] = {}
        self.of: dict[Place, Extent] = {}

    def root(self, place: Place) -> Place:
        """The one place that stands for all that are joined with ``place``."""
        parent = self._parent
        while parent.setdefault(place, place) != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    def join(self, first: Place, second: Place) -> None:
        """Make two groups one."""
        left, right = self.root(first), self.root(second)
        if left != right:
            self._parent[right] = left
            length = self.of.pop(right, None)
            if length is not None:
                self.of.setdefault(left, length)


def _largest(made: Found, window: Window, coefficient: int) -> Extent:
    room = made.of[made.root(window.place)] - 1 - window.constant
    for place, factor in window.terms:
        length = made.of.get(made.root(place))
        if factor > 0 and length is not None:
            room = room - (length - 1) * factor
    return (room // coefficient) + 1


def _smallest(bounds: Iterable[Extent]) -> Extent:
    """The least of the bounds; of two that cannot be compared, the first."""
    least, *rest = bounds
    for bound in rest:
        difference = (bound - least).number
        if difference is not None and difference < 0:
            least = bound
    return least
