"""The order in which a reader of the text meets the names of indices.

The parser calls an unknown length after the first index that has it, so the order counts.
:class:`ReadingOrder` prints as the notation does, but marks each index by control characters;
components of a matrix function come before its argument, as the parser takes them.
"""

# ruff: noqa: D102 - what each method does stands in the base class
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tensorcalc.expr import Extent, Functional, Level
from tensorcalc.printing.style import Combination, Group, IndexText, Name, Taken
from tensorcalc.printing.text import TextStyle

__all__ = ["ReadingOrder", "names_in_order"]

_MARKED = re.compile("\x01([^\x02]*)\x02")


def names_in_order(text: str) -> tuple[str, ...]:
    """The marked names in a text, each once."""
    return tuple(dict.fromkeys(_MARKED.findall(text)))


class ReadingOrder(TextStyle):
    """The notation with every index marked."""

    def condition(self, left: IndexText, relation: str, right: IndexText) -> str:
        return f"[{self._index(left, '')} {relation} {self._index(right, '')}]"

    def range_sum(self, name: str, extent: Extent) -> str:
        return f"sum_{_marked(name)}"

    def under(self, names: Sequence[str], ranges: Mapping[str, Extent], big: bool = False) -> str:
        return self._bound(names)

    def whole(
        self, operation: Functional, under: str, arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        return self.slots(groups) + under + "".join(arguments)

    def abstract_whole(
        self, name: str, orders: Sequence[int], arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        return self.slots(groups) + "".join(arguments)

    def _under(self, names: Sequence[str]) -> str:
        return self._bound(names)

    def _bound(self, names: Sequence[str]) -> str:
        return "_" + "".join(map(_marked, names))

    def _group(self, level: Level, items: Sequence[IndexText]) -> str:
        return "_" + "".join(self._index(item, "") for item in items)

    def _index(self, item: IndexText, space: str, level: Level | None = None) -> str:
        match item:
            case Name(name):
                return _marked(name)
            case Taken(text):
                return text
            case Combination(terms, _):
                shown = sorted(terms, key=lambda t: t[1] < 0)
                return "".join(_marked(name) for name, _ in shown)


def _marked(name: str) -> str:
    return f"\x01{name}\x02"
