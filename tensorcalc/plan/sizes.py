"""Numbers for extents that are known only by name, so that orders can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tensorcalc.expr import Extent, FloorDivision, SizeName

__all__ = ["SizeTable"]

#: A size that is not given counts as about this; each name a little more than the last.
TYPICAL = 64
#: One that another is shortened by, as an image by the kernel that slides over it.
SHORT = 5


class SizeTable:
    """The value of every extent: as given, else a typical number that differs by name.

    Args:
        given: Sizes by name.
        extents: All extents in question: ``H - R + 1`` among them says that ``R`` is short.

    Example:
        >>> from tensorcalc.expr import extent
        >>> rows = extent("H") - extent("R") + 1
        >>> table = SizeTable({}, [rows])
        >>> table(extent("H")), table(extent("R")), table(rows)
        (64, 6, 59)
    """

    def __init__(
        self, given: Mapping[str, int] | None = None, extents: Iterable[Extent] = ()
    ) -> None:
        self._given = dict(given or {})
        self._known = dict(self._given)
        self._values: dict[Extent, int] = {}
        self._short: set[str] = set()
        for size in dict.fromkeys(extents):
            self._short |= _subtracted(size)

    def __call__(self, size: Extent) -> int:
        """The number used for ``size``, 1 or more."""
        value = self._values.get(size)
        if value is None:
            for name in sorted(size.names()):
                if name not in self._known:
                    count = len(self._known) - len(self._given)
                    short = name in self._short
                    self._known[name] = SHORT + count if short else TYPICAL + 2 * count
            value = max(1, size.evaluate(self._known))
            self._values[size] = value
        return value

    def assumed(self, size: Extent) -> bool:
        """Whether ``size`` depends on a name that was not given."""
        return any(name not in self._given for name in size.names())


def _subtracted(size: Extent) -> set[str]:
    """The names that are taken from other names."""
    more: set[str] = set()
    less: set[str] = set()
    inside: set[str] = set()
    for monomial, coefficient in size.terms:
        for atom in monomial:
            match atom:
                case SizeName(name):
                    (more if coefficient > 0 else less).add(name)
                case FloorDivision(numerator, _):
                    inside |= _subtracted(numerator)
                    if coefficient > 0:
                        more |= numerator.names()
    return inside | (less - more if more else set[str]())
