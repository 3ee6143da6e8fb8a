"""Labels that a program computes: ``c_n = argmax_i(x_ni)``, looked up in ``p_{c_n}``."""

from __future__ import annotations

from collections.abc import Iterable

from tensorcalc.language import syntax
from tensorcalc.language.accessing import Program

__all__ = ["join_labels"]

#: Functions whose value is a component's number.
_LABELLING = frozenset({"argmax", "argmin"})


def join_labels(program: Program, statements: Iterable[tuple[int, syntax.Statement]]) -> None:
    """Labels come from inputs, and from functions whose values are components' numbers.

    Where one is looked up, the slot is as long as the index that the function runs over.
    """
    ranges: dict[str, tuple[int, str, int]] = {}
    for number, statement in statements:
        if isinstance(statement, syntax.Definition):
            index = _labelled(program, statement.body)
            if index is not None:
                ranges[statement.target.name] = (number, index, 0)
    for name, place, span in program.lookups:
        symbol = program.symbols.tensors[name]
        if not symbol.defined:
            continue
        if name not in ranges:
            program.reporter.error(
                "E212",
                f"{name} is defined, but not as numbers of components",
                span,
                "labels are inputs, or argmax_i(…) and argmin_i(…)",
            )
        elif place is not None:
            program.unifier.join(place, ranges[name], span)


def _labelled(program: Program, body: syntax.Node) -> str | None:
    """The index whose number ``argmax_i(…)`` and its like return."""
    while isinstance(body, syntax.Bracket):
        body = body.body
    if not isinstance(body, syntax.Call) or len(body.binders) != 1:
        return None
    if program.symbols.function(body.name) not in _LABELLING:
        return None
    binder = body.binders[0]
    if isinstance(binder, syntax.Binder):
        return binder.name
    (entry, *others) = binder.entries
    return entry.name if isinstance(entry, syntax.Plain) and not others else None
