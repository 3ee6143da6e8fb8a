"""Other names for tensors and sizes, throughout a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from tensorcalc.expr.equations import Definition, Equations, Fact, Start
from tensorcalc.expr.extents import Extent, SizeName, extent
from tensorcalc.expr.indices import Affine, Index, affine
from tensorcalc.expr.nodes import (
    Access,
    Apply,
    Argument,
    Condition,
    Contraction,
    Delta,
    Derivative,
    Expr,
    IndexExpression,
    Lookup,
    Number,
    Product,
    Size,
    Slot,
    Sum,
    Tensor,
    Transform,
)
from tensorcalc.expr.traversal import fold

__all__ = ["Renaming", "size_names"]


class Renaming:
    """Puts other names in place of those of tensors and sizes.

    Args:
        tensors: New names by old ones.
        sizes: What stands in place of named sizes: another name's extent, or a number's.
    """

    def __init__(
        self, tensors: Mapping[str, str] | None = None, sizes: Mapping[str, Extent] | None = None
    ) -> None:
        self._tensors = dict(tensors or {})
        self._sizes = dict(sizes or {})
        self._known: dict[Tensor, Tensor] = {}

    def equations(self, equations: Equations) -> Equations:
        """The whole program under its new names."""
        return Equations(
            tuple(map(self.tensor, equations.inputs)),
            tuple(map(self._definition, equations.definitions)),
            tuple(self._tensors.get(name, name) for name in equations.outputs),
            tuple(self._fact(fact) for fact in equations.facts),
            tuple(
                (self._size_name(name), value)
                for name, value in equations.sizes
                if self._size_name(name)
            ),
        )

    def tensor(self, tensor: Tensor) -> Tensor:
        """The tensor under its new name."""
        found = self._known.get(tensor)
        if found is None:
            found = self._known[tensor] = Tensor(
                self._tensors.get(tensor.name, tensor.name),
                tuple(map(self.extent, tensor.extents)),
                tensor.levels,
                tensor.domain,
                tensor.facts,
                tensor.symmetry,
            )
        return found

    def extent(self, value: Extent) -> Extent:
        """The extent with sizes replaced."""
        return value.substitute(self._sizes)

    def index(self, index: Index) -> Index:
        """The index with its extent replaced."""
        return Index(index.name, index.serial, self.extent(index.extent))

    def expr(self, expr: Expr) -> Expr:
        """The expression under the new names."""
        return fold(expr, self._node)

    def _node(self, node: Expr, parts: tuple[Expr, ...]) -> Expr:
        remaining = iter(parts)

        def place(value: IndexExpression) -> IndexExpression:
            match value:
                case Index():
                    return self.index(value)
                case Affine(terms, constant):
                    renamed = [(self.index(i), c) for i, c in terms]
                    return affine(renamed, self.extent(constant))
                case Lookup():
                    source = next(remaining)
                    assert isinstance(source, Access)
                    return Lookup(source)

        def slot(value: Slot) -> Slot:
            return Slot(place(value.index), value.level, value.edge)

        match node:
            case Number():
                return node
            case Size(value):
                return Size(self.extent(value))
            case Access(tensor, slots):
                return Access(self.tensor(tensor), tuple(map(slot, slots)))
            case Delta(left, right):
                return Delta(slot(left), slot(right))
            case Condition(relation, left, right):
                return Condition(relation, place(left), place(right))
            case Sum():
                return Sum(parts)
            case Product():
                return Product(parts)
            case Contraction(bound, _):
                return Contraction(tuple(map(self.index, bound)), parts[0])
            case Apply(operation, _):
                return Apply(operation, parts)
            case Transform(operation, arguments, at):
                made = tuple(
                    Argument(tuple(map(self.index, a.bound)), next(remaining)) for a in arguments
                )
                return Transform(operation, made, tuple(map(slot, at)))
            case Derivative():
                wrt = parts[1]
                assert isinstance(wrt, Access)
                return Derivative(parts[0], wrt)
            case _:
                assert_never(node)

    def _definition(self, definition: Definition) -> Definition:
        return Definition(
            self.tensor(definition.tensor),
            tuple(map(self.index, definition.indices)),
            self.expr(definition.body),
            definition.automatic,
            tuple(
                Start(s.slot, s.component, tuple(map(self.index, s.indices)), self.expr(s.body))
                for s in definition.starts
            ),
        )

    def _fact(self, fact: Fact) -> Fact:
        indices = tuple(map(self.index, fact.indices))
        return Fact(indices, self.expr(fact.left), self.expr(fact.right))

    def _size_name(self, name: str) -> str:
        return self.extent(extent(name)).name or ""


def size_names(equations: Equations) -> tuple[str, ...]:
    """The names of sizes in the extents of tensors, in order of first appearance."""
    found: dict[str, None] = {}
    tensors = (*equations.inputs, *(d.tensor for d in equations.definitions))
    for tensor in tensors:
        for value in tensor.extents:
            for monomial, _ in value.terms:
                for atom in monomial:
                    if isinstance(atom, SizeName):
                        found[atom.name] = None
    return tuple(found)
