"""Derivatives of recurrences: one step is derived, nothing is unrolled.

For ``s_t = f(s_{t-1}, W)`` the read of the earlier step is a variable of its own. Its adjoint at
step ``t`` belongs to ``s`` at ``t-1``, so the adjoint of ``s`` at ``m`` gets it from step ``m+1``:
a recurrence that runs the other way, ``λ_m = … + zeropad(λ_{m+1}) ∂f/∂s``, in which nothing comes
back from beyond the last step. This is back-propagation through time. A start ``s_{-1}`` gets
what a component of ``s`` there would.

Tangents are recurrences of the same direction, whose starts are the tangents of the starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tensorcalc.calculus.rules import carry_out
from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import (
    ZERO,
    Access,
    Affine,
    Condition,
    Definition,
    Delta,
    Derivative,
    Edge,
    Equations,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Level,
    Slot,
    Tensor,
    accesses,
    affine,
    at_indices,
    children,
    contract,
    extent,
    fold,
    fresh,
    multiply,
    rebuild,
    substitute,
)
from tensorcalc.expr.recurrences import first_step, groups, is_recurrent, step_slots, steps_ahead
from tensorcalc.simplify import folds_onto, is_finite, simplify, zero_outside

__all__ = [
    "Component",
    "Contribution",
    "Instance",
    "Read",
    "Recurrences",
    "before_the_range",
    "contributions",
    "kept_by_recurrences",
    "moved_reads",
    "renamed_padded",
    "restored",
]

T = TypeVar("T")


class Recurrences:
    """The groups of definitions of a program that read one another.

    Attributes:
        group_of: The group of each tensor that recurs.
        slots: For each tensor that recurs, the slot of its steps.
    """

    def __init__(self, equations: Equations) -> None:
        self.group_of: dict[Tensor, tuple[Definition, ...]] = {}
        self.slots: dict[Tensor, int] = {}
        for group in groups(equations.definitions):
            if not is_recurrent(group):
                continue
            found = step_slots(group)
            for definition in group:
                self.group_of[definition.tensor] = group
                if definition.tensor not in found:
                    raise NotDifferentiableError(
                        f"{definition.name} reads itself, but no index orders its components"
                    )
            self.slots.update(found)

    def instance(self, definition: Definition, avoid: Iterable[Index]) -> Instance:
        """``definition`` with fresh indices."""
        taken = set(avoid)
        bound: list[Index] = []
        for index in definition.indices:
            new = fresh(index, taken)
            taken.add(new)
            bound.append(new)
        slot = self.slots.get(definition.tensor)
        first = first_step(definition)
        places: list[Index | Affine] = [*bound]
        if slot is not None and first:
            step = fresh(Index(bound[slot].name, 0, bound[slot].extent - first), taken)
            bound[slot] = step
            places[slot] = affine([(step, 1)], first)
        mapping: dict[Index, IndexExpression] = dict(zip(definition.indices, places, strict=True))
        return Instance(
            definition, tuple(bound), tuple(places), substitute(definition.body, mapping)
        )


@dataclass(frozen=True, slots=True)
class Instance:
    """A definition at the components ``places``, which its body gives for all of ``bound``.

    The two differ where starts stand inside the range: the body holds from the first
    computed step on.
    """

    definition: Definition
    bound: tuple[Index, ...]
    places: tuple[Index | Affine, ...]
    body: Expr

    def weighted(self, adjoint: Tensor, open_: Sequence[Index], derivative: Expr) -> Expr:
        """The sum over the definition's components of its adjoint times ``derivative``."""
        places = (*open_, *self.places)
        slots = tuple(map(Slot, places, adjoint.levels))
        return contract(self.bound, multiply((Access(adjoint, slots), derivative)))


