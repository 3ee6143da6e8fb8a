"""Linear systems: the columns of the right side as one axis, behind the batch axes."""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.arrays.nodes import Array, Solve, Whole
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.dialect import Triangle
from tensorcalc.codegen.emitter import Emitter

__all__ = ["solve"]

EQUATIONS, UNKNOWNS = 0, 1


def solve(emitter: Emitter, node: Solve) -> Code:
    """The solution; its axes in memory are batch, unknowns, columns."""
    own, right_own = node.labels
    batch = [k for k in own if k not in (EQUATIONS, UNKNOWNS)]
    columns = [k for k in right_own if k != EQUATIONS and k not in batch]
    order = tuple(k - 1 for k in (*batch, UNKNOWNS, *columns))
    triangle = _triangle(node)
    matrix = _arranged(emitter, node.matrix, own, [*batch, EQUATIONS, UNKNOWNS])
    right = _arranged(emitter, node.right, right_own, [*batch, EQUATIONS, *columns])
    write = emitter.dialect.solve
    if len(columns) == 1:
        return Code(write(matrix, right, triangle), ATOM, order)
    if not columns:
        if not batch and not (triangle and emitter.dialect.name == "torch"):
            return Code(write(matrix, right, triangle), ATOM, order)
        return Code(f"{write(matrix, f'{right}[..., None]', triangle)}[..., 0]", ATOM, order)
    sizes = [node.shape[k] for k in order]
    leading = [
        emitter.sizes.text(size) if k in right_own or k == UNKNOWNS else "1"
        for k, size in zip((*batch, UNKNOWNS), sizes, strict=False)
    ]
    flat = f"{right}.reshape({', '.join([*leading, '-1'])})"
    solved = write(matrix, flat, triangle)
    return Code(f"{solved}.reshape({emitter.sizes.shape(sizes)})", ATOM, order)


def _arranged(emitter: Emitter, array: Array, own: Sequence[int], target: Sequence[int]) -> str:
    """An array with exactly the axes ``target``; a batch axis it lacks has length 1.

    Without that axis, Torch would take some matrices for batches of vectors.
    """
    code = emitter.aligned(emitter.real(emitter.code[array]), own, target)
    first = next(n for n, k in enumerate(target) if k in own)
    text = code.at_most(ATOM)
    return f"{text}[{', '.join(['None'] * first)}]" if first else text


def _triangle(node: Solve) -> Triangle | None:
    """Which half of the matrix is not 0, read with the equations as its rows."""
    own = node.labels[0]
    if not isinstance(node.matrix, Whole) or node.matrix.operation.name != "cholesky":
        return None
    return "lower" if own.index(EQUATIONS) < own.index(UNKNOWNS) else "upper"
