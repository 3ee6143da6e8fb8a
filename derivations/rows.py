"""What a person wrote of each row: a title, what it shows, and what is to be derived."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FOLDER", "Derive", "Row", "load_rows"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Derive:
    """One derivation of a row.

    Attributes:
        name: The folder its files go to.
        source: The file with the formulas.
        mode: A mode of differentiation, or ``"simplify"``.
        of: What is derived.
        wrt: By what.
        by_hand: What a person derives: one statement ``R… = …`` for each output, in order,
            its indices those of the output.
        sizes: What the plan is made for and counts with.
    """

    name: str
    source: Path
    mode: str
    of: str
    wrt: tuple[str, ...]
    by_hand: tuple[str, ...]
    sizes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Row:
    """One folder of the gallery."""

    id: str
    title: str
    shows: str
    derives: tuple[Derive, ...]

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
        )
        for entry in data["derive"]
    )
    return Row(folder.name, data["title"], data["shows"].strip(), derives)
