"""What can be proved of an affine index from the extents of the indices in it.

A proof holds for all sizes of 1 and more under which every index in question has a component:
where an index has none, nothing is summed and nothing is defined.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tensorcalc.expr.extents import Extent, FloorDivision, SizeName, extent
from tensorcalc.expr.indices import Affine, Index

__all__ = ["is_inside", "is_never_negative", "range_of"]

#: A polynomial in the names of sizes: the coefficient of each sorted product of names.
_Polynomial = dict[tuple[str, ...], Fraction]

_EXPANSION_LIMIT = 64


def range_of(index: Index | Affine) -> tuple[Extent, Extent]:
    """The least and the greatest value of an index expression.

    Example:
        >>> i, j = Index("i", 0, extent("n")), Index("j", 0, extent("k"))
        >>> low, high = range_of(Affine(((i, 1), (j, -1)), extent(2)))
        >>> str(low), str(high)
        ('3 - k', 'n + 1')
    """
    if isinstance(index, Index):
        return extent(0), index.extent - 1
    low = high = index.constant
    for term, coefficient in index.terms:
        reach = (term.extent - 1) * coefficient
        if coefficient > 0:
            high = high + reach
        else:
            low = low + reach
    return low, high


def is_inside(index: Index | Affine, length: Extent, also: Iterable[Index] = ()) -> bool:
    """Whether ``index`` is proved to stay in ``0 … length-1``.

    Args:
        index: The index expression.
        length: The extent it must not leave.
        also: Further indices that have a component.
    """
    if isinstance(index, Index) and index.extent is length:
        return True
    low, high = range_of(index)
    indices = {*also, *_indices(index)}
    return is_never_negative(low, indices) and is_never_negative(length - 1 - high, indices)


def is_never_negative(value: Extent, indices: Iterable[Index] = ()) -> bool:
    """Whether ``value >= 0`` is proved, given that each of ``indices`` has a component.

    Example:
        >>> n, k = extent("n"), extent("k")
        >>> is_never_negative(n - 1), is_never_negative(n - k)
        (True, False)
        >>> is_never_negative(n - k, [Index("i", 0, n - k + 1)])
        True
    """
    if value.number is not None:
        return value.number >= 0
    if _shown(value):
        return True
    known = sorted({i.extent for i in indices if i.extent.number is None}, key=str)
    return any(_shown(value - (length - 1)) for length in known)


def _indices(index: Index | Affine) -> tuple[Index, ...]:
    return (index,) if isinstance(index, Index) else tuple(i for i, _ in index.terms)


def _shown(value: Extent) -> bool:
    """Whether every coefficient is at least 0 when each size is written 1 + something."""
    polynomial = _lower_bound(value)
    if polynomial is None:
        return False
    shifted: _Polynomial = {}
    for names, coefficient in polynomial.items():
        if len(names) > 5:
            return False
        for chosen in _subsets(names):
            shifted[chosen] = shifted.get(chosen, Fraction(0)) + coefficient
    return all(coefficient >= 0 for coefficient in shifted.values())


def _subsets(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every way to leave factors out: the terms of a product of ``1 + n``."""
    found: list[tuple[str, ...]] = [()]
    for name in names:
        found += [(*chosen, name) for chosen in found]
    return found


def _lower_bound(value: Extent) -> _Polynomial | None:
    """A polynomial that is nowhere greater: ``a // d`` lies from ``(a - d + 1)/d`` to ``a/d``."""
    total: _Polynomial = {}
    pending: list[tuple[Extent, Fraction]] = [(value, Fraction(1))]
    spent = 0
    while pending:
        current, scale = pending.pop()
        for monomial, coefficient in current.terms:
            spent += 1
            if spent > _EXPANSION_LIMIT:
                return None
            factor = scale * coefficient
            divisions = [atom for atom in monomial if isinstance(atom, FloorDivision)]
            if not divisions:
                names = tuple(sorted(a.name for a in monomial if isinstance(a, SizeName)))
                total[names] = total.get(names, Fraction(0)) + factor
                continue
            if len(monomial) > 1:
                return None
            numerator, divisor = divisions[0].numerator, divisions[0].divisor
            if factor > 0:
                numerator = numerator - (divisor - 1)
            pending.append((numerator, factor / divisor))
    return total
