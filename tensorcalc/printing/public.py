"""The functions that print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tensorcalc.expr import Definition, Equations, Expr, Index
from tensorcalc.printing.declarations import quoted_names
from tensorcalc.printing.formula import FormulaPrinter, names_for
from tensorcalc.printing.latex import LatexStyle
from tensorcalc.printing.layout import aligned, definition_rows, program_rows
from tensorcalc.printing.program import definition_lines, program_lines
from tensorcalc.printing.style import Style
from tensorcalc.printing.text import TextStyle

__all__ = ["Printable", "to_latex", "to_text", "to_unicode"]

Printable: TypeAlias = Expr | Definition | Equations


def to_text(
    value: Printable,
    *,
    free: Sequence[Index] | None = None,
    unicode: bool = False,
    declarations: bool = True,
) -> str:
    """Return ``value`` in the notation.

    The text of equations parses back to equal equations. An expression is printed as the
    right side of a definition: its free indices are on the left, so a repeated one is not summed.

    Args:
        value: An expression, one definition, or whole equations.
        free: For an expression, the order in which its free indices get their names.
        declarations: For equations, whether to print what has to be declared for reading back.
        unicode: Greek letters, sub- and superscripts where Unicode has them.

    Example:
        >>> from tensorcalc.expr import Contraction, Index, Product, access, extent
        >>> i, j = Index("i", 0, extent("m")), Index("j", 0, extent("n"))
        >>> to_text(Contraction((j,), Product((access("A^i_j", i, j), access("y^j", j)))))
        'A^i_j y^j'
    """
    if isinstance(value, Equations):
        style = TextStyle(unicode, always=quoted_names(value))
        return "\n".join(program_lines(value, style, declarations))
    style = TextStyle(unicode)
    if isinstance(value, Definition):
        return "\n".join(definition_lines(value, style))
    return _expression(value, style, free)


def to_unicode(value: Printable, *, free: Sequence[Index] | None = None) -> str:
    """Return ``value`` with all that Unicode offers; it parses back as :func:`to_text` does."""
    return to_text(value, free=free, unicode=True)


def to_latex(value: Printable, *, free: Sequence[Index] | None = None) -> str:
    r"""Return ``value`` as LaTeX for display mathematics, with amsmath's commands only.

    Equations and broken lines are an ``aligned`` block; above the formulas stands what has to be
    declared for reading them back, which :func:`tensorcalc.parse` does.

    Args:
        value: An expression, one definition, or whole equations.
        free: For an expression, the order in which its free indices get their names.

    Example:
        >>> from tensorcalc.expr import Index, access, divide, extent
        >>> i = Index("i", 0, extent("n"))
        >>> print(to_latex(divide(access("x^i", i), access("y_i", i))))
        \frac{x^{i}}{y_{i}}
    """
    if isinstance(value, Equations):
        ranks = {name: value.tensor(name).rank for name in value.names()}
        inputs = [t.name for t in value.inputs]
        labels = [name for name in value.names() if value.tensor(name).domain == "integer"]
        style = LatexStyle(ranks, quoted_names(value), inputs, labels)
        return aligned(program_rows(value, style))
    if isinstance(value, Definition):
        return aligned(definition_rows(value, LatexStyle()))
    return _expression(value, LatexStyle(), free)


def _expression(value: Expr, style: Style, free: Sequence[Index] | None) -> str:
    return FormulaPrinter(style, names_for(value, free=free)).print(value)
