"""Whether the files in the tree are what their sources give.

Text is compared byte for byte. The records of runs, and their pictures, hold measured numbers,
which depend in their last digits on the machine's arithmetic.
"""

from __future__ import annotations

import io
import re

import numpy as np

from derivations.rows import FOLDER, Row

__all__ = ["differences"]

_NUMBER = re.compile(r"\d+\.\d+")
#: Of the measured numbers, relative; and the mean difference of two pictures' pixels.
_MEASURED = 0.02
_PICTURE = 0.02

_WRITTEN = {".tc", ".toml"}


def differences(files: dict[str, str | bytes], row: Row) -> list[str]:
    """The names of files that are missing, differ, or that nothing generates any more."""
    measured = f"{row.id}/{row.record.name}.txt" if row.record else ""
    changed = [name for name, content in files.items() if not _up_to_date(name, content, measured)]
    present = {
        path.relative_to(FOLDER).as_posix()
        for path in row.folder.rglob("*")
        if path.is_file() and path.suffix not in _WRITTEN and "__pycache__" not in path.parts
    }
    return changed + sorted(present - files.keys())


def _up_to_date(name: str, content: str | bytes, measured: str) -> bool:
    path = FOLDER / name
    if not path.exists():
        return False
    found = path.read_bytes()
    if isinstance(content, bytes):
        return found == content or _alike_pictures(found, content)
    if name == measured:
        return _alike_reports(found.decode(), content)
    return found == content.encode()


def _alike_reports(found: str, made: str) -> bool:
    left, right = (np.array([float(n) for n in _NUMBER.findall(t)]) for t in (found, made))
    return _NUMBER.sub("#", found) == _NUMBER.sub("#", made) and bool(
        np.allclose(left, right, rtol=_MEASURED, atol=0)
    )


def _alike_pictures(found: bytes, made: bytes) -> bool:
    from matplotlib.image import imread

    left, right = (np.asarray(imread(io.BytesIO(data), format="png")) for data in (found, made))
    return left.shape == right.shape and float(np.abs(left - right).mean()) < _PICTURE
