"""Derivatives written inside expressions: ``d(L)/d(A^p_q)``.

They stay ``Derivative`` nodes, to be carried out later. A definition read inside the body is
put in its place where it depends on the variable, so that the derivative is the total one.
"""

from __future__ import annotations

from collections.abc import Mapping

from tensorcalc.expr import (
    ZERO,
    Access,
    Contraction,
    Definition,
    Delta,
    Derivative,
    Expr,
    Index,
    Slot,
    Sum,
    Tensor,
    Transform,
    accesses,
    add,
    all_indices,
    contract,
    fold,
    fresh,
    multiply,
    rebuild,
    rename_bound,
    substitute,
    walk,
)
from tensorcalc.language.building import Builder, Part, Use, Visit
from tensorcalc.language.symbols import TensorSymbol
from tensorcalc.language.syntax import Group, Partial, Plain, Reference

__all__ = ["inline_below_derivatives", "visit_partial"]


def visit_partial(builder: Builder, node: Partial, protected: frozenset[str]) -> Visit:
    """Return the derivative, not carried out; its slots stand on the opposite levels."""
    builder.program.has_derivatives = True
    part = builder.close((yield node.body, protected), protected)
    wrt = node.wrt
    if not isinstance(wrt, Reference):
        return builder.error(
            "E307", "a derivative is taken by one tensor with its indices", wrt.span, "d(f)/d(x^i)"
        )
    symbol = builder.symbols.tensors.get(wrt.name)
    if symbol is None:
        hint = builder.symbols.suggestion(wrt.name)
        return builder.error("E303", f"{wrt.name} is not known", wrt.span, hint)
    if symbol.integer:
        return builder.error("E307", f"{wrt.name} holds integers", wrt.span)
    if symbol.rank and not wrt.groups:
        named = _with_indices(builder, wrt, symbol, part)
        if named is None:
            spelled = f"{wrt.name}{_example(symbol)}"
            return builder.error(
                "E208",
                f"the derivative by {wrt.name} has {symbol.rank} more "
                f"{'index' if symbol.rank == 1 else 'indices'}, and it is not clear which",
                wrt.span,
                f"write them at the variable: d(…)/d({spelled})",
            )
        wrt = named
    found = builder.access(wrt)
    access = found.expr
    if not isinstance(access, Access):
        return found
    # Indices that nobody wrote stand on no level that could be wrong.
    levels = builder.strict or not builder.left_names or wrt is node.wrt
    uses = tuple(
        Use(u.name, u.span, u.level.opposite if levels and u.level else None, u.below)
        for u in found.uses
    )
    return Part(_component(part.expr, access), (*part.uses, *uses))


def _example(symbol: TensorSymbol) -> str:
    """Indices for a tensor, to show how it is written."""
    letters = [chr(ord("i") + n) for n in range(symbol.rank)]
    return "".join(
        f"{'^' if upper else '_'}{letter}"
        for upper, letter in zip(symbol.levels or (), letters, strict=True)
    )


def _with_indices(
    builder: Builder, variable: Reference, symbol: TensorSymbol, body: Part
) -> Reference | None:
    """``d(L)/d(A)``: the variable with the left side's other indices, if they are as many.

    A derivative that stands alone, without a left side, has new ones.
    """
    used = {u.name for u in body.uses}
    names = [n for n in builder.left_names if n not in used]
    if builder.free is None and builder.alone:
        names = [builder.new_name() for _ in range(symbol.rank)]
    if len(names) != symbol.rank:
        return None
    span = variable.span
    groups = tuple(
        Group(span, upper, (Plain(span, name),))
        for upper, name in zip(symbol.levels or (), names, strict=True)
    )
    return Reference(span, variable.name, groups)


def _component(body: Expr, at: Access) -> Expr:
    """``∂body/∂at``.

    A slot whose index is open in the body too, or is no plain index, gets an index of its own
    and a delta; indices that the body binds make way.
    """
    body = _making_way(body, at.free - body.free)
    taken: set[Index] = set(all_indices(body))
    slots: list[Slot] = []
    bound: list[Index] = []
    deltas: list[Expr] = []
    for slot, length in zip(at.slots, at.tensor.extents, strict=True):
        index = slot.index
        if isinstance(index, Index) and index not in taken:
            taken.add(index)
            slots.append(slot)
            continue
        name = index.name if isinstance(index, Index) else "i"
        own = fresh(Index(name, 1, length), taken)
        taken.add(own)
        bound.append(own)
        slots.append(Slot(own, slot.level))
        deltas.append(Delta(Slot(own, slot.level), Slot(index, slot.level.opposite, slot.edge)))
    derivative = Derivative(body, Access(at.tensor, tuple(slots)))
    return contract(bound, multiply((*deltas, derivative)))


def _making_way(body: Expr, named: frozenset[Index]) -> Expr:
    """The body with other names for what it binds under one of these."""
    everything = all_indices(body)
    if not named & everything:
        return body
    avoid = named | everything

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        node = rebuild(node, parts)
        bound: set[Index] = set()
        if isinstance(node, Contraction):
            bound.update(node.bound)
        elif isinstance(node, Transform):
            bound.update(i for a in node.arguments for i in a.bound)
        return rename_bound(node, avoid) if bound & named else node

    return fold(body, rule)


def inline_below_derivatives(
    body: Expr, definitions: Mapping[Tensor, Definition]
) -> tuple[Expr, list[Tensor]]:
    """Put definitions in their place inside derivatives, as far as they read the variable.

    Returns:
        The expression, and the variables that no derivative's body depends on.
    """
    if not any(isinstance(node, Derivative) for node in walk(body)):
        return body, []
    without: list[Tensor] = []

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        if isinstance(node, Sum):
            return add(parts)
        if not isinstance(node, Derivative):
            return rebuild(node, parts)
        variable = node.wrt.tensor
        inlined = _inline(parts[0], variable, definitions)
        if not any(a.tensor is variable for a in accesses(inlined)):
            without.append(variable)
            return ZERO
        return _component(inlined, node.wrt)

    return fold(body, rule), without


def _inline(body: Expr, variable: Tensor, definitions: Mapping[Tensor, Definition]) -> Expr:
    dependent = _dependent(body, variable, definitions)

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        node = rebuild(node, parts)
        if isinstance(node, Access) and node.tensor in dependent:
            definition = definitions[node.tensor]
            inner = inlined[node.tensor]
            by = dict(zip(definition.indices, (s.index for s in node.slots), strict=True))
            return substitute(inner, by)
        return node

    inlined: dict[Tensor, Expr] = {}
    for tensor in dependent:
        inlined[tensor] = fold(definitions[tensor].body, rule)
    return fold(body, rule)


def _dependent(
    body: Expr, variable: Tensor, definitions: Mapping[Tensor, Definition]
) -> list[Tensor]:
    """The definitions read by ``body`` that depend on ``variable``, the first ones first."""
    done: dict[Tensor, bool] = {}
    order: list[Tensor] = []
    stack = [a.tensor for a in accesses(body)]
    while stack:
        tensor = stack[-1]
        if tensor in done:
            stack.pop()
            continue
        if tensor is variable or tensor not in definitions or tensor.domain == "integer":
            done[tensor] = tensor is variable
            stack.pop()
            continue
        reads = sorted(definitions[tensor].reads, key=lambda t: t.name)
        waiting = [t for t in reads if t not in done and t is not tensor]
        if waiting:
            stack.extend(waiting)
            continue
        done[tensor] = any(done.get(t, False) for t in reads)
        if done[tensor]:
            order.append(tensor)
        stack.pop()
    return order
