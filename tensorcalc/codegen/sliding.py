"""One axis along which a window slides: strides, dilations, and what is read outside.

The image has ``size`` places; the window of ``reach`` entries at step ``p`` reads it at
``step * p + dilation * r + constant``. Torch's native functions pad by the same amount on both
sides and make as many steps as fit. Where that is not what a formula says, its image is cut or
padded to exactly what is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorcalc.arrays.places import surely_nonnegative
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.expr import Extent, extent

__all__ = ["Fit", "Slide", "fitted", "options"]


@dataclass(frozen=True, slots=True)
class Slide:
    """``place = step * p + dilation * r + constant``, with positive coefficients."""

    size: Extent
    steps: Extent
    reach: Extent
    step: int
    dilation: int
    constant: Extent

    @property
    def read(self) -> Extent:
        """The number of places from the first that is read to the last."""
        return (self.steps - 1) * self.step + (self.reach - 1) * self.dilation + 1

    @property
    def padding(self) -> Extent | None:
        """The zeros on both sides with which exactly these steps fit; None if none do."""
        before = extent(0) - self.constant
        if not surely_nonnegative(before):
            return None
        room = self.size + before * 2 - (self.reach - 1) * self.dilation - 1
        return before if room // self.step + 1 is self.steps else None


@dataclass(frozen=True, slots=True)
class Fit:
    """An axis moved by ``before`` places and cut or filled up with zeros to ``length``."""

    before: Extent
    size: Extent
    length: Extent

    @staticmethod
    def none(size: Extent) -> Fit:
        """The axis as it is."""
        return Fit(extent(0), size, size)

    @property
    def behind(self) -> Extent:
        """What is added behind, or taken away where negative."""
        return self.length - self.size - self.before


def fitted(emitter: Emitter, text: str, fits: Sequence[Fit]) -> str:
    """The last axes cut, or padded.

    Args:
        emitter: The generation.
        text: An array, safe to index.
        fits: What becomes of each of the last axes.
    """
    if not any(f.before.terms or f.behind.terms for f in fits):
        return text
    sizes = emitter.sizes
    if all(surely_nonnegative(extent(0) - a) for f in fits for a in (f.before, f.behind)):
        index: list[str] = []
        for f in fits:
            first = extent(0) - f.before
            stop = sizes.text(first + f.length) if f.behind.terms else ""
            index.append(f"{sizes.text(first) if first.terms else ''}:{stop}")
        return f"{text}[..., {', '.join(index)}]"
    flat = [sizes.text(a) for f in reversed(fits) for a in (f.before, f.behind)]
    return f"torch.nn.functional.pad({text}, ({', '.join(flat)}))"


def options(**given: Sequence[str]) -> str:
    """Keyword arguments, without those that are as Torch has them by default."""
    made = [
        f", {name}={_tuple(values)}"
        for name, values in given.items()
        if any(v != ("0" if name == "padding" else "1") for v in values)
    ]
    return "".join(made)


def _tuple(values: Sequence[str]) -> str:
    return f"({', '.join(values)}{',' * (len(values) == 1)})"
