"""The declarations a program's text needs in front of its definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tensorcalc.expr import (
    Access,
    Condition,
    Delta,
    Equations,
    Expr,
    Index,
    Level,
    Lookup,
    Tensor,
    Transform,
    accesses,
    at_indices,
    walk,
)
from tensorcalc.printing.formula import FormulaPrinter
from tensorcalc.printing.names import IndexNames
from tensorcalc.printing.places import Places
from tensorcalc.printing.text import TextStyle, is_catalog_name

__all__ = ["declaration_lines", "quoted_names"]

#: Names that mean something else while nothing declares them.
_CONSTANTS = frozenset({"delta", "eps", "one", "e", "pi", "inf", "H", "size"})
_LETTERS = "ijklmnpqrstuvw"


def declaration_lines(equations: Equations, style: TextStyle) -> Iterator[str]:
    """Lines that say what the definitions alone do not.

    These are names that hold underscores or belong to the notation, facts, slots whose first
    appearance is not on the declared levels, inputs that nothing reads, extents that nothing
    else fixes.
    """
    shown = _first_appearances(equations)
    places = Places(equations)
    bodies = [b for d in equations.definitions for b in (d.body, *(s.body for s in d.starts))]
    looked_up = {a.tensor for b in bodies for a in _lookups(b)}

    def lines(tensor: Tensor, always: bool) -> list[str]:
        first = shown.get(tensor)
        sized = bool(tensor.extents) and places.needed(tensor, equations.defines(tensor.name))
        keywords = _keywords(tensor, tensor.domain == "integer" and tensor not in looked_up)
        misleading = first is not None and tuple(s.level for s in first.slots) != tensor.levels
        item = _item(tensor, equations, style, first, sized)
        if keywords:
            more = [f"{word} {style.tensor(tensor.name, ())}" for word in keywords[1:]]
            return [f"{keywords[0]} {item}", *more]
        if always or sized or misleading or first is None or not _is_plain(tensor.name):
            return [f"tensor {item}"]
        return []

    declared = {tensor: lines(tensor, False) for tensor in equations.inputs}
    others = [t for t in shown if t in declared and not declared[t]]
    if (*(t for t in declared if declared[t]), *others) != equations.inputs:
        declared = {tensor: lines(tensor, True) for tensor in equations.inputs}
    for made in declared.values():
        yield from made
    for definition in equations.definitions:
        yield from lines(definition.tensor, False)


def quoted_names(equations: Equations) -> frozenset[str]:
    """Names that must stand in back-ticks: their declaration is followed by a lower slot."""
    tensors = (*equations.inputs, *(d.tensor for d in equations.definitions))
    return frozenset(
        t.name for t in tensors if "_" in t.name and t.levels and t.levels[0] is Level.LOWER
    )


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
            taken = {i.name for i in indices}
            letter = _LETTERS[n % len(_LETTERS)]
            wish = index.name.rstrip("0123456789'") if isinstance(index, Index) else letter
            if wish in taken:
                wish = next((c for c in _LETTERS if c not in taken), wish)
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
