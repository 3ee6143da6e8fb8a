"""A declared metric: levels decide, and what is raised or lowered gets an explicit factor.

With ``metric g``, ``x_i`` of a tensor ``x^i`` is ``g_{ij} x^j``, ``F^{ij}`` of ``F_{ij}`` is
``g^{ik} g^{jl} F_{kl}``, and ``g^{ij}`` itself is the inverse of ``g``.
"""

from __future__ import annotations

from tensorcalc.expr import (
    Access,
    Argument,
    Delta,
    Expr,
    Functional,
    Index,
    Level,
    Slot,
    Tensor,
    Transform,
    contract,
    multiply,
    operation_named,
)

__all__ = ["metric_at", "with_levels"]


def metric_at(metric: Tensor, left: Slot, right: Slot) -> Expr:
    """The metric, its inverse, or a delta, as the two slots' levels say."""
    if left.level is not right.level:
        return Delta(left, right)
    if left.level is Level.LOWER:
        return Access(metric, (left, right))
    length = metric.extents[0]
    bound = (Index("i", 1, length), Index("j", 1, length))
    whole = Argument(bound, Access(metric, tuple(Slot(b, Level.LOWER) for b in bound)))
    inverse = operation_named("inv")
    assert isinstance(inverse, Functional)
    return Transform(inverse, (whole,), (left, right))


def with_levels(access: Access, metric: Tensor, first: int) -> Expr:
    """The access as its slots are written, in terms of its tensor's own levels.

    Args:
        access: Slots on the levels written.
        metric: The metric's tensor.
        first: The first serial number free for the indices that are summed.
    """
    slots: list[Slot] = []
    factors: list[Expr] = []
    bound: list[Index] = []
    for slot, level, length in zip(
        access.slots, access.tensor.levels, access.tensor.extents, strict=True
    ):
        if slot.level is level:
            slots.append(slot)
            continue
        name = slot.index.name if isinstance(slot.index, Index) else "i"
        inner = Index(name, first + len(bound), length)
        bound.append(inner)
        slots.append(Slot(inner, level))
        factors.append(metric_at(metric, slot, Slot(inner, level.opposite)))
    if not bound:
        return access
    return contract(bound, multiply((*factors, Access(access.tensor, tuple(slots)))))
