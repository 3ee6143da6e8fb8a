"""Equations as they are going to be written.

Indices are raised and lowered: with a declared metric, ``g_{ij} x^j`` is printed ``x_i``. And no
index is bound by two sums: a reader tells them apart by their names.
"""

from __future__ import annotations

from collections.abc import Iterable

from tensorcalc.expr import (
    Access,
    Argument,
    Contraction,
    Definition,
    Equations,
    Expr,
    Fact,
    Functional,
    Index,
    Level,
    Product,
    Slot,
    Start,
    Tensor,
    Transform,
    contract,
    fold,
    multiply,
    rebuild,
    rename_bound,
)
from tensorcalc.printing.names import scopes

__all__ = ["as_written"]


def as_written(equations: Equations) -> Equations:
    """The equations with components on other levels in place of products with the metric.

    Only for printing: under the declared metric a reader puts the factors back. Without one, a
    component whose levels are its tensor's in another order would be read by position, so it
    is written on its tensor's levels. Each sum has indices of its own, as after reading.
    """
    metric = equations.tensor(equations.metric) if equations.metric else None
    definitions = tuple(
        Definition(
            d.tensor,
            d.indices,
            _apart(_moved(d.body, metric), d.indices),
            d.automatic,
            tuple(
                Start(s.slot, s.component, s.indices, _apart(_moved(s.body, metric), s.indices))
                for s in d.starts
            ),
        )
        for d in equations.definitions
    )
    facts = tuple(
        Fact(f.indices, _moved(f.left, metric), _moved(f.right, metric)) for f in equations.facts
    )
    return Equations(
        equations.inputs, definitions, equations.outputs, facts, equations.sizes, equations.metric
    )


def _moved(expr: Expr, metric: Tensor | None) -> Expr:
    if metric is None:
        return fold(expr, lambda node, parts: _in_order(rebuild(node, parts)))

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        node = rebuild(node, parts)
        match node:
            case Transform(Functional(name="inv"), (Argument(_, Access(tensor)),), slots) if (
                tensor is metric and all(s.level is Level.UPPER for s in slots)
            ):
                return Access(metric, slots)
            case _:
                pass
        while isinstance(node, Contraction) and isinstance(node.body, Product):
            shorter = _with_one_moved(node.bound, node.body.factors, metric)
            if shorter is None:
                break
            node = shorter
        return node

    return fold(expr, rule)


def _apart(expr: Expr, free: Iterable[Index]) -> Expr:
    """The expression where no two sums, or functions, bind the same index."""
    taken = set(free)

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        node = rebuild(node, parts)
        if any(not taken.isdisjoint(scope.bound) for scope in scopes(node)):
            node = rename_bound(node, taken)
        for scope in scopes(node):
            taken.update(scope.bound)
        return node

    return fold(expr, rule)


def _in_order(node: Expr) -> Expr:
    """An access on levels that no reader takes for another order of its slots."""
    if not isinstance(node, Access):
        return node
    own, here = node.tensor.levels, tuple(s.level for s in node.slots)
    if own == here or own.count(Level.UPPER) != here.count(Level.UPPER):
        return node
    slots = tuple(Slot(s.index, level, s.edge) for s, level in zip(node.slots, own, strict=True))
    return Access(node.tensor, slots)


def _with_one_moved(
    bound: tuple[Index, ...], factors: tuple[Expr, ...], metric: Tensor
) -> Expr | None:
    """The sum without one metric, whose other index a component took on; None if there is none."""
    for position, factor in enumerate(factors):
        slots = _metric_slots(factor, metric)
        if slots is None:
            continue
        others = (*factors[:position], *factors[position + 1 :])
        for kept, summed in (slots, slots[::-1]):
            if not isinstance(kept.index, Index) or summed.index not in bound:
                continue
            holders = [n for n, other in enumerate(others) if summed.index in other.free]
            taken = others[holders[0]] if len(holders) == 1 else None
            if not isinstance(taken, Access) or taken.tensor is metric:
                continue
            moved = _on_level(taken, summed, kept)
            if moved is not None:
                made = tuple(moved if n == holders[0] else other for n, other in enumerate(others))
                left = tuple(i for i in bound if i is not summed.index)
                return contract(left, multiply(made))
    return None


def _metric_slots(factor: Expr, metric: Tensor) -> tuple[Slot, Slot] | None:
    """The slots of the metric, below, or of its inverse, above."""
    match factor:
        case Access(tensor, (left, right)) if tensor is metric:
            return left, right
        case _:
            return None


def _on_level(access: Access, summed: Slot, kept: Slot) -> Access | None:
    """The access with the summed index replaced, where it stands once, on its tensor's level."""
    places = [n for n, s in enumerate(access.slots) if summed.index in s.free]
    if len(places) != 1:
        return None
    place = places[0]
    slot, own = access.slots[place], access.tensor.levels[place]
    if slot.index is not summed.index or slot.level is not own or own is kept.level:
        return None
    slots = (*access.slots[:place], Slot(kept.index, kept.level), *access.slots[place + 1 :])
    return Access(access.tensor, slots)
