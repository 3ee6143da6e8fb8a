"""Inputs at which two programs differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CounterExample"]

#: More lines of a counter-example are not shown.
_LINES = 14


@dataclass(frozen=True, slots=True, eq=False)
class CounterExample:
    """Inputs at which two programs differ.

    Attributes:
        inputs: By name; numbers modulo ``modulus`` if there is one.
        sizes: By name.
        outputs: The names of the outputs that differ, left and right.
        entry: The first differing component.
        left: Its value on the left.
        right: Its value on the right.
        modulus: A prime where the values are residues: the difference is too small for floats.
    """

    inputs: Mapping[str, NDArray[Any]]
    sizes: Mapping[str, int]
    outputs: tuple[str, str]
    entry: tuple[int, ...]
    left: float
    right: float
    modulus: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The counter-example as plain values, for JSON."""
        return {
            "inputs": {name: np.asarray(array).tolist() for name, array in self.inputs.items()},
            "sizes": dict(self.sizes),
            "outputs": list(self.outputs),
            "entry": list(self.entry),
            "left": self.left,
            "right": self.right,
            "modulus": self.modulus,
        }

    def __str__(self) -> str:
        modulo = f" modulo {self.modulus}" if self.modulus else ""
        place = f"[{', '.join(map(str, self.entry))}]" if self.entry else ""
        names = " and ".join(f"{name}{place}" for name in dict.fromkeys(self.outputs))
        lines = [f"{names}: {self.left:.12g} on the left, {self.right:.12g} on the right{modulo}"]
        for name, array in self.inputs.items():
            shown = np.array2string(np.asarray(array), precision=4, threshold=24, separator=", ")
            lines.append(f"  {name} = " + shown.replace("\n", "\n" + " " * (len(name) + 5)))
        lines = "\n".join(lines).splitlines()
        return "\n".join([*lines[:_LINES], "  …"] if len(lines) > _LINES else lines)
