"""Where a program comes from: a file, a statement on the command line, or standard input."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from tensorcalc.program import Program, load, parse

__all__ = ["LIMIT", "as_formula", "read_program"]

#: More bytes than this are no formula; reading stops there.
LIMIT = 10_000_000

_SUFFIXES = (".tc", ".tex", ".txt", ".md")


def as_formula(argument: str) -> str:
    """Put a space before a formula that begins with a minus, so that it is no option.

    Example:
        >>> as_formula("-2 x_i"), as_formula("-o"), as_formula("--of")
        (' -2 x_i', '-o', '--of')
    """
    minus = argument.startswith("-") and not argument.startswith("--") and argument != "-"
    option = argument[1:2] in ("h", "o") and not set(argument) & set(" ^")
    return f" {argument}" if minus and not option else argument


def read_program(argument: str, **options: Any) -> Program:
    """Return the program that ``argument`` names.

    Args:
        argument: ``-`` for standard input, the path of a file, or statements as they are.
        options: Those of :func:`tensorcalc.parse`.

    Raises:
        click.ClickException: The file cannot be read, is too long or is no UTF-8 text.
        NotationError: The text is not in the notation.
    """
    if argument == "-":
        return parse(_decoded(sys.stdin.buffer.read(LIMIT + 1), "standard input"), **options)
    if not _is_path(argument):
        return parse(argument.removeprefix(" "), **options)
    try:
        with Path(argument).open("rb") as file:
            text = _decoded(file.read(LIMIT + 1), argument)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.ClickException(f"cannot read {argument}: {reason}") from error
    # Errors name a file that can be opened again; a pipe's text is gone once it is read.
    return load(argument, **options) if Path(argument).is_file() else parse(text, **options)


def _is_path(argument: str) -> bool:
    if "\n" in argument or "\0" in argument or len(argument) > 4096:
        return False
    try:
        if Path(argument).exists():
            return True
    except OSError:
        return False
    looks_like_formula = "=" in argument or " " in argument
    return not looks_like_formula and (argument.endswith(_SUFFIXES) or os.sep in argument[:1])


def _decoded(data: bytes, origin: str) -> str:
    if len(data) > LIMIT:
        raise click.ClickException(f"{origin} is longer than {LIMIT:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{origin} is no UTF-8 text: byte {error.start} does not fit"
        ) from error
