"""Abstract functions of whole tensors: ``sigma(z)^i``, ``[∇sigma(z)]^i_j``."""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Argument,
    Index,
    Slot,
    Transform,
)
from tensorcalc.language.building import Builder
from tensorcalc.language.parts import Part, Protected, Use, Visit, once
from tensorcalc.language.pointwise import note_near_name
from tensorcalc.language.source import Span
from tensorcalc.language.syntax import Call, Node, Reference
from tensorcalc.language.unification import Place

__all__ = ["visit_vector", "whole_argument"]


def visit_vector(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    """``sigma(z)^i``, ``[∇sigma(z)]^i_j``: a function of whole tensors, at components."""
    note_near_name(builder, name, node)
    slots, uses = builder.slots(node.groups)
    if node.primes or node.parameters:
        builder.error(
            "E306", f"{node.name} is a vector function: write [∇{node.name}(z)]^i_j", node.span
        )
    arguments: list[Argument] = []
    outer: list[Use] = []
    for argument in node.arguments:
        made = whole_argument(builder, argument, slots)
        if made is None:
            part = builder.close((yield argument, protected), protected)
            made, rest = _bound_argument(builder, part, protected, uses, argument.span)
            outer.extend(rest)
        arguments.append(made)
    if not arguments:
        return builder.error("E304", f"{node.name} has no arguments", node.span)
    if node.gradient and len(arguments) > 1:
        return builder.error("E306", "∇ needs a function of one argument", node.span)
    ranks = len(slots) - node.gradient * len(arguments[0].bound)
    if ranks < 1:
        return builder.error(
            "E213",
            f"the gradient of {node.name} needs an index of the function and one for each of "
            "its argument",
            node.span,
        )
    if builder.program.dry:
        _guess_extents(builder, node, arguments, slots, ranks)
    orders = (node.gradient,) + (0,) * (len(arguments) - 1)
    made_function = AbstractFunction(name, orders)
    return Part(Transform(made_function, tuple(arguments), slots), (*once(outer), *uses))


def whole_argument(builder: Builder, argument: Node, slots: Sequence[Slot]) -> Argument | None:
    """A bare tensor as an argument: all of it, with bound indices of its own."""
    if not isinstance(argument, Reference) or argument.groups or argument.name in builder.local:
        return None
    symbol = builder.symbols.tensors.get(argument.name)
    if symbol is None or not symbol.rank:
        return None
    tensor = builder.program.tensor(symbol)
    names = [s.index.name for s in slots if isinstance(s.index, Index)] or ["i"]
    bound = tuple(
        Index(names[min(n, len(names) - 1)], n + 1, length)
        for n, length in enumerate(tensor.extents)
    )
    access = Access(tensor, tuple(map(Slot, bound, tensor.levels)))
    return Argument(bound, access)


def _bound_argument(
    builder: Builder, part: Part, protected: Protected, at: tuple[Use, ...], span: Span
) -> tuple[Argument, list[Use]]:
    """An argument with open indices: those that are not free outside are bound by it."""
    opened = once(part.uses)
    named = {u.name for u in at}
    bound = [u for u in opened if u.name not in protected or u.name in named]
    rest = [u for u in opened if u not in bound]
    if not bound:
        builder.error(
            "E213", "this argument of a vector function has no index of its own", span,
            "write a bare name, or an expression with an index that is not on the left side",
        )  # fmt: skip
    return Argument(tuple(builder.index(u.name) for u in bound), part.expr), rest


def _guess_extents(
    builder: Builder, node: Call, arguments: list[Argument], slots: Sequence[Slot], ranks: int
) -> None:
    """Join the places of a vector function's value with those of its first argument.

    The value is as long if nothing else is known, the slots of its gradient always.
    """
    first = arguments[0]
    places: list[Place] = []
    for index in first.bound:
        if isinstance(node.arguments[0], Reference) and not node.arguments[0].groups:
            places.append((node.arguments[0].name, len(places)))
        else:
            places.append(builder.place(index.name))
    for position, slot in enumerate(slots):
        if not isinstance(slot.index, Index):
            continue
        place = builder.place(slot.index.name)
        if position < ranks:
            if ranks == len(places):
                builder.unifier.join_if_possible(places[position], place)
        elif position - ranks < len(places):
            builder.unifier.join(places[position - ranks], place, node.span)
