"""Applying the rules until nothing changes, and recording what changed."""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.expr import Definition, Equations, Expr, Fact, walk
from tensorcalc.expr.steps import Recorder
from tensorcalc.simplify.rules import BEFORE_DIFFERENTIATING, SimplificationRule, rules_with
from tensorcalc.simplify.terms import rewrite

__all__ = [
    "replaced",
    "simplify",
    "simplify_definition",
    "simplify_equations",
    "with_folded_functions",
]

#: Every rule removes a delta, an index, a factor or a term, or moves towards a flat form;
#: a formula that needs more rounds than this is a bug in a rule.
_ROUNDS = 50


def simplify(
    expr: Expr,
    facts: Sequence[Fact] = (),
    *,
    recorder: Recorder | None = None,
    target: Definition | None = None,
) -> Expr:
    """Return ``expr`` in normal form.

    Args:
        expr: Any expression.
        facts: Declared equations that may be used.
        recorder: Where to record each change, if given.
        target: The definition whose body ``expr`` is, for the record.
    """
    return _by_rules(expr, rules_with(facts), recorder, target)


def _by_rules(
    expr: Expr,
    rules: Sequence[SimplificationRule],
    recorder: Recorder | None,
    target: Definition | None,
) -> Expr:
    for _ in range(_ROUNDS):
        before = expr
        kinds = _kinds(expr)
        for rule in rules:
            if not rule.needs <= kinds:
                continue
            after = rewrite(expr, rule.apply)
            if after is expr:
                continue
            if recorder is not None and target is not None:
                recorder.record((rule.rule,), target.tensor, target.indices, expr, after)
            expr = after
            kinds = _kinds(expr)
        if expr is before:
            return expr
    raise AssertionError("simplification does not come to an end")


def _kinds(expr: Expr) -> frozenset[type]:
    return frozenset(type(node) for node in walk(expr))


def simplify_definition(
    definition: Definition, facts: Sequence[Fact] = (), recorder: Recorder | None = None
) -> Definition:
    """Return the definition with its body in normal form."""
    return replaced(
        definition, simplify(definition.body, facts, recorder=recorder, target=definition)
    )


def replaced(definition: Definition, body: Expr) -> Definition:
    """The definition with another body."""
    if body is definition.body:
        return definition
    return Definition(
        definition.tensor, definition.indices, body, definition.automatic, definition.starts
    )


def with_folded_functions(equations: Equations, recorder: Recorder | None = None) -> Equations:
    """Return the program with functions of functions written shorter, and nothing else done.

    Before differentiating, ``norm_i(r_i)**2`` becomes a sum of squares, ``log(softmax_i(z_i))``
    a ``log_softmax``, ``log(1 + exp(z))`` a ``softplus``: derivatives are shorter, and stable.
    """
    definitions = tuple(
        replaced(d, _by_rules(d.body, BEFORE_DIFFERENTIATING, recorder, d))
        for d in equations.definitions
    )
    if definitions == equations.definitions:
        return equations
    return Equations(
        equations.inputs, definitions, equations.outputs, equations.facts, equations.sizes
    )


def simplify_equations(equations: Equations, recorder: Recorder | None = None) -> Equations:
    """Return the program with every definition in normal form."""
    definitions = tuple(
        simplify_definition(d, equations.facts, recorder) for d in equations.definitions
    )
    return Equations(
        equations.inputs, definitions, equations.outputs, equations.facts, equations.sizes
    )
