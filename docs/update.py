"""``python -m docs.update``: run the examples of README and docs, and write what they print.

The tests compare; this writes. Read the difference before you keep it.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorcalc.cli import run
from tensorcalc.cli.explain import page_of_codes
from tensorcalc.errors import TensorcalcError
from tensorcalc.language import grammar_text

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def page_of_grammar() -> str:
    """The grammar as the parser reads it."""
    return (
        "# The grammar\n\nThis is the file the parser reads, in the notation of Lark. "
        "[The notation](notation.md) says what it means.\n\n```\n"
        f"{grammar_text().rstrip()}\n```\n"
    )


#: Pages that are written by the library as a whole.
PAGES_MADE: dict[str, Callable[[], str]] = {
    "errors.md": page_of_codes,
    "grammar.md": page_of_grammar,
}


def updated(text: str) -> str:
    """The page with the output of every example as it is now."""
    scope: dict[str, Any] = {}
    text = _blocks("console", text, _console)
    return _blocks("python", text, lambda block: _session(block, scope))


def _blocks(language: str, text: str, rewrite: Callable[[str], str]) -> str:
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.sub(
        pattern,
        lambda match: f"```{language}\n{rewrite(match[1])}```",
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def _console(block: str) -> str:
    made = ""
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            run(shlex.split(command)[1:])
        made += f"$ {command}\n{printed.getvalue()}"
    return made


def _session(block: str, scope: dict[str, Any]) -> str:
    examples = doctest.DocTestParser().get_examples(block)
    if not examples:
        return block
    made = ""
    for example in examples:
        first, *rest = example.source.rstrip("\n").split("\n")
        made += "".join([f">>> {first}\n", *(f"... {line}".rstrip() + "\n" for line in rest)])
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(example.source, "<example>", "single"), scope)
            shown = printed.getvalue()
        except TensorcalcError as error:
            kind = type(error)
            shown = "Traceback (most recent call last):\n    ...\n"
            shown += f"{kind.__module__}.{kind.__qualname__}: {error}\n"
        made += re.sub(r"^$(?=\n)", "<BLANKLINE>", shown, flags=re.MULTILINE)
    return made + "\n"


def main() -> None:
    """Rewrite every page."""
    for name, text in PAGES_MADE.items():
        (ROOT / "docs" / name).write_text(text(), encoding="utf-8", newline="\n")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(updated(text), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
