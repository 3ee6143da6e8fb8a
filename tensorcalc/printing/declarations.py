"""The declarations a program's text needs in front of its definitions.

What has to be said is decided here, once for every style; a style only has the marks for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf

from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Affine,
    Apply,
    Condition,
    Contraction,
    Delta,
    Edge,
    Equations,
    Expr,
    Fact,
    Functional,
    Index,
    Level,
    Lookup,
    Number,
    Slot,
    Tensor,
    Transform,
    accesses,
    at_indices,
    walk,
)
from tensorcalc.expr.recurrences import groups, is_recurrent, step_slots, steps_ahead
from tensorcalc.ops import ALIASES
from tensorcalc.printing.formula import FormulaPrinter, names_for
from tensorcalc.printing.names import IndexNames
from tensorcalc.printing.places import Places, Statement
from tensorcalc.printing.structure import is_whole, printed_edges
from tensorcalc.printing.style import Style
from tensorcalc.printing.text import RESERVED, WRITTEN, is_catalog_name

__all__ = ["declaration_lines", "quoted_names"]

#: Names that mean something else while nothing declares them.
_CONSTANTS = frozenset(
    {"delta", "eps", "one", "e", "pi", "inf", "size", "sum", "mean", "tr", "diag", "transpose"}
    | {edge.value for edge in Edge}
    | ALIASES.keys()
)
_CONDITION_WORDS = frozenset({"and", "or", "not"})
_LETTERS = "ijklmnpqrstuvw"


def declaration_lines(equations: Equations, style: Style, places: Places) -> Iterator[str]:
    """Lines that say what the definitions alone do not.

    These are names that hold underscores or belong to the notation, what is known of values,
    slots whose first appearance is not on the declared levels, inputs that nothing reads,
    extents and outputs that a reader would find otherwise, sizes and facts.
    """
    shown = _First(places.statements)
    bodies = [b for d in equations.definitions for b in (d.body, *(s.body for s in d.starts))]
    sources = [a for b in bodies for a in _lookups(b)]
    looked_up = {a.tensor for a in sources}
    if style.needs_indices:  # of `p^{c_{1}}` nothing else tells that it holds no index `c1`
        looked_up -= {a.tensor for a in sources if any(_is_fixed(s) for s in a.slots)}
    inputs = frozenset(equations.inputs)
    unindexed = style.needs_indices and not any(s.order for s in places.statements)

    def lines(tensor: Tensor, always: bool) -> list[str]:
        keywords = _keywords(tensor, tensor.domain == "integer" and tensor not in looked_up)
        if tensor.name == equations.metric:
            keywords = ["metric"]
        sized = tensor in places.declared
        misleading = tensor in inputs and shown.levels.get(tensor) != tensor.levels
        odd = not _is_plain(tensor.name)
        if not (keywords or always or sized or misleading or odd):
            return []
        text = _item(tensor, equations, style, shown, places.reserved)
        first, *more = keywords or ["tensor"]
        made = [style.declared(first, text, tensor.extents if sized else ())]
        return made + [style.declared(w, style.tensor(tensor.name, ()), ()) for w in more]

    declared = {tensor: lines(tensor, unindexed) for tensor in equations.inputs}
    others = [t for t in shown.levels if t in declared and not declared[t]]
    if (*(t for t in declared if declared[t]), *others) != equations.inputs:
        declared = {tensor: lines(tensor, True) for tensor in equations.inputs}
    for made in declared.values():
        yield from made
    for definition in equations.definitions:
        yield from lines(definition.tensor, False)
    sizes = (*((name, None) for name in places.loose), *equations.sizes)
    if sizes:
        yield style.sizes(sizes)
    for fact in equations.facts:
        yield _fact_line(fact, style, places.reserved)
    bare = unindexed and not equations.inputs
    if equations.outputs and (bare or equations.outputs != _unread(equations)):
        yield style.outputs(equations.outputs)


def quoted_names(equations: Equations) -> frozenset[str]:
    """Names that are only read as names in back-ticks.

    These hold underscores, are words of conditions, are with a lower index spelled as a size, or
    are those of a function or a constant that the program has beside the tensor.
    """
    tensors = (*equations.inputs, *(d.tensor for d in equations.definitions))
    sizes = {name for t in tensors for length in t.extents for name in length.names()}
    stems = {name.partition("_")[0] for name in sizes if "_" in name}
    own = _words(equations)
    return frozenset(t.name for t in tensors if _is_quoted(t, stems) or t.name in own)


def _words(equations: Equations) -> frozenset[str]:
    """The words for functions and constants that the program's formulas hold."""
    found: set[str] = set()
    bodies = [b for d in equations.definitions for b in (d.body, *(s.body for s in d.starts))]
    bodies += [side for fact in equations.facts for side in (fact.left, fact.right)]
    for body in bodies:
        for node in walk(body):
            match node:
                case Delta():
                    found.update(("delta", *(e.value for e in printed_edges(node))))
                case Access():
                    found.update(e.value for e in printed_edges(node))
                case Contraction():
                    found.add("sum")
                case Number(value) if value in (inf, -inf):
                    found.add("inf")
                case Apply(operation) | Transform(operation):
                    found.add(WRITTEN.get(operation.name, operation.name))
                    if isinstance(operation, Functional) and operation.bound == 2:
                        found.add("transpose")
                case _:
                    pass
    return frozenset(found)


