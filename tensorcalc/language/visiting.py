"""Which file builds which kind of node: the one place where the builders meet."""

from __future__ import annotations

from typing import assert_never

from tensorcalc.language.building import Builder, Part, Visit
from tensorcalc.language.calls import visit_call
from tensorcalc.language.conditions import visit_condition
from tensorcalc.language.derivatives import visit_partial
from tensorcalc.language.syntax import Call, Iverson, Partial

__all__ = ["visit"]


def visit(
    builder: Builder, node: Call | Iverson | Partial, protected: frozenset[str]
) -> Part | Visit:
    """Build a call, a condition or a derivative."""
    match node:
        case Call():
            return visit_call(builder, node, protected)
        case Iverson(_, body):
            return visit_condition(builder, body, protected)
        case Partial():
            return visit_partial(builder, node, protected)
        case _:
            assert_never(node)
