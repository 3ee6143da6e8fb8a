"""What is made by running a row's kernels: by the row, the function that makes the files."""

from __future__ import annotations

from collections.abc import Callable

from derivations.characters import character_files
from derivations.components import component_files
from derivations.descent import descent_files, oja_files, optimiser_files
from derivations.lenet import lenet_files
from derivations.networks import depth_files, learning_files
from derivations.training import trained_files
from derivations.transformers import layer_files

__all__ = ["recorded_files"]

_MAKERS: dict[str, Callable[[], dict[str, str | bytes]]] = {
    "A8": trained_files,
    "B4": descent_files,
    "B8": optimiser_files,
    "C1": depth_files,
    "C2": learning_files,
    "D6": lenet_files,
    "E1": component_files,
    "F2": character_files,
    "F6": layer_files,
    "G2": oja_files,
}


def recorded_files(row: str) -> dict[str, str | bytes]:
    """The report and the pictures of the row with this id, by their names in its folder."""
    return _MAKERS[row]()