def _is_quoted(tensor: Tensor, stems: Collection[str]) -> bool:
    name = tensor.name
    lower_first = bool(tensor.levels) and tensor.levels[0] is Level.LOWER
    if name.partition("_")[0] in _CONDITION_WORDS or (lower_first and name in stems):
        return True
    if "_" not in name:
        return False
    return lower_first or not (RESERVED.fullmatch(name) or name.count("_") > 1)


def _fact_line(fact: Fact, style: Style, reserved: Collection[str]) -> str:
    names = names_for(fact.left, fact.right, free=fact.indices, reserved=reserved)
    printer = FormulaPrinter(style, names)
    return style.given(printer.print(fact.left), printer.print(fact.right))


def _unread(equations: Equations) -> tuple[str, ...]:
    """The outputs a reader finds: what no other definition reads, earlier steps aside."""
    read: set[str] = set()
    for group in groups(equations.definitions):
        members = {d.tensor: d for d in group} if is_recurrent(group) else {}
        slots = step_slots(group) if members else {}
        for definition in group:
            for tensor in definition.reads - {definition.tensor}:
                if tensor not in members or any(
                    steps_ahead(a.slots[slots[tensor]].index, definition.indices[own]) == 0
                    for own in [slots[definition.tensor]]
                    for a in accesses(definition.body)
                    if a.tensor is tensor
                ):
                    read.add(tensor.name)
    return tuple(d.name for d in equations.definitions if d.name not in read)


def _keywords(tensor: Tensor, labels: bool) -> list[str]:
    """The declarations, other than ``tensor``, that say what is known of a tensor's values."""
    words = ["integer"] if labels else []
    words += [fact for fact in ("positive", "mask") if fact in tensor.facts]
    for sign, slots in tensor.symmetry:
        if len(slots) == tensor.rank:
            words.append("symmetric" if sign > 0 else "antisymmetric")
    return words


class _First:
    """Where a reader meets each tensor first.

    Attributes:
        levels: The levels that a reader takes for each tensor's.
        names: The printed names of its indices there, as far as they have one.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.levels: dict[Tensor, tuple[Level, ...]] = {}
        self.names: dict[Tensor, tuple[str, ...]] = {}
        bare: dict[Tensor, tuple[Level, ...]] = {}
        for statement in statements:
            printed: dict[Tensor, tuple[Access, Mapping[Index, str]]] = {}
            for met in statement.met:
                if isinstance(met.node, Access):
                    printed.setdefault(met.node.tensor, (met.node, met.names))
            for body in statement.bodies:
                whole = _bare_arguments(body)
                for access in accesses(body):
                    if access in whole:
                        bare.setdefault(access.tensor, whole[access])
                        self.levels.setdefault(access.tensor, ())
                    if access.tensor in printed and not self.levels.get(access.tensor):
                        first, names = printed[access.tensor]
                        self.levels[access.tensor] = tuple(s.level for s in first.slots)
                        self.names[access.tensor] = tuple(
                            names.get(s.index, "") if isinstance(s.index, Index) else ""
                            for s in first.slots
                        )
        for tensor, guess in bare.items():
            self.levels[tensor] = self.levels[tensor] or guess


def _bare_arguments(body: Expr) -> dict[Access, tuple[Level, ...]]:
    """The accesses that are printed as bare names, with the levels that a reader guesses."""
    found: dict[Access, tuple[Level, ...]] = {}
    for node in walk(body):
        if isinstance(node, Transform):
            matrix = isinstance(node.operation, Functional) and node.operation.bound is not None
            if not matrix and not isinstance(node.operation, AbstractFunction):
                continue
            for argument in node.arguments:
                if isinstance(argument.body, Access) and is_whole(argument.body, argument.bound):
                    guess = (Level.LOWER, Level.LOWER) if matrix else (Level.UPPER,)
                    found[argument.body] = guess
    return found


def _item(
    tensor: Tensor, equations: Equations, style: Style, shown: _First, reserved: Collection[str]
) -> str:
    if equations.defines(tensor.name):
        indices = list(equations.definition(tensor.name).indices)
    else:
        indices = list[Index]()
        names = shown.names.get(tensor, ("",) * tensor.rank)
        for n, (size, name) in enumerate(zip(tensor.extents, names, strict=True)):
            taken = {i.name for i in indices} | {*reserved}
            wish = name.rstrip("0123456789'") or _LETTERS[n % len(_LETTERS)]
            if wish in taken:
                wish = next((c for c in _LETTERS if c not in taken), wish)
            indices.append(_unlike(Index(wish, 0, size), indices))
    printer = FormulaPrinter(style, IndexNames(indices, reserved))
    return printer.print(at_indices(tensor, indices))


def _unlike(index: Index, others: list[Index]) -> Index:
    """``index``, or its like with another serial where it is among ``others``."""
    serial = index.serial
    while Index(index.name, serial, index.extent) in others:
        serial += 1
    return Index(index.name, serial, index.extent)


def _is_plain(name: str) -> bool:
    known = name in _CONSTANTS or is_catalog_name(name)
    return not known and re.fullmatch(r"[^\W\d_][^\W_]*", name) is not None


def _is_fixed(slot: Slot) -> bool:
    return isinstance(slot.index, Affine) and not slot.index.terms


def _lookups(expr: Expr) -> Iterator[Access]:
    """The accesses in ``expr`` that indices are taken from."""
    for node in walk(expr):
        match node:
            case Access(_, slots) | Transform(_, _, slots):
                indices = [s.index for s in slots]
            case Delta(Slot(left), Slot(right)) | Condition(_, left, right):
                indices = [left, right]
            case _:
                continue
        for index in indices:
            if isinstance(index, Lookup):
                yield index.source
