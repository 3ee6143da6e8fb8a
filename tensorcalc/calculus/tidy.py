"""Putting definitions that are read once back where they are read.

A Jacobian is a product of local Jacobians: put together, so that the planner may order the
whole of it. Adjoints of a back-propagation keep their names, as people write them,
unless putting one back makes the formula shorter (softmax with cross-entropy: ``p - t``).
"""

from __future__ import annotations

from collections.abc import Collection

from tensorcalc.calculus.split import count_reads, inline
from tensorcalc.expr import (
    Access,
    Apply,
    Definition,
    Delta,
    Equations,
    Expr,
    Number,
    Sum,
    Tensor,
    Transform,
    children,
    walk,
)
from tensorcalc.expr.steps import Recorder, Rule
from tensorcalc.simplify import KnownFacts, replaced, simplify, weight
from tensorcalc.simplify.terms import term_of

__all__ = ["tidy"]

SUBSTITUTED = Rule("definition substituted")

#: A local Jacobian no longer than this is written out wherever it is read.
_SHORT = 12


def tidy(
    equations: Equations,
    derived: Collection[str],
    *,
    together: bool,
    recorder: Recorder | None = None,
) -> Equations:
    """Return the program with definitions read once put back.

    Args:
        equations: A derived program.
        derived: The names that differentiation has made.
        together: Put every derived definition that is read once back (a Jacobian), rather
            than only where that is shorter (a gradient).
        recorder: Where substitutions are recorded.
    """
    equations = equations.needed_for(equations.outputs)
    reads = _total_reads(equations)
    readers = equations.readers()
    facts = KnownFacts(equations)
    outputs = set(equations.outputs)
    put_back: dict[Tensor, Definition] = {}
    optional: dict[Tensor, Definition] = {}
    result: list[Definition] = []
    for definition in equations.definitions:
        definition = _put_back(definition, put_back, optional, facts, recorder)
        tensor = definition.tensor
        once = reads.get(tensor, 0) <= 1
        short = not isinstance(definition.body, Sum) and weight(definition.body) <= _SHORT
        if definition.name in outputs:
            result.append(definition)
        elif definition.name in derived:
            trivial = isinstance(definition.body, Number)
            if trivial or (together and (once or short or _is_diagonal(definition.body))):
                put_back[tensor] = definition
            else:
                if readers.get(definition.name, 0) <= 1:
                    optional[tensor] = definition
                result.append(definition)
        elif definition.automatic and once and not _inside_function(equations, tensor):
            put_back[tensor] = definition
        else:
            result.append(definition)
    tidied = Equations(
        equations.inputs, tuple(result), equations.outputs, equations.facts, equations.sizes
    )
    return tidied.needed_for(tidied.outputs)


def _is_diagonal(body: Expr) -> bool:
    """Whether every term holds a delta of its own indices: a dense copy would be mostly zeros."""
    terms = body.terms if isinstance(body, Sum) else (body,)
    return all(any(isinstance(f, Delta) for f in term_of(t).factors) for t in terms)


def _put_back(
    definition: Definition,
    put_back: dict[Tensor, Definition],
    optional: dict[Tensor, Definition],
    facts: KnownFacts,
    recorder: Recorder | None,
) -> Definition:
    must = {t: d for t, d in put_back.items() if t in definition.reads}
    body = definition.body
    if must:
        body = _substituted(definition, body, must, facts, recorder)
    may = {t: d for t, d in optional.items() if t in definition.reads}
    if may:
        together = inline(body, may)
        trial = simplify(together, facts.about(together))
        apart = weight(body) + sum(weight(d.body) for d in may.values())
        if weight(trial) < apart - len(may) and weight(trial) <= weight(body):
            body = _substituted(definition, body, may, facts, recorder)
    return replaced(definition, body)


def _substituted(
    definition: Definition,
    body: Expr,
    replaced: dict[Tensor, Definition],
    facts: KnownFacts,
    recorder: Recorder | None,
) -> Expr:
    new = inline(body, replaced)
    if recorder is not None:
        recorder.record((SUBSTITUTED,), definition.tensor, definition.indices, body, new)
    return simplify(new, facts.about(new), recorder=recorder, target=definition)


def _total_reads(equations: Equations) -> dict[Tensor, int]:
    total: dict[Tensor, int] = {}
    for definition in equations.definitions:
        for tensor, places in count_reads(definition.body).items():
            total[tensor] = total.get(tensor, 0) + places
    return total


def _inside_function(equations: Equations, tensor: Tensor) -> bool:
    """Whether the one place that reads ``tensor`` is inside a function's argument."""
    for definition in equations.definitions:
        if tensor not in definition.reads:
            continue
        for node in walk(definition.body):
            if isinstance(node, Apply | Transform) and any(
                isinstance(inner, Access) and inner.tensor is tensor
                for part in children(node)
                for inner in walk(part)
            ):
                return True
    return False
