"""Smooth functions that stand in for abstract ones, so that their derivatives can be checked.

A pointwise function of arguments ``x_a`` becomes ``sum_k amplitude_k sin(sum_a w_ka x_a +
phase_k)``. A vector function becomes, at the component with position ``i``,
``sum_k amplitude_k sin(sum_{a, j} w_ka(i, j) z_a(j) + phase_k(i))``. A derivative by ``x_a`` or
``z_a(j)`` multiplies by the frequency and moves the phase by a quarter turn, so derivatives of
every order are exact. The coefficients are fixed generic numbers that depend on the function's
name and on the positions alone: the same function means the same thing everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi, sin
from zlib import crc32

from tensorcalc.check.backends import Array, Backend
from tensorcalc.check.labelled import Labelled, combine, plus, sum_of_product
from tensorcalc.errors import ShapeError
from tensorcalc.expr import AbstractFunction, Index

__all__ = ["stand_in_pointwise", "stand_in_vector"]

_WAVES = 3


def stand_in_pointwise(
    backend: Backend, function: AbstractFunction, arguments: Sequence[Labelled]
) -> Labelled:
    """The stand-in's derivative of ``function.orders`` at ``arguments``."""
    seed = _seed(function.name)

    def value(*arrays: Array) -> Array:
        total: Array = 0.0
        for wave in range(_WAVES):
            weight = 0.4 + 0.3 * _generic(seed, wave, 1)
            angle: Array = pi * _generic(seed, wave, 2) + sum(function.orders) * pi / 2
            for place, (order, array) in enumerate(zip(function.orders, arrays, strict=True)):
                frequency = 0.7 + 0.25 * wave + 0.2 * _generic(seed, wave, 3 + place)
                weight *= frequency**order
                angle = angle + frequency * array
            total = total + weight * backend.sin(angle)
        return total

    return combine(backend, value, list(arguments))


def stand_in_vector(
    backend: Backend,
    function: AbstractFunction,
    arguments: Sequence[tuple[tuple[Index, ...], Labelled]],
    components: Sequence[Labelled],
    length_of: Callable[[Index], int],
) -> Labelled:
    """The stand-in's derivative of ``function.orders``, read at ``components``.

    Args:
        backend: The array library.
        function: The function and how often it was differentiated by each argument.
        arguments: The bound indices and the value of each argument.
        components: Integer positions: the function's own components, then those of the
            derivatives, first of the first argument.
        length_of: The extent of an index, as a number.
    """
    seed = _seed(function.name)
    own = len(components) - sum(
        order * len(bound) for order, (bound, _) in zip(function.orders, arguments, strict=True)
    )
    if own < 0:
        raise ShapeError(f"{function.name} has too few component slots for its derivatives")
    private = [_private(number, *argument) for number, argument in enumerate(arguments)]
    total: Labelled | None = None
    for wave in range(_WAVES):
        phase = _coefficient(backend, seed + 10 * wave, components[:own])
        turn = Labelled((), backend.array(sum(function.orders) * pi / 2))
        angle = combine(backend, plus, [phase, phase, turn])
        factors: list[Labelled] = []
        place = own
        for number, (bound, value) in enumerate(private):
            key = seed + 10 * wave + number + 1
            inside = [Labelled((i,), backend.positions(length_of(i))) for i in bound]
            frequency = _coefficient(backend, key, [*components[:own], *inside])
            part = sum_of_product(backend, [frequency, value], bound, length_of)
            angle = combine(backend, plus, [angle, part])
            for _ in range(function.orders[number]):
                read = components[place : place + len(bound)]
                place += len(bound)
                factors.append(_coefficient(backend, key, [*components[:own], *read]))
        weight = Labelled((), backend.array(0.8 - 0.2 * wave))
        factors = [weight, Labelled(angle.axes, backend.sin(angle.array)), *factors]
        term = sum_of_product(backend, factors, (), length_of)
        total = term if total is None else combine(backend, plus, [total, term])
    assert total is not None
    return total


def _private(
    number: int, bound: tuple[Index, ...], value: Labelled
) -> tuple[tuple[Index, ...], Labelled]:
    """An argument with bound indices that no component can hold."""
    new = {i: Index(f" bound {number}", k, i.extent) for k, i in enumerate(bound)}
    axes = tuple(new.get(axis, axis) for axis in value.axes)
    return tuple(new.values()), Labelled(axes, value.array)


def _seed(name: str) -> int:
    return crc32(name.encode()) % 997


def _generic(seed: int, *numbers: int) -> float:
    """A fixed number in (-1, 1)."""
    return sin(12.9898 * seed + sum(78.233 / (k + 1) * n for k, n in enumerate(numbers)))


def _coefficient(backend: Backend, key: int, positions: Sequence[Labelled]) -> Labelled:
    """A fixed generic number for each combination of positions."""
    if not positions:
        return Labelled((), backend.array(0.8 * _generic(key, 5)))

    def value(*arrays: Array) -> Array:
        angle: Array = 12.9898 * key + 0.5
        for place, array in enumerate(arrays):
            angle = angle + (4.898 + 2.137 * place) * backend.real(array)
            angle = angle + 0.3 * backend.sin((1.7 + place) * backend.real(array) + place)
        return 0.8 * backend.sin(angle)

    return combine(backend, value, list(positions))
