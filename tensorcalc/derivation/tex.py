r"""A derivation as a LaTeX document, and as Markdown with LaTeX formulas.

Standard commands and amsmath only: what stands here compiles with any LaTeX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tensorcalc.derivation.chains import Chain, rules_used
from tensorcalc.derivation.sheet import Sheet, left_side, links
from tensorcalc.expr import Definition
from tensorcalc.printing import (
    LatexStyle,
    Row,
    aligned,
    definition_rows,
    packed,
    visible_width,
)
from tensorcalc.printing.text import GREEK

__all__ = ["chains_latex", "document", "markdown_of", "text_latex"]

_PREAMBLE = r"""\documentclass[11pt,fleqn]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{amsmath}
\usepackage[a4paper,margin=25mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\jot}{6pt}
\setlength{\mathindent}{2em}
\allowdisplaybreaks
"""

#: Characters of mathematics that fit on a line beside the name of a rule.
_WIDTH = 74


def document(sheet: Sheet) -> str:
    """The page as a LaTeX document that stands alone."""
    return "\n".join(_document_lines(sheet)) + "\n"


def _document_lines(sheet: Sheet) -> Iterator[str]:
    style = LatexStyle(sheet.ranks())
    yield _PREAMBLE
    yield r"\begin{document}"
    yield rf"\section*{{{text_latex(sheet.title)}}}"
    yield r"\subsection*{Given}"
    yield from _display(_rows(sheet.source.definitions, style))
    yield r"\subsection*{Wanted}"
    yield r"\begin{gather*}"
    yield _wanted(sheet, style)
    yield r"\end{gather*}"
    if sheet.chains:
        yield r"\subsection*{Derivation}"
    for chain in sheet.chains:
        yield r"\begin{align*}"
        yield _chain_rows(chain, style, lambda name: rf" \tag*{{\small {text_latex(name)}}}")
        yield r"\end{align*}"
    yield r"\subsection*{Result}"
    yield r"\["
    yield rf"\boxed{{{_block(_rows(sheet.outputs(), style))}}}"
    yield r"\]"
    if sheet.others():
        yield "where"
        yield from _display(_rows(sheet.others(), style))
    if sheet.assumptions:
        yield r"\subsection*{Assumptions}"
        yield from _items(text_latex(text) for text in sheet.assumptions)
    used = [rule for rule in rules_used(sheet.chains) if rule.statement]
    if used:
        yield r"\subsection*{Rules}"
        yield from _items(f"{text_latex(r.name)}: ${r.statement}$" for r in used)
    yield r"\end{document}"


def markdown_of(sheet: Sheet) -> str:
    """The page as Markdown; formulas are LaTeX between ``$$``."""
    style = LatexStyle(sheet.ranks())
    parts = [f"# {sheet.title}", "## Given"]
    parts.append(_dollars(_rows(sheet.source.definitions, style)))
    wanted = f"\\begin{{gathered}}\n{_wanted(sheet, style)}\n\\end{{gathered}}"
    parts += ["## Wanted", f"$$\n{wanted}\n$$"]
    if sheet.chains:
        parts.append("## Derivation")
    parts += [f"$$\n{text}\n$$" for text in chains_latex(sheet, style)]
    parts += ["## Result", _dollars(_rows(sheet.outputs(), style))]
    if sheet.others():
        parts += ["where", _dollars(_rows(sheet.others(), style))]
    if sheet.assumptions:
        parts += ["## Assumptions", "\n".join(f"* {text}" for text in sheet.assumptions)]
    used = [rule for rule in rules_used(sheet.chains) if rule.statement]
    if used:
        parts += ["## Rules", "\n".join(f"* {r.name}: ${r.statement}$" for r in used)]
    return "\n\n".join(parts) + "\n"


def chains_latex(sheet: Sheet, style: LatexStyle | None = None) -> list[str]:
    """Each chain as one ``aligned`` block with the names of the rules in a column of their own."""
    made = style or LatexStyle(sheet.ranks())
    blocks: list[str] = []
    for chain in sheet.chains:
        rows = _chain_rows(chain, made, lambda name: rf" && \text{{{text_latex(name)}}}")
        blocks.append(f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}")
    return blocks


def _chain_rows(chain: Chain, style: LatexStyle, label: Callable[[str], str]) -> str:
    left, shown = links(chain, style)
    width = max(_WIDTH - visible_width(left), 30)
    rows: list[str] = []
    for number, link in enumerate(shown):
        lines = packed(link.parts, width)
        start = left if number == 0 else ""
        for position, line in enumerate(lines):
            sign = "= " if position == 0 else r"\quad "
            row = f"{start if position == 0 else ''}&{sign}{line}"
            if position == len(lines) - 1 and link.rules:
                row += label(", ".join(link.rules))
            rows.append(row)
    return " \\\\\n".join(rows or [f"{left}&"])


def _wanted(sheet: Sheet, style: LatexStyle) -> str:
    """The left sides, as many in a row as fit."""
    rows: list[list[str]] = [[]]
    room = _WIDTH
    for side in (left_side(d, style) for d in sheet.outputs()):
        room -= visible_width(side) + 4
        if room < 0 and rows[-1]:
            rows.append([])
            room = _WIDTH - visible_width(side) - 4
        rows[-1].append(side)
    return ", \\\\\n".join(r", \quad ".join(row) for row in rows)


def _rows(definitions: Iterable[Definition], style: LatexStyle) -> list[Row]:
    return [row for definition in definitions for row in definition_rows(definition, style)]


def _display(rows: Iterable[Row]) -> list[str]:
    body = " \\\\\n".join(row.latex() for row in rows)
    return [r"\begin{align*}", body, r"\end{align*}"] if body else []


def _block(rows: list[Row]) -> str:
    return aligned(rows) if rows else ""


def _dollars(rows: list[Row]) -> str:
    return f"$$\n{_block(rows)}\n$$"


def _items(texts: Iterable[str]) -> list[str]:
    return [r"\begin{itemize}", *(rf"\item {text}" for text in texts), r"\end{itemize}"]


_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\textasciicircum{}",
    "#": r"\#",
    "$": r"\$", "%": r"\%", "&": r"\&", "~": r"\textasciitilde{}", "∂": r"$\partial$",
    "∇": r"$\nabla$", "²": r"$^2$", "≠": r"$\ne$",
    "≤": r"$\le$", "≥": r"$\ge$", "′": r"$'$", "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{letter: rf"$\{name}$" for name, letter in GREEK.items()},
}  # fmt: skip


def text_latex(text: str) -> str:
    """Words as LaTeX: special characters escaped, Greek letters as mathematics."""
    shown = (_SPECIAL.get(c, c if ord(c) < 0x250 or c in "–—‘’“”…" else "?") for c in text)
    return "".join(shown)
