"""What reaches the terminal: colour only where a person looks, JSON where a program reads.

Piped output is plain and stable: the same input gives the same bytes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TextIO

import click

__all__ = [
    "Progress",
    "coloured",
    "heading",
    "print_json",
    "progress",
    "say",
    "tolerate_narrow_encodings",
]


def coloured(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal whose user has not declined colour."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str = "") -> None:
    """Print a line of the answer."""
    click.echo(text, color=coloured(sys.stdout))


def heading(text: str) -> None:
    """Print the title of a part, set off by an empty line before it."""
    say(f"\n{click.style(text, bold=True)}")


def print_json(value: Any) -> None:
    """Print ``value`` as JSON, keys in the order given."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def tolerate_narrow_encodings() -> None:
    """Escape a ``δ`` rather than fail where a stream's encoding has none."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


class Progress:
    """One line that is rewritten on a terminal; elsewhere nothing, the results are enough."""

    def __init__(self) -> None:
        self._width = 0

    def show(self, text: str) -> None:
        """Replace the line by ``text``."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{text:<{self._width}}")
            sys.stderr.flush()
            self._width = len(text)

    def clear(self) -> None:
        """Take the line away."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0


@contextmanager
def progress() -> Generator[Progress]:
    """A progress line that is gone afterwards, whatever happens."""
    line = Progress()
    try:
        yield line
    finally:
        line.clear()
