"""Every output as one formula: intermediate definitions put into their readers."""

from __future__ import annotations

from collections.abc import Collection

from tensorcalc.calculus.split import inline
from tensorcalc.expr import Definition, Equations, Tensor
from tensorcalc.simplify import KnownFacts, replaced, simplify

__all__ = ["written_out"]


def written_out(equations: Equations, keep: Collection[str] = ()) -> Equations:
    """Return the program with definitions put into their readers.

    Args:
        equations: The program. Recurrences, what they read, and labels stay definitions.
        keep: Names that stay.
    """
    facts = KnownFacts(equations)
    stays = {*keep, *equations.outputs}
    put_in: dict[Tensor, Definition] = {}
    result: list[Definition] = []
    for definition in equations.definitions:
        inside = {t: put_in[t] for t in definition.reads if t in put_in}
        if inside:
            body = inline(definition.body, inside)
            definition = replaced(definition, simplify(body, facts.about(body)))
        recurrent = definition.starts or definition.tensor in definition.reads
        if definition.name in stays or recurrent or definition.tensor.domain == "integer":
            result.append(definition)
        else:
            put_in[definition.tensor] = definition
    whole = Equations(
        equations.inputs, tuple(result), equations.outputs, equations.facts, equations.sizes
    )
    return whole.needed_for(whole.outputs)
