"""Derivatives that stand inside formulas (a contractive penalty) are carried out first."""

from __future__ import annotations

from collections.abc import Collection

from tensorcalc.calculus.rules import carry_out
from tensorcalc.calculus.split import KNOWN, KnownValues
from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import Definition, Derivative, Equations, Tensor, accesses, walk
from tensorcalc.expr.steps import Recorder, Rule
from tensorcalc.simplify import replaced, simplify

__all__ = ["carried_out"]

INNER = Rule("derivative in the formula carried out")


def carried_out(
    equations: Equations, recorder: Recorder | None = None, by: Collection[str] = ()
) -> Equations:
    """Return the program without ``Derivative`` nodes; one without any is returned as it is.

    Args:
        equations: A program.
        recorder: Where to record each change, if given.
        by: Names by which the result will be differentiated: a value is not written by such a
            name, nor is a fact about it used, since both hold at a point only.

    Raises:
        NotDifferentiableError: A derivative in a formula is to be differentiated by a mask.
    """
    tensors = (*equations.inputs, *(d.tensor for d in equations.definitions))
    free = [t for t in tensors if t.name in by]
    definitions: tuple[Definition, ...] = ()
    for definition in equations.definitions:
        definitions += (_carried_out(definition, definitions, equations, recorder, free),)
    if definitions == equations.definitions:
        return equations
    return Equations(
        equations.inputs, definitions, equations.outputs, equations.facts, equations.sizes
    )


def _carried_out(
    definition: Definition,
    before: tuple[Definition, ...],
    equations: Equations,
    recorder: Recorder | None,
    free: Collection[Tensor],
) -> Definition:
    if not any(isinstance(node, Derivative) for node in walk(definition.body)):
        return definition
    mask = next((t for t in free if "mask" in t.facts and t in definition.reads), None)
    if mask is not None:
        raise NotDifferentiableError(
            f"{mask.name} is declared a mask, 0 or 1: there is no second derivative by it"
        )
    body = carry_out(definition.body)
    if recorder is not None:
        tensor, indices = definition.tensor, definition.indices
        recorder.record((INNER,), tensor, indices, definition.body, body)
    named = KnownValues(before, free)(body)
    if recorder is not None and named is not body:
        recorder.record((KNOWN,), definition.tensor, definition.indices, body, named)
    facts = [f for f in equations.facts if not any(a.tensor in free for a in accesses(f.left))]
    body = simplify(named, facts, recorder=recorder, target=definition)
    return replaced(definition, body)
