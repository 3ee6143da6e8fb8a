"""From equations to a kernel: readable NumPy or Torch source, compiled.

Example:
    >>> from tensorcalc.expr import Definition, Equations, Index, Level, Tensor
    >>> from tensorcalc.expr import at_indices, contract, extent, multiply
    >>> n, m = extent("n"), extent("m")
    >>> i, j = Index("i", 0, n), Index("j", 0, m)
    >>> A = Tensor("A", (n, m), (Level.UPPER, Level.LOWER))
    >>> y = Tensor("y", (m,), (Level.UPPER,))
    >>> z = Tensor("z", (n,), (Level.UPPER,))
    >>> body = contract([j], multiply([at_indices(A, [i, j]), at_indices(y, [j])]))
    >>> kernel = compile_equations(
    ...     Equations((A, y), (Definition(z, (i,), body),), ("z",)), "numpy")
    >>> kernel(A=[[1.0, 2.0], [3.0, 4.0]], y=[1.0, 10.0])
    array([21., 43.])
"""

from __future__ import annotations

from collections.abc import Mapping

from tensorcalc.arrays import lower
from tensorcalc.codegen.dialect import Backend
from tensorcalc.codegen.generate import generate
from tensorcalc.codegen.kernel import Kernel, Signature
from tensorcalc.expr import Equations
from tensorcalc.plan import order
from tensorcalc.printing import to_text

__all__ = ["Backend", "Kernel", "compile_equations"]


def compile_equations(
    equations: Equations, backend: Backend, *, sizes: Mapping[str, int] | None = None
) -> Kernel:
    """Compile what the outputs of ``equations`` need.

    Args:
        equations: A program; its outputs are the kernel's.
        backend: ``"numpy"`` or ``"torch"``.
        sizes: Extents by name, for the choice of order (the kernel still takes any), and for
            sizes that no array fixes.

    Raises:
        NotCompilableError: An abstract function or an open derivative is needed, or
            nothing fixes a size.
    """
    given = {**dict(equations.sizes), **(sizes or {})}
    ordered = order(lower(equations), given)
    generated = generate(ordered, equations, backend, given, _description(equations))
    signature = Signature(
        equations.inputs,
        generated.inputs,
        generated.outputs,
        generated.labels,
        generated.rooms,
        tuple({**dict(equations.sizes), **dict(generated.fixed)}.items()),
    )
    return Kernel(generated.source, ordered.plan, backend, signature)


def _description(equations: Equations) -> str:
    """The formulas, for the kernel's docstring."""
    needed = equations.needed_for(equations.outputs)
    if len(needed.definitions) > 40:
        return f"{len(needed.definitions)} definitions for {', '.join(needed.outputs)}."
    return to_text(needed, declarations=False)
