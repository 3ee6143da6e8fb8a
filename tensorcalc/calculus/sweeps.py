"""What one reverse accumulation knows: who reads what, the adjoints so far, and their names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from tensorcalc.calculus.recurrences import Component
from tensorcalc.calculus.split import unused_name
from tensorcalc.expr import (
    Definition,
    Derivative,
    Equations,
    Expr,
    Extent,
    Index,
    Level,
    Tensor,
    accesses,
    at_indices,
    fresh,
)
from tensorcalc.expr.recurrences import groups

__all__ = [
    "Sweep",
    "depending_on",
    "fresh_each",
    "identity",
    "natural_indices",
    "natural_names",
    "readers_of",
]


class Sweep:
    """One reverse accumulation: what it is of, and the adjoints so far.

    Attributes:
        open: The indices that stay open, first in every adjoint.
        readers: The definitions between that read each tensor, last first.
        starts: The adjoints of the starts of recurrences.
    """

    def __init__(
        self,
        of: Tensor,
        cotangent: Tensor | None,
        open_: tuple[Index, ...],
        readers: dict[Tensor, list[Definition]],
        name: Callable[[Tensor], str],
    ) -> None:
        self.of = of
        self.cotangent = cotangent
        self.open = open_
        self.readers = readers
        self.adjoints: dict[Tensor, Tensor] = {}
        self.starts: dict[tuple[Tensor, int], Component] = {}
        self._name = name

    def seeds(self, tensor: Tensor, indices: tuple[Index, ...]) -> list[Expr]:
        """What the adjoint of ``of`` itself begins with; nothing for another tensor."""
        if tensor is not self.of:
            return []
        if self.cotangent is None:
            return [identity(self.of, self.open, indices)]
        return [at_indices(self.cotangent, indices)]

    def name_of(self, name: str) -> str:
        """The name of the adjoint of a tensor of that name."""
        return self._name(Tensor(name, (), ()))

    def adjoint_of(self, tensor: Tensor, taken: Collection[str] = ()) -> Tensor:
        """The tensor that holds the adjoint; not the cotangent that is given for it."""
        name = self._name(tensor)
        if tensor is self.of and self.cotangent is not None and self.cotangent.name == name:
            name = unused_name(f"{tensor.name}_total_bar", taken)
        return _adjoint_tensor(name, self.of if self.cotangent is None else None, tensor)


def depending_on(equations: Equations, wrt: Sequence[Tensor]) -> set[Tensor]:
    """The defined tensors that depend on any of ``wrt``, those in ``wrt`` included.

    Labels do not: an integer that is looked up is constant but for jumps.
    """
    found = set(wrt)
    for group in groups(equations.definitions):
        for _ in group:  # a member may depend through a later one
            found |= {
                d.tensor
                for d in group
                if d.tensor.domain != "integer" and not found.isdisjoint(d.reads)
            }
    defined = {d.tensor for d in equations.definitions}
    return found & defined


def natural_indices(tensor: Tensor, natural: dict[Tensor, tuple[Index, ...]]) -> tuple[Index, ...]:
    """The indices with which a tensor is first written, or ``i``, ``j``, … ."""
    found = natural.get(tensor)
    if found is not None:
        return found
    return tuple(
        Index(letter, 0, size)
        for letter, size in zip(_letters(tensor.rank), tensor.extents, strict=True)
    )


def _letters(count: int) -> list[str]:
    letters = "ijklmnopqrstuvwxyz"
    return [letters[k] if k < len(letters) else f"i{k}" for k in range(count)]


def natural_names(equations: Equations) -> dict[Tensor, tuple[Index, ...]]:
    """The indices of definitions, and those with which inputs are read whole."""
    natural: dict[Tensor, tuple[Index, ...]] = {}
    for definition in equations.definitions:
        natural[definition.tensor] = definition.indices
    for definition in equations.definitions:
        for access in (a for body in definition.bodies for a in accesses(body)):
            if access.tensor in natural:
                continue
            indices = [s.index for s in access.slots if isinstance(s.index, Index)]
            whole = len(indices) == access.tensor.rank == len(set(indices))
            if whole and tuple(i.extent for i in indices) == access.tensor.extents:
                natural[access.tensor] = tuple(Index(i.name, 0, i.extent) for i in indices)
    return {t: v for t, v in natural.items() if len(set(v)) == len(v)}


def readers_of(
    equations: Equations, between: set[Tensor], of: Tensor
) -> dict[Tensor, list[Definition]]:
    """The definitions that read each tensor and that ``of`` depends on, last first."""
    needed = {of}
    readers: dict[Tensor, list[Definition]] = {}
    for group in reversed(list(groups(equations.definitions))):
        for _ in group:  # a member may be needed by an earlier one
            needed |= {t for d in group if d.tensor in needed for t in d.reads}
        for definition in reversed(group):
            if definition.tensor in needed and definition.tensor in between:
                for tensor in definition.reads:
                    readers.setdefault(tensor, []).append(definition)
    return readers


def fresh_each(indices: Iterable[Index], avoid: set[Index]) -> tuple[Index, ...]:
    """Indices like these, none of which is another or one to avoid."""
    taken = set(avoid)
    made: list[Index] = []
    for index in indices:
        new = fresh(index, taken)
        taken.add(new)
        made.append(new)
    return tuple(made)


def identity(of: Tensor, first: tuple[Index, ...], second: tuple[Index, ...]) -> Expr:
    """``∂x^i/∂x^k``: one delta for each slot."""
    return Derivative(at_indices(of, first), at_indices(of, second))


def _adjoint_tensor(name: str, open_of: Tensor | None, tensor: Tensor) -> Tensor:
    extents: tuple[Extent, ...] = tensor.extents
    levels: tuple[Level, ...] = tuple(level.opposite for level in tensor.levels)
    if open_of is not None:
        extents, levels = open_of.extents + extents, open_of.levels + levels
    return Tensor(name, extents, levels)
