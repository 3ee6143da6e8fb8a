r"""Rows of displayed LaTeX: a left side, a relation, a right side that may need several lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tensorcalc.expr import Definition, Expr, at_indices
from tensorcalc.printing.formula import FormulaPrinter, printer_for
from tensorcalc.printing.latex import LatexStyle, visible_width
from tensorcalc.printing.program import start_access

__all__ = ["LINE_WIDTH", "Row", "aligned", "broken", "definition_rows", "packed"]

#: Characters of mathematics that fit on a line of a page.
LINE_WIDTH = 70


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an aligned display: ``left &= lines[0]``, the other lines set in below."""

    left: str
    lines: tuple[str, ...]

    def latex(self) -> str:
        r"""The row, its lines parted by ``\\``."""
        first, *rest = self.lines
        rows = [f"{self.left} &= {first}", *(rf"&\quad {line}" for line in rest)]
        return " \\\\\n".join(rows)


def definition_rows(definition: Definition, style: LatexStyle) -> list[Row]:
    """A definition's rows: the starts of a recurrence, then the definition itself."""
    rows: list[Row] = []
    for start in definition.starts:
        access = start_access(definition, start.slot, start.component, start.indices)
        printer = printer_for(style, start.body, start.indices)
        rows.append(Row(printer.print(access), broken(start.body, printer)))
    printer = printer_for(style, definition.body, definition.indices)
    left = printer.print(at_indices(definition.tensor, definition.indices))
    rows.append(Row(left, broken(definition.body, printer)))
    return rows


def broken(expr: Expr, printer: FormulaPrinter, width: int = LINE_WIDTH) -> tuple[str, ...]:
    """The lines of a right side: a long sum is broken before its signs."""
    return packed(printer.terms(expr), width)


def packed(terms: Iterable[str], width: int = LINE_WIDTH) -> tuple[str, ...]:
    """Signed terms on as few lines as the width allows."""
    lines: list[str] = []
    used = 0
    for term in terms:
        wide = visible_width(term)
        if lines and used + wide + 2 <= width:
            lines[-1] += f" {term}"
            used += wide + 2
        else:
            lines.append(term)
            used = wide
    return tuple(lines)


def aligned(rows: Sequence[Row] | Iterable[Row]) -> str:
    """Rows as one formula: an ``aligned`` block, or the row itself where one line is enough."""
    rows = tuple(rows)
    if len(rows) == 1 and len(rows[0].lines) == 1:
        return f"{rows[0].left} = {rows[0].lines[0]}"
    body = " \\\\\n".join(row.latex() for row in rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
