"""Functions of matrices: ``inv(X)^i_j``, ``det(X)``, ``tr(X)``, ``diag(x)^i_j``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tensorcalc.expr import (
    Argument,
    Delta,
    Expr,
    Functional,
    Index,
    Slot,
    Transform,
    contract,
    multiply,
    number,
    operation_named,
    substitute,
)
from tensorcalc.language.building import Builder
from tensorcalc.language.names import (
    MATRIX_FUNCTIONS,
)
from tensorcalc.language.parts import Part, Protected, Use, Visit, once
from tensorcalc.language.pointwise import check_count
from tensorcalc.language.source import Span
from tensorcalc.language.syntax import Bracket, Call, Group, Node, Plain, Reference
from tensorcalc.language.unification import Place
from tensorcalc.language.vectors import whole_argument

__all__ = ["visit_matrix"]


def visit_matrix(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    """Return a function of a bare matrix, or of an expression with two open indices."""
    reporter = builder.program.reporter
    slots, uses = builder.slots(node.groups)
    if len(slots) not in MATRIX_FUNCTIONS[name]:
        wanted = " or ".join(str(n) for n in MATRIX_FUNCTIONS[name])
        example = {"diag": "diag(x)^i_j or diag(X)^i", "tr": "tr(X)"}.get(
            name, f"{name}(X)" + ("^i_j" if MATRIX_FUNCTIONS[name] == (2,) else "")
        )
        return builder.error(
            "E213",
            f"the value of {name} has {wanted} indices",
            node.span,
            reporter.or_matrix(f"write them, and those of the other factors: {example}"),
        )
    if not check_count(builder, node, 1) or node.gradient or node.primes or node.parameters:
        return Part(number(1), uses)
    rank = 1 if name == "diag" and len(slots) == 2 else 2
    argument, flipped = node.arguments[0], False
    while rank == 2 and (inner := _transposed(builder, argument)) is not None:
        argument, flipped = inner, not flipped
    argument = _opened(builder, argument)
    made = whole_argument(builder, argument, slots)
    rest: list[Use] = []
    places: list[Place]
    if made is not None and isinstance(argument, Reference):
        places = [(argument.name, n) for n in range(len(made.bound))]
    else:
        part = builder.close((yield argument, protected), protected)
        bound, rest = _matrix_indices(part, protected, uses, rank)
        made = Argument(tuple(builder.index(u.name) for u in bound), part.expr)
        places = [builder.place(u.name) for u in bound]
    if len(made.bound) != rank:
        return builder.error(
            "E213",
            f"{name} takes a bare name or a bracket with {rank} open indices",
            argument.span,
            reporter.or_matrix(f"write the indices: {name}(A_ij + B_ij), {name}(A_ij B_jk)"),
        )
    if flipped:
        made, places = Argument(made.bound[::-1], made.body), places[::-1]
    _join_matrix(builder, name, node, places, slots)
    if name == "tr" and isinstance(argument, Reference) and not argument.groups:
        return Part(_trace(builder, made, places), (*rest, *uses))
    return Part(_matrix_value(name, made, slots), (*rest, *uses))


def _transposed(builder: Builder, argument: Node) -> Node | None:
    """``X_kl`` for the argument ``transpose(X_kl)``; None for another, or a matrix by its name."""
    while isinstance(argument, Bracket):
        argument = argument.body
    if not isinstance(argument, Call) or len(argument.arguments) != 1:
        return None
    extras = argument.groups, argument.binders, argument.parameters
    if any(extras) or argument.gradient or argument.primes:
        return None
    name = builder.symbols.function(argument.name)
    (inner,) = argument.arguments
    named = isinstance(inner, Reference) and not inner.groups
    plain = name == "transpose" and name not in builder.symbols.functions and not named
    return inner if plain else None


def _opened(builder: Builder, argument: Node) -> Node:
    """``inv(X)`` as an argument is the whole matrix: it gets two indices of its own."""
    inner = argument
    while isinstance(inner, Bracket):
        inner = inner.body
    if not isinstance(inner, Call) or inner.groups or inner.binders or inner.gradient:
        return argument
    name = builder.symbols.function(inner.name)
    if name in builder.symbols.functions or 2 not in MATRIX_FUNCTIONS.get(name, ()):
        return argument
    entries = [Plain(inner.span, builder.new_name()) for _ in range(2)]
    groups = tuple(
        Group(inner.span, upper, (e,)) for upper, e in zip((True, False), entries, strict=True)
    )
    return replace(inner, groups=groups)


def _matrix_indices(
    part: Part, protected: Protected, at: tuple[Use, ...], rank: int
) -> tuple[list[Use], list[Use]]:
    opened = list(once(part.uses))
    if len(opened) == rank:
        return opened, []
    for chosen in (
        [u for u in opened if u.name not in protected],
        [u for u in opened if any(u.name == a.name for a in at)],
    ):
        if len(chosen) == rank:
            return chosen, [u for u in opened if u not in chosen]
    return opened, []


def _join_matrix(
    builder: Builder,
    name: str,
    node: Call,
    places: Sequence[Place],
    slots: Sequence[Slot],
) -> None:
    if not builder.program.dry:
        return
    if len(places) == 2 and name != "transpose":
        builder.unifier.join(places[0], places[1], node.span)
    order = (1, 0) if name == "transpose" else (0, 1) if len(places) == 2 else (0, 0)
    for slot, position in zip(slots, order, strict=False):
        if isinstance(slot.index, Index):
            place = builder.place(slot.index.name)
            builder.unifier.join(places[position], place, node.span)


def _trace(builder: Builder, made: Argument, places: Sequence[Place]) -> Expr:
    """The trace of a bare name, with an index that the statement has not."""
    name = builder.new_name()
    if builder.program.dry:
        builder.unifier.join(places[0], builder.place(name), Span(0, 0))
    index = builder.index(name)
    return contract((index,), substitute(made.body, dict.fromkeys(made.bound, index)))


def _matrix_value(name: str, made: Argument, slots: Sequence[Slot]) -> Expr:
    bound = made.bound
    if name == "tr":
        first, second = bound
        return contract((first,), substitute(made.body, {second: first}))
    if name == "transpose":
        return substitute(made.body, {bound[0]: slots[1].index, bound[1]: slots[0].index})
    if name == "diag" and len(slots) == 2:
        return multiply(
            (substitute(made.body, {bound[0]: slots[0].index}), Delta(slots[0], slots[1]))
        )
    if name == "diag":
        return substitute(made.body, dict.fromkeys(bound, slots[0].index))
    record = operation_named(name)
    assert isinstance(record, Functional)
    return Transform(record, (made,), tuple(slots))