@dataclass(frozen=True, slots=True)
class Component:
    """The adjoint of a start, as a formula of ``indices`` and of the open ones."""

    indices: tuple[Index, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a group's definition gives to the adjoint of a member that it reads.

    Attributes:
        body: The adjoint of the read, as a formula of ``step``, the step that reads.
        step: Counts the steps that are computed.
        behind: By how much ``step`` is behind the component that is read.
        ahead: How far ahead of the reading component the read is (-1 for ``s_{t-1}``).
    """

    body: Expr
    step: Index
    behind: int
    ahead: int

    @classmethod
    def read_from(cls, helper: Definition, slot: int, ahead: int) -> Contribution:
        """A contribution that is a definition, read by its step in ``slot``."""
        body = at_indices(helper.tensor, helper.indices)
        return cls(body, helper.indices[slot], ahead, ahead)

    def at(self, component: Index | Affine, first: int = 0) -> Expr | None:
        """The contribution to ``component`` of the member; None where it cannot be written.

        The component is at least ``first``.
        """
        terms, constant = _parts(component)
        value = affine(terms, constant - self.behind)
        if isinstance(value, Affine) and not value.terms and (value.constant.number or 0) < 0:
            return ZERO
        found = zero_outside(self.body, self.step, value)
        if found is None or self.behind <= max(self.ahead, first) or not terms:
            return found
        # Here the reader's adjoint is a component that exists and that its start gives; 0 times
        # what is infinite there would not be 0.
        if not is_finite(found):
            return None
        return multiply((Condition("<=", affine((), self.behind), component), found))

    def there(self, component: Index | Affine) -> Expr:
        """:meth:`at`, where it must be possible."""
        found = self.at(component)
        if found is None:
            raise NotDifferentiableError("a recurrence cannot be read beyond its last step")
        return found


def _parts(index: Index | Affine) -> tuple[list[tuple[Index, int]], Extent]:
    if isinstance(index, Index):
        return [(index, 1)], extent(0)
    return list(index.terms), index.constant


def contributions(
    recurrences: Recurrences,
    reader: Definition,
    member: Tensor,
    indices: tuple[Index, ...],
    adjoint: Tensor,
    open_: tuple[Index, ...],
    known: Callable[[Expr], Expr],
) -> list[Contribution]:
    """Return what ``reader`` gives to the adjoint of ``member``, one for each distance.

    Args:
        recurrences: Of the program.
        reader: A definition of the group that reads ``member``.
        member: A tensor of the group.
        indices: The indices of ``member``'s adjoint.
        adjoint: The adjoint of ``reader``.
        open_: The indices that stay open, first in every adjoint.
        known: Writes values that exist by name.

    Raises:
        NotDifferentiableError: ``member`` is read at no fixed distance.
    """
    slot = recurrences.slots[member]
    instance = recurrences.instance(reader, {*open_, *indices})
    step = instance.bound[recurrences.slots[reader.tensor]]
    first = first_step(reader)
    found: list[Contribution] = []
    for place in _places(instance.body, member, slot):
        behind = steps_ahead(place.index, step)
        if behind is None:
            raise NotDifferentiableError(
                f"{reader.name} reads {member.name} at no fixed number of steps from its own"
            )
        extents = _with(member.extents, slot, (step.extent,))
        read = Tensor(f"{member.name}∘", extents, member.levels)  # unlike any name of a program
        body = _reads_moved(instance.body, member, slot, place, read, (step,))
        target = fresh(
            Index(indices[slot].name, 0, step.extent), {*open_, *instance.bound, *indices}
        )
        wrt = at_indices(read, _with(indices, slot, (target,)))
        whole = carry_out(instance.weighted(adjoint, open_, Derivative(body, wrt)))
        whole = restored(whole, {read: Read(member, slot, place, (step,))})
        found.append(Contribution(simplify(known(whole)), target, behind, behind - first))
    return found


@dataclass(frozen=True, slots=True)
class Read:
    """``member`` at ``place`` of its ``slot``, read as a tensor of the ``indices`` in ``place``."""

    member: Tensor
    slot: int
    place: Slot
    indices: tuple[Index, ...]

    def access(self, slots: Sequence[Slot]) -> Access:
        """The access for which the read's own tensor at ``slots`` stands."""
        return self.of(self.member, slots)

    def of(self, tensor: Tensor, slots: Sequence[Slot]) -> Access:
        """``tensor``, shaped like the member, at the same place."""
        count = len(self.indices)
        values = [s.index for s in slots[self.slot : self.slot + count]]
        mapping = dict(zip(self.indices, values, strict=True))
        index = _mapped(self.place.index, mapping)
        own = Slot(index, self.place.level, self.place.edge)
        return Access(tensor, (*slots[: self.slot], own, *slots[self.slot + count :]))


def moved_reads(
    recurrences: Recurrences, body: Expr, avoid: Iterable[str]
) -> tuple[Expr, dict[Tensor, Read]]:
    """Replace the reads of recurrences at other steps by tensors of their own.

    Such a read may reach a start, which is no component of the tensor: differentiating by the
    components would miss it.

    Returns:
        The body, and for each new tensor what it stands for.
    """
    reads: dict[Tensor, Read] = {}
    names = set(avoid)
    members = dict.fromkeys(a.tensor for a in accesses(body) if a.tensor in recurrences.slots)
    for member in members:
        slot = recurrences.slots[member]
        for place in _places(body, member, slot):
            if isinstance(place.index, Index) or place.edge is not Edge.INSIDE:
                continue
            if not isinstance(place.index, Affine):
                continue
            indices = tuple(i for i, _ in place.index.terms)
            extents = _with(member.extents, slot, tuple(i.extent for i in indices))
            levels = _with(member.levels, slot, (place.level,) * len(indices))
            name = f"{member.name}_read"
            while name in names:
                name += "_"
            names.add(name)
            read = Tensor(name, extents, levels)
            body = _reads_moved(body, member, slot, place, read, indices)
            reads[read] = Read(member, slot, place, indices)
    return body, reads


def restored(expr: Expr, reads: Mapping[Tensor, Read]) -> Expr:
    """``expr`` with the tensors of :func:`moved_reads` written as what they stand for."""
    if not reads:
        return expr

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        new = rebuild(node, parts) if children(node) else node
        if isinstance(new, Access) and new.tensor in reads:
            return reads[new.tensor].access(new.slots)
        return new

    return fold(expr, rule)


def renamed_padded(expr: Expr, tensor: Tensor, slot: int, new: Tensor) -> Expr:
    """``expr`` with padded reads of ``tensor`` as ``new``: padding never reaches a start."""

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        made = rebuild(node, parts) if children(node) else node
        if not isinstance(made, Access) or made.tensor is not tensor:
            return made
        return Access(new, made.slots) if made.slots[slot].edge is Edge.ZERO else made

    return fold(expr, rule)


def before_the_range(expr: Expr, step: Index, component: Index | Affine) -> Expr:
    """``expr`` at a start's component, to which no folded slot leads."""

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        if isinstance(node, Delta) and folds_onto(node, step):
            return ZERO
        return rebuild(node, parts)

    return substitute(fold(expr, rule), {step: component})


def _places(body: Expr, member: Tensor, slot: int) -> list[Slot]:
    """The distinct slots at which the steps of ``member`` are read."""
    return list(dict.fromkeys(a.slots[slot] for a in accesses(body) if a.tensor is member))


def _reads_moved(
    body: Expr, member: Tensor, slot: int, place: Slot, read: Tensor, indices: tuple[Index, ...]
) -> Expr:
    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        new = rebuild(node, parts) if children(node) else node
        if isinstance(new, Access) and new.tensor is member and new.slots[slot] is place:
            return Access(
                read, _with(new.slots, slot, tuple(Slot(i, place.level) for i in indices))
            )
        return new

    return fold(body, rule)


def _with(values: tuple[T, ...], slot: int, new: tuple[T, ...]) -> tuple[T, ...]:
    """``values`` with ``new`` in the place of one of them."""
    return (*values[:slot], *new, *values[slot + 1 :])


def _mapped(index: IndexExpression, mapping: Mapping[Index, IndexExpression]) -> IndexExpression:
    slot = Slot(index, Level.UPPER)
    replaced = substitute(Delta(slot, slot), mapping)
    assert isinstance(replaced, Delta)
    return replaced.left.index


def kept_by_recurrences(equations: Equations) -> set[Tensor]:
    """What no reader may take in: members of recurrences, and what their starts read."""
    kept: set[Tensor] = set()
    for group in groups(equations.definitions):
        if is_recurrent(group):
            kept.update(d.tensor for d in group)
            kept.update(a.tensor for d in group for s in d.starts for a in accesses(s.body))
    return kept
