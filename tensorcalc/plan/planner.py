"""From n-ary products to pairwise steps.

Every n-ary einsum becomes einsums of one or two operands. They are made by the same builder,
so a step that two products share is one node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from tensorcalc.arrays.builder import Builder, Coefficient, Label, Value
from tensorcalc.arrays.lower import Graph
from tensorcalc.arrays.nodes import (
    Array,
    Einsum,
    Input,
    Loop,
    Map,
    Scalar,
    Solve,
    topological,
)
from tensorcalc.arrays.recurrence import inside
from tensorcalc.arrays.rewrite import (
    Moved,
    einsum_labels,
    flatten,
    node_output,
    rebuilt,
    rewrite,
)
from tensorcalc.expr import extent
from tensorcalc.plan.distribute import distribute
from tensorcalc.plan.order import best_path, left_to_right, path_cost, right_to_left
from tensorcalc.plan.report import Plan, PlanProduct, PlanStep
from tensorcalc.plan.sharing import SharedSteps
from tensorcalc.plan.sizes import SizeTable
from tensorcalc.plan.solves import solve_in_place_of_inverses, solving_cost
from tensorcalc.plan.windows import turn_windows

__all__ = ["Ordered", "order"]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A graph whose einsums have one or two operands, and what their order costs."""

    graph: Graph
    plan: Plan
    sizes: SizeTable


def order(graph: Graph, sizes: Mapping[str, int] | None = None) -> Ordered:
    """Choose the order of every product of ``graph``.

    Args:
        graph: As :func:`tensorcalc.arrays.lower` makes it.
        sizes: Extents by name. Names that are not given count as about 64.
    """
    roots = [a for _, a in graph.outputs]
    extents = (size for node in topological(roots) for size in node.shape)
    planner = _Planner(graph.builder, SizeTable(sizes, extents))
    flat = flatten(roots, graph.builder)
    flat = distribute(flat, graph.builder, planner.extent)
    flat = turn_windows(flat, graph.builder, planner.extent)
    roots = rewrite(flat, graph.builder, planner.rule)
    roots = solve_in_place_of_inverses(roots, graph.builder, planner.sizes)
    names = [name for name, _ in graph.outputs]
    ordered = Graph(tuple(zip(names, roots, strict=True)), graph.builder)
    return Ordered(ordered, planner.plan(roots, sizes or {}), planner.sizes)


