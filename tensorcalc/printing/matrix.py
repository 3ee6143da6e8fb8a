"""Definitions in matrix notation, where they have such a form."""

from __future__ import annotations

from tensorcalc.expr import Definition
from tensorcalc.printing.matrix_printer import MatrixPrinter
from tensorcalc.printing.matrix_terms import matrix_of

__all__ = ["matrix_form"]


def matrix_form(definition: Definition, *, latex: bool = False) -> str | None:
    r"""Return the right side of ``definition`` in matrix notation, or None if it has none.

    A vector is a column, and the definition's first index is the row. ``1`` is the column of
    ones, ``I`` the identity, ``∘`` and ``⊘`` multiply and divide entries, ``x^∘3`` is a power
    of each entry, ``diag`` makes a matrix of a vector and takes the diagonal of a matrix, a
    function is applied to each entry unless it is one of a whole vector or matrix.

    There is no form for more than two indices, for components (``x_{0}``), shifted and
    looked-up indices, conditions, and for an index that joins factors in a way that no
    product of matrices does.

    Args:
        definition: What to print; levels of indices play no part.
        latex: LaTeX instead of text.

    Example:
        >>> from tensorcalc.expr import Tensor, Index, Level, access, contract, extent, multiply
        >>> i, j = Index("i", 0, extent("m")), Index("j", 0, extent("n"))
        >>> body = contract([i], multiply([access("A^i_j", i, j), access("x_i", i)]))
        >>> gradient = Definition(Tensor("g", (j.extent,), (Level.LOWER,)), (j,), body)
        >>> print(matrix_form(gradient))
        Aᵀ x
        >>> print(matrix_form(gradient, latex=True))
        A^{\top} x
    """
    if len(definition.indices) > 2 or definition.starts:
        return None
    row, column = (*definition.indices, None, None)[:2]
    found = matrix_of(definition.body, row, column)
    if found is None:
        return None
    names = {tensor.name for tensor in definition.reads}
    return MatrixPrinter(latex, "Id" if "I" in names else "I").print(found)
