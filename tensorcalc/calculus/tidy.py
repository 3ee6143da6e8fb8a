"""Putting definitions that are read once back where they are read.

A Jacobian is a product of local Jacobians: put together, so that the planner may order the
whole of it. Adjoints of a back-propagation keep their names, as people write them,
unless putting one back makes the formula shorter (softmax with cross-entropy: ``p - t``).
"""

from __future__ import annotations

from collections.abc import Collection

from tensorcalc.calculus.recurrences import kept_by_recurrences
from tensorcalc.calculus.split import count_reads, inline
from tensorcalc.expr import (
    Access,
    Apply,
    Definition,
    Delta,
    Equations,
    Expr,
    Number,
    Pointwise,
    Sum,
    Tensor,
    Transform,
    children,
    is_zero,
    walk,
)
from tensorcalc.expr.steps import Recorder, Rule
from tensorcalc.simplify import KnownFacts, replaced, simplify, weight
from tensorcalc.simplify.terms import term_of

__all__ = ["tidy"]

SUBSTITUTED = Rule("definition substituted")

#: A local Jacobian no longer than this is written out wherever it is read.
_SHORT = 12

#: Formulas longer than this are not put together to see whether everything cancels.
_EXPANDED = 60
#: Nor is what is farther than this from a tensor that a fact is about.
_NEAR = 2


def tidy(
    equations: Equations,
    derived: Collection[str],
    *,
    together: bool,
    recorder: Recorder | None = None,
    free: Collection[Tensor] = (),
) -> Equations:
    """Return the program with definitions read once put back.

    Args:
        equations: A derived program.
        derived: The names that differentiation has made.
        together: Put every derived definition that is read once back (a Jacobian), rather
            than only where that is shorter (a gradient).
        recorder: Where substitutions are recorded.
        free: Tensors by which the result will be differentiated again: facts about them are
            not used.
    """
    equations = equations.needed_for(equations.outputs)
    reads = _total_reads(equations)
    readers = equations.readers()
    substitution = _Substitution(KnownFacts(equations, free), recorder)
    outputs = set(equations.outputs)
    kept = kept_by_recurrences(equations)
    result: list[Definition] = []
    for definition in equations.definitions:
        definition = substitution.apply(definition, is_output=definition.name in outputs)
        tensor = definition.tensor
        once = reads.get(tensor, 0) <= 1
        short = not isinstance(definition.body, Sum) and weight(definition.body) <= _SHORT
        if definition.name in derived and tensor not in kept:
            substitution.expand(definition)
        if definition.name in outputs or tensor in kept:
            result.append(definition)
        elif definition.name in derived:
            trivial = isinstance(definition.body, Number)
            if trivial or (together and (once or short or _is_diagonal(definition.body))):
                substitution.put_back[tensor] = definition
            else:
                if readers.get(definition.name, 0) <= 1:
                    substitution.optional[tensor] = definition
                result.append(definition)
        elif definition.automatic and once and not _inside_function(equations, tensor):
            substitution.put_back[tensor] = definition
        else:
            result.append(definition)
    tidied = Equations(
        equations.inputs, tuple(result), equations.outputs, equations.facts, equations.sizes
    )
    return tidied.needed_for(tidied.outputs)


class _Substitution:
    """What is put back into its readers: always, or where that is shorter.

    Attributes:
        put_back: Definitions that vanish.
        optional: Definitions with one reader, put back where the formula gets shorter.
    """

    def __init__(self, facts: KnownFacts, recorder: Recorder | None) -> None:
        self.put_back: dict[Tensor, Definition] = {}
        self.optional: dict[Tensor, Definition] = {}
        self._expanded: dict[Tensor, Definition] = {}
        self._far: dict[Tensor, int] = {}
        self._facts = facts
        self._recorder = recorder

    def apply(self, definition: Definition, *, is_output: bool) -> Definition:
        """Return the definition with what it reads put back."""
        must = _read_by(definition, self.put_back)
        body = definition.body
        if must:
            body = self._record(definition, body, inline(body, must))
        may = _read_by(definition, self.optional)
        if may and is_output and isinstance(body, Access):
            # The one reader is only another name.
            body = self._record(definition, body, inline(body, may))
        elif may and any(_divides(d.body) for d in may.values()):
            joined = inline(body, may)
            trial = self._simplified(joined)
            apart = weight(body) + sum(weight(d.body) for d in may.values())
            if weight(trial) < apart - len(may) and weight(trial) <= weight(body):
                body = self._record(definition, body, joined)
        if is_output:
            body = self._zero_if_all_cancels(definition, body)
        return replaced(definition, body)

    def expand(self, definition: Definition) -> None:
        """Remember the body with what is near a fact put back, if that stays short.

        Near is what reads a tensor that a fact is about, and what reads that, `_NEAR` times:
        farther off other parts of the program come in, and all of them do not cancel.
        """
        if not self._facts.any:
            return
        direct = bool(self._facts.about(definition.body))
        limit = 0 if direct else _NEAR - 1
        inside = {
            t: d for t, d in _read_by(definition, self._expanded).items() if self._far[t] <= limit
        }
        if not direct and not inside:
            return
        body = inline(definition.body, inside)
        if weight(body) <= _EXPANDED:
            self._expanded[definition.tensor] = replaced(definition, body)
            far = 0 if direct else 1 + max(self._far[t] for t in inside)
            self._far[definition.tensor] = far

    def _zero_if_all_cancels(self, definition: Definition, body: Expr) -> Expr:
        """The gradient by a bias of attention's keys is 0, which no single adjoint shows."""
        inside = _read_by(definition, self._expanded)
        if not inside or not term_of(body).bound or weight(body) > 1:
            return body  # a fact only bites where nothing else carries the summed index
        whole = inline(body, inside)
        if weight(whole) > _EXPANDED or not term_of(whole).bound:
            return body
        if not self._facts.bite(whole):
            return body
        if not is_zero(self._simplified(whole)):
            return body
        return self._record(definition, body, whole)

    def _simplified(self, body: Expr) -> Expr:
        return simplify(body, self._facts.about(body))

    def _record(self, definition: Definition, before: Expr, after: Expr) -> Expr:
        recorder = self._recorder
        if recorder is not None:
            recorder.record((SUBSTITUTED,), definition.tensor, definition.indices, before, after)
        facts = self._facts.about(after)
        return simplify(after, facts, recorder=recorder, target=definition)


def _divides(expr: Expr) -> bool:
    """Whether there is a denominator that another factor might cancel."""
    return any(
        isinstance(node, Apply)
        and isinstance(node.operation, Pointwise)
        and node.operation.name == "pow"
        and isinstance(node.arguments[1], Number)
        and node.arguments[1].value < 0
        for node in walk(expr)
    )


def _read_by(
    definition: Definition, definitions: dict[Tensor, Definition]
) -> dict[Tensor, Definition]:
    return {t: definitions[t] for t in definition.reads if t in definitions}


def _is_diagonal(body: Expr) -> bool:
    """Whether every term holds a delta of its own indices: a dense copy would be mostly zeros."""
    terms = body.terms if isinstance(body, Sum) else (body,)
    return all(any(isinstance(f, Delta) for f in term_of(t).factors) for t in terms)


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
