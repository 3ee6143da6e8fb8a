"""Definitions and whole programs, a line for each, declarations first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from tensorcalc.expr import (
    Access,
    Affine,
    Definition,
    Equations,
    Expr,
    Index,
    Slot,
    at_indices,
    extent,
)
from tensorcalc.printing.declarations import declaration_lines
from tensorcalc.printing.formula import printer_for
from tensorcalc.printing.levels import as_written
from tensorcalc.printing.places import Places
from tensorcalc.printing.style import Style
from tensorcalc.printing.text import TextStyle

__all__ = ["definition_lines", "program_lines", "start_access"]


def definition_lines(
    definition: Definition,
    style: Style,
    ranged: Mapping[Expr, Collection[Index]] | None = None,
    reserved: Collection[str] = (),
) -> list[str]:
    """``left = right`` and, for a recurrence, its starts.

    ``ranged`` has, by the body, summed indices that show their range; no index is called one
    of ``reserved``.
    """
    known = ranged or {}
    lines: list[str] = []
    for start in definition.starts:
        access = start_access(definition, start.slot, start.component, start.indices)
        shown = known.get(start.body, ())
        printer = printer_for(style, start.body, start.indices, shown, reserved)
        lines.append(f"{printer.print(access)} = {printer.print(start.body)}")
    shown = known.get(definition.body, ())
    printer = printer_for(style, definition.body, definition.indices, shown, reserved)
    left = printer.print(at_indices(definition.tensor, definition.indices))
    lines.append(f"{left} = {printer.print(definition.body)}")
    return lines


def start_access(
    definition: Definition, slot: int, component: int, indices: Iterable[Index]
) -> Access:
    """The component before a recurrence's range that one of its starts defines."""
    others = iter(indices)
    slots = tuple(
        Slot(Affine((), extent(component)) if n == slot else next(others), level)
        for n, level in enumerate(definition.tensor.levels)
    )
    return Access(definition.tensor, slots)


def program_lines(equations: Equations, style: TextStyle, declarations: bool = True) -> list[str]:
    """The program's text: declarations, then definitions."""
    equations = as_written(equations)
    places = Places(equations)
    lines = list(declaration_lines(equations, style, places)) if declarations else []
    for definition in equations.definitions:
        lines.extend(definition_lines(definition, style, places.ranged, places.reserved))
    return lines
