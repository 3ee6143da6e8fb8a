"""A derivation as plain text, in the notation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tensorcalc.derivation.chains import rules_used
from tensorcalc.derivation.sheet import Sheet, left_side, links
from tensorcalc.printing import TextStyle, definition_lines, program_lines
from tensorcalc.printing.text import GREEK

__all__ = ["text_of"]

#: The column in which the rules' names begin.
_COLUMN = 64
_WIDTH = 96


def text_of(sheet: Sheet) -> str:
    """The page as text."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    style = TextStyle(quoted=False)
    yield sheet.title
    yield "=" * len(sheet.title)
    yield ""
    yield "Given"
    yield from (f"  {line}" for line in program_lines(sheet.source, style, declarations=False))
    yield ""
    yield "Wanted"
    yield "  " + ", ".join(left_side(d, style) for d in sheet.outputs())
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
        yield "Rules"
        yield from (f"  {rule.name}: {plain_statement(rule.statement)}" for rule in used)


_WORDS = {
    "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "cdot": "·", "infty": "∞", "le": "≤",
    "ge": "≥", "ne": "≠", "left": "", "right": "", "quad": " ",
}  # fmt: skip


def plain_statement(latex: str) -> str:
    r"""A rule's statement without LaTeX's marks.

    Example:
        >>> print(plain_statement(r"\frac{\partial x^i}{\partial x^k} = \delta^i_k"))
        ∂x^i/∂x^k = δ^i_k
    """
    text = re.sub(r"\\[,;!:]", " ", latex)
    text = re.sub(r"\\(?:operatorname|mathrm|text)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\d?frac\{([^{}]*)\}\{([^{}]*)\}", _fraction, text)
    text = re.sub(r"\\([A-Za-z]+) ?", lambda m: _WORDS.get(m[1], GREEK.get(m[1], m[1])), text)
    text = re.sub(r"([\^_])\{(\w)\}", r"\1\2", text)
    return re.sub(r" +", " ", text).strip()


def _fraction(found: re.Match[str]) -> str:
    above, below = (
        f"({part})" if re.search(r" [+-] |^-", part) else part for part in found.groups()
    )
    return f"{above}/{below}"


def _wrapped(parts: tuple[str, ...]) -> list[str]:
    """``= …`` over as many lines as it needs, broken before signs."""
    lines = [f"  = {parts[0]}"]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) <= _WIDTH:
            lines[-1] += f" {part}"
        else:
            lines.append(f"      {part}")
    return lines
