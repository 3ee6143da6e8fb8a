"""Expressions and programs on paper: the notation, Unicode, LaTeX."""

from tensorcalc.printing.formula import FormulaPrinter, names_for
from tensorcalc.printing.latex import LatexStyle, visible_width
from tensorcalc.printing.layout import Row, aligned, broken, definition_rows, packed
from tensorcalc.printing.matrix import matrix_form, vector_form
from tensorcalc.printing.names import (
    IndexNames,
    distinct_names,
    indices_in_order,
    sizes_mentioned,
)
from tensorcalc.printing.program import definition_lines, program_lines
from tensorcalc.printing.public import to_latex, to_text, to_unicode
from tensorcalc.printing.style import Style
from tensorcalc.printing.text import TextStyle

__all__ = [
    "FormulaPrinter",
    "IndexNames",
    "LatexStyle",
    "Row",
    "Style",
    "TextStyle",
    "aligned",
    "broken",
    "definition_lines",
    "definition_rows",
    "distinct_names",
    "indices_in_order",
    "matrix_form",
    "names_for",
    "packed",
    "program_lines",
    "sizes_mentioned",
    "to_latex",
    "to_text",
    "to_unicode",
    "vector_form",
    "visible_width",
]
