"""The text of a program and places in it."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

__all__ = ["Source", "Span", "cover"]


class Span(NamedTuple):
    """A half-open range of character positions."""

    start: int
    end: int


def cover(first: Span, last: Span) -> Span:
    """The smallest span that holds both."""
    return Span(min(first.start, last.start), max(first.end, last.end))


class Source:
    """A text with its line starts, to turn positions into lines and columns."""

    __slots__ = ("_starts", "filename", "text")

    def __init__(self, text: str, filename: str | None = None) -> None:
        self.text = text
        self.filename = filename
        starts = [0]
        position = text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = text.find("\n", position + 1)
        self._starts = starts

    def locate(self, position: int) -> tuple[int, int]:
        """Return the line and the column, both from 1, of a position."""
        line = bisect_right(self._starts, position)
        return line, position - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of line ``number`` (from 1), without its end."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def original(self, span: Span) -> Span:
        """The place in the text that the user wrote; another one where that was translated."""
        return span

    def slice(self, span: Span) -> str:
        """Return the text of ``span``."""
        return self.text[span.start : span.end]
