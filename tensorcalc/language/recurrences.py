"""Recurrences: definitions that read an earlier component of themselves.

``s_t = f(s_{t-1})`` with the start ``s_{-1} = h``, several of them mutual, or written
forward, ``s_{t+1} = f(s_t)`` with ``s_{0} = h``. One that reads itself under ``zeropad`` needs no
start, and may read later components instead, ``b_t = c_t + a zeropad(b_{t+1})``: it runs
backward, as adjoints do. This finds, before anything is built, which names
recur, along which slot, and which statements are their starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.syntax import (
    AffineEntry,
    Definition,
    Entry,
    Mention,
    Plain,
    Reference,
    mentions,
)

__all__ = [
    "Recurrence",
    "check_recurrences",
    "constant_of",
    "entries_of",
    "find_recurrences",
    "is_fixed",
    "offset_of",
]


@dataclass(slots=True)
class Recurrence:
    """A name that recurs.

    Attributes:
        slot: The slot along which it recurs.
        index: That slot's index on the left side.
        shift: 1 for ``s_{t+1} = …``, 0 for ``s_t = …``.
        members: Every name of its group; they read one another.
        starts: The statements that give components before the range.
    """

    name: str
    slot: int
    index: str
    shift: int
    members: frozenset[str]
    main: Definition
    slots: Mapping[str, int]
    starts: list[Definition] = field(default_factory=list[Definition])

    def reads(self) -> Iterator[tuple[Mention, str, int | None]]:
        """The members read in the recurrence: where, by name, and how many steps earlier.

        None where it is not read at a fixed number of steps.
        """
        for mention in mentions(self.main.body):
            reference = mention.reference
            if reference.name not in self.members or mention.variable:
                continue
            entries = entries_of(reference)
            slot = self.slots[reference.name]
            found = offset_of(entries[slot]) if slot < len(entries) else None
            steps = self.shift - found[1] if found and found[0] == self.index else None
            yield mention, reference.name, steps

    def same_step(self) -> set[str]:
        """The members read at the same step, which are computed before this one."""
        return {name for _, name, steps in self.reads() if steps == 0}

    @property
    def earliest(self) -> int:
        """The earliest component that a start gives, or 0."""
        components = [constant_of(entries_of(s.target)[self.slot]) for s in self.starts]
        return min((c for c in components if c is not None), default=0)

    @property
    def first(self) -> int:
        """The first component the recurrence itself gives."""
        components = [constant_of(entries_of(s.target)[self.slot]) for s in self.starts]
        return max((c + 1 for c in components if c is not None), default=self.shift)


def entries_of(reference: Reference) -> list[Entry]:
    """The index entries of a reference, in order."""
    return [e for g in reference.groups for e in g.entries]


def is_padded(mention: Mention) -> bool:
    """Whether a reference stands under ``zeropad``: beyond its range it is 0."""
    return mention.call is not None and mention.call.name == "zeropad"


def constant_of(entry: Entry) -> int | None:
    """The integer in an entry that holds nothing else."""
    if not isinstance(entry, AffineEntry):
        return None
    total = 0
    for sign, factors in entry.terms:
        product = sign
        for factor in factors:
            if not isinstance(factor, int):
                return None
            product *= factor
        total += product
    return total


def offset_of(entry: Entry) -> tuple[str, int] | None:
    """``t`` and -1 for the entry ``t-1``: one name with coefficient 1 and an integer."""
    if isinstance(entry, Plain):
        return entry.name, 0
    if not isinstance(entry, AffineEntry):
        return None
    name: str | None = None
    total = 0
    for sign, factors in entry.terms:
        match factors:
            case (Plain(_, found),) if sign == 1 and name is None:
                name = found
            case _ if all(isinstance(f, int) for f in factors):
                product = sign
                for factor in factors:
                    product *= factor if isinstance(factor, int) else 1
                total += product
            case _:
                return None
    return (name, total) if name is not None else None


def find_recurrences(
    definitions: Mapping[str, list[Definition]], sizes: Mapping[str, object], reporter: Reporter
) -> dict[str, Recurrence]:
    """Return the recurrences by name, and report definitions in a circle that are none."""
    mains: dict[str, Definition] = {}
    starts: dict[str, list[Definition]] = {}
    for name, found in definitions.items():
        for definition in found:
            fixed = any(is_fixed(e, sizes) for e in entries_of(definition.target))
            if fixed:
                starts.setdefault(name, []).append(definition)
            elif name in mains:
                line, _ = reporter.source.locate(mains[name].span.start)
                reporter.error(
                    "E301",
                    f"{name} is defined twice (first in line {line})",
                    definition.target.name_span,
                )
            else:
                mains[name] = definition
    made: dict[str, Recurrence] = {}
    for group in _circles(mains):
        found_group = _recurrence(group, mains, sizes)
        made.update(found_group)
        if not found_group:
            circle = _one_circle(group, mains)
            message = "definitions read one another in a circle: " + " → ".join(
                [*circle, circle[0]]
            )
            hint = "a recurrence reads an earlier component: s_t^i = f(s_{t-1}^i)"
            if len(circle) == 1:
                message = f"{circle[0]} reads itself"
                hint = f"give the result another name than the tensor it reads; {hint}"
            reporter.error("E305", message, mains[circle[0]].target.name_span, hint)
    for name, found in starts.items():
        if name in made:
            made[name].starts.extend(found)
            continue
        for definition in found:
            reporter.error(
                "E115",
                f"{name} is no recurrence, so its components are not defined one by one",
                definition.target.span,
                "write the whole of it, or a recurrence: s_t = f(s_{t-1}) with s_{-1} = h",
            )
    return made


def is_fixed(entry: Entry, sizes: Mapping[str, object]) -> bool:
    """Whether an entry holds no index: it is one component."""
    if isinstance(entry, Plain):
        return False
    if not isinstance(entry, AffineEntry):
        return False
    return not any(
        isinstance(f, Plain) and f.name not in sizes for _, factors in entry.terms for f in factors
    )


def _circles(mains: Mapping[str, Definition]) -> Iterator[list[str]]:
    """Groups of names that read one another (Tarjan's algorithm, without recursion)."""
    reads = {
        name: list(
            dict.fromkeys(
                m.reference.name
                for m in mentions(definition.body)
                if m.reference.name in mains and not m.variable
            )
        )
        for name, definition in mains.items()
    }
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    on_stack: set[str] = set()
    for root in mains:
        if root in number:
            continue
        work = [(root, iter(reads[root]))]
        number[root] = low[root] = len(number)
        waiting.append(root)
        on_stack.add(root)
        while work:
            name, rest = work[-1]
            for other in rest:
                if other not in number:
                    number[other] = low[other] = len(number)
                    waiting.append(other)
                    on_stack.add(other)
                    work.append((other, iter(reads[other])))
                    break
                if other in on_stack:
                    low[name] = min(low[name], number[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == number[name]:
                    group: list[str] = []
                    while True:
                        member = waiting.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == name:
                            break
                    if len(group) > 1 or name in reads[name]:
                        yield sorted(group, key=lambda n: number[n])


def _one_circle(group: list[str], mains: Mapping[str, Definition]) -> list[str]:
    """One circle in a group, from the first definition of the text in it."""
    members = set(group)
    name = min(group, key=lambda n: mains[n].span.start)
    path: dict[str, None] = {}
    while name not in path:
        path[name] = None
        read = (m.reference.name for m in mentions(mains[name].body))
        name = min((r for r in read if r in members), key=lambda n: mains[n].span.start)
    circle = list(path)
    circle = circle[circle.index(name) :]
    first = min(circle, key=lambda n: mains[n].span.start)
    return circle[circle.index(first) :] + circle[: circle.index(first)]


def _recurrence(
    group: list[str], mains: Mapping[str, Definition], sizes: Mapping[str, object]
) -> dict[str, Recurrence]:
    """The group's recurrences, if each member has a slot along which it recurs."""
    members = frozenset(group)
    left = {name: [offset_of(e) for e in entries_of(mains[name].target)] for name in group}
    places: dict[str, tuple[int, str]] = {}

    def settle(name: str, index: str) -> None:
        for slot, found in enumerate(left[name]):
            if found is not None and found[0] == index and name not in places:
                places[name] = (slot, index)

    read = [
        (name, m)
        for name in group
        for m in mentions(mains[name].body)
        if m.reference.name in members
    ]
    reads = [(name, m.reference) for name, m in read]

    def along_offsets(forward: bool) -> None:
        """What is read at an offset of a left index recurs along that slot."""
        for name, mention in read:
            reference = mention.reference
            own = {found[0]: found[1] for found in left[name] if found is not None}
            for slot, entry in enumerate(entries_of(reference)):
                found = offset_of(entry)
                if found is None or found[0] not in own or found[0] in sizes:
                    continue
                earlier = own[found[0]] - found[1]
                if earlier > 0 if forward else earlier < 0 and is_padded(mention):
                    settle(name, found[0])
                    target = left.get(reference.name, [])
                    if slot < len(target) and target[slot] is not None:
                        places.setdefault(reference.name, (slot, target[slot][0]))  # type: ignore[index]

    along_offsets(forward=True)
    if not places:
        along_offsets(forward=False)
    # The others recur along the slot that holds the same index.
    changed = True
    while changed and len(places) < len(group):
        changed = False
        for name, reference in reads:
            if reference.name in places and name not in places:
                slot = places[reference.name][0]
                entries = entries_of(reference)
                found = offset_of(entries[slot]) if slot < len(entries) else None
                if found is not None:
                    before = len(places)
                    settle(name, found[0])
                    changed = changed or len(places) > before
    made: dict[str, Recurrence] = {}
    slots = {name: slot for name, (slot, _) in places.items()}
    for name in group:
        if name not in places:
            return {}
        slot, index = places[name]
        found = left[name][slot]
        assert found is not None
        made[name] = Recurrence(name, slot, index, found[1], members, mains[name], slots)
    return made


def _runs_backward(made: Mapping[str, Recurrence], name: str) -> bool:
    """Whether nothing in the group of ``name`` reads an earlier step."""
    steps = (s for member in made[name].members for _, _, s in made[member].reads())
    return not any(s is not None and s > 0 for s in steps)


def check_recurrences(made: Mapping[str, Recurrence], reporter: Reporter) -> None:
    """Report reads that are not of an earlier step, and missing starts."""
    for name, recurrence in made.items():
        backward = _runs_backward(made, name)
        given = {constant_of(entries_of(s.target)[recurrence.slot]) for s in recurrence.starts}
        for definition in recurrence.starts:
            component = constant_of(entries_of(definition.target)[recurrence.slot])
            if component is None:
                reporter.error(
                    "E115", f"a start of {name} is one fixed component", definition.target.span,
                    "s_{-1} = h",
                )  # fmt: skip
            elif backward and (component < 0 or not given.issuperset(range(component))):
                reporter.error(
                    "E115", f"{name} runs backward and has no start", definition.target.span,
                    "beyond its last step it is 0: zeropad says so",
                )  # fmt: skip
            for mention in mentions(definition.body):
                if mention.reference.name in recurrence.members and not mention.variable:
                    reporter.error(
                        "E305", f"a start of {name} reads {mention.reference.name}, which starts "
                        "with it", mention.reference.span, "write its value once more",
                    )  # fmt: skip
        for mention, other, steps in recurrence.reads():
            padded = is_padded(mention)
            if steps is None or (steps < 0 and not (padded and backward)):
                reporter.error(
                    "E305",
                    f"{name} reads {other} here at no earlier step",
                    mention.reference.span,
                    f"a recurrence reads a fixed number of steps back: {other}_{{"
                    f"{recurrence.index}-1}}",
                )
                continue
            if padded:
                continue
            before = made[other]
            known = {constant_of(entries_of(s.target)[before.slot]) for s in before.starts}
            missing = [c for c in range(recurrence.first - steps, before.first) if c not in known]
            if missing:
                reporter.error(
                    "E309",
                    f"the recurrence needs {other} at {missing[-1]} to start",
                    mention.reference.span,
                    f"write {other}_{{{missing[-1]}}} = …",
                )
