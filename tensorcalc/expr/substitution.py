"""Replacing free indices, without capture.

Bound indices that would capture a replacement are renamed to fresh ones. Sub-expressions
in which nothing is replaced are returned as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import assert_never

from tensorcalc.errors import ShapeError
from tensorcalc.expr.indices import Affine, Index, affine, fresh
from tensorcalc.expr.nodes import (
    Access,
    Apply,
    Argument,
    Condition,
    Contraction,
    Delta,
    Derivative,
    Expr,
    IndexExpression,
    Lookup,
    Number,
    Product,
    Size,
    Slot,
    Sum,
    Transform,
    free_of_index,
)
from tensorcalc.expr.traversal import children, walk

__all__ = ["all_indices", "rename_bound", "substitute"]

#: An index's replacement and whether slots that hold it change their level.
_Replacement = tuple[IndexExpression, bool]
_Map = tuple[tuple[Index, _Replacement], ...]


def substitute(
    expr: Expr,
    replacements: Mapping[Index, IndexExpression],
    flipped: Collection[Index] = (),
) -> Expr:
    """Return ``expr`` with free indices replaced.

    Args:
        expr: Any expression.
        replacements: What stands in place of each index. A plain index or a lookup may
            replace an index anywhere; inside an affine index only a plain or affine one.
        flipped: Indices whose slots move to the opposite level, as when ``δ_{ij} x^j``
            becomes ``x_i``.

    Example:
        >>> from tensorcalc.expr import access, extent, Index
        >>> i, j = Index("i", 0, extent("n")), Index("j", 0, extent("n"))
        >>> substitute(access("x^i", i), {i: j}) is access("x^i", j)
        True
    """
    mapping = _restrict(tuple((i, (r, i in flipped)) for i, r in replacements.items()), expr.free)
    if not mapping:
        return expr
    done: dict[tuple[Expr, _Map], Expr] = {}
    stack: list[tuple[Expr, _Map]] = [(expr, mapping)]
    while stack:
        task = stack[-1]
        if task in done:
            stack.pop()
            continue
        node, scope = task
        if not scope:
            done[task] = node
            stack.pop()
            continue
        node = _avoid_capture(node, scope)
        needed = _scoped_children(node, scope)
        waiting = [part for part in needed if part not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        done[task] = _with_children(node, [done[part] for part in needed], dict(scope))
        stack.pop()
    return done[expr, mapping]


def rename_bound(node: Expr, avoid: Collection[Index]) -> Expr:
    """Return ``node`` with the indices *it itself* binds made different from ``avoid``."""
    match node:
        case Contraction(bound, body):
            renamed = _fresh_bound(bound, avoid, body.free)
            if renamed == bound:
                return node
            return Contraction(renamed, substitute(body, dict(zip(bound, renamed, strict=True))))
        case Transform(operation, arguments, at):
            new = tuple(_rename_argument(a, avoid) for a in arguments)
            return node if new == arguments else Transform(operation, new, at)
        case _:
            return node


def all_indices(expr: Expr) -> frozenset[Index]:
    """Every index in ``expr``, bound ones included."""
    found: set[Index] = set(expr.free)
    for node in walk(expr):
        if isinstance(node, Contraction):
            found.update(node.bound)
        elif isinstance(node, Transform):
            for argument in node.arguments:
                found.update(argument.bound)
        found |= node.free
    return frozenset(found)


def _restrict(mapping: Iterable[tuple[Index, _Replacement]], free: frozenset[Index]) -> _Map:
    return tuple((i, r) for i, r in mapping if i in free and (r[0] is not i or r[1]))


def _avoid_capture(node: Expr, scope: _Map) -> Expr:
    if not isinstance(node, Contraction | Transform):
        return node
    incoming: set[Index] = set()
    for _, (replacement, _) in scope:
        incoming |= free_of_index(replacement)
    return rename_bound(node, incoming)


def _scoped_children(node: Expr, scope: _Map) -> list[tuple[Expr, _Map]]:
    """The children of ``node``, each with the part of ``scope`` that reaches it."""
    if isinstance(node, Transform):
        inner: list[tuple[Expr, _Map]] = [
            (a.body, _restrict(scope, a.body.free - set(a.bound))) for a in node.arguments
        ]
        outer = children(node)[len(node.arguments) :]
        return inner + [(part, _restrict(scope, part.free)) for part in outer]
    return [(part, _restrict(scope, part.free)) for part in children(node)]


def _with_children(node: Expr, parts: list[Expr], scope: dict[Index, _Replacement]) -> Expr:
    remaining = iter(parts)

    def index(value: IndexExpression) -> IndexExpression:
        return _replace_index(value, scope, remaining)

    def slot(value: Slot) -> Slot:
        return _replace_slot(value, scope, remaining)

    match node:
        case Number() | Size():
            return node
        case Access(tensor, slots):
            return Access(tensor, tuple(slot(s) for s in slots))
        case Delta(left, right):
            return Delta(slot(left), slot(right))
        case Condition(relation, left, right):
            return Condition(relation, index(left), index(right))
        case Sum():
            return Sum(tuple(parts))
        case Product():
            return Product(tuple(parts))
        case Contraction(bound, _):
            return Contraction(bound, parts[0])
        case Apply(operation, _):
            return Apply(operation, tuple(parts))
        case Transform(operation, arguments, at):
            new = tuple(Argument(a.bound, next(remaining)) for a in arguments)
            return Transform(operation, new, tuple(slot(s) for s in at))
        case Derivative():
            wrt = parts[1]
            assert isinstance(wrt, Access)
            return Derivative(parts[0], wrt)
        case _:
            assert_never(node)


def _replace_index(
    index: IndexExpression, scope: dict[Index, _Replacement], remaining: Iterator[Expr]
) -> IndexExpression:
    match index:
        case Index():
            return scope[index][0] if index in scope else index
        case Affine(terms, constant):
            total: list[tuple[Index, int]] = []
            for term, coefficient in terms:
                replacement = scope[term][0] if term in scope else term
                match replacement:
                    case Index():
                        total.append((replacement, coefficient))
                    case Affine(inner, offset):
                        total.extend((i, c * coefficient) for i, c in inner)
                        constant = constant + offset * coefficient
                    case Lookup():
                        raise ShapeError("a looked-up index cannot stand inside an affine index")
            return affine(total, constant)
        case Lookup():
            source = next(remaining)
            assert isinstance(source, Access)
            return Lookup(source)


def _replace_slot(slot: Slot, scope: dict[Index, _Replacement], remaining: Iterator[Expr]) -> Slot:
    flip = isinstance(slot.index, Index) and slot.index in scope and scope[slot.index][1]
    index = _replace_index(slot.index, scope, remaining)
    return Slot(index, slot.level.opposite if flip else slot.level, slot.edge)


def _fresh_bound(
    bound: tuple[Index, ...], avoid: Collection[Index], inside: Collection[Index]
) -> tuple[Index, ...]:
    if not any(i in avoid for i in bound):
        return bound
    taken = {*avoid, *inside, *bound}
    renamed: list[Index] = []
    for index in bound:
        new = index
        if index in avoid:
            new = fresh(index, taken)
            taken.add(new)
        renamed.append(new)
    return tuple(renamed)


def _rename_argument(argument: Argument, avoid: Collection[Index]) -> Argument:
    renamed = _fresh_bound(argument.bound, avoid, argument.body.free)
    if renamed == argument.bound:
        return argument
    mapping = dict(zip(argument.bound, renamed, strict=True))
    return Argument(renamed, substitute(argument.body, mapping))