class _Planner:
    def __init__(self, builder: Builder, sizes: SizeTable) -> None:
        self.builder = builder
        self.sizes = sizes
        self.products: dict[Array, tuple[tuple[Array, ...], int, int, int]] = {}
        self.naive: dict[Array, int] = {}
        self.shared = SharedSteps(builder.number, self.extent)

    def extent(self, label: Label) -> int:
        return self.sizes(self.builder.extent(label))

    def count(self, labels: set[Label] | frozenset[Label]) -> int:
        return prod(self.extent(k) for k in labels)

    def rule(self, node: Array, parts: tuple[Moved, ...]) -> Moved:
        """Order one einsum."""
        if not isinstance(node, Einsum):
            return rebuilt(self.builder, node, parts)
        labels = einsum_labels(self.builder, node)
        factors = [
            self.builder.distinct(Value(p.array, p.labels(own)))
            for p, own in zip(parts, labels, strict=True)
        ]
        output = node_output(node, labels)
        value = self.product(node.coefficient, factors, frozenset(output))
        position = {k: n for n, k in enumerate(output)}
        axes = tuple(position[k] for k in value.labels if isinstance(k, int))
        self.record(value.array, factors, frozenset(output))
        return Moved(value.array, axes)

    def product(
        self, coefficient: Coefficient, factors: Sequence[Value], output: frozenset[Label]
    ) -> Value:
        """The product as steps of two operands, scaled where that costs least."""
        builder, one = self.builder, Fraction(1)
        summed = _presummed(builder, factors, output)
        scalars = [f for f in summed if not f.labels]
        arrays = [f for f in summed if f.labels]
        scale: Value | None = None
        for scalar in scalars:
            scale = scalar if scale is None else builder.einsum(one, [scale, scalar], ())
        if not arrays:
            assert scale is not None
            return builder.einsum(coefficient, [scale], ())
        sets = [frozenset(f.labels) for f in arrays]
        found = self.shared.path(arrays, output)
        inside: frozenset[int] = frozenset()
        path, inside = found if found is not None else (self.path(sets, output), inside)
        smallest = self.smallest(arrays, sets, output, path, inside)
        is_scaled = scale is not None or coefficient != 1
        self.shared.record(arrays, output, path, smallest if is_scaled else None)

        def scaled(value: Value, place: int) -> Value:
            if place != smallest or not is_scaled:
                return value
            if scale is None:
                return builder.einsum(coefficient, [value], value.labels)
            factor = builder.einsum(coefficient, [scale], ())
            return builder.einsum(one, [factor, value], value.labels)

        current = [scaled(value, n) for n, value in enumerate(arrays)]
        for step, (i, j) in enumerate(path):
            pair = [current[i], current[j]]
            current.pop(j)
            current.pop(i)
            rest = output.union(*(v.labels for v in current))
            made = builder.einsum(one, pair, rest)
            current.append(scaled(made, len(arrays) + step))
        (result,) = current
        return result

    def path(
        self, sets: Sequence[frozenset[Label]], output: frozenset[Label]
    ) -> tuple[tuple[int, int], ...]:
        numbers = self.numbers(sets)
        return best_path(
            [frozenset(numbers[k] for k in s) for s in sets],
            frozenset(numbers[k] for k in output if k in numbers),
            {n: self.extent(k) for k, n in numbers.items()},
        )

    def numbers(self, sets: Sequence[frozenset[Label]]) -> dict[Label, int]:
        numbers: dict[Label, int] = {}
        for labels in sets:
            for label in sorted(labels, key=str):
                numbers.setdefault(label, len(numbers))
        return numbers

    def smallest(
        self,
        arrays: Sequence[Value],
        sets: Sequence[frozenset[Label]],
        output: frozenset[Label],
        path: Sequence[tuple[int, int]],
        excluded: frozenset[int],
    ) -> int:
        """Which operand or step has the fewest entries; the latest of equals."""
        current = [(frozenset(s), n) for n, s in enumerate(sets)]
        best = [(self.count(s), -n) for s, n in current if n not in excluded]
        for step, (i, j) in enumerate(path):
            (one, _), (other, _) = current[i], current[j]
            current.pop(j)
            current.pop(i)
            rest = output.union(*(s for s, _ in current))
            made = frozenset((one | other) & rest)
            current.append((made, len(arrays) + step))
            if len(arrays) + step not in excluded:
                best.append((self.count(made), -(len(arrays) + step)))
        return -min(best)[1]

    def record(self, made: Array, factors: Sequence[Value], output: frozenset[Label]) -> None:
        """Keep what the order of a product costs, for the report."""
        arrays = [f for f in factors if f.labels]
        union = frozenset(k for f in arrays for k in f.labels)
        if len(arrays) < 2:
            return
        self.naive[made] = self.count(union) * (len(arrays) - 1)
        if len(arrays) < 3:
            return
        sets = [frozenset(f.labels) for f in _presummed(self.builder, arrays, output)]
        sets = [s for s in sets if s]
        numbers = self.numbers(sets)
        numbered = [frozenset(numbers[k] for k in s) for s in sets]
        kept = frozenset(numbers[k] for k in output if k in numbers)
        sizes = {n: self.extent(k) for k, n in numbers.items()}

        def cost(path: tuple[tuple[int, int], ...]) -> int:
            return path_cost(numbered, kept, sizes, path)

        self.products[made] = (
            tuple(f.array for f in arrays),
            cost(self.path(sets, output)),
            cost(left_to_right(len(sets))),
            cost(right_to_left(len(sets))),
        )

    def name(self, array: Array) -> str:
        """What to call an array in the report."""
        if isinstance(array, Input):
            return array.name
        return self.builder.names.get(array, "·")

    def plan(self, roots: Sequence[Array], given: Mapping[str, int]) -> Plan:
        """The report on the ordered graph."""
        names: dict[Array, str] = {}
        steps: list[PlanStep] = []
        largest = 0
        used: set[str] = set()
        finished = set(roots)
        times: dict[Array, int] = {}
        for node in topological(roots):
            if isinstance(node, Loop):
                times.update(dict.fromkeys(inside(node), self.sizes(node.length)))
        for node in topological(roots):
            names[node] = self.name(node)
            if names[node] == "·" and isinstance(node, Map):
                names[node] = f"{node.operation.name}(…)"
            entries = prod(self.sizes(size) for size in node.shape)
            if not isinstance(node, Input | Scalar) and node not in finished:
                largest = max(largest, entries)
            used.update(n for size in node.shape for n in size.names())
            if isinstance(node, Solve):
                steps.append(self.system(node, names, len(steps) + 1, times.get(node, 1)))
                continue
            if not isinstance(node, Einsum):
                continue
            extents = {
                k: self.sizes(size)
                for o, own in zip(node.operands, node.labels, strict=True)
                for k, size in zip(own, o.shape, strict=True)
            }
            wide = [own for own in node.labels if own]
            if len(wide) < 2:
                continue
            if names[node] == "·":
                names[node] = f"t{len(steps) + 1}"
            steps.append(
                PlanStep(
                    names[node],
                    tuple(names[o] for o in node.operands),
                    self.formula(node),
                    prod(extents.values()) * times.get(node, 1),
                    entries,
                )
            )

        def called(array: Array) -> str:
            return names.get(array) or self.name(array)

        products = [
            PlanProduct(
                called(made), tuple(map(called, factors)), best, left, right, self.naive[made]
            )
            for made, (factors, best, left, right) in self.products.items()
        ]
        return Plan(
            tuple(steps),
            tuple(products),
            sum(s.multiplications for s in steps),
            sum(n * times.get(made, 1) for made, n in self.naive.items()),
            largest,
            tuple(sorted((n, self.sizes(extent(n))) for n in used)),
            frozenset(n for n in used if n not in given),
        )

    def system(self, node: Solve, names: dict[Array, str], number: int, times: int) -> PlanStep:
        """The step that solves a system: from the matrix and the right side."""
        if names[node] == "·":
            names[node] = f"t{number}"
        matrix, _right = node.labels
        entries = prod(self.sizes(size) for size in node.shape)
        rows = self.sizes(node.shape[0])
        count = prod(self.sizes(node.shape[k - 1]) for k in matrix if k > 1)
        hints = ("", *self.builder.axis_names.get(node, ()))
        formula = _formula(hints, node.labels, range(1, len(node.shape) + 1))
        return PlanStep(
            names[node],
            (self.name(node.matrix), self.name(node.right)),
            f"solve {formula}",
            count * solving_cost(rows, entries // count) * times,
            entries,
        )

    def formula(self, node: Einsum) -> str:
        """The indices of a step, by the names a person knows where they are unique."""
        return _formula(self.builder.label_names.get(node, ()), node.labels, node.output)


def _formula(hints: Sequence[str], operands: Sequence[Sequence[int]], output: Sequence[int]) -> str:
    letters: dict[int, str] = {}
    for label in sorted({k for own in operands for k in own}):
        wished = hints[label] if label < len(hints) and hints[label] else "a"
        name, number = wished, 1
        while name in letters.values():
            name, number = f"{wished}{number}", number + 1
        letters[label] = name
    sides = [" ".join(letters[k] for k in own) for own in operands]
    return ", ".join(sides) + " -> " + " ".join(letters[k] for k in output)


def _presummed(builder: Builder, factors: Sequence[Value], output: frozenset[Label]) -> list[Value]:
    """Sum each index that stands in one factor only, before any product."""
    seen: dict[Label, int] = {}
    for factor in factors:
        for label in set(factor.labels):
            seen[label] = seen.get(label, 0) + 1
    made: list[Value] = []
    for factor in factors:
        kept = [k for k in factor.labels if k in output or seen[k] > 1]
        if len(kept) < len(factor.labels):
            factor = builder.einsum(Fraction(1), [factor], kept)
        made.append(factor)
    return made
