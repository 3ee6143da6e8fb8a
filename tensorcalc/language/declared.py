"""Extents that are written: declarations, ``sizes``, ``index … : T``, and what the caller gives."""

from __future__ import annotations

from collections.abc import Mapping

from tensorcalc.expr import Tensor, extent
from tensorcalc.language.accessing import Program
from tensorcalc.language.affine import combination
from tensorcalc.language.building import Builder
from tensorcalc.language.source import Span
from tensorcalc.language.unification import Fixed, Place

__all__ = ["check_extents", "fix_declared"]


def fix_declared(program: Program, known: Mapping[str, int]) -> None:
    """Give the places their written extents; ``known`` are the caller's sizes."""
    symbols, unifier = program.symbols, program.unifier
    builder = Builder(program, -1, frozenset())
    none = Span(0, 0)
    for name, given in known.items():
        if name not in symbols.size_names:
            place = (-1, name, 0)
            unifier.fix(place, Fixed(extent(given), none, f"index {name}"))
    for plain, value in symbols.index_sizes:
        _, length = combination(builder, value, sizes_only=True)
        if _positive(program, length.number, value.span):
            fixed = Fixed(length, plain.span, f"index {plain.name}")
            unifier.fix((-1, plain.name, 0), fixed)
    for name, entry in symbols.index_extents.items():
        _, length = combination(builder, entry, sizes_only=True)
        fixed = Fixed(length, symbols.index_names[name], f"index {name}")
        unifier.fix((-1, name, 0), fixed)
    for name, value in symbols.size_values:
        _, length = combination(builder, value, sizes_only=True)
        number = length.number
        if number is None:
            program.reporter.error("E116", f"the size {name} is set to no number", value.span)
        elif _positive(program, number, value.span):
            before = unifier.sizes.setdefault(name, number)
            if before != number:
                message = f"the size {name} is {before} and {number}"
                program.reporter.error("E401", message, value.span)
    for symbol in symbols.tensors.values():
        if symbol.extents is None and not symbol.declared:
            continue
        program.tensor(symbol)
        if symbol.known is not None:
            _fix_known(program, symbol.known)
        for slot, entry in enumerate(symbol.extents or ()):
            _, length = combination(builder, entry, sizes_only=True)
            if _positive(program, length.number, entry.span):
                what = f"slot {slot + 1} of {symbol.name}"
                unifier.fix((symbol.name, slot), Fixed(length, entry.span, what))
        if symbol.symmetry:
            for slot in range(1, symbol.rank):
                unifier.join((symbol.name, 0), (symbol.name, slot), symbol.span)


def _fix_known(program: Program, tensor: Tensor) -> None:
    """A tensor of another program keeps its extents."""
    for slot, length in enumerate(tensor.extents):
        fixed = Fixed(length, Span(0, 0), f"slot {slot + 1} of {tensor.name}")
        program.unifier.fix((tensor.name, slot), fixed)


def _positive(program: Program, value: int | None, span: Span) -> bool:
    if value is not None and value < 1:
        program.reporter.error("E402", f"an extent of {value}: it has to be positive", span)
        return False
    return True


def check_extents(program: Program) -> None:
    """Every index that occurs needs an extent; those that stand side by side get one error."""
    unifier = program.unifier
    unknown: dict[Place, tuple[str, Span]] = {}
    for place, span in unifier.spans().items():
        if len(place) == 3 and place[0] >= 0 and not unifier.known(place):
            unknown.setdefault(unifier.group_of(place), (place[1], span))
    groups: list[list[tuple[str, Span]]] = []
    for name, span in sorted(unknown.values(), key=lambda item: item[1]):
        if groups and groups[-1][-1][1].end == span.start:
            groups[-1].append((name, span))
        else:
            groups.append([(name, span)])
    for group in groups:
        _report_unknown(program, [name for name, _ in group], group[0][1].start, group[-1][1].end)


def _report_unknown(program: Program, names: list[str], start: int, end: int) -> None:
    first, *more = names
    if not more:
        what = f"the extent of index {first} is not known: no input has it"
        hint = f"fix it: sizes {first}=3, index {first} : N, or declare a tensor's extents"
    else:
        word = "".join(names)
        what = f"the extents of the indices {', '.join(names)} are not known: no input has them"
        hint = f"write sizes {first}=3, {more[0]}=4, or declare a tensor's extents"
        if more[1:]:
            hint += f"; if {word} belongs to the name, declare the name"
    program.reporter.error("E402", what, Span(start, end), hint)
