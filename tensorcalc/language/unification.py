"""Extents: which indices and slots have the same length, and what it is.

Every index of a statement and every slot of a tensor is a *place*. Places that must have one
length are joined by union-find over the whole program, before any ``Index`` exists. A group
of places may have a fixed extent; two different ones are an error that names both. A group
that holds a slot of an input takes its length from the array; any other has to be fixed or to
follow from the accesses it is used in (``x_i = z_{i+j} w_j``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from tensorcalc.expr import Extent, extent
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.source import Span

__all__ = ["Fixed", "IndexPlace", "Place", "SlotPlace", "Unifier", "Window"]

#: A slot of a tensor: its name and the slot's number.
SlotPlace = tuple[str, int]
#: An index of a statement: the statement's number, the index's name, its serial.
IndexPlace = tuple[int, str, int]
Place = SlotPlace | IndexPlace


@dataclass(frozen=True, slots=True)
class Fixed:
    """An extent that was written, and where."""

    extent: Extent
    span: Span
    what: str


@dataclass(slots=True)
class Window:
    """An access at ``sum coefficient*index + constant``: ``place`` bounds what that may reach.

    Attributes:
        place: The slot that is read.
        terms, constant: Where it is read.
        span: The place of the index in the text.
        spelled: The whole access.
        plain: The index's name, where it stands alone.
        fits: The sign of the index whose range was chosen so that the access is inside; 0
            where none was.
    """

    place: Place
    terms: tuple[tuple[IndexPlace, int], ...]
    constant: Extent
    span: Span
    spelled: str
    plain: str = ""
    fits: int = 0


@dataclass(slots=True)
class Unifier:
    """Joins places, then knows each place's extent."""

    reporter: Reporter
    sizes: dict[str, int]
    _parent: dict[Place, Place] = field(default_factory=dict[Place, Place])
    _fixed: dict[Place, Fixed] = field(default_factory=dict[Place, Fixed])
    _spans: dict[Place, Span] = field(default_factory=dict[Place, Span])
    _given: set[Place] = field(default_factory=set[Place])
    _maybe: list[tuple[Place, Place]] = field(default_factory=list[tuple[Place, Place]])
    _begins: dict[Place, int] = field(default_factory=dict[Place, int])
    _first: dict[Place, int] = field(default_factory=dict[Place, int])
    _shifts: list[tuple[Place, Place, int]] = field(default_factory=list[tuple[Place, Place, int]])
    _defaults: list[tuple[Place, Place]] = field(default_factory=list[tuple[Place, Place]])
    _default_extents: list[tuple[Place, Extent]] = field(default_factory=list[tuple[Place, Extent]])
    _windows: list[Window] = field(default_factory=list[Window])
    _conflicts: set[tuple[Span, Span]] = field(default_factory=set[tuple[Span, Span]])
    _extents: dict[Place, Extent] = field(default_factory=dict[Place, Extent])

    def see(self, place: Place, span: Span) -> None:
        """Note that a place occurs; the first occurrence's span is kept."""
        if place not in self._parent:
            self._parent[place] = place
            self._spans[place] = span

    def join(self, left: Place, right: Place, span: Span) -> None:
        """The two places have one extent, because of what stands at ``span``."""
        self.see(left, span)
        self.see(right, span)
        first, second = self._find(left), self._find(right)
        if first == second:
            return
        a, b = self._fixed.get(first), self._fixed.get(second)
        if a and b and not self._agree(a.extent, b.extent):
            self._conflict(a, b, span)
            return
        self._parent[second] = first
        if b and (a is None or (a.extent.number is not None and b.extent.name)):
            self._fixed[first] = b

    def join_if_possible(self, left: Place, right: Place) -> None:
        """Join the two in the end, unless something else fixes them apart."""
        self._maybe.append((left, right))

    def fix(self, place: Place, fixed: Fixed) -> None:
        """The place has a written extent."""
        self.see(place, fixed.span)
        root = self._find(place)
        before = self._fixed.get(root)
        if before is None:
            self._fixed[root] = fixed
        elif not self._agree(before.extent, fixed.extent):
            self._conflict(before, fixed, fixed.span)
        elif before.extent.number is not None and fixed.extent.name:
            self._fixed[root] = fixed

    def give(self, place: Place) -> None:
        """The place is an axis of an array that is given at run time."""
        self._given.add(place)

    def default(self, place: Place, other: Place) -> None:
        """If nothing else tells the place's extent, it is the other's."""
        self._defaults.append((place, other))

    def default_extent(self, place: Place, length: Extent) -> None:
        """If nothing else tells the place's extent, it is this one."""
        self._default_extents.append((place, length))

    def begins_at(self, place: Place, component: int) -> None:
        """The slot has components from this one on: the starts of a recurrence come before 0."""
        self._begins[place] = component

    def starts_at(self, place: Place, first: int) -> None:
        """The index runs from ``first`` where its statement applies, not from 0."""
        self._first[place] = first

    def shift(self, longer: Place, shorter: Place, by: int, span: Span) -> None:
        """The first place is longer than the second by a fixed number."""
        self.see(longer, span)
        self.see(shorter, span)
        self._shifts.append((longer, shorter, by))

    def window(self, made: Window) -> None:
        """A place is read at an affine index."""
        self.see(made.place, made.span)
        for index, _ in made.terms:
            self.see(index, made.span)
        self._windows.append(made)

    def solve(self, taken: set[str]) -> None:
        """Find every place's extent; names for unknown ones avoid ``taken``."""
        for left, right in self._maybe:
            first, second = self._find(left), self._find(right)
            a, b = self._fixed.get(first), self._fixed.get(second)
            if first == second or (a and b and not self._agree(a.extent, b.extent)):
                continue
            self._parent[second] = first
            if b and a is None:
                self._fixed[first] = b
        self._name_given(taken)
        if self._apply_defaults():
            self._solve_windows()
        self._check_windows()
        self._check_shifts()

    def _apply_defaults(self) -> bool:
        changed = False
        for place, other in self._defaults:
            if self.known(other) and not self.known(place):
                self._extents[self._find(place)] = self.extent(other)
                changed = True
        for place, length in self._default_extents:
            if place in self._parent and not self.known(place):
                self._extents[self._find(place)] = length
                changed = True
        return changed

    def extent(self, place: Place) -> Extent:
        """The place's extent, once solved."""
        return self._extents[self._find(place)]

    def known(self, place: Place) -> bool:
        """Whether the place's extent is known."""
        return self._find(place) in self._extents

    def group_of(self, place: Place) -> Place:
        """The one place that stands for all that are joined with ``place``."""
        return self._find(place)

    def spans(self) -> dict[Place, Span]:
        """Every place with its first occurrence."""
        return self._spans

    def _find(self, place: Place) -> Place:
        parent = self._parent
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    def _agree(self, left: Extent, right: Extent) -> bool:
        """Whether two written extents can be one; a name may get a number's value."""
        if left is right:
            return True
        values = {n: extent(v) for n, v in self.sizes.items()}
        left, right = left.substitute(values), right.substitute(values)
        if left is right:
            return True
        for name, number in ((left.name, right.number), (right.name, left.number)):
            if name is not None and number is not None:
                self.sizes[name] = number
                return True
        return False

    def _conflict(self, first: Fixed, second: Fixed, span: Span) -> None:
        if (first.span, second.span) in self._conflicts:
            return
        self._conflicts.add((first.span, second.span))
        line, column = self.reporter.source.locate(first.span.start)
        other, place = self.reporter.source.locate(second.span.start)
        self.reporter.error(
            "E401",
            f"two different extents for one thing: {first.what} is {first.extent} (line {line}, "
            f"column {column}), {second.what} is {second.extent} (line {other}, column {place})",
            span,
        )

    def _name_given(self, taken: set[str]) -> None:
        """Give fixed groups their extent and each group with an array's axis a size name."""
        numbers: dict[str, int] = {}
        given = {self._find(p) for p in self._given if p in self._parent}
        for place in self._spans:
            fixed = self._fixed.get(self._find(place))
            if fixed:
                self._extents[self._find(place)] = fixed.extent
        self._solve_shifts()
        # What is longer than another by a number is called after it where that is known: n_t + 1.
        longer = {self._find(place) for place, _, _ in self._shifts}
        for roots in (given - longer, given):
            for length, word in ((3, 1), (2, 0)):
                for place in self._spans:
                    root = self._find(place)
                    if root not in self._extents and root in roots and len(place) == length:
                        name = _unused(f"n_{_word(place[word])}", taken, numbers)
                        self._extents[root] = extent(name)
                        self._solve_shifts()
            self._solve_windows()

    def _solve_windows(self) -> None:
        """Derive the largest valid range of indices that only windows bound."""
        waiting = self._windows
        while waiting:
            self._solve_shifts()
            bounds: dict[Place, list[tuple[Extent, Window]]] = {}
            blocked: set[Place] = set()
            for window in waiting:
                unknown = [(p, c) for p, c in window.terms if not self.known(p)]
                roots = {self._find(p) for p, _ in unknown}
                if len(roots) != 1 or len(unknown) != 1 or not self.known(window.place):
                    blocked |= roots
                    continue
                place, coefficient = unknown[0]
                bound = self._largest(window, coefficient)
                if bound is not None:
                    window.fits = 1 if coefficient > 0 else -1
                    bounds.setdefault(self._find(place), []).append((bound, window))
            solved = [root for root in bounds if root not in blocked]
            if not solved:
                break
            for root in solved:
                self._extents[root] = self._smallest(bounds[root])
            waiting = [w for w in waiting if any(not self.known(p) for p, _ in w.terms)]
        self._solve_shifts()

    def _solve_shifts(self) -> None:
        changed = True
        while changed:
            changed = False
            for longer, shorter, by in self._shifts:
                if self.known(longer) == self.known(shorter):
                    continue
                changed = True
                if self.known(longer):
                    self._extents[self._find(shorter)] = self.extent(longer) - by
                else:
                    self._extents[self._find(longer)] = self.extent(shorter) + by

    def _check_shifts(self) -> None:
        """Report shifted extents that do not fit together."""
        for longer, shorter, by in self._shifts:
            if not self.known(longer) or not self.known(shorter):
                continue
            if not self._agree(self.extent(longer), self.extent(shorter) + by):
                self.reporter.error(
                    "E401",
                    f"two different extents for one thing: {self.extent(longer)} and "
                    f"{self.extent(shorter) + by}",
                    self._spans[longer],
                )

    def _largest(self, window: Window, coefficient: int) -> Extent | None:
        """The largest extent of the one unknown index for which every access is inside."""
        room = window.constant
        if coefficient > 0:
            room = self.extent(window.place) - 1 - window.constant
        for place, factor in window.terms:
            if factor * coefficient > 0 and self.known(place):
                room = room - (self.extent(place) - 1) * abs(factor)
        if coefficient < 0 and (room.number is not None and room.number < 1):
            return None  # z_{j-i}: there is no i beyond 0
        return (room // abs(coefficient)) + 1

    def _smallest(self, bounds: list[tuple[Extent, Window]]) -> Extent:
        least, first = bounds[0]
        for bound, other in bounds[1:]:
            difference = (bound - least).number
            if difference is None:
                self.reporter.error(
                    "E403",
                    f"{first.spelled} allows {least} values of its index and {other.spelled} "
                    f"{bound}: which is smaller is not known",
                    other.span,
                    "fix the extent: sizes i=N, or tensor A_i [N]",
                )
                break
            if difference < 0:
                least, first = bound, other
        return least

    def _check_windows(self) -> None:
        """Report accesses that certainly or possibly leave their tensor."""
        values = {n: extent(v) for n, v in self.sizes.items()}
        reported: set[Place] = set()
        # Where a tensor is read beside an index and at it, the first tells what is wrong.
        for window in sorted(self._windows, key=lambda w: bool(w.plain)):
            if not self.known(window.place) or not all(self.known(p) for p, _ in window.terms):
                continue
            if self._without_range(window):
                continue
            low, high = self._reach(window)
            room = (self.extent(window.place) - 1).substitute(values) - high
            low = low - self._begins.get(window.place, 0)
            if not window.terms:
                outside = any(v.number is not None and v.number < 0 for v in (low, room))
            else:
                ends = _surely_not_negative(room) or self._chosen(window, 1)
                begins = _surely_not_negative(low) or self._chosen(window, -1)
                outside = not ends or not begins
            if outside and not (window.plain and window.place in reported):
                reported.add(window.place)
                self._outside(window)

    def _chosen(self, window: Window, sign: int) -> bool:
        """Whether an index of this sign has the largest range that the access allows."""
        if window.fits == sign:
            return True
        for position, (place, coefficient) in enumerate(window.terms):
            others = replace(window, terms=_without(window.terms, position))
            allowed = self._largest(others, coefficient) if coefficient * sign > 0 else None
            if allowed is self.extent(place):
                return True
        return False

    def _outside(self, window: Window) -> None:
        spelled = window.spelled
        if not window.terms:
            length = self.extent(window.place)
            name = window.constant.name
            self.reporter.error(
                "E404",
                f"component {window.constant} of {window.place[0]} is outside 0 … {length - 1}",
                window.span,
                f"{name} is a size: an index needs another name" if name else "",
            )
            return
        if window.plain:
            self._too_long(window)
            return
        low, high = self._reach(window)
        self.reporter.error(
            "E405",
            f"{spelled} can leave {window.place[0]}: {self._ranges(window)}, so it is read at "
            f"{low} … {high}, and slot {int(window.place[1]) + 1} of {window.place[0]} has "
            f"{self._begins.get(window.place, 0)} … {self.extent(window.place) - 1}",
            window.span,
            self._offers(window),
        )

    def _reach(self, window: Window) -> tuple[Extent, Extent]:
        """The least and the greatest place that is read."""
        values = {n: extent(v) for n, v in self.sizes.items()}
        low = high = window.constant
        for place, factor in window.terms:
            low = low + factor * max(0, self._first.get(place, 0) * (factor > 0))
            reach = (self.extent(place) - 1) * factor
            low, high = (low, high + reach) if factor > 0 else (low + reach, high)
        return low.substitute(values), high.substitute(values)

    def _ranges(self, window: Window) -> str:
        """The ranges of the indices of an access, as text."""
        values = {n: extent(v) for n, v in self.sizes.items()}
        lengths = [(p[1], self.extent(p).substitute(values)) for p, _ in window.terms]
        return " and ".join(f"{name} runs over 0 … {length - 1}" for name, length in lengths)

    def _offers(self, window: Window) -> str:
        """What to write instead of an access that leaves its tensor."""
        spelled = window.spelled
        offers = [f"{name}({spelled})" for name in ("zeropad", "circular", "reflect", "replicate")]
        if any(c < 0 for _, c in window.terms[1:]) and not window.constant.terms:
            offers.insert(0, spelled.replace("-", "+"))
        return "write " + " or ".join([", ".join(offers[:-1]), offers[-1]])

    def _without_range(self, window: Window) -> bool:
        """Report an access that does not fit its tensor even once."""
        values = {n: extent(v) for n, v in self.sizes.items()}
        least = 1 if len(window.terms) > 1 else 0
        for place, _ in window.terms:
            number = self.extent(place).substitute(values).number
            chosen = window.fits and not window.plain
            if chosen and number is not None and number < least:
                slot, length = int(window.place[1]) + 1, self.extent(window.place)
                self.reporter.error(
                    "E405",
                    f"{window.spelled} leaves {window.place[0]} at once: slot {slot} of it has "
                    f"0 … {length - 1}, so no value is left for {place[1]}",
                    window.span,
                    self._offers(window),
                )
                return True
        return False

    def _too_long(self, window: Window) -> None:
        """A plain index runs beyond a slot that does not fix it, as it is read beside it too."""
        name, slot = window.place[:2]
        index, length = window.terms[0][0], self.extent(window.place)
        root = self._find(index)
        fixed = self._fixed.get(root)
        tied = next((p for p in self._spans if p in self._given and self._find(p) == root), None)
        hint = f"fix it: sizes {window.plain}={length}"
        if fixed is not None:
            hint = f"{fixed.what} is fixed to {fixed.extent}; let both have one extent"
        elif tied is not None:
            whole = tied[1] == 0 and (tied[0], 1) not in self._spans
            hint = f"{tied[0]} decides the range of {window.plain}; declare " + (
                f"{tied[0]}_{window.plain} [{length}]"
                if whole
                else f"slot {int(tied[1]) + 1} of {tied[0]} with the extent {length}"
            )
        self.reporter.error(
            "E405",
            f"{window.spelled} can leave {name}: {window.plain} runs over {self.extent(index)} "
            f"values, slot {int(slot) + 1} of {name} has {length}",
            window.span,
            hint,
        )


def _without(
    terms: tuple[tuple[IndexPlace, int], ...], position: int
) -> tuple[tuple[IndexPlace, int], ...]:
    return terms[:position] + terms[position + 1 :]


def _surely_not_negative(value: Extent) -> bool:
    """Whether a polynomial in sizes, each at least 1, cannot be negative."""
    total = 0
    for monomial, coefficient in value.terms:
        if monomial and any(not hasattr(a, "name") for a in monomial):
            if coefficient < 0:
                return False
            continue
        if monomial and coefficient < 0:
            return False
        total += coefficient
    return total >= 0


def _word(name: object) -> str:
    """A name as part of a size's name, which is a word."""
    return re.sub(r"\W", "_", str(name).replace("'", "p"))


def _unused(name: str, taken: set[str], next_number: dict[str, int]) -> str:
    found = name
    while found in taken:
        number = next_number.get(name, 1) + 1
        next_number[name] = number
        found = f"{name}_{number}" if name[-1].isdigit() else f"{name}{number}"
    taken.add(found)
    return found
