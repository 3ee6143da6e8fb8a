"""Definitions and whole programs, a line for each, declarations first.

Only what the reader cannot see from the definitions is declared: names that hold underscores or
belong to the notation, facts, slots whose first appearance does not show how the tensor is
declared, inputs that nothing reads, extents that nothing else fixes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tensorcalc.expr import (
    Access,
    Affine,
    Condition,
    Definition,
    Delta,
    Equations,
    Expr,
    Extent,
    Fact,
    Index,
    Lookup,
    Slot,
    Tensor,
    Transform,
    accesses,
    at_indices,
    extent,
    walk,
)
from tensorcalc.printing.formula import FormulaPrinter, names_for
from tensorcalc.printing.names import IndexNames, sizes_mentioned
from tensorcalc.printing.style import Style
from tensorcalc.printing.text import TextStyle, is_catalog_name

__all__ = ["definition_lines", "program_lines", "start_access"]

#: Names that mean something else while nothing declares them.
_CONSTANTS = frozenset({"delta", "eps", "one", "e", "pi", "inf", "H", "d", "size"})
_LETTERS = "ijklmnpqrstuvw"


def definition_lines(definition: Definition, style: Style) -> list[str]:
    """``left = right`` and, for a recurrence, its starts."""
    lines: list[str] = []
    for start in definition.starts:
        access = start_access(definition, start.slot, start.component, start.indices)
        printer = FormulaPrinter(style, names_for(start.body, free=start.indices))
        lines.append(f"{printer.print(access)} = {printer.print(start.body)}")
    printer = FormulaPrinter(style, names_for(definition.body, free=definition.indices))
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


def program_lines(equations: Equations, style: TextStyle) -> list[str]:
    """The program's text: declarations, then definitions."""
    lines = list(_declarations(equations, style))
    if equations.sizes:
        given = ", ".join(f"{style.name(n)}={v}" for n, v in equations.sizes)
        lines.append(f"sizes {given}")
    lines += [_fact_line(fact, style) for fact in equations.facts]
    for definition in equations.definitions:
        lines.extend(definition_lines(definition, style))
    return lines


def _fact_line(fact: Fact, style: TextStyle) -> str:
    names = names_for(fact.left, fact.right, free=fact.indices)
    printer = FormulaPrinter(style, names)
    return f"given {printer.print(fact.left)} = {printer.print(fact.right)}"


def _declarations(equations: Equations, style: TextStyle) -> Iterator[str]:
    tensors = [*equations.inputs, *(d.tensor for d in equations.definitions)]
    bodies = [b for d in equations.definitions for b in (d.body, *(s.body for s in d.starts))]
    shown = _first_appearances(equations)
    explicit = sizes_mentioned(*bodies) | {name for name, _ in equations.sizes}
    looked_up = {a.tensor for b in bodies for a in _lookups(b)}
    for tensor in tensors:
        defined = equations.defines(tensor.name)
        first = shown.get(tensor)
        sized = (
            not _extents_follow(equations.definition(tensor.name))
            if defined
            else first is None or any(_is_explicit(e, explicit) for e in tensor.extents)
        )
        labels = tensor.domain == "integer" and tensor not in looked_up
        item = _item(tensor, equations, style, first, sized and bool(tensor.extents))
        keywords = _keywords(tensor, labels)
        misleading = first is not None and tuple(s.level for s in first.slots) != tensor.levels
        if keywords:
            yield f"{keywords[0]} {item}"
            yield from (f"{word} {style.tensor(tensor.name, ())}" for word in keywords[1:])
        elif sized or misleading or not _is_plain(tensor.name) or first is None:
            yield f"tensor {item}"


def _keywords(tensor: Tensor, labels: bool) -> list[str]:
    """The declarations, other than ``tensor``, that say what is known of a tensor's values."""
    words = ["integer"] if labels else []
    words += [fact for fact in ("positive", "mask") if fact in tensor.facts]
    for sign, slots in tensor.symmetry:
        if len(slots) == tensor.rank:
            words.append("symmetric" if sign > 0 else "antisymmetric")
    return words


def _item(
    tensor: Tensor, equations: Equations, style: TextStyle, first: Access | None, sized: bool
) -> str:
    indices: list[Index] = []
    if equations.defines(tensor.name):
        indices = list(equations.definition(tensor.name).indices)
    else:
        for n, size in enumerate(tensor.extents):
            index = first.slots[n].index if first is not None else None
            wish = index.name if isinstance(index, Index) else _LETTERS[n % len(_LETTERS)]
            indices.append(_unlike(Index(wish, 0, size), indices))
    printer = FormulaPrinter(style, IndexNames(indices))
    text = printer.print(at_indices(tensor, indices))
    if not sized:
        return text
    return f"{text} [{', '.join(style.extent(e) for e in tensor.extents)}]"


def _unlike(index: Index, others: list[Index]) -> Index:
    """``index``, or its like with another serial where it is among ``others``."""
    serial = index.serial
    while Index(index.name, serial, index.extent) in others:
        serial += 1
    return Index(index.name, serial, index.extent)


def _is_plain(name: str) -> bool:
    known = name in _CONSTANTS or is_catalog_name(name)
    return not known and re.fullmatch(r"[^\W\d_][^\W_]*", name) is not None


def _is_explicit(size: Extent, explicit: frozenset[str] | set[str]) -> bool:
    """Whether an input's extent must be written: a number, a formula, or a name that is used."""
    return size.name is None or size.name in explicit


def _extents_follow(definition: Definition) -> bool:
    """Whether each index of a definition gets its extent from a plain slot on the right."""
    fixed: set[Index] = set()
    for body in (definition.body, *(s.body for s in definition.starts)):
        for access in accesses(body):
            fixed |= _plain(access.slots)
        for node in walk(body):
            if isinstance(node, Transform):
                fixed |= _plain(node.at)
    return fixed.issuperset(definition.indices)


def _plain(slots: Iterable[Slot]) -> set[Index]:
    return {s.index for s in slots if isinstance(s.index, Index)}


def _first_appearances(equations: Equations) -> dict[Tensor, Access]:
    """Where each tensor is met first in the text."""
    first: dict[Tensor, Access] = {}
    bodies = [b for f in equations.facts for b in (f.left, f.right)]
    for body in bodies:
        for access in accesses(body):
            first.setdefault(access.tensor, access)
    for definition in equations.definitions:
        first.setdefault(definition.tensor, at_indices(definition.tensor, definition.indices))
        for start in definition.starts:
            for access in accesses(start.body):
                first.setdefault(access.tensor, access)
        for access in accesses(definition.body):
            first.setdefault(access.tensor, access)
    return first


def _lookups(expr: Expr) -> Iterator[Access]:
    """The accesses in ``expr`` that indices are taken from."""
    for node in walk(expr):
        match node:
            case Access(_, slots):
                indices = [s.index for s in slots]
            case Delta(left, right):
                indices = [left.index, right.index]
            case Condition(_, left_index, right_index):
                indices = [left_index, right_index]
            case Transform(_, _, at):
                indices = [s.index for s in at]
            case _:
                continue
        for index in indices:
            if isinstance(index, Lookup):
                yield index.source
