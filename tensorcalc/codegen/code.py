"""Pieces of source text with what the generator must know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

__all__ = ["ATOM", "COMPARISON", "MATMUL", "PRODUCT", "SUM", "UNARY", "Code", "Kind", "number_text"]

#: Binding strength of an expression's outermost operator, tightest first.
ATOM, UNARY, MATMUL, PRODUCT, SUM, COMPARISON = range(6)

Kind = Literal["real", "integer", "boolean", "python"]


@dataclass(frozen=True, slots=True)
class Code:
    """An expression for an array of the graph.

    Attributes:
        text: Python source.
        level: How tightly ``text`` binds.
        axes: ``axes[k]`` is the node's axis that axis ``k`` of the array in memory is.
        kind: What it holds; ``"python"`` is a Python number.
        owned: A new array that nothing else refers to: it may be changed in place.
        base: If not empty, a cheaper way to the same value once it gets a name: this
            expression first, then ``updates``, statements in which ``{}`` is the name.
        product: The two operands, if this is a product of two matrices.
    """

    text: str
    level: int
    axes: tuple[int, ...]
    kind: Kind = "real"
    owned: bool = True
    base: str = ""
    updates: tuple[str, ...] = ()
    product: tuple[str, str] | None = None

    def at_most(self, level: int) -> str:
        """The text, in brackets if it binds less tightly than ``level``."""
        return self.text if self.level <= level else f"({self.text})"

    def labels(self, own: Sequence[int]) -> list[int]:
        """Labels of the node's axes, in the order in memory."""
        return [own[k] for k in self.axes]

    def named(self, name: str) -> Code:
        """The same, once it is assigned to ``name``."""
        return replace(self, text=name, level=ATOM, base="", updates=(), product=None)

    def then(self, text: str, level: int, updates: Sequence[str]) -> Code:
        """``text``, which may also be had by ``updates`` of this, a new array."""
        base = self.base or self.text
        return replace(
            self,
            text=text,
            level=level,
            base=base,
            updates=(*self.updates, *updates),
            product=None,
        )


def number_text(value: Fraction | float) -> str:
    """A number as source; thirds stay quotients, which Python folds when it compiles.

    Example:
        >>> number_text(Fraction(3)), number_text(Fraction(1, 2)), number_text(Fraction(1, 3))
        ('3', '0.5', '1 / 3')
    """
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            return f'float("{value}")'
        return repr(value)
    if value.denominator == 1:
        number = value.numerator
        return str(number) if abs(number) < 2**53 else repr(float(number))
    exact = value.numerator / value.denominator
    short = repr(exact)
    if Fraction(short) == value:
        return short
    if abs(value.numerator) < 10**6 and value.denominator < 10**6:
        return f"{value.numerator} / {value.denominator}"
    return short
