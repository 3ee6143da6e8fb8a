"""Arithmetic in indices: integer combinations of indices, size names and integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorcalc.expr import Extent, extent
from tensorcalc.language.syntax import AffineEntry, Floor, Plain, SizeOf

if TYPE_CHECKING:
    from tensorcalc.language.accessing import Accessor

__all__ = ["combination"]

#: Coefficients in indices stay below this.
MAX_INTEGER = 10**15

_Linear = tuple[dict[str, Extent], Extent]


def combination(
    builder: Accessor, entry: AffineEntry, sizes_only: bool
) -> tuple[list[tuple[str, int]], Extent]:
    """Return the coefficient of each index and the constant.

    A name is a size where a size of that name exists and no index is declared so, or
    everywhere if ``sizes_only``.
    """
    terms, constant = _sum(builder, entry, sizes_only)
    values = {n: extent(v) for n, v in builder.unifier.sizes.items()}
    made: list[tuple[str, int]] = []
    for name, coefficient in terms.items():
        value = coefficient.substitute(values).number
        if value is None:
            builder.error(
                "E114",
                f"the coefficient {coefficient} of {name} is not a known number",
                entry.span,
                f"fix it, e.g. sizes {min(coefficient.names())}=2",
            )
        elif abs(value) > MAX_INTEGER:
            builder.error("E112", f"the coefficient of {name} is too large", entry.span)
        elif value:
            made.append((name, value))
    return made, constant


def _sum(builder: Accessor, entry: AffineEntry, sizes_only: bool) -> _Linear:
    terms: dict[str, Extent] = {}
    constant = extent(0)
    for sign, factors in entry.terms:
        product: _Linear = ({}, extent(sign))
        for factor in factors:
            product = _times(builder, product, _factor(builder, factor, sizes_only), entry)
        for name, coefficient in product[0].items():
            terms[name] = terms.get(name, extent(0)) + coefficient
        constant = constant + product[1]
    return terms, constant


def _factor(
    builder: Accessor, factor: Plain | SizeOf | Floor | AffineEntry | int, sizes: bool
) -> _Linear:
    match factor:
        case int():
            return {}, extent(factor)
        case Plain(_, name):
            return (
                ({}, extent(name))
                if sizes or is_size(builder, name)
                else (
                    {name: extent(1)},
                    extent(0),
                )
            )
        case SizeOf(span, name):
            builder.see(name, span)
            return {}, builder.index(name).extent
        case Floor(span, body, divisor):
            terms, constant = _sum(builder, body, sizes)
            if terms:
                builder.error("E114", "only sizes are divided inside an index", span)
            return {}, constant // divisor
        case AffineEntry():
            return _sum(builder, factor, sizes)


def _times(builder: Accessor, left: _Linear, right: _Linear, entry: AffineEntry) -> _Linear:
    if left[0] and right[0]:
        builder.error("E114", "a product of two indices is no index", entry.span)
        return {}, extent(0)
    terms = {n: c * right[1] for n, c in left[0].items()}
    terms.update({n: c * left[1] for n, c in right[0].items()})
    return terms, left[1] * right[1]


def is_size(builder: Accessor, name: str) -> bool:
    """Whether a name inside an index is a size."""
    symbols = builder.symbols
    return name in symbols.size_names and name not in symbols.index_names
