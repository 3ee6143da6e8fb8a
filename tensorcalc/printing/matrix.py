"""Definitions in matrix notation, where they have such a form."""

from __future__ import annotations

from tensorcalc.expr import Definition
from tensorcalc.printing.matrix_kronecker import kronecker_of
from tensorcalc.printing.matrix_printer import MatrixPrinter
from tensorcalc.printing.matrix_terms import matrix_of
from tensorcalc.printing.matrix_tree import Add, Commutation, MatMul, Matrix, Scale

__all__ = ["COMMUTATION", "matrix_form", "vector_form"]

#: What ``vec(Xᵀ) = K vec(X)`` is called in text.
COMMUTATION = "K"


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
    return _printer(definition, latex).print(found)


def vector_form(definition: Definition, rows: int, *, latex: bool = False) -> str | None:
    r"""Return a Jacobian of three or four indices as a matrix of vectors, or None.

    A matrix is read as the vector of its columns, one below the other: of ``Y = A X B``, the
    Jacobian ``∂vec(Y)/∂vec(X)ᵀ`` is ``Bᵀ ⊗ A``. Where the columns of one and the rows of the
    other belong together, ``K`` takes ``vec(X)`` to ``vec(Xᵀ)``.

    Args:
        definition: A derivative; its first indices are those of what is differentiated.
        rows: How many those are; the others are those of the variable.
        latex: LaTeX instead of text.

    Returns:
        The matrix, and behind it what ``vec`` and ``K`` mean.

    Example:
        >>> from tensorcalc.expr import Tensor, Index, Level, access, extent, multiply
        >>> i, j, k, l = (Index(name, 0, extent(f"n_{name}")) for name in "ijkl")
        >>> body = multiply([access("A^i_j", i, k), access("B^i_j", l, j)])
        >>> extents, levels = tuple(x.extent for x in (i, j, k, l)), (Level.UPPER,) * 4
        >>> print(vector_form(Definition(Tensor("J", extents, levels), (i, j, k, l), body), 2))
        Bᵀ ⊗ A  (vec stacks columns)
    """
    count = len(definition.indices)
    if not 2 < count < 5 or not count - 2 <= rows <= 2 or definition.starts:
        return None
    found = kronecker_of(definition.body, definition.indices[:rows], definition.indices[rows:])
    if found is None:
        return None
    printer = _printer(definition, latex)
    words = "vec stacks columns"
    if _commutes(found):
        turned = printer.print(Commutation())
        words += (
            rf"; ${turned}\,$vec(X) = vec(X$^\top$)" if latex else f"; {turned} vec(X) = vec(Xᵀ)"
        )
    text = printer.print(found)
    return rf"{text} \quad \text{{({words})}}" if latex else f"{text}  ({words})"


def _commutes(matrix: Matrix) -> bool:
    match matrix:
        case Commutation():
            return True
        case Add(parts) | MatMul(parts):
            return any(map(_commutes, parts))
        case Scale(_, _, body) if body is not None:
            return _commutes(body)
        case _:
            return False


def _printer(definition: Definition, latex: bool) -> MatrixPrinter:
    names = {tensor.name for tensor in definition.reads}
    commutation = "K_vec" if COMMUTATION in names else COMMUTATION
    return MatrixPrinter(latex, "Id" if "I" in names else "I", commutation)
