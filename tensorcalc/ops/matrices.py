"""Functions of matrices. Their two bound indices are rows and columns, in this order."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tensorcalc.expr.build import add, contract, multiply, negate, number, transform
from tensorcalc.expr.indices import Index, fresh
from tensorcalc.expr.nodes import Condition, Expr, Slot, Transform
from tensorcalc.expr.operations import Functional, register
from tensorcalc.ops.across import derivative_slots, same_transform

__all__: list[str] = []

Value = Callable[[tuple[Slot, ...]], Expr]
HALF = number(Fraction(1, 2))


def _inv(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    """``∂(X⁻¹)_ij/∂X_pq = -(X⁻¹)_ip (X⁻¹)_qj``."""
    row, column = node.at
    p = Slot(inner[0], row.level.opposite)
    q = Slot(inner[1], column.level.opposite)
    return negate(multiply((value((row, p)), value((q, column)))))


def _transposed_inverse(node: Transform, inner: tuple[Index, ...]) -> Expr:
    p, q = derivative_slots(node.arguments[0], (), inner)
    return same_transform("inv", node, (q, p))


def _det(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    return multiply((value(()), _transposed_inverse(node, inner)))


def _logdet(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    return _transposed_inverse(node, inner)


def _cholesky(node: Transform, number: int, inner: tuple[Index, ...], value: Value) -> Expr:
    """``dL = L Φ(L⁻¹ dX L⁻ᵀ)``: Φ keeps the lower triangle and half of the diagonal.

    The matrix is symmetric, so the result is the symmetric part in its two slots.
    """
    row, column = node.at
    argument = node.arguments[0]
    p, q = derivative_slots(argument, node.at, inner)
    k = fresh(argument.bound[1], node.free | set(inner))
    factor = value((Slot(argument.bound[0], row.level), Slot(argument.bound[1], column.level)))

    def inverse(left: Slot, right: Slot) -> Expr:
        return transform("inv", [(argument.bound, factor)], (left, right))

    upper = Slot(k, row.level)
    across = Slot(column.index, row.level, column.edge)
    triangle = add(
        (
            Condition("<", column.index, k),
            multiply((HALF, Condition("==", column.index, k))),
        )
    )
    middle = add(
        (
            multiply((inverse(upper, p), inverse(across, q))),
            multiply((inverse(upper, q), inverse(across, p))),
        )
    )
    return contract((k,), multiply((HALF, value((row, Slot(k, column.level))), triangle, middle)))


register(
    Functional(
        name="inv",
        result="keep",
        bound=2,
        derivative=_inv,
        numpy="np.linalg.inv({0})",
        torch="torch.linalg.inv({0})",
        latex=r"\operatorname{{inv}}",
        domain="invertible matrices",
    )
)

register(
    Functional(
        name="det",
        result="drop",
        bound=2,
        derivative=_det,
        numpy="np.linalg.det({0})",
        torch="torch.linalg.det({0})",
        latex=r"\det",
        kinks="the derivative is written for invertible matrices",
    )
)

register(
    Functional(
        name="logdet",
        result="drop",
        bound=2,
        derivative=_logdet,
        numpy="_logdet({0})",
        torch="torch.logdet({0})",
        latex=r"\log\det",
        support=("_logdet",),
        domain="matrices of positive determinant",
    )
)

register(
    Functional(
        name="cholesky",
        result="keep",
        bound=2,
        derivative=_cholesky,
        numpy="np.linalg.cholesky({0})",
        torch="torch.linalg.cholesky({0})",
        latex=r"\operatorname{{cholesky}}",
        domain="symmetric positive definite matrices; the lower factor",
        analytic=False,
        source="Murray, Differentiation of the Cholesky decomposition, 2016",
    )
)
