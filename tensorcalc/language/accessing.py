"""Accesses: a name with its indices becomes a tensor's component, a constant or a size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, assert_never

from tensorcalc.expr import (
    ONE,
    Access,
    Affine,
    Condition,
    Delta,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Size,
    Slot,
    Tensor,
    add,
    affine,
    apply,
    extent,
    multiply,
    negate,
    number,
)
from tensorcalc.expr.indices import Edge
from tensorcalc.language.affine import combination, is_size
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.lookalikes import note_index_as_tensor, report_exponential
from tensorcalc.language.metrics import metric_at, with_levels
from tensorcalc.language.parts import NOTHING, Part, Protected, Use, Visit
from tensorcalc.language.recurrences import Recurrence, offset_of
from tensorcalc.language.source import Span
from tensorcalc.language.symbols import Symbols, TensorSymbol, slots_of
from tensorcalc.language.syntax import (
    AffineEntry,
    Call,
    Entry,
    Gather,
    Group,
    Iverson,
    Node,
    Partial,
    Plain,
    Reference,
    index_names,
    mentions,
)
from tensorcalc.language.unification import (
    Fixed,
    IndexPlace,
    Place,
    SlotPlace,
    Unifier,
    Window,
)

__all__ = ["Accessor", "Program"]

_UNIT = extent(1)


@dataclass(slots=True)
class Program:
    """What the builders of all statements share."""

    symbols: Symbols
    unifier: Unifier
    reporter: Reporter
    visit: Callable[[Any, Call | Iverson | Partial, Protected], Part | Visit]
    recurrences: Mapping[str, Recurrence] = field(default_factory=dict[str, Recurrence])
    dry: bool = True
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    templates: dict[str, Part] = field(default_factory=dict[str, Part])
    prepared: dict[int, tuple[set[tuple[str, str]], set[str]]] = field(
        default_factory=dict[int, tuple[set[tuple[str, str]], set[str]]]
    )
    has_derivatives: bool = False
    lookups: list[tuple[str, Place | None, Span]] = field(
        default_factory=list[tuple[str, Place | None, Span]]
    )
    noted: set[str] = field(default_factory=set[str])

    def tensor(self, symbol: TensorSymbol) -> Tensor:
        """The tensor of a symbol; its extents are not known in the dry pass."""
        made = self.tensors.get(symbol.name)
        if made is not None:
            return made
        levels = tuple(Level.UPPER if upper else Level.LOWER for upper in symbol.levels or ())
        places = [(symbol.name, slot) for slot in range(len(levels))]
        if self.dry:
            extents = (_UNIT,) * len(levels)
            for place in places:
                self.unifier.see(place, symbol.span)
                if not symbol.defined:
                    self.unifier.give(place)
        else:
            extents = tuple(self.unifier.extent(p) for p in places)
        made = Tensor(
            symbol.name,
            extents,
            levels,
            "integer" if symbol.integer else "real",
            frozenset(symbol.facts),
            ((symbol.symmetry, tuple(range(len(levels)))),) if symbol.symmetry else (),
        )
        if symbol.known is not None and not self.dry:
            made = symbol.known
        self.tensors[symbol.name] = made
        return made


@dataclass(slots=True)
class Accessor:
    """Builds the accesses of one statement.

    Attributes:
        free: The indices of the left side; None for a bare expression.
        left_names: The indices of the left side in order.
        alone: Whether the statement is one derivative without a left side.
        local: Scalars that stand for the parameters of a function's definition.
        offsets: Tensors read at an affine index, each with the names in it.
    """

    program: Program
    number: int
    free: frozenset[str] | None
    left_names: tuple[str, ...] = ()
    alone: bool = False
    local: dict[str, Expr] = field(default_factory=dict[str, Expr])
    offsets: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    indices: set[str] = field(default_factory=set[str])
    summed: dict[str, Span] = field(default_factory=dict[str, Span])
    orders: dict[str, tuple[bool, Span]] = field(default_factory=dict[str, tuple[bool, Span]])
    edge: Edge = Edge.INSIDE
    beside: Edge | None = None
    recurrence: Recurrence | None = None
    fresh: int = 1
    conditions: int = 0
    made: set[str] = field(default_factory=set[str])

    @property
    def symbols(self) -> Symbols:
        """The program's names."""
        return self.program.symbols

    @property
    def unifier(self) -> Unifier:
        """The program's extents."""
        return self.program.unifier

    @property
    def strict(self) -> bool:
        """Whether sums need one upper and one lower slot."""
        return self.symbols.variance == "strict" or self.symbols.metric is not None

    def error(self, code: str, message: str, span: Span, hint: str = "") -> Part:
        """Report an error; returns something to go on with."""
        self.program.reporter.error(code, message, span, hint)
        return NOTHING

    def prepare(self, roots: Iterable[Node]) -> None:
        """Note which tensors are read at an offset of which index."""
        known = self.program.prepared.get(self.number)
        if known is not None:
            self.offsets, self.indices = known
            return
        for root in roots:
            self.indices |= index_names(root)
            for mention in mentions(root):
                for group in mention.reference.groups:
                    for entry in group.entries:
                        if isinstance(entry, AffineEntry):
                            name = mention.reference.name
                            self.offsets.update((name, n) for n, _ in self._affine(entry)[0])
        self.program.prepared[self.number] = (self.offsets, self.indices)

    def size(self, length: Extent) -> Expr:
        """An extent as a number."""
        value = length.number
        return Size(length) if value is None else number(value)

    # Names

    def reference(self, node: Reference) -> Part:
        """A tensor at its indices, a constant, or a size."""
        name = node.name
        if not node.groups and name in self.local:
            return Part(self.local[name], ())
        levels = slots_of(node.groups)
        kind = self.symbols.kind(name, len(levels))
        match kind:
            case "pi" | "e":
                return Part(apply(name), ())
            case "inf":
                return Part(number(float("inf")), ())
            case "size":
                if levels:
                    return self.error(
                        "E302", f"{name} is the name of a size and has no indices", node.span
                    )
                return Part(Size(extent(name)), ())
            case "one":
                return Part(ONE, self.slots(node.groups)[1])
            case "delta":
                return self._delta(node)
            case "eps":
                return levi_civita(self, node)
            case "tensor":
                if self.program.dry:
                    note_index_as_tensor(self.symbols, node, self.indices)
                    if report_exponential(self.symbols, node):
                        return Part(ONE, ())
                return self.access(node)
            case _:
                assert_never(kind)

    def _delta(self, node: Reference) -> Part:
        slots, uses = self.slots(node.groups)
        left, right = slots
        names = [e.name for g in node.groups for e in g.entries if isinstance(e, Plain)]
        if len(names) == 2 and self.program.dry:
            first, second = self.place(names[0]), self.place(names[1])
            if self.edge is Edge.INSIDE:
                self.unifier.join(first, second, node.span)
            else:
                self.unifier.join_if_possible(first, second)
        return Part(Delta(left, right), uses)

    def access(self, node: Reference) -> Part:
        """A component of a tensor."""
        symbol = self.symbols.tensors.get(node.name)
        if symbol is None and self.symbols.is_function(node.name):
            message = f"{node.name} is a function: what it is applied to stands in a bracket"
            return self.error("E304", message, node.span, f"write {node.name}(…)")
        if symbol is None:
            hint = (
                ""
                if node.name not in self.indices
                else (f"{node.name} is an index: compare it with an index, or with labels by ==")
            )
            return self.error("E303", f"{node.name} is not known", node.span, hint)
        levels = slots_of(node.groups)
        if len(levels) != symbol.rank:
            return self._wrong_rank(node, symbol, len(levels))
        entries = [(e, g.upper) for g in node.groups for e in g.entries]
        order = self._order(node, symbol, levels)
        tensor = self.program.tensor(symbol)
        made: list[tuple[Slot, tuple[Use, ...]]] = []
        for slot, position in enumerate(order):
            entry, upper = entries[position]
            whole = (symbol.name, slot)
            place = self._step(whole, entry) if self._is_step(*whole) else whole
            made.append(self.slot(entry, upper, place, node.name, node.span))
        if order == list(range(len(order))):
            uses = tuple(u for _, us in made for u in us)
        else:
            placed = dict(zip(order, made, strict=True))
            uses = tuple(u for p in range(len(order)) for u in placed[p][1])
        access = Access(tensor, tuple(s for s, _ in made))
        if self.symbols.metric is None:
            return Part(access, uses)
        return Part(self._on_levels(access, node), uses)

    def _on_levels(self, access: Access, node: Reference) -> Expr:
        """The access under a declared metric."""
        symbol = self.symbols.tensors[str(self.symbols.metric)]
        metric = self.program.tensor(symbol)
        if access.tensor is metric:
            return metric_at(metric, *access.slots)
        if self.program.dry:
            for slot, (used, own) in enumerate(
                zip(access.slots, access.tensor.levels, strict=True)
            ):
                if used.level is not own:
                    place = (access.tensor.name, slot)
                    self.unifier.join((symbol.name, 0), place, node.span)
        changed = sum(
            s.level is not o for s, o in zip(access.slots, access.tensor.levels, strict=True)
        )
        first, self.fresh = self.fresh, self.fresh + changed
        return with_levels(access, metric, first)

    def _is_step(self, name: str, slot: int) -> bool:
        """Whether a slot holds the steps of the recurrence that this statement belongs to."""
        own = self.recurrence
        return own is not None and name in own.members and own.slots[name] == slot

    def _step(self, place: SlotPlace, entry: Entry) -> Place | None:
        """What the read of a member bounds: nothing, unless the same step computes it.

        ``f_t = …``, ``c_{t+1} = f_t c_t``: as many components of ``c`` are computed as ``f``
        has, and ``f`` does not say how many ``c`` has that are not.
        """
        own = self.recurrence
        assert own is not None
        found = offset_of(entry)
        if found is None or found[0] != own.index:
            return place if isinstance(entry, Plain) and not own.shift else None
        shift = self.program.recurrences[place[0]].shift
        if found[1] != shift:
            return None
        if not shift:
            return place
        if self.program.dry:
            self.unifier.shift(place, self.place(own.index), shift, entry.span)
        return None

    def _wrong_rank(self, node: Reference, symbol: TensorSymbol, written: int) -> Part:
        expected = symbol.rank
        shown = {0: "no index", 1: "one index"}.get(expected, f"{expected} indices")
        where = ""
        if symbol.slots_span is not None and symbol.slots_span != node.span:
            line, _ = self.program.reporter.source.locate(symbol.slots_span.start)
            where = f" (line {line}: {self.program.reporter.source.slice(symbol.slots_span)})"
        has = {0: "none", 1: "one"}.get(written, str(written))
        hint = ""
        if "_" in node.name and not written:
            base, _, rest = node.name.rpartition("_")
            hint = f"before a lower slot such a name stands in back-ticks: `{base}`_{rest}"
        self.error("E208", f"{node.name} has {shown}{where}, not {has}", node.span, hint)
        return Part(ONE, self.slots(node.groups)[1])

    def _order(self, node: Reference, symbol: TensorSymbol, levels: tuple[bool, ...]) -> list[int]:
        """Which written index each slot gets: by order, or by position (``A_j^i``)."""
        own = symbol.levels or ()
        straight = list(range(len(levels)))
        if self.symbols.metric is not None:
            return straight
        swapped = levels != own and sorted(levels) == sorted(own) and len(set(levels)) > 1
        if swapped:
            upper = [p for p in straight if levels[p]]
            lower = [p for p in straight if not levels[p]]
            straight = [(upper if level else lower).pop(0) for level in own]
        if len(set(own)) > 1 and (swapped or levels == own):
            before = self.orders.setdefault(node.name, (swapped, node.span))
            if before[0] != swapped:
                text = self.program.reporter.source.slice
                entries = [e for g in node.groups for e in g.entries]
                names = [text(e.span) for e in entries]
                by_position = [names[p] for p in straight]
                spell = "".join(
                    f"{'^' if u else '_'}{n}" for u, n in zip(own, by_position, strict=True)
                )
                in_order = "".join(
                    f"{'^' if u else '_'}{n}" for u, n in zip(own, names, strict=True)
                )
                self.error(
                    "E209",
                    f"{node.name} stands in both orders in one term",
                    node.span,
                    f"write {node.name}{spell} or {node.name}{in_order}",
                )
        return straight

    # Indices

    def place(self, name: str) -> tuple[int, str, int]:
        """The index's place in this statement."""
        return (self.number, name, 0)

    def new_name(self) -> str:
        """A name for an index nobody wrote, which no other index of the statement has."""
        wished = chain("ijklmnpqrstuv", (f"i{n}" for n in count(1)))
        name = next(n for n in wished if n not in self.indices and n not in self.made)
        self.made.add(name)
        return name

    def see(self, name: str, span: Span) -> None:
        """Note that an index occurs in this statement."""
        if self.program.dry:
            place = self.place(name)
            self.unifier.see(place, span)

    def index(self, name: str) -> Index:
        """The index of that name in this statement."""
        if self.program.dry:
            return Index(name, 0, _UNIT)
        return Index(name, 0, self.unifier.extent(self.place(name)))

    def slots(self, groups: tuple[Group, ...]) -> tuple[tuple[Slot, ...], tuple[Use, ...]]:
        """The slots written in groups that belong to no tensor (delta, a result's)."""
        slots: list[Slot] = []
        uses: list[Use] = []
        for group in groups:
            for entry in group.entries:
                slot, used = self.slot(entry, group.upper, None)
                slots.append(slot)
                uses.extend(used)
        return tuple(slots), tuple(uses)

    def slot(
        self,
        entry: Entry,
        upper: bool,
        place: Place | None,
        name: str = "",
        access: Span | None = None,
    ) -> tuple[Slot, tuple[Use, ...]]:
        """One slot of an access and the uses of the indices in it."""
        level = Level.UPPER if upper else Level.LOWER
        match entry:
            case Plain(span, index):
                if is_size(self, index):
                    return self._component(entry, level, place, access)
                self.see(index, span)
                rule = self.beside or self.edge
                moved = (name, index) in self.offsets  # the tensor is also read beside it
                if not self.program.dry and place is not None and rule is not Edge.INSIDE:
                    room = (self.unifier.extent(place) - self.index(index).extent).number
                    moved = room is None or room < 0 or (moved and room > 0)
                if self.program.dry and place is not None:
                    if not moved and rule is Edge.INSIDE:
                        self.unifier.join(place, self.place(index), span)
                    elif not moved:
                        self.unifier.join_if_possible(place, self.place(index))
                    elif rule is Edge.INSIDE:
                        own = ((self.place(index), 1),)
                        self._window(place, own, extent(0), span, access, index)
                edge = rule if moved else Edge.INSIDE
                return Slot(self.index(index), level, edge), (Use(index, span, level),)
            case Gather(span, reference):
                part = self.access(reference)
                source = part.expr
                symbol = self.symbols.tensors.get(reference.name)
                if not isinstance(source, Access) or symbol is None:
                    return Slot(affine((), 0), level), ()
                symbol.integer = True
                if self.program.dry:
                    self.program.lookups.append((reference.name, place, span))
                return Slot(Lookup(source), level), part.uses
            case AffineEntry():
                return self._component(entry, level, place, access)
            case _:
                assert_never(entry)

    def _component(
        self, entry: Plain | AffineEntry, level: Level, place: Place | None, access: Span | None
    ) -> tuple[Slot, tuple[Use, ...]]:
        if isinstance(entry, Plain):
            entry = AffineEntry(entry.span, ((1, (entry,)),))
        terms, constant = self._affine(entry)
        for index, _ in terms:
            self.see(index, entry.span)
        if self.program.dry and place is not None and self.edge is Edge.INSIDE:
            placed = tuple((self.place(n), c) for n, c in terms)
            self._window(place, placed, constant, entry.span, access)
        if self.program.dry and place is not None and self.edge not in (Edge.INSIDE, Edge.ZERO):
            for index, coefficient in terms:
                if coefficient == 1:
                    self.unifier.default(self.place(index), place)
        made: IndexExpression = affine([(self.index(n), c) for n, c in terms], constant)
        uses = tuple(Use(n, entry.span, level) for n, _ in terms)
        edge = self.edge if isinstance(made, Affine) else Edge.INSIDE
        return Slot(made, level, edge), uses

    def _window(
        self,
        place: Place,
        terms: tuple[tuple[IndexPlace, int], ...],
        constant: Extent,
        span: Span,
        access: Span | None,
        plain: str = "",
    ) -> None:
        """An access bounds the indices in one of its slots."""
        spelled = self.program.reporter.source.slice(access or span)
        self.unifier.window(Window(place, terms, constant, span, spelled, plain))

    def _affine(
        self, entry: AffineEntry, sizes_only: bool = False
    ) -> tuple[list[tuple[str, int]], Extent]:
        """The coefficients of the indices in an affine entry, and its constant."""
        return combination(self, entry, sizes_only)


def levi_civita(builder: Accessor, node: Reference) -> Part:
    """``eps^{ijk}``: the product over pairs of the sign of their difference.

    Each sign is ``[a < b] - [b < a]``, and each index has as many values as there are
    indices.
    """
    slots, uses = builder.slots(node.groups)
    entries = [e for g in node.groups for e in g.entries]
    number_of = len(slots)
    for entry in entries:
        if not isinstance(entry, Plain):
            return builder.error("E114", "eps takes plain indices", entry.span)
        if builder.program.dry:
            fixed = Fixed(extent(number_of), node.span, f"the index {entry.name} of eps")
            builder.unifier.fix(builder.place(entry.name), fixed)
    signs: list[Expr] = []
    for first in range(number_of):
        for second in range(first + 1, number_of):
            left, right = slots[first].index, slots[second].index
            signs.append(add((Condition("<", left, right), negate(Condition("<", right, left)))))
    return Part(multiply(signs), uses)
