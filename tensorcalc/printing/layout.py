r"""Rows of displayed LaTeX: a left side, a relation, a right side that may need several lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tensorcalc.expr import Definition, Equations, Expr, Index, at_indices
from tensorcalc.printing.declarations import declaration_lines
from tensorcalc.printing.formula import FormulaPrinter, printer_for
from tensorcalc.printing.latex import LatexStyle, visible_width
from tensorcalc.printing.levels import as_written
from tensorcalc.printing.places import Places
from tensorcalc.printing.program import start_access

__all__ = ["LINE_WIDTH", "Row", "aligned", "broken", "definition_rows", "packed", "program_rows"]

#: Characters of mathematics that fit on a line of a page.
LINE_WIDTH = 70


#: An index with something below it, or with a coefficient before it.
_NESTED = re.compile(r"\{[^{}]*(?:_\{|\d [^\W\d])")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an aligned display: ``left &= lines[0]``, the other lines set in below."""

    left: str
    lines: tuple[str, ...]
    relation: str = "= "

    def latex(self) -> str:
        r"""The row, its lines parted by ``\\``."""
        first, *rest = self.lines
        begin = f"{self.left} " if self.left else ""
        rows = [f"{begin}&{self.relation}{first}", *(rf"&\quad {line}" for line in rest)]
        return " \\\\\n".join(rows)


def program_rows(equations: Equations, style: LatexStyle) -> list[Row]:
    """What has to be declared, then the definitions' rows."""
    equations = as_written(equations)
    places = Places(equations)
    rows = [Row("", (line,), "") for line in declaration_lines(equations, style, places)]
    for definition in equations.definitions:
        rows += definition_rows(definition, style, places.ranged, places.reserved)
    return rows


def definition_rows(
    definition: Definition,
    style: LatexStyle,
    ranged: Mapping[Expr, Collection[Index]] | None = None,
    reserved: Collection[str] = (),
) -> list[Row]:
    """A definition's rows: the starts of a recurrence, then the definition itself.

    ``ranged`` has, by the body, summed indices that show their range; no index is called one
    of ``reserved``.
    """
    known = ranged or {}
    rows: list[Row] = []
    for start in definition.starts:
        access = start_access(definition, start.slot, start.component, start.indices)
        shown = known.get(start.body, ())
        printer = printer_for(style, start.body, start.indices, shown, reserved)
        rows.append(Row(printer.print(access), broken(start.body, printer)))
    shown = known.get(definition.body, ())
    printer = printer_for(style, definition.body, definition.indices, shown, reserved)
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
    row = rows[0]
    # Without any command, `j_{1}` would be taken for a look-up, and `2 i` for two indices.
    latex = "\\" in row.left + row.lines[0] or not _NESTED.search(row.left + row.lines[0])
    if len(rows) == 1 and len(row.lines) == 1 and latex:
        return f"{row.left} {row.relation}{row.lines[0]}"
    body = " \\\\\n".join(row.latex() for row in rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
