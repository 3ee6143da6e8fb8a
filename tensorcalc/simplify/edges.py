"""Putting an index expression where an index stood, with an eye on the ranges.

Beyond the range of the index a term is 0, so a factor that carries it must vanish there and every
other must at least be finite; round a circle, any value has its place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Affine,
    Apply,
    Condition,
    Contraction,
    Delta,
    Edge,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Lookup,
    Number,
    Pointwise,
    Product,
    Slot,
    Sum,
    Transform,
    affine,
    children,
    fold,
    free_of_index,
    rebuild,
    rename_bound,
    substitute,
    walk,
)
from tensorcalc.expr.ranges import is_inside
from tensorcalc.simplify.terms import term_of

__all__ = [
    "FOLDING",
    "apart",
    "folds_onto",
    "is_finite",
    "may_be_looked_up",
    "on_circle",
    "vanishes",
    "without_edge",
    "zero_outside",
    "zero_padded",
]

#: Rules that bring every number into the range.
FOLDING = (Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE)


def apart(root: Expr, avoid: Collection[Index]) -> Expr:
    """``root`` with no index of ``avoid`` bound inside it."""

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        return rename_bound(rebuild(node, parts), avoid)

    return fold(root, rule)


def folds_onto(root: Expr, index: Index) -> bool:
    """Whether the range of ``index`` is what a folded slot is folded onto."""
    return index in root.free and any(
        (node.left.edge in FOLDING and node.right.index is index)
        or (node.right.edge in FOLDING and node.left.index is index)
        for node in walk(root)
        if isinstance(node, Delta)
    )


def may_be_looked_up(index: Index, factors: Sequence[Expr]) -> bool:
    """Whether a look-up may stand for ``index``: not inside ``i+j``, nor beside a folded slot."""

    def holds(found: IndexExpression) -> bool:
        return isinstance(found, Affine) and any(i is index for i, _ in found.terms)

    for factor in factors:
        if index not in factor.free:
            continue
        for node in walk(factor):
            match node:
                case Access(_, slots) | Transform(_, _, slots):
                    if any(holds(s.index) for s in slots):
                        return False
                case Delta(left, right):
                    folded = left.edge in FOLDING or right.edge in FOLDING
                    if holds(left.index) or holds(right.index) or (folded and index in node.free):
                        return False
                case Condition(_, first, second):
                    if holds(first) or holds(second):
                        return False
                case _:
                    pass
    return True


def without_edge(slot: Slot) -> Slot:
    """The slot without its rule for the edge."""
    return slot if slot.edge is Edge.INSIDE else Slot(slot.index, slot.level)


def on_circle(
    rest: Sequence[Expr], index: Index, value: Index | Affine, edge: Edge, length: Extent
) -> tuple[Expr, ...] | None:
    """The factors with the folded ``value`` for ``index``; None where it cannot be written."""
    made: list[Expr] = []
    for factor in rest:
        if index not in factor.free:
            made.append(factor)
            continue
        new = _with_edge(apart(factor, {index}), index, edge, length)
        if new is None:
            return None
        made.append(substitute(new, {index: value}))
    return tuple(made)


def _with_edge(root: Expr, index: Index, edge: Edge, length: Extent) -> Expr | None:
    """``root`` with ``edge`` on every slot that holds ``index``; None if one cannot take it."""

    def slot(own: Slot, size: Extent | None) -> Slot | None:
        if index not in own.free:
            return own
        if own.index is index and own.edge is Edge.INSIDE and size is length:
            return Slot(own.index, own.level, edge)
        on_same_circle = own.edge is edge is Edge.CIRCULAR and size is length
        return own if on_same_circle and isinstance(own.index, Affine) else None

    done: dict[Expr, Expr] = {}
    for node in _bottom_up(root):
        if index not in node.free:
            done[node] = node
            continue
        new = rebuild(node, tuple(done[part] for part in children(node)))
        match new:
            case Access(tensor, slots):
                pairs = zip(slots, tensor.extents, strict=True)
                changed = [slot(s, size) for s, size in pairs]
                if any(s is None for s in changed) or tensor.domain == "integer":
                    return None
                new = Access(tensor, tuple(s for s in changed if s is not None))
            case Delta(left, right) if index in left.free | right.free:
                return None
            case Condition():
                return None
            case Transform(_, _, at) if any(index in s.free for s in at):
                return None
            case _:
                pass
        done[node] = new
    return done[root]


def vanishes(factor: Expr, index: Index) -> bool:
    """Whether ``factor`` is 0 for ``index`` outside its range, once padded with zeros."""
    if index not in factor.free:
        return False
    match factor:
        case Access(tensor, slots):
            return tensor.domain == "real" and any(
                s.index is index and size is index.extent and s.edge in (Edge.INSIDE, Edge.ZERO)
                for s, size in zip(slots, tensor.extents, strict=True)
            )
        case Sum(terms):
            return all(vanishes(t, index) for t in terms)
        case Product() | Contraction():
            term = term_of(factor)
            return any(vanishes(f, index) for f in term.factors)
        case Apply(Pointwise(name="pow"), (base, Number(exponent))) if exponent > 0:
            return vanishes(base, index)
        case _:
            return False


def zero_padded(root: Expr, index: Index, value: Index | Affine) -> tuple[Expr, int] | None:
    """``root`` ready for ``value`` in place of ``index``, outside the index's range too.

    Returns:
        The expression whose accesses that may leave their tensors read zero there, and how
        many they are; None where one cannot be read, or a function might not be finite.
    """
    root = apart(root, {index, *free_of_index(value)})
    zeros = 0
    unsafe: dict[Expr, bool] = {}
    done: dict[Expr, Expr] = {}
    for node in _bottom_up(root):
        inside = any(unsafe[part] for part in children(node))
        new = rebuild(node, tuple(done[part] for part in children(node)))
        match new:
            case Access(tensor, slots):
                made: list[Slot] = []
                for own, size in zip(slots, tensor.extents, strict=True):
                    ready = _padded_slot(own, size, index, value)
                    if ready is None:
                        return None
                    zeros += ready is not own
                    inside = inside or ready is not own
                    made.append(ready)
                if inside and tensor.domain == "integer":
                    return None
                new = Access(tensor, tuple(made))
            case Transform(_, _, at) if any(index in s.free for s in at):
                return None
            case Apply() | Transform():
                if inside and not _is_total(new):
                    return None
            case _:
                pass
        unsafe[node] = inside
        done[node] = new
    return done[root], zeros


def zero_outside(expr: Expr, index: Index, value: Index | Affine) -> Expr | None:
    """``expr`` with ``value`` for ``index``, and 0 where the value leaves the index's range.

    Only for an expression that is linear in a tensor whose slot leaves it together with the
    index. None where a part could not be read out there, or might not be finite.
    """
    if folds_onto(expr, index):
        return None
    if is_inside(value, index.extent):
        return substitute(expr, {index: value})
    ready = zero_padded(expr, index, value)
    return None if ready is None else substitute(ready[0], {index: value})


def _padded_slot(own: Slot, size: Extent, index: Index, value: Index | Affine) -> Slot | None:
    if index not in own.free or own.edge is not Edge.INSIDE or isinstance(own.index, Lookup):
        return own
    new = _replaced(own.index, index, value)
    if is_inside(new, size):
        return own
    # Where even the range of the index leads outside, it reads what stands beside the
    # tensor: the start of a recurrence.
    return Slot(own.index, own.level, Edge.ZERO) if is_inside(own.index, size) else None


def _replaced(own: Index | Affine, index: Index, value: Index | Affine) -> Index | Affine:
    if isinstance(own, Index):
        return value
    terms: list[tuple[Index, int]] = []
    constant = own.constant
    for term, coefficient in own.terms:
        if term is not index:
            terms.append((term, coefficient))
        elif isinstance(value, Index):
            terms.append((value, coefficient))
        else:
            terms.extend((i, c * coefficient) for i, c in value.terms)
            constant = constant + value.constant * coefficient
    return affine(terms, constant)


def is_finite(expr: Expr) -> bool:
    """Whether every function in ``expr`` is finite wherever its arguments are."""
    return all(_is_total(node) for node in walk(expr) if isinstance(node, Apply | Transform))


def _is_total(node: Apply | Transform) -> bool:
    """Whether the function is finite wherever its arguments are."""
    match node.operation:
        case AbstractFunction():
            return False
        case Pointwise(name="pow"):
            exponent = node.arguments[1]
            return isinstance(exponent, Number) and exponent.value > 0 and exponent.value % 1 == 0
        case record:
            return record.domain == "all real numbers"


def _bottom_up(root: Expr) -> list[Expr]:
    """Every distinct node, parts before what they are in."""
    order: list[Expr] = []
    seen: set[Expr] = set()
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        node, left = stack.pop()
        if left:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((part, False) for part in children(node))
    return order
