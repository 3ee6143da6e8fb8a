"""Numbers for extents that are known only by name, so that orders can be compared."""

from __future__ import annotations

from collections.abc import Mapping

from tensorcalc.expr import Extent

__all__ = ["SizeTable"]

#: A size that is not given counts as about this; each name a little more than the last.
TYPICAL = 64


class SizeTable:
    """The value of every extent: as given, else a typical number that differs by name."""

    def __init__(self, given: Mapping[str, int] | None = None) -> None:
        self._given = dict(given or {})
        self._known = dict(self._given)
        self._values: dict[Extent, int] = {}

    def __call__(self, size: Extent) -> int:
        """The number used for ``size``, 1 or more."""
        value = self._values.get(size)
        if value is None:
            for name in sorted(size.names()):
                if name not in self._known:
                    self._known[name] = TYPICAL + 2 * (len(self._known) - len(self._given))
            value = max(1, size.evaluate(self._known))
            self._values[size] = value
        return value

    def assumed(self, size: Extent) -> bool:
        """Whether ``size`` depends on a name that was not given."""
        return any(name not in self._given for name in size.names())
