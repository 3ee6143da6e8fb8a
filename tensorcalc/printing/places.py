"""Which tensors have to be declared with their extents, so that a reader finds the same lengths.

What is about to be printed is read as the parser reads it (:mod:`tensorcalc.printing.lengths`);
a tensor whose extents would come out otherwise is declared with them. A declared extent may
change the names of others, so this is repeated until all agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tensorcalc.expr import (
    Access,
    Affine,
    Argument,
    Definition,
    Delta,
    Edge,
    Equations,
    Expr,
    Extent,
    Functional,
    Index,
    Slot,
    Tensor,
    Transform,
    accesses,
    extent,
    walk,
)
from tensorcalc.expr.recurrences import groups, is_recurrent, step_slots
from tensorcalc.printing.formula import FormulaPrinter, Met, names_for, printer_for
from tensorcalc.printing.lengths import Lengths, Place, Window
from tensorcalc.printing.names import scopes, sizes_mentioned
from tensorcalc.printing.reading_order import ReadingOrder, names_in_order

__all__ = ["Places", "Statement"]

#: The places of indices where a node stands.
_Places = dict[Index, Place]


@dataclass(slots=True)
class Statement:
    """What is printed on one line: a fact, a start of a recurrence, or a definition.

    Attributes:
        left: The slots of the left side, with the names of their indices.
        met: Accesses, deltas and functions of whole tensors, with the names of indices there.
        lengths: The length of each name.
        order: The names of indices as a reader meets them.
        ranges: Sums that show their range.
        given: The names that each index has.
        steps: The slots along which the tensors of the statement's own recurrence step.
    """

    bodies: tuple[Expr, ...]
    definition: Definition | None = None
    left: tuple[tuple[int, str], ...] = ()
    met: Sequence[Met] = ()
    lengths: Mapping[str, Extent] = field(default_factory=dict[str, Extent])
    order: tuple[str, ...] = ()
    ranges: Mapping[str, Extent] = field(default_factory=dict[str, Extent])
    given: Mapping[Index, Collection[str]] = field(default_factory=dict[Index, Collection[str]])
    steps: Mapping[Tensor, int] = field(default_factory=dict[Tensor, int])


class Places:
    """The lengths that a program's text says, and what has to be declared for them.

    Attributes:
        statements: The printed lines, in order.
        declared: The tensors whose extents have to be declared.
        ranged: Summed indices whose range has to be written, by the body they are in.
        loose: Sizes that are mentioned and belong to no tensor.
        reserved: Names of sizes that have a value: no index may be called so.
    """

    def __init__(self, equations: Equations) -> None:
        self.ranged: dict[Expr, frozenset[Index]] = {}
        self.reserved = frozenset(name for name, _ in equations.sizes)
        while self._misread(equations):
            pass

    def _misread(self, equations: Equations) -> bool:
        """Read the text; note the sums whose range a reader does not find, if there are more."""
        self._read(equations)
        more = False
        for number, statement in enumerate(self.statements):
            if statement.definition is None:
                continue
            (body,) = statement.bodies
            wrong = {n for n in statement.lengths if (number, n) in self._wrong}
            summed = {
                index
                for node in walk(body)
                if wrong
                for scope in scopes(node)
                for index in scope.bound
                if not wrong.isdisjoint(statement.given.get(index, ()))
            } - self.ranged.get(body, frozenset())
            if summed:
                self.ranged[body] = self.ranged.get(body, frozenset()) | summed
                more = True
        return more

    def _read(self, equations: Equations) -> None:
        self._tensors = (*equations.inputs, *(d.tensor for d in equations.definitions))
        self._inputs = frozenset(equations.inputs)
        self._lengths = Lengths()
        self._actual: dict[Place, Extent] = {}
        self._ranges: dict[Place, Extent] = {}
        read: set[Tensor] = set()
        for tensor in self._tensors:
            slots: list[Place] = [(tensor.name, n) for n in range(tensor.rank)]
            self._actual.update(zip(slots, tensor.extents, strict=True))
            for _, alike in tensor.symmetry:
                self._lengths.joins += [(slots[alike[0]], slots[n]) for n in alike[1:]]
            if tensor in self._inputs:
                self._lengths.slots += slots
        self._metric = equations.metric
        self.statements = _statements_of(equations, self.ranged, self.reserved)
        for number, statement in enumerate(self.statements):
            self._statement(number, statement)
            for access in (a for b in statement.bodies for a in accesses(b)):
                read.add(access.tensor)
                if self._metric and any(_moved_slots(access)):
                    read.add(equations.tensor(self._metric))
        self._mentioned = sizes_mentioned(*(b for s in self.statements for b in s.bodies))
        self._known = {name for name, _ in equations.sizes}
        self._known |= {n for length in self._ranges.values() for n in length.names()}
        self.declared = {t for t in equations.inputs if t not in read and t.extents}
        self.loose: tuple[str, ...] = ()
        self._wrong: set[Place] = set()
        while self._declare_more():
            pass

    def _declare_more(self) -> bool:
        """Declare what would come out wrong; whether there was anything."""
        sizes = {n for t in self.declared for e in t.extents for n in e.names()}
        sizes |= self._known | set(self.loose)
        missing = self._mentioned - sizes
        fixed = dict(self._ranges)
        fixed |= {(t.name, n): e for t in self.declared for n, e in enumerate(t.extents)}
        found = self._lengths.found(fixed, sizes | {t.name for t in self._tensors})
        roots = {place: found.root(place) for place in self._actual}
        wrong = {r for place, r in roots.items() if found.of.get(r) is not self._actual[place]}
        self._wrong = {p for p, r in roots.items() if r in wrong and isinstance(p[0], int)}
        open_inputs = self._inputs - self.declared
        inputs = {roots[t.name, n] for t in open_inputs for n in range(t.rank)}
        more: set[Tensor] = set()
        before = len(self.declared)
        for tensor in self._tensors:
            own = {roots[tensor.name, n] for n in range(tensor.rank)} & wrong
            mentions = any(missing & length.names() for length in tensor.extents)
            if mentions or own - (inputs if tensor not in self._inputs else frozenset()):
                more.add(tensor)
        self.declared |= more
        if missing and not any(missing & e.names() for t in more for e in t.extents):
            self.loose = (*self.loose, *sorted(missing))
            return True
        return len(self.declared) > before

    # What the text says ---------------------------------------------------------------------

    def _statement(self, number: int, statement: Statement) -> None:
        self._actual.update(((number, name), e) for name, e in statement.lengths.items())
        self._ranges.update(((number, name), e) for name, e in statement.ranges.items())
        self._lengths.order += [(number, name) for name in statement.order]
        if statement.definition is not None:
            target = statement.definition.tensor.name
            self._lengths.joins += [((target, n), (number, name)) for n, name in statement.left]
        offsets = {
            (met.node.tensor, met.names[index])
            for met in statement.met
            if isinstance(met.node, Access)
            for slot in met.node.slots
            if isinstance(slot.index, Affine)
            for index, _ in slot.index.terms
        }
        for met in statement.met:
            places: _Places = {index: (number, name) for index, name in met.names.items()}
            match met.node:
                case Access() as node:
                    step = statement.steps.get(node.tensor)
                    self._access(node, met.edges, places, offsets, step)
                case Delta(Slot(Index() as left), Slot(Index() as right)):
                    same = left.extent is right.extent
                    pairs = self._lengths.joins if same else self._lengths.maybe
                    pairs.append((places[left], places[right]))
                case Transform() as node:
                    bound: _Places = {index: (number, name) for index, name in met.bound.items()}
                    self._transform(node, places, bound)
                case _:
                    pass

    def _access(
        self,
        access: Access,
        edges: tuple[Edge, ...],
        places: _Places,
        offsets: set[tuple[Tensor, str]],
        step: int | None,
    ) -> None:
        lengths = self._lengths
        for n, slot in enumerate(access.slots):
            place: Place = (access.tensor.name, n)
            if self._metric and _moved_slots(access)[n]:
                lengths.joins.append(((self._metric, 0), place))
            match slot.index:
                case Index() as index:
                    own = places[index]
                    if (access.tensor, own[1]) not in offsets:
                        (lengths.maybe if edges else lengths.joins).append((place, own))
                    elif not edges:
                        lengths.windows.append(Window(place, ((own, 1),), extent(0)))
                case Affine(terms, constant) if step != n:
                    placed = tuple((places[i], c) for i, c in terms)
                    if not edges:
                        lengths.windows.append(Window(place, placed, constant))
                    elif Edge.ZERO not in edges:
                        lengths.defaults += [(own, place) for own, c in placed if c == 1]
                case _:
                    pass

    def _transform(self, node: Transform, places: _Places, inner: _Places) -> None:
        """Components have the extents of the bound indices; a matrix function's are equal."""
        bound = [[_bound_place(inner, a, i) for i in a.bound] for a in node.arguments]
        at = [places[s.index] if isinstance(s.index, Index) else None for s in node.at]
        lengths = self._lengths
        if isinstance(node.operation, Functional):
            for n, place in enumerate(at):
                if place is not None:
                    lengths.joins.append((bound[0][n % len(bound[0])], place))
            if node.operation.bound == 2:
                lengths.joins.append((bound[0][0], bound[0][1]))
            return
        orders = zip(bound, node.operation.orders, strict=True)
        gradients = [place for own, order in orders for place in own * order]
        ranks = len(at) - len(gradients)
        for position, place in enumerate(at):
            if place is None:
                continue
            if position >= ranks:
                lengths.joins.append((gradients[position - ranks], place))
            elif ranks == len(bound[0]):
                lengths.maybe.append((bound[0][position], place))


