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
    orders = [0] * len(arguments)
    for number in node.gradient:
        if number > len(arguments) or (number == 0 and len(arguments) > 1):
            hint = f"one by the first argument: [∇_1 {node.name}(…)]"
            message = "∇ needs a function of one argument, or the number of the argument"
            return builder.error("E306", message, node.span, hint)
        orders[max(0, number - 1)] += 1
    ranks = len(slots) - sum(n * len(a.bound) for n, a in zip(orders, arguments, strict=True))
    if ranks < 1:
        return builder.error(
            "E213",
            f"the gradient of {node.name} needs an index of the function and one for each of "
            "its argument",
            node.span,
        )
    if builder.program.dry:
        _guess_extents(builder, node, arguments, slots, orders)
    made_function = AbstractFunction(name, tuple(orders))
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
    builder: Builder,
    node: Call,
    arguments: list[Argument],
    slots: Sequence[Slot],
    orders: Sequence[int],
) -> None:
    """Join the places of a vector function's value with those of its first argument.

    The value is as long if nothing else is known, the slots of its gradients always.
    """
    places = [
        _bound_places(builder, given, made)
        for given, made in zip(node.arguments, arguments, strict=True)
    ]
    gradients = [p for own, order in zip(places, orders, strict=True) for p in own * order]
    ranks = len(slots) - len(gradients)
    for position, slot in enumerate(slots):
        if not isinstance(slot.index, Index):
            continue
        place = builder.place(slot.index.name)
        if position >= ranks:
            builder.unifier.join(gradients[position - ranks], place, node.span)
        elif ranks == len(places[0]):
            builder.unifier.join_if_possible(places[0][position], place)


def _bound_places(builder: Builder, given: Node, made: Argument) -> list[Place]:
    """The slots of a bare tensor, or the indices that the function binds."""
    if isinstance(given, Reference) and not given.groups:
        return [(given.name, n) for n in range(len(made.bound))]
    return [builder.place(index.name) for index in made.bound]
