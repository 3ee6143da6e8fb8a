"""What each name of a program means: tensor, size, index, function or constant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf

from tensorcalc.expr import Extent, Tensor
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.names import (
    BUILTIN_CALLS,
    nearest,
)
from tensorcalc.language.source import Span
from tensorcalc.language.syntax import (
    AffineEntry,
    Definition,
    FunctionDefinition,
    Given,
    Group,
    Node,
    Output,
    Plain,
    Statement,
)
from tensorcalc.language.tokens import BareName

__all__ = ["RESULT", "Context", "Kind", "Symbols", "TensorSymbol", "bodies", "slots_of"]

#: The name of a bare expression's value.
RESULT = "result"

Kind = OneOf["tensor", "size", "pi", "e", "inf", "delta", "eps", "one"]


@dataclass(slots=True)
class TensorSymbol:
    """A tensor of the program."""

    name: str
    span: Span
    levels: tuple[bool, ...] | None = None
    slots_span: Span | None = None
    declared: bool = False
    defined: bool = False
    integer: bool = False
    facts: set[str] = field(default_factory=set[str])
    symmetry: int = 0
    extents: tuple[AffineEntry, ...] | None = None
    role: str = ""
    known: Tensor | None = None

    @property
    def rank(self) -> int:
        """Number of slots."""
        return len(self.levels or ())


@dataclass(frozen=True, slots=True)
class Context:
    """The program that a formula is about.

    Attributes:
        tensors: Its inputs and definitions, which the formula may read.
        axes: The extents of the result's axes, for indices that only a delta carries.
    """

    tensors: tuple[Tensor, ...]
    axes: tuple[Extent, ...] = ()


@dataclass(slots=True)
class Symbols:
    """The names of one program."""

    reporter: Reporter
    tensors: dict[str, TensorSymbol] = field(default_factory=dict[str, TensorSymbol])
    definitions: dict[str, list[Definition]] = field(default_factory=dict[str, list[Definition]])
    functions: dict[str, FunctionDefinition] = field(default_factory=dict[str, FunctionDefinition])
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    size_names: dict[str, Span] = field(default_factory=dict[str, Span])
    index_extents: dict[str, AffineEntry] = field(default_factory=dict[str, AffineEntry])
    index_sizes: list[tuple[Plain, AffineEntry]] = field(
        default_factory=list[tuple[Plain, AffineEntry]]
    )
    size_values: list[tuple[str, AffineEntry]] = field(
        default_factory=list[tuple[str, AffineEntry]]
    )
    index_names: dict[str, Span] = field(default_factory=dict[str, Span])
    outputs: list[Plain] = field(default_factory=list[Plain])
    metric: str | None = None
    variance: str = "euclidean"

    def kind(self, name: str, slots: int) -> Kind:
        """What a name with so many indices is."""
        if name in self.tensors and not isinstance(name, BareName):
            return "tensor"
        if name in self.size_names:
            return "size"
        if slots == 0 and name in ("pi", "e", "inf"):
            return name  # type: ignore[return-value]
        if name == "delta" and slots == 2:
            return "delta"
        if name == "eps" and slots >= 2:
            return "eps"
        if name == "one" and slots >= 1:
            return "one"
        return "tensor"

    def function(self, name: str) -> str:
        """The name behind aliases."""
        seen = {name}
        while name in self.aliases:
            name = self.aliases[name]
            if name in seen:
                return name
            seen.add(name)
        return name

    def is_function(self, name: str) -> bool:
        """Whether the program defines a function of that name."""
        return name in self.functions or name in self.aliases

    def suggestion(self, name: str) -> str:
        """A hint with the nearest known name, or ""."""
        known = [*self.tensors, *self.functions, *self.aliases, *sorted(BUILTIN_CALLS)]
        found = nearest(name, [k for k in known if k != name])
        return f"did you mean {found}?" if found else ""


def slots_of(groups: tuple[Group, ...]) -> tuple[bool, ...]:
    """The levels (upper or not) of the slots written in groups."""
    return tuple(g.upper for g in groups for _ in g.entries)


def bodies(statement: Statement) -> tuple[Node, ...]:
    """The expressions of a statement, its left side included."""
    match statement:
        case Definition(_, target, body):
            return (target, body)
        case Output(_, body) | FunctionDefinition(_, _, _, _, body, None):
            return (body,)
        case Given(_, left, right):
            return (left, right)
        case _:
            return ()
