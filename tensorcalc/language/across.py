"""Functions across an index: ``softmax_i(z^i)``, ``max_i(x_i)``, ``norm_{i j}(X_ij)``.

With their indices at the name, functions of matrices are written so too: ``inv_{k l}(…)^i_j``.
"""

from __future__ import annotations

from tensorcalc.expr import (
    Argument,
    Functional,
    Index,
    Level,
    Slot,
    Transform,
    number,
    operation_named,
)
from tensorcalc.language.building import Builder
from tensorcalc.language.parts import Part, Protected, Use, Visit, once
from tensorcalc.language.pointwise import check_count
from tensorcalc.language.syntax import Binder, Call, Plain

__all__ = ["visit_across"]


def visit_across(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    """Return the function of its argument as a whole along the indices at its name."""
    record = operation_named(name)
    assert isinstance(record, Functional)
    names = _bound_names(builder, node, record)
    if names is None or not check_count(builder, node, 1):
        return Part(number(1), ())
    if record.bound is not None and record.bound != len(names):
        plural = "index" if record.bound == 1 else "indices"
        return builder.error("E213", f"{node.name} runs over {record.bound} {plural}", node.span)
    if record.bound == 2 and builder.program.dry:
        builder.unifier.join(builder.place(names[0]), builder.place(names[1]), node.span)
    inside = protected | set(names)
    part = builder.close((yield node.arguments[0], inside), inside)
    uses = once(part.uses)
    used = {u.name: u for u in uses}
    ranged = {b.name for b in node.binders if isinstance(b, Binder)}
    for missing in (n for n in names if n not in used and n not in ranged):
        return builder.error(
            "E207", f"index {missing} does not occur inside {node.name}", node.binders[0].span
        )
    outer = tuple(u for u in uses if u.name not in names)
    if node.parameters or node.primes or node.gradient:
        where = node.parameters[0].span if node.parameters else node.span
        return builder.error("E304", f"{node.name} has no parameters and no derivatives", where)
    bound = tuple(builder.index(n) for n in names)
    argument = Argument(bound, part.expr)
    if node.groups:
        return _at_components(builder, record, node, argument, outer)
    if record.result == "drop":
        return Part(Transform(record, (argument,), ()), outer)
    levels = [used[n].level if n in used else None for n in names]
    at = tuple(Slot(i, own or Level.UPPER) for own, i in zip(levels, bound, strict=True))
    kept = tuple(used.get(n) or Use(n, node.span, Level.UPPER) for n in names)
    return Part(Transform(record, (argument,), at), (*outer, *kept))


def _bound_names(builder: Builder, node: Call, record: Functional) -> list[str] | None:
    """The names of the indices at a function's name; None after an error."""
    names: list[str] = []
    inner = record.result == "drop" or bool(node.groups)
    entries = [e for b in node.binders for e in ((b,) if isinstance(b, Binder) else b.entries)]
    for entry in entries:
        if not isinstance(entry, Plain | Binder):
            builder.error("E114", f"{node.name} runs over plain indices", entry.span)
            return None
        if entry.name in names:
            builder.error("E205", f"index {entry.name} stands twice", entry.span)
            return None
        names.append(entry.name)
        builder.see(entry.name, entry.span)
        if inner:
            builder.check_binder(entry.name, entry.span)
        if isinstance(entry, Binder) and entry.bound is not None:
            builder.fix_bound(entry.name, entry.bound, entry.span)
    return names


def _at_components(
    builder: Builder, record: Functional, node: Call, argument: Argument, outer: tuple[Use, ...]
) -> Part:
    """``softmax_i(z_i)_k``: the function at components that are written behind it."""
    slots, uses = builder.slots(node.groups)
    wanted = len(argument.bound) if record.result == "keep" else 0
    if len(slots) != wanted:
        message = f"the value of {node.name} over these indices has {wanted} indices"
        return builder.error("E213", message, node.span)
    if builder.program.dry:
        for slot, bound in zip(slots, argument.bound, strict=True):
            if isinstance(slot.index, Index):
                own, other = builder.place(bound.name), builder.place(slot.index.name)
                builder.unifier.join(own, other, node.span)
    return Part(Transform(record, (argument,), slots), (*outer, *uses))