def _statements_of(
    equations: Equations, ranged: Mapping[Expr, Collection[Index]], reserved: Collection[str]
) -> list[Statement]:
    """The lines of a program's text that hold formulas, in order."""
    made: list[Statement] = []
    for fact in equations.facts:
        names = names_for(fact.left, fact.right, free=fact.indices, reserved=reserved)
        printer = FormulaPrinter(ReadingOrder(), names)
        text = printer.print(fact.left) + printer.print(fact.right)
        made.append(_printed((fact.left, fact.right), printer, text))
    steps: dict[Tensor, Mapping[Tensor, int]] = {}
    for group in groups(equations.definitions):
        if is_recurrent(group):
            steps |= dict.fromkeys((d.tensor for d in group), step_slots(group))
    for definition in equations.definitions:
        own = steps.get(definition.tensor, {})
        slots = range(definition.tensor.rank)
        for start in definition.starts:
            left = [n for n in slots if n != start.slot]
            shown = ranged.get(start.body, ())
            printer = printer_for(ReadingOrder(), start.body, start.indices, shown, reserved)
            made.append(_defined(definition, left, start.body, own, printer))
        body, shown = definition.body, ranged.get(definition.body, ())
        printer = printer_for(ReadingOrder(), body, definition.indices, shown, reserved)
        made.append(_defined(definition, slots, body, own, printer))
    return made


