"""Names in generated source: those of the program where they are identifiers, and fresh ones."""

from __future__ import annotations

import keyword
import re

__all__ = ["Names"]

RESERVED = frozenset(
    {"np", "torch", "as_strided", "dtype", "device", "range", "max", "min", "float", "abs", "None"}
)


class Names:
    """Gives out identifiers, each once."""

    def __init__(self) -> None:
        self._used: set[str] = set(RESERVED)
        self._counters: dict[str, int] = {}

    def take(self, wished: str) -> str:
        """The identifier closest to ``wished`` that is not in use.

        Example:
            >>> names = Names()
            >>> names.take("lambda"), names.take("x'"), names.take("x'")
            ('lambda_', 'x_', 'x_2')
        """
        base = re.sub(r"\W", "_", wished, flags=re.ASCII) or "x"
        if base[0].isdigit():
            base = f"_{base}"
        if keyword.iskeyword(base) or base in RESERVED:
            base += "_"
        name, number = base, 2
        while name in self._used:
            name, number = f"{base}{number}", number + 1
        self._used.add(name)
        return name

    def temporary(self) -> str:
        """The next of ``t1``, ``t2`` and so on."""
        return self.counted("t")

    def counted(self, stem: str) -> str:
        """The next free name of ``stem`` and a number."""
        number = self._counters.get(stem, 0) + 1
        while f"{stem}{number}" in self._used:
            number += 1
        self._counters[stem] = number
        name = f"{stem}{number}"
        self._used.add(name)
        return name
