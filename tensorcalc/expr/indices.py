"""Indices, their levels, and what may stand in a slot.

An index is an object with an identity. Its ``name`` is only a wish, its ``serial`` tells
apart indices of one name: fresh ones take the smallest serial unused where they are made,
never a global counter, so the same input gives the same output. Names that a person reads
are chosen when printing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from tensorcalc.expr.extents import Extent, extent
from tensorcalc.expr.interning import Node

__all__ = ["Affine", "Edge", "Index", "Level", "affine", "fresh"]


class Level(Enum):
    """Where a slot stands: upper (contravariant) or lower (covariant)."""

    UPPER = "upper"
    LOWER = "lower"

    @property
    def opposite(self) -> Level:
        """The other level."""
        return Level.LOWER if self is Level.UPPER else Level.UPPER

    def __repr__(self) -> str:
        return self.name


class Edge(Enum):
    """What an affine index means where it leaves its tensor."""

    INSIDE = "inside"
    ZERO = "zeropad"
    CIRCULAR = "circular"
    REFLECT = "reflect"
    REPLICATE = "replicate"

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    """One index, ranging over ``0 … extent-1``."""

    name: str
    serial: int
    extent: Extent

    def __repr__(self) -> str:
        return f"{self.name}{self.serial or ''}:{self.extent}"


@dataclass(frozen=True, slots=True, eq=False)
class Affine(Node):
    """``sum coefficient*index + constant``; never a plain index (:func:`affine` sees to it)."""

    terms: tuple[tuple[Index, int], ...]
    constant: Extent

    def __post_init__(self) -> None:
        assert all(coefficient for _, coefficient in self.terms)
        assert not (len(self.terms) == 1 and self.terms[0][1] == 1 and not self.constant.terms)

    def __repr__(self) -> str:
        parts = [f"{c}*{i!r}" for i, c in self.terms]
        return "(" + " + ".join([*parts, str(self.constant)]) + ")"


def affine(terms: Collection[tuple[Index, int]], constant: Extent | int = 0) -> Index | Affine:
    """Return the combination in normal form: like indices collected, a plain index as itself."""
    total: dict[Index, int] = {}
    for index, coefficient in terms:
        total[index] = total.get(index, 0) + coefficient
    kept = sorted(
        ((i, c) for i, c in total.items() if c),
        key=lambda term: (term[0].name, term[0].serial, str(term[0].extent)),
    )
    rest = extent(constant)
    if len(kept) == 1 and kept[0][1] == 1 and not rest.terms:
        return kept[0][0]
    return Affine(tuple(kept), rest)


def fresh(index: Index, avoid: Collection[Index]) -> Index:
    """Return ``index`` or, if it is in ``avoid``, its like with the smallest unused serial.

    Indices of one name but different extents also count as taken, so that a printed
    name never stands for two things.

    Example:
        >>> i = Index("i", 0, extent("n"))
        >>> fresh(i, {i})
        i1:n
    """
    taken = {other.serial for other in avoid if other.name == index.name}
    if index.serial not in taken:
        return index
    serial = 0
    while serial in taken:
        serial += 1
    return Index(index.name, serial, index.extent)
