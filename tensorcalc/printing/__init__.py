"""Expressions and programs on paper: the notation, Unicode, LaTeX."""

from tensorcalc.printing.formula import FormulaPrinter, names_for
from tensorcalc.printing.names import IndexNames, distinct_names, indices_in_order
from tensorcalc.printing.public import to_latex, to_text, to_unicode

__all__ = [
    "FormulaPrinter",
    "IndexNames",
    "distinct_names",
    "indices_in_order",
    "names_for",
    "to_latex",
    "to_text",
    "to_unicode",
]
