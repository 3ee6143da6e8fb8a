"""The oracle: the value of a formula by the definition of each node, and nothing else.

No simplification, no lowering, no contraction order: every factor is broadcast over named
indices, multiplied, and summed. It shares only the catalog's code with what it checks, and
that is tested by itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from tensorcalc.check.backends import Array, Backend
from tensorcalc.check.labelled import Labelled, combine, plus, spread, sum_of_product
from tensorcalc.check.recurrence import Extended, unroll
from tensorcalc.check.sizes import bind_sizes
from tensorcalc.check.standins import stand_in_pointwise, stand_in_vector
from tensorcalc.errors import NotCompilableError, ShapeError, UnknownNameError
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
    Index,
    IndexExpression,
    Lookup,
    Number,
    Product,
    Size,
    Slot,
    Sum,
    Transform,
    children,
)
from tensorcalc.expr.recurrences import groups

__all__ = ["Evaluator", "evaluate", "evaluate_expr"]


def evaluate(
    equations: Equations,
    arrays: Mapping[str, Array],
    backend: Backend,
    sizes: Mapping[str, int] | None = None,
    outputs: Sequence[str] | None = None,
) -> dict[str, Array]:
    """Return the outputs of ``equations``.

    Args:
        equations: A program without derivatives that are not carried out.
        arrays: Every input by name. A definition's name may be given too: then its value is
            taken instead of computed, as when differentiating by an intermediate.
        backend: NumPy or Torch.
        sizes: Sizes that the inputs' shapes do not fix.
        outputs: Names of definitions; by default the program's outputs.

    Returns:
        One array for each output, its axes those of the definition.

    Raises:
        ShapeError: Shapes disagree, or an index leaves its tensor.
        UnknownNameError: An input is missing.
        NotCompilableError: A derivative is not carried out.
    """
    wanted = tuple(outputs) if outputs is not None else equations.outputs
    given = {name: backend.array(array) for name, array in arrays.items()}
    known = {t.name: t for t in (*equations.inputs, *(d.tensor for d in equations.definitions))}
    shapes = {known[n]: tuple(a.shape) for n, a in given.items() if n in known}
    found = bind_sizes(shapes, {**dict(equations.sizes), **(sizes or {})})
    computed = {name: given[name] for name in wanted if name in given}
    needed = equations.needed_for([name for name in wanted if name not in given])
    evaluator = Evaluator(given, backend, found)
    for group in groups(needed.definitions):
        pending = [d for d in group if d.name not in given]
        evaluator.define(pending)
    computed.update({n: evaluator.arrays[n] for n in wanted})
    return computed


def evaluate_expr(
    expr: Expr,
    axes: Sequence[Index],
    arrays: Mapping[str, Array],
    backend: Backend,
    sizes: Mapping[str, int],
) -> Array:
    """Return ``expr`` as an array with one axis for each of ``axes``, in that order."""
    given = {name: backend.array(array) for name, array in arrays.items()}
    return Evaluator(given, backend, sizes).array_of(expr, axes)


class Evaluator:
    """Values of expressions under given arrays and sizes; grows by definitions."""

    def __init__(
        self, arrays: Mapping[str, Array], backend: Backend, sizes: Mapping[str, int]
    ) -> None:
        self.arrays = dict(arrays)
        self.backend = backend
        self.sizes = sizes
        #: Recurrences with the components before (or after) their range.
        self.extended: dict[str, Extended] = {}

    def define(self, group: Sequence[Definition]) -> None:
        """Compute a definition, or a group that reads one another."""
        names = {d.name for d in group}
        if any(d.starts or any(t.name in names for t in d.reads) for d in group):
            unroll(self, group)
            return
        for definition in group:
            array = self.array_of(definition.body, definition.indices)
            self.arrays[definition.name] = array

    def length_of(self, index: Index) -> int:
        """The extent of ``index`` as a number."""
        return index.extent.evaluate(self.sizes)

    def array_of(self, expr: Expr, axes: Sequence[Index]) -> Array:
        """``expr`` with exactly these axes; one it lacks is broadcast."""
        value = self.value_of(expr)
        assert set(value.axes) <= set(axes), (value.axes, axes)
        return self._over(value, axes)

    def _over(self, value: Labelled, axes: Sequence[Index]) -> Array:
        """The array of ``value`` over exactly ``axes``, repeated along those it lacks."""
        shape = [self.length_of(axis) for axis in axes]
        return self.backend.expand(spread(self.backend, value, axes), shape)

    def value_of(self, root: Expr) -> Labelled:
        """The value of ``root``: a fold without recursion that visits each node once."""
        done: dict[Expr, Labelled] = {}
        stack = [root]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            waiting = [part for part in _parts(node) if part not in done]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            done[node] = self._value(node, done)
            stack.pop()
        return done[root]

    def _value(self, node: Expr, done: Mapping[Expr, Labelled]) -> Labelled:
        backend = self.backend

        def positions(index: IndexExpression) -> Labelled:
            return self._positions(index, done)

        match node:
            case Number(value):
                return Labelled((), backend.array(float(value)))
            case Size(extent):
                return Labelled((), backend.array(float(extent.evaluate(self.sizes))))
            case Access(tensor, slots):
                if tensor.name not in self.arrays:
                    raise UnknownNameError(f"no value for {tensor.name}")
                array, offsets = self.arrays[tensor.name], [0] * len(slots)
                longer = self.extended.get(tensor.name)
                if longer is not None and slots[longer.slot].edge is Edge.INSIDE:
                    array, offsets[longer.slot] = longer.array, longer.offset
                return self._read(array, (), slots, offsets, positions, tensor.name)
            case Delta(left, right):
                return self._delta(left, right, positions)
            case Condition(relation, left, right):
                holds = combine(backend, _RELATIONS[relation], [positions(left), positions(right)])
                return Labelled(holds.axes, backend.real(holds.array))
            case Sum(terms):
                values = [done[term] for term in terms]
                return combine(backend, plus, values)
            case Product(factors):
                return sum_of_product(backend, [done[f] for f in factors], (), self.length_of)
            case Contraction(bound, body):
                parts = [done[part] for part in _factors(body)]
                return sum_of_product(backend, parts, bound, self.length_of)
            case Apply(operation, arguments):
                values = [done[argument] for argument in arguments]
                if isinstance(operation, AbstractFunction):
                    return stand_in_pointwise(backend, operation, values)
                function = backend.function(operation, len(values), 0)
                if not values:
                    return Labelled((), backend.array(function()))
                return combine(backend, function, values)
            case Transform():
                return self._transform(node, done, positions)
            case Derivative():
                raise NotCompilableError("a derivative that is not carried out has no value")
            case _:
                assert_never(node)

    def _transform(
        self,
        node: Transform,
        done: Mapping[Expr, Labelled],
        positions: Callable[[IndexExpression], Labelled],
    ) -> Labelled:
        backend, operation = self.backend, node.operation
        if isinstance(operation, AbstractFunction):
            components = [positions(slot.index) for slot in node.at]
            arguments = [(a.bound, done[a.body]) for a in node.arguments]
            return stand_in_vector(backend, operation, arguments, components, self.length_of)
        batch: dict[Index, None] = {}
        for argument in node.arguments:
            for axis in done[argument.body].axes:
                if axis not in argument.bound:
                    batch.setdefault(axis)
        arrays = [self._over(done[a.body], (*batch, *a.bound)) for a in node.arguments]
        function = backend.function(operation, len(arrays), len(node.arguments[0].bound))
        result = function(*arrays)
        if operation.result == "drop":
            return Labelled(tuple(batch), result)
        offsets = (0,) * len(node.at)
        return self._read(result, tuple(batch), node.at, offsets, positions, operation.name)

    def _positions(self, index: IndexExpression, done: Mapping[Expr, Labelled]) -> Labelled:
        """The integers an index expression takes, over the indices it depends on."""
        backend = self.backend
        match index:
            case Index():
                return Labelled((index,), backend.positions(self.length_of(index)))
            case Affine(terms, constant):
                start = Labelled((), backend.positions(1)[0] + constant.evaluate(self.sizes))
                values = [start]
                for term, coefficient in terms:
                    steps = backend.positions(self.length_of(term)) * coefficient
                    values.append(Labelled((term,), steps))
                return combine(backend, plus, values)
            case Lookup(source):
                return done[source]
            case _:
                assert_never(index)

    def _read(
        self,
        array: Array,
        batch: tuple[Index, ...],
        slots: Sequence[Slot],
        offsets: Sequence[int],
        positions: Callable[[IndexExpression], Labelled],
        name: str,
    ) -> Labelled:
        """``array`` at batch indices and slots; ``offsets`` are added to the slots' positions."""
        backend = self.backend
        lengths = array.shape[len(batch) :]
        if len(lengths) != len(slots):
            raise ShapeError(f"{name} has {len(lengths)} axes, not {len(slots)}")
        if not slots:
            return Labelled(batch, array)
        places = [positions(i) for i in batch]
        inside: list[Labelled] = []
        for slot, offset, length in zip(slots, offsets, lengths, strict=True):
            place = positions(slot.index)
            moved, valid = self._at_edge(
                Labelled(place.axes, place.array + offset), slot.edge, int(length), name
            )
            places.append(moved)
            if valid is not None:
                inside.append(valid)

        def look_up(*keys: Array) -> Array:
            return array[keys]

        def or_zero(entry: Array, valid: Array) -> Array:
            return backend.where(valid, entry, backend.array(0.0))

        value = combine(backend, look_up, places)
        for valid in inside:
            value = combine(backend, or_zero, [value, valid])
        return value

    def _at_edge(
        self, place: Labelled, edge: Edge, length: int, name: str
    ) -> tuple[Labelled, Labelled | None]:
        """Positions brought inside ``0 … length-1``, and where they were inside if that counts."""
        array = place.array
        match edge:
            case Edge.INSIDE:
                if bool(((array < 0) | (array >= length)).any()):
                    raise ShapeError(f"an index leaves {name}, which has {length} components")
                return place, None
            case Edge.ZERO:
                inside = (array >= 0) & (array < length)
                held = self.backend.clip(array, 0, length - 1)
                return Labelled(place.axes, held), Labelled(place.axes, inside)
            case Edge.CIRCULAR:
                return Labelled(place.axes, array % length), None
            case Edge.REFLECT:
                period = max(2 * length - 2, 1)
                inside = array % period
                mirrored = self.backend.where(inside < length, inside, period - inside)
                return Labelled(place.axes, mirrored), None
            case Edge.REPLICATE:
                return Labelled(place.axes, self.backend.clip(array, 0, length - 1)), None
            case _:
                assert_never(edge)

    def _delta(
        self, left: Slot, right: Slot, positions: Callable[[IndexExpression], Labelled]
    ) -> Labelled:
        """1 where both hold the same number; the edge of a slot acts on the range of the other."""
        backend = self.backend
        values: list[Labelled] = []
        for slot, other in ((left, right), (right, left)):
            place = positions(slot.index)
            if slot.edge in (Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE):
                if not isinstance(other.index, Index):
                    raise ShapeError("a delta with an edge needs a plain index beside it")
                place, _ = self._at_edge(place, slot.edge, self.length_of(other.index), "a delta")
            values.append(place)
        holds = combine(backend, _RELATIONS["=="], values)
        return Labelled(holds.axes, backend.real(holds.array))


_RELATIONS: Mapping[str, Callable[[Array, Array], Array]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
}


def _factors(body: Expr) -> tuple[Expr, ...]:
    return body.factors if isinstance(body, Product) else (body,)


def _parts(node: Expr) -> tuple[Expr, ...]:
    """What must be known first: a summed product's factors, not the product itself."""
    return _factors(node.body) if isinstance(node, Contraction) else children(node)
