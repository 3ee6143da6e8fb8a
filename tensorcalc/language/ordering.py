"""The order of definitions: each behind those it reads, otherwise as written."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush

from tensorcalc.expr import Definition
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.recurrences import Recurrence
from tensorcalc.language.source import Span

__all__ = ["ordered_definitions"]


def ordered_definitions(
    made: list[tuple[Definition, Span]],
    recurrences: Mapping[str, Recurrence],
    reporter: Reporter,
) -> list[Definition]:
    """Return the definitions in an order in which each reads only earlier ones.

    Mutual recurrences stand together; among them only what is read at the same step counts.
    A circle is reported.
    """
    by_name = {d.name: (d, span) for d, span in made}
    unit: dict[str, str] = {}
    units: dict[str, list[str]] = {}
    for name in by_name:
        members = recurrences[name].members if name in recurrences else {name}
        first = unit.get(name) or name
        for member in members:
            unit.setdefault(member, first)
        units.setdefault(unit[name], []).append(name)
    reads = {
        first: {unit[t.name] for n in names for t in by_name[n][0].reads if t.name in unit}
        - ({first} if first in recurrences else set[str]())
        for first, names in units.items()
    }
    order = _topological(list(units), reads)
    if len(order) < len(units):
        _report_circle({n for n in units if n not in order}, reads, by_name, reporter)
        return []
    definitions: list[Definition] = []
    for first in order:
        names = units[first]
        if first in recurrences:
            inner = {n: recurrences[n].same_step() for n in names}
            names = _topological(names, inner)
            if len(names) < len(units[first]):
                _report_circle(set(units[first]) - set(names), inner, by_name, reporter)
        definitions.extend(by_name[n][0] for n in names)
    return definitions


def _topological(names: list[str], reads: Mapping[str, set[str]]) -> list[str]:
    """Kahn's algorithm; of those that are ready, the first in ``names`` comes first."""
    number = {name: n for n, name in enumerate(names)}
    readers: dict[str, list[str]] = {name: [] for name in names}
    missing: dict[str, int] = {}
    for name in names:
        needed = [other for other in reads[name] if other in number]
        missing[name] = len(needed)
        for other in needed:
            readers[other].append(name)
    ready = [number[name] for name in names if not missing[name]]
    heapify(ready)
    order: list[str] = []
    while ready:
        name = names[heappop(ready)]
        order.append(name)
        for reader in readers[name]:
            missing[reader] -= 1
            if not missing[reader]:
                heappush(ready, number[reader])
    return order


def _report_circle(
    waiting: set[str],
    reads: Mapping[str, set[str]],
    by_name: Mapping[str, tuple[Definition, Span]],
    reporter: Reporter,
) -> None:
    name = min(waiting, key=lambda n: by_name[n][1].start)
    path: list[str] = []
    while name not in path:
        path.append(name)
        name = min((r for r in reads[name] if r in waiting), key=lambda n: by_name[n][1].start)
    circle = path[path.index(name) :]
    reporter.error(
        "E305",
        "definitions read one another in a circle: " + " → ".join([*circle, circle[0]]),
        min((by_name[n][1] for n in circle), key=lambda s: s.start),
        "a recurrence reads an earlier component: s_t^i = f(s_{t-1}^i)",
    )
