"""Functions across an index: ``softmax_i(z^i)``, ``max_i(x_i)``, ``norm_{i j}(X_ij)``."""

from __future__ import annotations

from tensorcalc.expr import (
    Argument,
    Functional,
    Level,
    Slot,
    Transform,
    number,
    operation_named,
)
from tensorcalc.language.building import Builder
from tensorcalc.language.parts import Part, Protected, Visit, once
from tensorcalc.language.pointwise import check_count
from tensorcalc.language.syntax import Call, Plain

__all__ = ["visit_across"]


def visit_across(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    """Return the function of its argument as a whole along the indices at its name."""
    record = operation_named(name)
    assert isinstance(record, Functional)
    names: list[str] = []
    for group in node.binders:
        for entry in group.entries:
            if not isinstance(entry, Plain):
                return builder.error("E114", f"{node.name} runs over plain indices", entry.span)
            if entry.name in names:
                return builder.error("E205", f"index {entry.name} stands twice", entry.span)
            names.append(entry.name)
            builder.see(entry.name, entry.span)
            if record.result == "drop":
                builder.check_binder(entry.name, entry.span)
    if not check_count(builder, node, 1):
        return Part(number(1), ())
    if record.bound is not None and record.bound != len(names):
        return builder.error("E213", f"{node.name} runs over {record.bound} index", node.span)
    if record.bound == 2 and builder.program.dry:
        builder.unifier.join(builder.place(names[0]), builder.place(names[1]), node.span)
    inside = protected | set(names)
    part = builder.close((yield node.arguments[0], inside), inside)
    uses = once(part.uses)
    used = {u.name: u for u in uses}
    for missing in (n for n in names if n not in used):
        return builder.error(
            "E207", f"index {missing} does not occur inside {node.name}", node.binders[0].span
        )
    outer = tuple(u for u in uses if u.name not in names)
    if node.parameters or node.groups or node.primes or node.gradient:
        where = node.parameters[0].span if node.parameters else node.span
        return builder.error("E304", f"{node.name} has no parameters and no indices", where)
    bound = tuple(builder.index(n) for n in names)
    argument = Argument(bound, part.expr)
    if record.result == "drop":
        return Part(Transform(record, (argument,), ()), outer)
    at = tuple(Slot(i, used[n].level or Level.UPPER) for n, i in zip(names, bound, strict=True))
    kept = tuple(used[n] for n in names)
    return Part(Transform(record, (argument,), at), (*outer, *kept))
