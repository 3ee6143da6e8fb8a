"""Linear systems: the columns of the right side as one axis, behind the batch axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tensorcalc.arrays.nodes import Array, Solve, Whole
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.dialect import Triangle
from tensorcalc.codegen.emitter import Emitter

__all__ = ["factored", "solve"]

EQUATIONS, UNKNOWNS = 0, 1


def solve(emitter: Emitter, node: Solve) -> Code:
    """The solution; its axes in memory are batch, unknowns, columns."""
    own, right_own = node.labels
    batch = [k for k in own if k not in (EQUATIONS, UNKNOWNS)]
    columns = [k for k in right_own if k != EQUATIONS and k not in batch]
    order = tuple(k - 1 for k in (*batch, UNKNOWNS, *columns))
    triangle = _triangle(node)
    shared, adjoint = node.matrix in emitter.factored and not triangle, False
    if shared:
        matrix, adjoint = _factors(emitter, node, batch)
    else:
        matrix = _arranged(emitter, node.matrix, own, [*batch, EQUATIONS, UNKNOWNS])
    right = _arranged(emitter, node.right, right_own, [*batch, EQUATIONS, *columns])

    def write(right: str) -> str:
        if shared:
            return f"torch.linalg.lu_solve({matrix}, {right}{', adjoint=True' * adjoint})"
        return emitter.dialect.solve(matrix, right, triangle)

    if len(columns) == 1:
        return Code(write(right), ATOM, order)
    if not columns:
        if not (batch or shared or (triangle and emitter.dialect.name == "torch")):
            return Code(write(right), ATOM, order)
        return Code(f"{write(f'{right}[..., None]')}[..., 0]", ATOM, order)
    sizes = [node.shape[k] for k in order]
    leading = [
        emitter.sizes.text(size) if k in right_own or k == UNKNOWNS else "1"
        for k, size in zip((*batch, UNKNOWNS), sizes, strict=False)
    ]
    flat = f"{right}.reshape({', '.join([*leading, '-1'])})"
    return Code(f"{write(flat)}.reshape({emitter.sizes.shape(sizes)})", ATOM, order)


def factored(nodes: Iterable[Array], backend: str) -> dict[Array, tuple[str, int] | None]:
    """The matrices that are factored once for several systems; NumPy has no such function."""
    systems = Counter(node.matrix for node in nodes if isinstance(node, Solve))
    return {m: None for m, count in systems.items() if count > 1 and backend == "torch"}


def _factors(emitter: Emitter, node: Solve, batch: Sequence[int]) -> tuple[str, bool]:
    """The factors of a matrix that several systems share, and whether this one transposes it."""
    own = node.labels[0]
    known = emitter.factored[node.matrix]
    if known is None:
        text = _arranged(emitter, node.matrix, own, [*batch, EQUATIONS, UNKNOWNS])
        names = f"{emitter.names.temporary()}, {emitter.names.temporary()}"
        emitter.line(f"{names} = torch.linalg.lu_factor({text})")
        known = emitter.factored[node.matrix] = names, own.index(EQUATIONS)
    return known[0], own.index(EQUATIONS) != known[1]


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
