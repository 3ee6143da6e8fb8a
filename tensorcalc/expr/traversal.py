"""Going over an expression: its parts, rebuilding from new parts, and one iterative fold.

The fold visits every distinct node once and uses no recursion, so a shared graph costs its
nodes and a formula nested 10,000 deep is no different from a shallow one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, assert_never

from tensorcalc.expr.indices import Affine, Index, Level
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
)

__all__ = ["accesses", "children", "fold", "level_of", "rebuild", "walk"]

T = TypeVar("T")


def children(node: Expr) -> tuple[Expr, ...]:
    """The sub-expressions of ``node`` in order, tensors looked up in slots included."""
    # The kinds that come up most stand first: this is asked more often than anything else.
    match node:
        case Access():
            return _looked_up_in(node.slots)
        case Product():
            return node.factors
        case Apply():
            return node.arguments
        case Contraction():
            return (node.body,)
        case Sum():
            return node.terms
        case Number() | Size():
            return ()
        case Delta():
            return _looked_up_in((node.left, node.right))
        case Transform():
            return (*(a.body for a in node.arguments), *_looked_up_in(node.at))
        case Condition():
            return _looked_up(node.left, node.right)
        case Derivative():
            return (node.body, node.wrt)
        case _:
            assert_never(node)


def rebuild(node: Expr, parts: tuple[Expr, ...]) -> Expr:
    """Return ``node`` with its :func:`children` replaced, in the same order."""
    if parts == children(node):
        return node
    remaining = iter(parts)
    match node:
        case Number() | Size():
            return node
        case Access(tensor, slots):
            return Access(tensor, tuple(_slot(s, remaining) for s in slots))
        case Delta(left, right):
            return Delta(_slot(left, remaining), _slot(right, remaining))
        case Condition(relation, left, right):
            return Condition(relation, _index(left, remaining), _index(right, remaining))
        case Sum():
            return Sum(parts)
        case Product():
            return Product(parts)
        case Contraction(bound, _):
            return Contraction(bound, parts[0])
        case Apply(operation, _):
            return Apply(operation, parts)
        case Transform(operation, arguments, at):
            new = tuple(Argument(a.bound, next(remaining)) for a in arguments)
            return Transform(operation, new, tuple(_slot(s, remaining) for s in at))
        case Derivative():
            wrt = parts[1]
            assert isinstance(wrt, Access)
            return Derivative(parts[0], wrt)
        case _:
            assert_never(node)


def fold(root: Expr, rule: Callable[[Expr, tuple[T, ...]], T]) -> T:
    """Return ``rule(root, results of its children)``, bottom up, each distinct node once."""
    done: dict[Expr, T] = {}
    stack: list[Expr] = [root]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        parts = children(node)
        waiting = [part for part in parts if part not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        done[node] = rule(node, tuple(done[part] for part in parts))
        stack.pop()
    return done[root]


def walk(root: Expr) -> Iterator[Expr]:
    """Yield every distinct node below and including ``root``, in order of first appearance."""
    seen: set[Expr] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        stack.extend(reversed(children(node)))


def accesses(root: Expr) -> Iterator[Access]:
    """Yield every distinct access in ``root``."""
    for node in walk(root):
        if isinstance(node, Access):
            yield node


def _looked_up_in(slots: tuple[Slot, ...]) -> tuple[Expr, ...]:
    for slot in slots:
        if isinstance(slot.index, Lookup):
            return _looked_up(*(s.index for s in slots))
    return ()


def _looked_up(*indices: IndexExpression) -> tuple[Expr, ...]:
    return tuple(index.source for index in indices if isinstance(index, Lookup))


def _slot(slot: Slot, remaining: Iterator[Expr]) -> Slot:
    index = _index(slot.index, remaining)
    return slot if index is slot.index else Slot(index, slot.level, slot.edge)


def _index(index: IndexExpression, remaining: Iterator[Expr]) -> IndexExpression:
    if not isinstance(index, Lookup):
        return index
    source = next(remaining)
    assert isinstance(source, Access)
    return Lookup(source)


def level_of(expr: Expr, index: Index) -> Level:
    """The level on which ``index`` first stands in ``expr``; upper if only in a condition."""
    for node in walk(expr):
        slots: tuple[Slot, ...] = ()
        if isinstance(node, Access):
            slots = node.slots
        elif isinstance(node, Transform):
            slots = node.at
        elif isinstance(node, Delta):
            slots = (node.left, node.right)
        for slot in slots:
            if slot.index is index:
                return slot.level
            if isinstance(slot.index, Affine) and index in slot.free:
                return slot.level
    return Level.UPPER
