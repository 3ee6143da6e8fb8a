"""Questions about the shape of an expression that decide how it is written."""

from __future__ import annotations

from fractions import Fraction

from tensorcalc.expr import (
    Access,
    Affine,
    Apply,
    Contraction,
    Delta,
    Edge,
    Expr,
    Index,
    Number,
    Pointwise,
    Product,
    Sum,
)

__all__ = [
    "flat_terms",
    "is_minus_one",
    "is_whole",
    "leading_sums",
    "open_sums",
    "printed_edges",
    "reciprocal_of",
]


def printed_edges(node: Access | Delta) -> tuple[Edge, ...]:
    """The rules at the edge that have to be written around an access or a delta."""
    if isinstance(node, Access):
        # A plain index over the tensor's own range stays inside: its edge says nothing.
        slots = list(zip(node.slots, node.tensor.extents, strict=True))
        # Inside stands what holds for shifted indices, around it what holds for plain ones.
        slots.sort(key=lambda s: isinstance(s[0].index, Index))
        bent = [
            slot.edge
            for slot, size in slots
            if not (isinstance(slot.index, Index) and slot.index.extent == size)
        ]
        return tuple(dict.fromkeys(e for e in bent if e is not Edge.INSIDE))
    left, right = node.left, node.right
    if isinstance(left.index, Index) and isinstance(right.index, Index):
        # Padding says that the two ranges differ; a delta is 0 outside of either.
        return (Edge.ZERO,) if left.index.extent != right.index.extent else ()
    bent = [s.edge for s in (left, right) if isinstance(s.index, Affine)]
    return tuple(dict.fromkeys(e for e in bent if e not in (Edge.INSIDE, Edge.ZERO)))


def flat_terms(node: Sum) -> tuple[Expr, ...]:
    """The terms of a sum, those of sums inside in their place."""
    if not any(isinstance(t, Sum) for t in node.terms):
        return node.terms
    flat: list[Expr] = []
    stack: list[Expr] = [node]
    while stack:
        term = stack.pop()
        if isinstance(term, Sum):
            stack.extend(reversed(term.terms))
        else:
            flat.append(term)
    return tuple(flat)


def open_sums(body: Expr) -> set[Contraction]:
    """The sums in a product that no bracket, function or other scope holds."""
    found: set[Contraction] = set()
    stack = [body]
    while stack:
        match stack.pop():
            case Contraction(_, inner) as node:
                found.add(node)
                stack.append(inner)
            case Product(factors):
                stack.extend(factors)
            case _:
                pass
    return found


def leading_sums(node: Contraction, behind: bool) -> set[Contraction]:
    """The sum that leads with a sign, or, behind other factors, with a number; those in it."""
    while True:
        match node.body:
            case Contraction() as inner:
                node = inner
            case Product((Contraction() as inner, *_)):
                node = inner
            case Product((Number(value), *_)):
                return open_sums(node) if behind or value < 0 else set()
            case _:
                return set()


def is_minus_one(expr: Expr) -> bool:
    """Whether an expression is exactly -1."""
    return isinstance(expr, Number) and expr.value == -1 and isinstance(expr.value, Fraction)


def reciprocal_of(expr: Expr) -> Expr | None:
    """The base of a power -1."""
    match expr:
        case Apply(Pointwise(name="pow"), (base, exponent)) if is_minus_one(exponent):
            return base
        case _:
            return None


def is_whole(access: Access, bound: tuple[Index, ...]) -> bool:
    """Whether ``access`` is a tensor as declared, at exactly the bound indices."""
    return tuple(s.index for s in access.slots) == bound and access.tensor.levels == tuple(
        s.level for s in access.slots
    )
