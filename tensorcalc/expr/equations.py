"""Equations: a program's data, an ordered set of definitions over inputs.

A recurrence is a definition (or a group of them) that reads components of itself at an
earlier place of one slot; it needs no node kind of its own. ``starts`` gives the values
before the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tensorcalc.errors import UnknownNameError
from tensorcalc.expr.indices import Index
from tensorcalc.expr.interning import Node
from tensorcalc.expr.nodes import Expr, Tensor
from tensorcalc.expr.traversal import accesses

__all__ = ["Definition", "Equations", "Fact", "Start"]


@dataclass(frozen=True, slots=True, eq=False)
class Start(Node):
    """A fixed component before a recurrence's range: ``s_{-1}^i = h^i``."""

    slot: int
    component: int
    indices: tuple[Index, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Definition(Node):
    """``tensor^{indices} = body`` for every value of the indices.

    Invariants: the indices are distinct, their extents are the tensor's, and every free
    index of the body is one of them (an index that the body lacks is broadcast).

    Attributes:
        automatic: The name was chosen by the library, so the definition may be inlined.
        starts: For a recurrence, the components before the range.
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    body: Expr
    automatic: bool = False
    starts: tuple[Start, ...] = ()
    reads: frozenset[Tensor] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(set(self.indices)) == len(self.indices)
        assert tuple(i.extent for i in self.indices) == self.tensor.extents, self.tensor.name
        assert self.body.free <= set(self.indices), (self.tensor.name, self.body.free)
        reads = frozenset(a.tensor for b in self.bodies for a in accesses(b))
        object.__setattr__(self, "reads", reads)

    @property
    def name(self) -> str:
        """The defined tensor's name."""
        return self.tensor.name

    @property
    def bodies(self) -> tuple[Expr, ...]:
        """The body, and those of the starts."""
        return (self.body, *(start.body for start in self.starts))


@dataclass(frozen=True, slots=True, eq=False)
class Fact(Node):
    """``given left = right``, for every value of ``indices``."""

    indices: tuple[Index, ...]
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Equations(Node):
    """Inputs, definitions in an order in which each reads only earlier ones, and outputs.

    A recurrence may read itself, and a group of mutual recurrences stands together.

    Attributes:
        metric: The input that raises and lowers the indices of the text. The definitions hold it
            as a factor, so that this is for printing alone.
    """

    inputs: tuple[Tensor, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    sizes: tuple[tuple[str, int], ...] = ()
    metric: str = ""
    _by_name: dict[str, Definition] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_name = {d.name: d for d in self.definitions}
        assert len(by_name) == len(self.definitions), "a name is defined twice"
        assert all(name in by_name for name in self.outputs)
        object.__setattr__(self, "_by_name", by_name)

    def definition(self, name: str) -> Definition:
        """The definition of ``name``; an ``UnknownNameError`` where there is none."""
        found = self._by_name.get(name)
        if found is None:
            raise UnknownNameError(f"no definition of {name}")
        return found

    def defines(self, name: str) -> bool:
        """Whether ``name`` is defined (and is no input)."""
        return name in self._by_name

    def tensor(self, name: str) -> Tensor:
        """The input or defined tensor of that name."""
        if name in self._by_name:
            return self._by_name[name].tensor
        for tensor in self.inputs:
            if tensor.name == name:
                return tensor
        known = ", ".join([*(t.name for t in self.inputs), *self._by_name])
        raise UnknownNameError(f"no tensor {name} in the program; it has {known}")

    def names(self) -> frozenset[str]:
        """Every tensor name in use."""
        return frozenset(self._by_name) | {t.name for t in self.inputs}

    def needed_for(self, outputs: Iterable[str]) -> Equations:
        """The same with only ``outputs`` and the definitions they depend on; inputs stay."""
        wanted = tuple(outputs)
        pending = [self.definition(name) for name in wanted]
        reached = set(pending)
        while pending:
            for tensor in pending.pop().reads:
                definition = self._by_name.get(tensor.name)
                if definition is not None and definition not in reached:
                    reached.add(definition)
                    pending.append(definition)
        kept = tuple(d for d in self.definitions if d in reached)
        return Equations(self.inputs, kept, wanted, self.facts, self.sizes)

    def readers(self) -> Mapping[str, int]:
        """How many definitions read each tensor."""
        count: dict[str, int] = {}
        for definition in self.definitions:
            for tensor in definition.reads:
                count[tensor.name] = count.get(tensor.name, 0) + 1
        return count
