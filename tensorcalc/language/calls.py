"""Calls: which kind of function a name is, and the calls that are no functions."""

from __future__ import annotations

from tensorcalc.expr import (
    number,
)
from tensorcalc.expr.indices import Edge
from tensorcalc.language.across import visit_across
from tensorcalc.language.building import Builder
from tensorcalc.language.matrices import visit_matrix
from tensorcalc.language.names import (
    BIG_OPERATORS,
    EDGE_CALLS,
    INDEXED_FUNCTIONS,
    MATRIX_FUNCTIONS,
    POINTWISE_FUNCTIONS,
)
from tensorcalc.language.own import visit_own
from tensorcalc.language.parts import Part, Protected, Visit
from tensorcalc.language.pointwise import check_count, visit_abstract, visit_pointwise
from tensorcalc.language.symbols import slots_of
from tensorcalc.language.syntax import Call, Reference
from tensorcalc.language.vectors import visit_vector

__all__ = ["visit_call"]


__all__ = ["visit_call"]


def visit_call(builder: Builder, node: Call, protected: Protected) -> Part | Visit:
    """Return what a call stands for."""
    name = builder.symbols.function(node.name)
    if node.binders:
        return visit_across(builder, name, node, protected)
    if name in builder.symbols.functions:
        return visit_own(builder, builder.symbols.functions[name], node, protected)
    if name == "size" and not node.groups:
        return _size(builder, node)
    if name in MATRIX_FUNCTIONS:
        return visit_matrix(builder, name, node, protected)
    if name in EDGE_CALLS:
        return _edge(builder, name, node, protected)
    if name in POINTWISE_FUNCTIONS:
        return visit_pointwise(builder, POINTWISE_FUNCTIONS[name], node, protected)
    if name in INDEXED_FUNCTIONS or name in BIG_OPERATORS:
        return builder.error(
            "E107",
            f"{node.name} needs the index it runs over",
            node.name_span,
            f"write {node.name}_i(…)",
        )
    if node.groups:
        return visit_vector(builder, name, node, protected)
    return visit_abstract(builder, name, node, protected)


def _size(builder: Builder, node: Call) -> Part:
    if len(node.arguments) == 1 and not node.primes:
        argument = node.arguments[0]
        if isinstance(argument, Reference) and not argument.groups:
            builder.see(argument.name, argument.span)
            return Part(builder.size(builder.index(argument.name).extent), ())
    return builder.error("E304", "size takes the name of an index", node.span, "size(i)")


def _is_delta(builder: Builder, node: Reference) -> bool:
    return builder.symbols.kind(node.name, len(slots_of(node.groups))) == "delta"


def _holds_access(node: Call) -> bool:
    """Whether a call is one of the other rules at the edge, around an access."""
    return (
        node.name in EDGE_CALLS - {"zeropad"}
        and len(node.arguments) == 1
        and not node.groups
        and isinstance(node.arguments[0], Reference)
    )


def _edge(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    if not check_count(builder, node, 1):
        return Part(number(1), ())
    argument = node.arguments[0]
    beside: Edge | None = None
    if name == "zeropad" and isinstance(argument, Call) and _holds_access(argument):
        # zeropad(circular(x_{k+u}^k)): circular for k+u, and 0 where k leaves its slot.
        name, beside, argument = argument.name, Edge.ZERO, argument.arguments[0]
    if not isinstance(argument, Reference) or not argument.groups or node.groups:
        return builder.error(
            "E304", f"{name} takes one tensor with its indices", node.span, f"{name}(z^{{i-j}})"
        )
    before = builder.edge
    builder.edge, builder.beside = Edge(name), beside
    try:
        part = (
            builder.reference(argument)
            if _is_delta(builder, argument)
            else builder.access(argument)
        )
    finally:
        builder.edge, builder.beside = before, None
    yield from ()
    return part
