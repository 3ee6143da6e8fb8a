"""Derivatives that stand inside formulas (a contractive penalty) are carried out first."""

from __future__ import annotations

from tensorcalc.calculus.rules import carry_out
from tensorcalc.calculus.split import KNOWN, KnownValues
from tensorcalc.expr import Definition, Derivative, Equations, walk
from tensorcalc.expr.steps import Recorder, Rule
from tensorcalc.simplify import replaced, simplify

__all__ = ["carried_out"]

INNER = Rule("derivative in the formula carried out")


def carried_out(equations: Equations, recorder: Recorder | None = None) -> Equations:
    """Return the program without ``Derivative`` nodes; one without any is returned as it is."""
    definitions: tuple[Definition, ...] = ()
    for definition in equations.definitions:
        definitions += (_carried_out(definition, definitions, equations, recorder),)
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
) -> Definition:
    if not any(isinstance(node, Derivative) for node in walk(definition.body)):
        return definition
    body = carry_out(definition.body)
    if recorder is not None:
        tensor, indices = definition.tensor, definition.indices
        recorder.record((INNER,), tensor, indices, definition.body, body)
    named = KnownValues(before)(body)
    if recorder is not None and named is not body:
        recorder.record((KNOWN,), definition.tensor, definition.indices, body, named)
    body = simplify(named, equations.facts, recorder=recorder, target=definition)
    return replaced(definition, body)
