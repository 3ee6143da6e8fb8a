"""A printed part of a formula, with what is needed to put it into a larger one.

A piece knows how strongly it binds and which indices are open in it. From the open indices
follows whether a sum may be left implied: its index must occur twice in the additive term,
and in no bracket, argument or divisor inside of that term, where the reader would sum it
too early.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

__all__ = ["Factor", "Piece", "Strength", "open_in_product", "open_inside"]


class Strength(IntEnum):
    """How strongly a piece binds."""

    SUM = 0
    PRODUCT = 1
    POWER = 2
    ATOM = 3


_EMPTY: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Piece:
    """A printed sub-formula.

    Attributes:
        text: Without the sign if ``negative``.
        strength: What may stand next to it without brackets.
        negative: A minus sign belongs in front.
        reaches: Ends in a big operator, which takes everything up to the end of the term.
        coefficient: A number, a size or a scalar: may divide a number in front of a factor.
        divides: Holds a division at its top, after which no factor may be juxtaposed.
        open: How often each open index occurs in the additive term.
        blocked: Open indices that must be summed explicitly.
        sealed: Open indices that occur twice inside a fraction's numerator, a scope of its own.
        factors: Of a product, what it was put together from.
    """

    text: str
    strength: Strength = Strength.ATOM
    negative: bool = False
    reaches: bool = False
    divides: bool = False
    coefficient: bool = False
    open: Mapping[str, int] = field(default_factory=lambda: _EMPTY)
    blocked: frozenset[str] = frozenset()
    sealed: frozenset[str] = frozenset()
    factors: Sequence[Factor] = ()

    @property
    def doubled(self) -> bool:
        """Whether an open index occurs twice, so that a power needs brackets."""
        return any(count > 1 for count in self.open.values())

    @property
    def signed(self) -> str:
        """The text with its sign."""
        return f"-{self.text}" if self.negative else self.text

    def plain(self, text: str, strength: Strength = Strength.ATOM) -> Piece:
        """The same open indices under another text that binds by itself."""
        return Piece(text, strength, open=self.open, blocked=self.blocked, sealed=self.sealed)

    def without(self, names: Iterable[str]) -> Piece:
        """The piece after ``names`` have been summed."""
        gone = set(names)
        left = {name: count for name, count in self.open.items() if name not in gone}
        return replace(self, open=left, blocked=self.blocked - gone, sealed=self.sealed - gone)


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a product; ``inverse`` if it divides, ``bare`` without its brackets."""

    piece: Piece
    inverse: bool = False
    bare: Piece | None = None


def open_in_product(factors: Sequence[Factor]) -> Piece:
    """The open indices of a product: occurrences add up, those in a divisor block."""
    total: dict[str, int] = {}
    blocked: set[str] = set()
    sealed: set[str] = set()
    for factor in factors:
        piece = factor.piece
        for name, count in piece.open.items():
            total[name] = total.get(name, 0) + (1 if factor.inverse else count)
        blocked |= piece.blocked
        if factor.inverse:
            blocked |= piece.open.keys()
        else:
            sealed |= piece.sealed
    for factor in factors:
        blocked |= {name for name in factor.piece.sealed if total[name] > factor.piece.open[name]}
    return Piece("", open=total, blocked=frozenset(blocked), sealed=frozenset(sealed))


def open_inside(*parts: Piece) -> Piece:
    """The open indices of parts that are scopes of their own: each counts once for all.

    One that occurs twice inside is summed there by the reader, so it is blocked.
    """
    total: dict[str, int] = {}
    blocked: set[str] = set()
    for part in parts:
        blocked |= part.blocked
        for name, count in part.open.items():
            total[name] = 1
            if count > 1:
                blocked.add(name)
    return Piece("", open=total, blocked=frozenset(blocked))