def _defined(
    definition: Definition,
    slots: Iterable[int],
    body: Expr,
    steps: Mapping[Tensor, int],
    printer: FormulaPrinter,
) -> Statement:
    statement = _printed((body,), printer, printer.print(body))
    statement.definition = definition
    statement.left = tuple(zip(slots, printer.names.free, strict=True))
    statement.order = tuple(dict.fromkeys((*printer.names.free, *statement.order)))
    statement.steps = steps
    return statement


def _printed(bodies: tuple[Expr, ...], printer: FormulaPrinter, text: str) -> Statement:
    lengths = {n: i.extent for i, names in printer.names.given.items() for n in names}
    return Statement(
        bodies,
        met=printer.met,
        lengths=lengths,
        order=names_in_order(text),
        ranges=printer.shown,
        given=printer.names.given,
    )


def _moved_slots(access: Access) -> list[bool]:
    """Which slots stand on another level than their tensor's: under a metric, a product with it."""
    return [s.level is not own for s, own in zip(access.slots, access.tensor.levels, strict=True)]


def _bound_place(places: _Places, argument: Argument, index: Index) -> Place:
    """A bound index's place, or the slot it stands for in ``inv(X)``."""
    if index in places:
        return places[index]
    body = argument.body
    assert isinstance(body, Access)
    return next((body.tensor.name, n) for n, slot in enumerate(body.slots) if slot.index is index)
