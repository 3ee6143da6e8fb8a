"""A derivation as plain text, in the notation."""

from __future__ import annotations

from collections.abc import Iterator

from tensorcalc.derivation.chains import rules_used
from tensorcalc.derivation.sheet import Sheet, links
from tensorcalc.printing import TextStyle, definition_lines, program_lines

__all__ = ["text_of"]

#: The column in which the rules' names begin.
_COLUMN = 64
_WIDTH = 96


def text_of(sheet: Sheet) -> str:
    """The page as text."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    style = TextStyle()
    yield sheet.title
    yield "=" * len(sheet.title)
    yield ""
    yield "Given"
    yield from (f"  {line}" for line in program_lines(sheet.source, style))
    for chain in sheet.chains:
        left, shown = links(chain, style)
        yield ""
        yield left
        for link in shown:
            formula = _wrapped(link.parts)
            yield from formula[:-1]
            last, rules = formula[-1], ", ".join(link.rules)
            if not rules:
                yield last
            elif len(last) + 2 > _COLUMN:
                yield last
                yield " " * _COLUMN + f"[{rules}]"
            else:
                yield last.ljust(_COLUMN) + f"[{rules}]"
    yield ""
    yield "Result"
    for definition in sheet.outputs():
        yield from (f"  {line}" for line in definition_lines(definition, style))
    others = sheet.others()
    if others:
        yield ""
        yield "where"
        for definition in others:
            yield from (f"  {line}" for line in definition_lines(definition, style))
    if sheet.assumptions:
        yield ""
        yield "Assuming"
        yield from (f"  {text}" for text in sheet.assumptions)
    used = [rule for rule in rules_used(sheet.chains) if rule.statement]
    if used:
        yield ""
        yield "Rules (as LaTeX)"
        yield from (f"  {rule.name}: {rule.statement}" for rule in used)


def _wrapped(parts: tuple[str, ...]) -> list[str]:
    """``= …`` over as many lines as it needs, broken before signs."""
    lines = [f"  = {parts[0]}"]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) <= _WIDTH:
            lines[-1] += f" {part}"
        else:
            lines.append(f"      {part}")
    return lines
