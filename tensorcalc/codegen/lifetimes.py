"""Giving memory back: ``del`` after the last use of large arrays."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

__all__ = ["with_deletions"]

_WORD = re.compile(r"[^\W\d]\w*")


def with_deletions(lines: Sequence[str], variables: Collection[str], kept: str) -> list[str]:
    """Return ``lines`` with ``del`` after the last use of each of ``variables``.

    Args:
        lines: Statements of a function's body; indented ones belong to a loop above them.
        variables: Names of arrays that are worth it.
        kept: Source of what follows the statements: names in it are still needed.

    Example:
        >>> with_deletions(["a = f(x)", "b = g(a)", "c = h(b)"], {"a", "b"}, "return c")
        ['a = f(x)', 'b = g(a)', 'del a', 'c = h(b)', 'del b']
    """
    needed = set(_WORD.findall(kept))
    last: dict[str, int] = {}
    for number, line in enumerate(lines):
        for word in set(_WORD.findall(line.split("  # ")[0])):
            if word in variables and word not in needed:
                last[word] = number
    ending: dict[int, list[str]] = {}
    for name, number in last.items():
        while number + 1 < len(lines) and lines[number + 1].startswith(" "):
            number += 1  # not inside a loop, but behind it
        ending.setdefault(number, []).append(name)
    result: list[str] = []
    for number, line in enumerate(lines):
        result.append(line)
        if number in ending:
            result.append(f"del {', '.join(sorted(ending[number]))}")
    return result
