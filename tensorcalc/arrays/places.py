"""Where labels stand: solving an equation for one of them, and the range of a place."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from tensorcalc.arrays.builder import (
    Builder,
    Coefficient,
    Combination,
    Label,
    Lookups,
    Reading,
    Value,
    labels_of,
)
from tensorcalc.arrays.nodes import Iota, Scalar
from tensorcalc.expr import Extent, extent
from tensorcalc.expr.extents import FloorDivision, SizeName

__all__ = ["bounds", "just", "position_value", "solve_places", "surely_nonnegative"]


def solve_places(
    left: Reading, right: Reading, preferred: Collection[Label] = ()
) -> tuple[Label, Reading] | tuple[()] | None:
    """Solve ``left = right`` for one label, if some label can be had by itself.

    Returns the label and what it equals; ``()`` if the equation always holds; None if it
    has to be tested place by place. Labels of ``preferred`` that stand alone on a side come
    first, then others that do.
    """
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Lookups):
            plain = one.plain if isinstance(one, Combination) else None
            return None if plain is None or plain in labels_of(other) else (plain, other)
    assert isinstance(left, Combination)
    assert isinstance(right, Combination)
    difference: dict[Label, int] = dict(left.terms)
    for label, coefficient in right.terms:
        difference[label] = difference.get(label, 0) - coefficient
    terms = {k: c for k, c in difference.items() if c}
    constant = left.constant - right.constant
    if not terms:
        return None if constant.terms else ()
    alone = [k for k in (left.plain, right.plain) if k is not None and k in terms]
    alone.sort(key=lambda k: k not in preferred)
    rest = sorted(terms, key=lambda k: k not in preferred)
    for label in [*alone, *rest]:
        if abs(terms[label]) == 1:
            sign = -terms.pop(label)
            others = tuple((k, c * sign) for k, c in terms.items())
            return label, Combination(others, constant * sign)
    return None


def just(label: Label) -> Combination:
    """The place that a label itself is."""
    return Combination(((label, 1),), extent(0))


def position_value(builder: Builder, reading: Combination, given: dict[Label, Value]) -> Value:
    """The number a combination stands for, as an integer array over its labels."""
    terms: list[tuple[Coefficient, Value]] = [
        (
            Fraction(coefficient),
            given[label] if label in given else Value(Iota(builder.extent(label)), (label,)),
        )
        for label, coefficient in reading.terms
    ]
    if reading.constant.terms:
        number = reading.constant.number
        constant = Fraction(number) if number is not None else reading.constant
        terms.append((Fraction(1), Value(Scalar(constant), ())))
    return builder.add(terms)


def bounds(builder: Builder, reading: Combination) -> tuple[Extent, Extent]:
    """The smallest and the largest value of a combination."""
    low = high = reading.constant
    for label, coefficient in reading.terms:
        reach = (builder.extent(label) - 1) * coefficient
        if coefficient < 0:
            low = low + reach
        else:
            high = high + reach
    return low, high


def surely_nonnegative(size: Extent) -> bool:
    """Whether ``size`` is 0 or more whatever the sizes are.

    Each is at least 1, but for the number of a loop's step (``%t``), which begins at 0.
    """
    least = _least(size)
    return least is not None and least >= 0


def _least(size: Extent) -> int | None:
    """The smallest value of ``size``; None where a term falls or may be negative."""
    total = 0
    for monomial, coefficient in size.terms:
        smallest = coefficient
        for atom in monomial:
            low = 0 if isinstance(atom, SizeName) and atom.name.startswith("%") else 1
            if isinstance(atom, FloorDivision):
                inside = _least(atom.numerator)
                if inside is None:
                    return None
                low = inside // atom.divisor
            if low < 0 or coefficient < 0:
                return None
            smallest *= low
        total += smallest
    return total
