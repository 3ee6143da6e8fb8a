"""The text of a file, or an error that shows where it is none."""

from __future__ import annotations

from pathlib import Path

from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.source import Source, Span

__all__ = ["MAX_BYTES", "read_text"]

#: A file of more bytes is refused.
MAX_BYTES = 10_000_000


def read_text(path: Path) -> str:
    """Return the UTF-8 text of a file; every line ends with one newline.

    Raises:
        OSError: The file cannot be opened.
        NotationError: It is too long (E111), or no UTF-8 text (E103), with the place.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    name = str(path)
    if len(data) > MAX_BYTES:
        reporter = Reporter(Source("", name))
        reporter.error("E111", f"a file of more than {MAX_BYTES:,} bytes", Span(0, 1))
        reporter.raise_errors()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        reporter = Reporter(Source(data.decode("utf-8", "replace").removeprefix("\ufeff"), name))
        reporter.error(
            "E103",
            f"the file is no UTF-8 text: the byte 0x{data[error.start]:02X} does not fit",
            Span(len(before), len(before) + 1),
            "save it as UTF-8",
        )
        reporter.raise_errors()
        raise AssertionError from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
