"""A derivation as a page of HTML that needs no network: the formulas are Unicode text."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tensorcalc.derivation.chains import rules_used
from tensorcalc.derivation.sheet import Sheet, links
from tensorcalc.printing import TextStyle, definition_lines, program_lines

__all__ = ["page"]

_STYLE = """
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font-family: serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: 1rem 0; }
td { padding: 0.25rem 0.5rem; vertical-align: baseline; }
td.rule { color: #555; padding-left: 2rem; font-size: 0.9rem; }
.result { border: 1px solid; padding: 0.5rem 1rem; display: inline-block; }
code { font-family: monospace; white-space: pre-wrap; }
"""


def page(sheet: Sheet) -> str:
    """The page as HTML."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    style = TextStyle(unicode=True, quoted=False)
    title = escape(sheet.title)
    yield "<!DOCTYPE html>"
    yield f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{title}</h1>"
    yield "<h2>Given</h2>"
    yield from _code(program_lines(sheet.source, style, declarations=False))
    if sheet.chains:
        yield "<h2>Derivation</h2>"
    for chain in sheet.chains:
        left, shown = links(chain, style)
        yield "<table>"
        for number, link in enumerate(shown):
            cells = (left if number == 0 else "", "=", " ".join(link.parts))
            row = "".join(f"<td><code>{escape(cell)}</code></td>" for cell in cells)
            yield f'<tr>{row}<td class="rule">{escape(", ".join(link.rules))}</td></tr>'
        yield "</table>"
    yield "<h2>Result</h2>"
    yield '<div class="result">'
    yield from _code([text for d in sheet.outputs() for text in definition_lines(d, style)])
    yield "</div>"
    if sheet.others():
        yield "<p>where</p>"
        yield from _code([text for d in sheet.others() for text in definition_lines(d, style)])
    if sheet.assumptions:
        yield "<h2>Assumptions</h2><ul>"
        yield from (f"<li>{escape(text)}</li>" for text in sheet.assumptions)
        yield "</ul>"
    used = [rule for rule in rules_used(sheet.chains) if rule.statement]
    if used:
        yield "<h2>Rules</h2><ul>"
        yield from (f"<li>{escape(r.name)}: <code>{escape(r.statement)}</code></li>" for r in used)
        yield "</ul>"
    yield "</body></html>"


def _code(lines: list[str]) -> Iterator[str]:
    body = "\n".join(map(escape, lines))
    yield f"<p><code>{body}</code></p>"
