"""When a program that was printed and read again is the same program."""

from __future__ import annotations

from tensorcalc.expr import (
    Argument,
    Contraction,
    Equations,
    Expr,
    Index,
    Transform,
    all_indices,
    fold,
    rebuild,
    substitute,
)
from tensorcalc.program import Program

__all__ = ["is_equal"]


def same_up_to_bound_names(left: Equations, right: Equations) -> bool:
    """Whether two programs differ at most in the names of summed indices."""
    first = [(d.tensor, d.indices, numbered(d.body)) for d in left.definitions]
    second = [(d.tensor, d.indices, numbered(d.body)) for d in right.definitions]
    return first == second


def is_equal(left: Equations, right: Equations) -> bool:
    """Whether two programs are equal: alike, or with the same canonical forms."""
    if (left.inputs, left.outputs, left.sizes) != (right.inputs, right.outputs, right.sizes):
        return False
    if left.metric != right.metric:
        return False
    if len(left.facts) != len(right.facts):
        return False
    if [d.tensor for d in left.definitions] != [d.tensor for d in right.definitions]:
        return False
    return same_up_to_bound_names(left, right) or Program(left) == Program(right)


def numbered(expr: Expr) -> Expr:
    """The expression with its bound indices numbered from the inside out."""

    def renamed(bound: tuple[Index, ...], body: Expr) -> tuple[tuple[Index, ...], Expr]:
        taken = [i.serial for i in all_indices(body) if i.name == "#"]
        first = max(taken, default=-1) + 1
        new = tuple(Index("#", first + n, i.extent) for n, i in enumerate(bound))
        return new, substitute(body, dict(zip(bound, new, strict=True)))

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        node = rebuild(node, parts)
        match node:
            case Contraction(bound, body):
                return Contraction(*renamed(bound, body))
            case Transform(operation, arguments, at):
                made = tuple(Argument(*renamed(a.bound, a.body)) for a in arguments)
                return Transform(operation, made, at)
            case _:
                return node

    return fold(expr, rule)
