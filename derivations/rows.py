"""What a person wrote of each row: a title, what it shows, and what is to be derived."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FAMILIES", "FOLDER", "Derive", "Record", "Row", "load_rows"]

FOLDER = Path(__file__).parent

#: What the letter of a row stands for.
FAMILIES = {
    "A": "One dense layer",
    "B": "Vector calculus of optimisation",
    "C": "Networks and back-propagation",
    "D": "Convolution",
    "E": "Autoencoders, generative models",
    "F": "Sequences and attention",
    "G": "Unsupervised rules",
    "H": "Matrix calculus",
}


@dataclass(frozen=True)
class Derive:
    """One derivation of a row.

    Attributes:
        name: The folder its files go to.
        source: The file with the formulas.
        mode: A mode of differentiation, or ``"simplify"``.
        of: What is derived.
        wrt: By what.
        by_hand: What a person derives: a statement ``R… = …`` for each output, in order, its
            indices those of the output, in the names of the source and of what comes back (with
            back-ticks: its name in the result); and ``NAME… = …`` for any
            definition of the result, in the result's names.
        sizes: What the plan is made for and counts with.
        also: Further modes in which the same is checked against autograd, without a page.
    """

    name: str
    source: Path
    mode: str
    of: str
    wrt: tuple[str, ...]
    by_hand: tuple[str, ...]
    sizes: tuple[tuple[str, int], ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What a row's kernels did when they were run: a report, and perhaps a picture.

    Attributes:
        name: The report is ``name.txt``; ``derivations.records`` knows what makes it.
        picture: The picture's file, or "".
        caption: What the picture shows.
    """

    name: str
    picture: str
    caption: str


@dataclass(frozen=True)
class Row:
    """One folder of the gallery."""

    id: str
    title: str
    shows: str
    derives: tuple[Derive, ...]
    record: Record | None = None

    @property
    def folder(self) -> Path:
        """Where its files stand."""
        return FOLDER / self.id


def load_rows() -> tuple[Row, ...]:
    """Return every row, in order."""
    return tuple(_load(path) for path in sorted(FOLDER.glob("*/row.toml"), key=_order))


def _order(path: Path) -> tuple[str, int]:
    name = path.parent.name
    return name[0], int(name[1:])


def _load(path: Path) -> Row:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    folder = path.parent
    derives = tuple(
        Derive(
            name=entry["name"],
            source=folder / entry["source"],
            mode=entry["mode"],
            of=entry["of"],
            wrt=tuple(entry.get("wrt", ())),
            by_hand=tuple(entry.get("by_hand", ())),
            sizes=tuple(entry.get("sizes", {}).items()),
            also=tuple(entry.get("also", ())),
        )
        for entry in data["derive"]
    )
    ran = data.get("record")
    record = ran and Record(ran["name"], ran.get("picture", ""), ran.get("caption", ""))
    return Row(folder.name, data["title"], data["shows"].strip(), derives, record)
