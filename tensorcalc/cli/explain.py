"""``tensorcalc explain``: what the codes of errors and notes mean."""

from __future__ import annotations

import textwrap
from dataclasses import asdict

import click

from tensorcalc.cli.terminal import print_json, say
from tensorcalc.errors import UnknownNameError
from tensorcalc.language.codes import CODES, Code
from tensorcalc.language.codes import explain as explanation

__all__ = ["explain", "page_of_codes"]

_WIDTH = 92


@click.command()
@click.argument("code", required=False)
@click.option("--markdown", is_flag=True, help="Without CODE: the page of all codes.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def explain(code: str | None, *, markdown: bool, as_json: bool) -> None:
    """Say more about the error CODE, with an example of wrong and right; without one, list all."""
    if code is None:
        if as_json:
            print_json([asdict(entry) for entry in CODES.values()])
        elif markdown:
            say(page_of_codes().rstrip("\n"))
        else:
            for entry in CODES.values():
                say(f"{entry.code}  {entry.title}")
        return
    name = code.strip().strip("[]").upper()
    if name not in CODES:
        raise UnknownNameError(f"no code {code}: tensorcalc explain lists them all")
    if as_json:
        print_json(asdict(CODES[name]))
    else:
        parts = explanation(name).split("\n\n")
        say("\n\n".join([parts[0], textwrap.fill(parts[1], _WIDTH), *parts[2:]]).rstrip("\n"))


def page_of_codes() -> str:
    """The documentation's page of all codes."""
    lines = [
        "# Errors and notes",
        "",
        "Every problem in a text is reported with its place and a code: `E` is an error,",
        "`N` a note. This page is what `tensorcalc explain --markdown` prints.",
    ]
    for entry in CODES.values():
        lines += ["", *_section(entry)]
    return "\n".join(lines) + "\n"


def _section(entry: Code) -> list[str]:
    return [
        f"## {entry.code}: {entry.title}",
        "",
        textwrap.fill(entry.explanation, 100),
        "",
        "```text",
        *(f"wrong:  {line}" for line in entry.wrong.splitlines()),
        *(f"right:  {line}" for line in entry.right.splitlines()),
        "```",
    ]
