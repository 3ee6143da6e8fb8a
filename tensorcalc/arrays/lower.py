"""From equations to an array graph.

Each expression is lowered once, from its parts. A product is kept open as a :class:`Term`
until something that is no product needs its value, so that a sum over indices reaches the
factors. Nothing is ordered here: products stay n-ary until :mod:`tensorcalc.plan`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from tensorcalc.arrays.builder import (
    Builder,
    Coefficient,
    Combination,
    Label,
    Lookups,
    Reading,
    Value,
    labels_of,
    place_of,
)
from tensorcalc.arrays.nodes import (
    Array,
    Assemble,
    Input,
    Iota,
    Loop,
    Piece,
    Scalar,
    Stacked,
    State,
)
from tensorcalc.arrays.places import position_value, solve_places
from tensorcalc.arrays.recurrence import Group, hoisted, recurrence
from tensorcalc.arrays.terms import Term, add, close
from tensorcalc.errors import NotCompilableError
from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Affine,
    Apply,
    Condition,
    Contraction,
    Definition,
    Delta,
    Derivative,
    Edge,
    Equations,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Lookup,
    Number,
    Product,
    Size,
    Slot,
    Sum,
    Transform,
    extent,
    fold,
    is_zero,
    substitute,
)
from tensorcalc.expr.recurrences import groups, is_recurrent

__all__ = ["Graph", "lower"]


@dataclass(frozen=True, slots=True)
class Graph:
    """The arrays a program asks for.

    Attributes:
        outputs: Names and arrays, with axes in the order of the definition's indices.
        builder: Knows names of arrays and axes, and makes further nodes.
    """

    outputs: tuple[tuple[str, Array], ...]
    builder: Builder


class _Lowered:
    """The result for one expression: a product that is still open, or a value."""

    __slots__ = ("_builder", "_term", "_value")

    def __init__(self, builder: Builder, result: Term | Value) -> None:
        self._builder = builder
        self._term = result if isinstance(result, Term) else None
        self._value = result if isinstance(result, Value) else None

    @property
    def value(self) -> Value:
        """The array; an open product is closed once."""
        if self._value is None:
            assert self._term is not None
            self._value = close(self._builder, self._term)
        return self._value

    @property
    def scaled(self) -> tuple[Coefficient, Value]:
        """The value as a coefficient times an array, for the terms of a sum."""
        term = self._term
        if term is None or term.coefficient == 1 or self._value is not None:
            return Fraction(1), self.value
        plain = Term(Fraction(1), term.factors, term.summed)
        return term.coefficient, close(self._builder, plain)

    @property
    def open_product(self) -> Term | None:
        """The product without sums, if this is one."""
        return self._term if self._term is not None and not self._term.summed else None


def lower(equations: Equations) -> Graph:
    """Lower what the outputs of ``equations`` need.

    Raises:
        NotCompilableError: An abstract function or an open derivative is needed.
    """
    needed = equations.needed_for(equations.outputs)
    lowering = _Lowering(needed)
    for group in groups(needed.definitions):
        if is_recurrent(group):
            lowering.loop(recurrence(group))
        else:
            lowering.define(group[0])
    outputs: list[tuple[str, Array]] = []
    for name in needed.outputs:
        indices = needed.definition(name).indices
        array = lowering.builder.arranged(lowering.whole(name, indices), indices)
        outputs.append((name, array))
    return Graph(tuple(outputs), lowering.builder)


@dataclass(frozen=True, slots=True)
class _Row:
    """What a step of a loop computes of one definition: at the steps not skipped, ``component``."""

    array: Array
    component: Extent
    slot: int
    skipped: tuple[int, int]
    name: str


class _Lowering:
    def __init__(self, equations: Equations) -> None:
        self.equations = equations
        self.builder = Builder()
        self.defined: dict[str, Value] = {}
        self.equalities: dict[Value, tuple[Value, Value]] = {}
        #: States of loops: the array, its slot of steps (the first axis), and rows before.
        self.stacked: dict[str, tuple[Array, int, int]] = {}
        #: Parts of loops that are computed outside: the indices of their axes.
        self.parts: dict[str, tuple[Index, ...]] = {}
        #: Recurrences that have a start before their range.
        self.begun = {
            d.name for d in equations.definitions if any(s.component < 0 for s in d.starts)
        }
        self.loops = 0
        #: Of the loop that is lowered: what the step at hand has computed so far.
        self.current: dict[str, _Row] = {}
        #: At how many steps the body that is lowered is not computed.
        self.skipped = (0, 0)
        self.readers: dict[str, set[str]] = {}
        for definition in equations.definitions:
            for tensor in definition.reads:
                self.readers.setdefault(tensor.name, set()).add(definition.name)

    def whole(self, name: str, indices: Sequence[Index]) -> Value:
        """A definition at its own indices."""
        if name not in self.stacked:
            return self.defined[name]
        return self._row(name, [_plain(i) for i in indices], [Edge.INSIDE] * len(indices))

    def loop(self, group: Group) -> None:
        """Lower a group of recurrences to one loop."""
        builder = self.builder
        self.loops += 1
        step = f"%{group.definitions[0].indices[group.slots[0]].name} {self.loops}"
        names = frozenset(d.name for d in group.definitions)
        kept = [
            k
            for k, d in enumerate(group.definitions)
            if not group.local[k] or d.name in self.outside(names)
        ]
        states: list[State] = []
        for k in kept:
            definition, slot = group.definitions[k], group.slots[k]
            sizes = [i.extent for n, i in enumerate(definition.indices) if n != slot]
            more = group.before[k] + group.after[k]
            rows = definition.indices[slot].extent + more
            state = State(definition.name, step, (rows, *sizes), group.before[k], more > 0)
            states.append(state)
            self.stacked[definition.name] = (state, slot, group.before[k])
        starts: list[tuple[int, int, Array]] = []
        for number, k in enumerate(kept):
            for start in group.definitions[k].starts:
                if is_zero(start.body):
                    continue  # rows are 0 until they are filled
                row = builder.arranged(self.lower(start.body), start.indices)
                starts.append((number, start.component + group.before[k], row))
        bodies: dict[int, Array] = {}
        for k, definition in enumerate(group.definitions):
            index = definition.indices[group.slots[k]]
            prefix = f"%{definition.name} part "
            body, outside = hoisted(
                definition.body, definition.indices, index, group.first[k], names, prefix
            )
            for tensor, indices, part in outside:
                self.parts[tensor.name] = indices
                self.defined[tensor.name] = value = builder.distinct(self.lower(part))
                self._prefer(value, indices)
            component = extent(step) + group.lags[k]
            here = substitute(body, {index: Affine((), component)})
            others = tuple(i for i in definition.indices if i is not index)
            self.skipped = group.skipped[k]
            bodies[k] = row = builder.arranged(self.lower(here), others)
            if not isinstance(row, Input | Scalar):
                builder.orders.setdefault(row, tuple(range(len(others))))
            name = f"{definition.name}_{index.name}"
            self.current[definition.name] = _Row(
                row, component, group.slots[k], group.skipped[k], name
            )
        loop = Loop(
            step,
            group.length,
            group.backward,
            tuple(states),
            tuple(group.lags[k] for k in kept),
            tuple(group.skipped[k] for k in kept),
            tuple(starts),
            tuple(bodies[k] for k in kept),
        )
        for number, k in enumerate(kept):
            definition = group.definitions[k]
            done = Stacked(loop, number)
            builder.names.setdefault(done, definition.name)
            self.stacked[definition.name] = (done, group.slots[k], group.before[k])
        self.current.clear()

    def outside(self, group: frozenset[str]) -> set[str]:
        """The members of a group of definitions that something else reads, or that are asked."""
        found = {n for n in self.equations.outputs if n in group}
        for member in group:
            if not self.readers.get(member, set()) <= group:
                found.add(member)
        return found

    def _row(self, name: str, readings: Sequence[Reading], edges: Sequence[Edge]) -> Value:
        """A state of a loop at its slots; steps before and behind its range are rows too."""
        now = self.current.get(name)
        if now is not None and now.skipped == self.skipped:
            own = readings[now.slot]
            if isinstance(own, Combination) and not own.terms and own.constant is now.component:
                if not isinstance(now.array, Input | Scalar):
                    self.builder.names.setdefault(now.array, now.name)
                rest = [r for n, r in enumerate(readings) if n != now.slot]
                return self.builder.read(now.array, rest, _without(edges, now.slot))
        array, slot, before = self.stacked[name]
        own = readings[slot]
        if not isinstance(own, Combination) or edges[slot] not in (Edge.INSIDE, Edge.ZERO):
            raise NotCompilableError(f"{name} is a recurrence, read at a place that is looked up")
        rest = [r for n, r in enumerate(readings) if n != slot]
        if edges[slot] is Edge.ZERO and name in self.begun:
            array, before = self._without_starts(name, array, before), 0
        moved = Combination(own.terms, own.constant + before)
        return self.builder.read(array, [moved, *rest], [edges[slot], *_without(edges, slot)])

    def _without_starts(self, name: str, array: Array, before: int) -> Array:
        """The rows of a state's range alone: beyond them padding is 0, whatever its starts are."""
        if isinstance(array, State):
            raise NotCompilableError(f"{name} is padded in its own steps, though it has a start")
        definition = self.equations.definition(name)
        length = definition.indices[self.stacked[name][1]].extent
        labels: list[Label] = [self.builder.fresh(size) for size in (length, *array.shape[1:])]
        first: Reading = Combination(((labels[0], 1),), extent(before))
        rest: list[Reading] = [Combination(((k, 1),), extent(0)) for k in labels[1:]]
        return self.builder.arranged(self.builder.read(array, [first, *rest]), labels)

    def define(self, definition: Definition) -> None:
        """Lower one definition; those that read it find its value by name."""
        value = self.builder.distinct(self.lower(definition.body))
        self.defined[definition.name] = value
        if not isinstance(value.array, Input | Scalar):
            self.builder.names.setdefault(value.array, definition.name)
            self._prefer(value, definition.indices)

    def _prefer(self, value: Value, indices: Sequence[Index]) -> None:
        """Let the array be laid out in the order of ``indices``, where that is free."""
        order = [value.labels.index(i) for i in indices if i in value.labels]
        if not isinstance(value.array, Input | Scalar):
            self.builder.orders.setdefault(value.array, tuple(order))

    def lower(self, body: Expr) -> Value:
        """The value of an expression, from its parts up."""
        return fold(body, self.rule).value

    def rule(self, node: Expr, parts: tuple[_Lowered, ...]) -> _Lowered:
        """The result for ``node``, given those for its children."""
        return _Lowered(self.builder, self.result(node, parts))

    def result(self, node: Expr, parts: tuple[_Lowered, ...]) -> Term | Value:
        builder = self.builder
        match node:
            case Number(value):
                return Value(Scalar(value), ())
            case Size(size):
                number = size.number
                return Value(Scalar(size if number is None else Fraction(number)), ())
            case Access():
                return self.access(node, iter(parts))
            case Delta(left, right):
                picked = iter(parts)
                one = self.folded(left, right, picked)
                return self.delta(one, self.folded(right, left, picked))
            case Condition("==", left, right):
                picked = iter(parts)
                one = self.reading(left, picked)
                return self.delta(one, self.reading(right, picked))
            case Condition(relation, left, right):
                picked = iter(parts)
                one, other = self.reading(left, picked), self.reading(right, picked)
                return builder.compare(relation, self.number(one), self.number(other))
            case Sum():
                return add(builder, [p.scaled for p in parts])
            case Product():
                return self.product(parts)
            case Contraction(bound, _):
                return self.contraction(bound, parts[0])
            case Apply(operation, _):
                if isinstance(operation, AbstractFunction):
                    raise _abstract(operation)
                return builder.map(operation, [self.as_mask(p.value) for p in parts])
            case Transform():
                return self.transform(node, parts)
            case Derivative(_, wrt):
                raise NotCompilableError(
                    f"a derivative by {wrt.tensor.name} is not carried out yet"
                )
            case _:
                assert_never(node)

    def product(self, parts: Sequence[_Lowered]) -> Term:
        """A product of products is one product."""
        coefficient: Fraction | float = Fraction(1)
        factors: list[Value] = []
        for part in parts:
            inner = part.open_product
            if inner is not None:
                coefficient = coefficient * inner.coefficient
                factors.extend(inner.factors)
                continue
            value = part.value
            if isinstance(value.array, Scalar) and not isinstance(value.array.value, Extent):
                coefficient = coefficient * value.array.value
            else:
                factors.append(value)
        return Term(coefficient, tuple(factors), frozenset())

    def contraction(self, bound: tuple[Index, ...], body: _Lowered) -> Term:
        """The sum over ``bound``, whose indices become labels of their own."""
        inner = body.open_product or Term(Fraction(1), (body.value,), frozenset())
        own: dict[Label, Label] = {i: self.builder.fresh(i.extent, i.name) for i in bound}
        factors = tuple(
            Value(f.array, tuple(own.get(k, k) for k in f.labels)) for f in inner.factors
        )
        return Term(inner.coefficient, factors, frozenset(own.values()))

    def access(self, node: Access, picked: Iterator[_Lowered]) -> Value:
        """An input or a definition at its slots."""
        readings = [self.reading(s.index, picked) for s in node.slots]
        edges = [s.edge for s in node.slots]
        name = node.tensor.name
        if name in self.stacked or name in self.current:
            return self._row(name, readings, edges)
        if name not in self.parts and not self.equations.defines(name):
            given = Input(name, node.tensor.extents, node.tensor.domain == "integer")
            return self.builder.read(given, readings, edges)
        indices = self.parts.get(name) or self.equations.definition(name).indices
        value = self.defined[name]
        missing = [n for n, i in enumerate(indices) if i not in value.labels]
        if any(edges[n] is not Edge.INSIDE for n in missing):
            array = self.builder.arranged(value, indices)
            return self.builder.read(array, readings, edges)
        position = {i: n for n, i in enumerate(indices)}
        slots = [position[k] for k in value.labels if isinstance(k, Index)]
        return self.builder.read(
            value.array, [readings[n] for n in slots], [edges[n] for n in slots]
        )

    def reading(self, index: IndexExpression, picked: Iterator[_Lowered]) -> Reading:
        """What stands in a slot, over labels."""
        match index:
            case Index():
                return Combination(((index, 1),), extent(0))
            case Affine(terms, constant):
                return Combination(terms, constant)
            case Lookup():
                return Lookups(next(picked).value)

    def number(self, reading: Reading) -> Value:
        """The integer that a reading stands for."""
        if isinstance(reading, Lookups):
            return reading.value
        return position_value(self.builder, reading, {})

    def folded(self, slot: Slot, other: Slot, picked: Iterator[_Lowered]) -> Reading:
        """The place of one side of a delta; an edge that folds acts on the range of the other.

        A folded place is looked up among the positions of the other side: several places
        may fall on one.
        """
        reading = self.reading(slot.index, picked)
        if slot.edge in (Edge.INSIDE, Edge.ZERO):
            return reading
        if not isinstance(other.index, Index) or isinstance(reading, Lookups):
            raise NotCompilableError(
                f"a delta with the edge {slot.edge.value} needs a plain index on its other side"
            )
        positions = Iota(other.index.extent)
        return Lookups(self.builder.read(positions, [reading], [slot.edge]))

    def delta(self, one: Reading, other: Reading) -> Value:
        """1 where two places are one: an equation between labels, never an array of its own."""
        solved = solve_places(one, other)
        if solved is None:
            return self.builder.compare("==", self.number(one), self.number(other))
        if len(solved) == 0:
            return Value(Scalar(Fraction(1)), ())
        label, place = solved
        builder = self.builder
        axes = [label, *dict.fromkeys(labels_of(place))]
        numbering = {k: n for n, k in enumerate(axes[1:])}
        places = [place_of(place, numbering)]
        places += [place_of(Combination(((k, 1),), extent(0)), numbering) for k in axes[1:]]
        piece = Piece(
            Scalar(Fraction(1)), (), tuple(builder.extent(k) for k in numbering), tuple(places)
        )
        node = Assemble(tuple(builder.extent(k) for k in axes), (piece,))
        made = Value(node, tuple(axes))
        self.equalities[made] = (self.number(one), self.number(other))
        return made

    def as_mask(self, value: Value) -> Value:
        """A delta as an argument of a function is a comparison of positions."""
        sides = self.equalities.get(value)
        return value if sides is None else self.builder.compare("==", *sides)

    def transform(self, node: Transform, parts: Sequence[_Lowered]) -> Value:
        """A function of whole tensors, read at its components."""
        operation = node.operation
        if isinstance(operation, AbstractFunction):
            raise _abstract(operation)
        count = len(node.arguments)
        arguments: list[tuple[Value, tuple[Label, ...]]] = []
        for argument, part in zip(node.arguments, parts[:count], strict=True):
            own: dict[Label, Label] = {
                i: self.builder.fresh(i.extent, i.name) for i in argument.bound
            }
            value = part.value
            renamed = Value(value.array, tuple(own.get(k, k) for k in value.labels))
            arguments.append((renamed, tuple(own.values())))
        kept = arguments[0][1] if operation.result == "keep" else ()
        result = self.builder.whole(operation, arguments, kept)
        picked = iter(parts[count:])
        at = {k: (self.reading(s.index, picked), s) for k, s in zip(kept, node.at, strict=True)}
        readings: list[Reading] = []
        edges: list[Edge] = []
        for label in result.labels:
            reading, slot = at.get(label, (Combination(((label, 1),), extent(0)), None))
            readings.append(reading)
            edges.append(_edge(slot))
        return self.builder.read(result.array, readings, edges)


def _without(edges: Sequence[Edge], slot: int) -> list[Edge]:
    return [e for n, e in enumerate(edges) if n != slot]


def _plain(index: Index) -> Combination:
    return Combination(((index, 1),), extent(0))


def _edge(slot: Slot | None) -> Edge:
    return Edge.INSIDE if slot is None else slot.edge


def _abstract(operation: AbstractFunction) -> NotCompilableError:
    primes = "'" * sum(operation.orders)
    return NotCompilableError(
        f"{operation.name}{primes} has no definition, so no kernel can compute it; "
        f"define it, e.g. {operation.name} = tanh"
    )
