"""Sums inside products: kept as one factor, or multiplied out where that is cheaper.

``(A + u v) x`` costs a matrix if the sum is formed first and two if ``u v`` is; multiplied out,
``A x + u (v x)`` forms neither. ``X (X W - Y)`` is the other way round. Both are priced by the
same search that orders products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from tensorcalc.arrays.builder import Builder, Coefficient, Label, Value
from tensorcalc.arrays.nodes import Add, Array, Einsum
from tensorcalc.arrays.rewrite import (
    Moved,
    einsum_labels,
    node_output,
    rebuilt,
    rewrite,
    use_counts,
)
from tensorcalc.arrays.terms import add
from tensorcalc.plan.cost import product_cost

__all__ = ["distribute"]

#: Sums of more terms, and products of more factors, are left as they are.
MOST_TERMS = 6
MOST_FACTORS = 10


def distribute(
    roots: Sequence[Array], builder: Builder, size: Callable[[Label], int]
) -> list[Array]:
    """Multiply sums out where the sum of the terms' costs is less than with one opaque factor."""
    counts = use_counts(roots)

    def rule(node: Array, parts: tuple[Moved, ...]) -> Moved:
        if isinstance(node, Einsum) and 1 < len(node.operands) <= MOST_FACTORS:
            for place, operand in enumerate(node.operands):
                if isinstance(operand, Add) and counts[operand] == 1:
                    made = _multiplied_out(builder, size, counts, node, parts, place)
                    if made is not None:
                        return made
        return rebuilt(builder, node, parts)

    return rewrite(roots, builder, rule)


@dataclass(frozen=True, slots=True)
class _Term:
    coefficient: Coefficient
    factors: tuple[Value, ...]


def _multiplied_out(
    builder: Builder,
    size: Callable[[Label], int],
    counts: dict[Array, int],
    node: Einsum,
    parts: tuple[Moved, ...],
    place: int,
) -> Moved | None:
    """``node`` with the sum at ``place`` multiplied out, if that costs less."""
    opaque = parts[place].array
    if not isinstance(opaque, Add) or len(opaque.operands) > MOST_TERMS:
        return None
    labels = einsum_labels(builder, node)
    factors = [Value(p.array, p.labels(own)) for p, own in zip(parts, labels, strict=True)]
    output = node_output(node, labels)
    rest = [f for n, f in enumerate(factors) if n != place]
    own = factors[place].labels
    if len(set(own)) < len(own):
        return None
    terms = [
        _opened(builder, counts, coefficient, operand, tuple(own[k] for k in axes))
        for coefficient, operand, axes in zip(
            opaque.coefficients, opaque.operands, opaque.labels, strict=True
        )
    ]
    if any(len(t.factors) + len(rest) > MOST_FACTORS for t in terms):
        return None

    def cost(product: Sequence[Value], kept: Sequence[Label]) -> int:
        return product_cost(product, kept, size)

    additions = len(terms) - 1
    whole = prod(size(k) for k in own) * additions + cost(factors, output)
    whole += sum(cost(t.factors, own) for t in terms)
    apart = prod(size(k) for k in output) * additions
    apart += sum(cost([*rest, *t.factors], output) for t in terms)
    if apart >= whole:
        return None
    products = [
        (node.coefficient * t.coefficient, _product(builder, [*rest, *t.factors], output, own))
        for t in terms
    ]
    value = add(builder, products)
    if set(value.labels) != set(output):
        return None
    position: dict[Label, int] = {k: n for n, k in enumerate(output)}
    return Moved(value.array, tuple(position[k] for k in value.labels))


def _product(
    builder: Builder, factors: Sequence[Value], output: Sequence[Label], own: Sequence[Label]
) -> Value:
    """One term; an index that only another term has is summed as often as it is long."""
    present = {k for f in factors for k in f.labels}
    lone = [k for k in own if k not in present and k not in output]
    scalars = [Value(builder.size_of(k), ()) for k in lone]
    return builder.einsum(Fraction(1), [*factors, *scalars], output)


def _opened(
    builder: Builder,
    counts: dict[Array, int],
    coefficient: Coefficient,
    operand: Array,
    labels: tuple[Label, ...],
) -> _Term:
    """A term of a sum as a product; one that is used elsewhere stays one factor."""
    if not isinstance(operand, Einsum) or counts.get(operand, 1) > 1:
        return _Term(coefficient, (Value(operand, labels),))
    inner = einsum_labels(builder, operand)
    outer = dict(zip(node_output(operand, inner), labels, strict=True))
    return _Term(
        coefficient * operand.coefficient,
        tuple(
            Value(o, tuple(outer.get(k, k) for k in axes))
            for o, axes in zip(operand.operands, inner, strict=True)
        ),
    )
