"""Derived programs held against formulas by hand and against the oracle, in every mode."""

from __future__ import annotations

from collections.abc import Iterable

import tensorcalc as tc
from tensorcalc.expr import substitute
from tensorcalc.printing import to_text
from tensorcalc.simplify import same, simplify

__all__ = ["agrees", "is_by_hand", "passes"]

TOLERANCE = 1e-10


def passes(program: tc.Program, backends: Iterable[str] = ("numpy", "torch")) -> None:
    """Every output agrees with autograd, computed by both backends."""
    report = program.check()
    assert report.passed, f"{program}\n{report}"
    assert report.max_error <= TOLERANCE, str(report)
    assert report.oracle.startswith("torch autograd"), report.oracle
    checked = {(line.output, line.backend) for line in report.lines}
    assert checked == {(o, b) for o in program.outputs for b in backends}, str(report)


def agrees(
    source: str, of: str, wrt: Iterable[str], modes: Iterable[str], *, compiled: bool = True
) -> None:
    """Each of the modes agrees with autograd.

    Args:
        source: The program.
        of: What is differentiated.
        wrt: By what.
        modes: Names of methods of a program.
        compiled: False where a function has no definition, so that the formula itself is checked.
    """
    program = tc.parse(source)
    for mode in modes:
        derived = getattr(program, mode)(of, list(wrt))
        passes(derived, ("numpy", "torch") if compiled else ("formula",))


def is_by_hand(derived: tc.Program, name: str, wanted: str) -> None:
    """The definition ``name`` is ``wanted``, up to names of indices, levels and order of terms.

    Args:
        derived: A derived program.
        name: One of its definitions.
        wanted: ``R… = formula`` with the axes of the definition, in its names.
    """
    result = derived[name]
    left = wanted.split(" =")[0]
    extents = ", ".join(map(str, result.tensor.extents))
    declared = f"tensor {left} [{extents}]" if extents else ""
    hand = tc.parse("\n".join([str(derived), declared, wanted]))["R"]
    body = substitute(result.body, dict(zip(result.indices, hand.indices, strict=True)))
    left_side, right_side = simplify(body), simplify(hand.body)
    like = same(left_side, right_side) or to_text(left_side) == to_text(right_side)
    assert like, f"{name} of\n{derived}\nis not {wanted}"
