"""Forward and reverse accumulation over the definitions of a program.

Reverse: the adjoint of a tensor is the sum, over the definitions that read it, of their
adjoint times their local derivative. Forward: the tangent of a definition is the sum, over
the tensors it reads, of its local derivative times their tangent. One definition is
made for each, so the work and the text are linear in the size of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tensorcalc.calculus.rules import carry_out, one_round
from tensorcalc.calculus.split import KnownValues
from tensorcalc.errors import NotDifferentiableError
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
    add,
    all_indices,
    at_indices,
    contract,
    fresh,
    is_zero,
    multiply,
    substitute,
)
from tensorcalc.expr.steps import Recorder, Rule
from tensorcalc.simplify import KnownFacts, simplify

__all__ = ["Accumulator", "depending_on", "natural_indices"]

KNOWN = Rule("value that exists already, by its name")


class Accumulator:
    """Makes adjoints and tangents for one program.

    Args:
        equations: The program, split, with the definitions to go through.
        recorder: Where steps are recorded; without one, none are.
    """

    def __init__(self, equations: Equations, recorder: Recorder | None = None) -> None:
        self.equations = equations
        self.recorder = recorder
        self._known = KnownValues(equations)
        self._facts = KnownFacts(equations)
        self._natural = _natural_names(equations)
        for definition in equations.definitions:
            if definition.tensor in definition.reads:
                raise NotDifferentiableError(
                    f"{definition.name} is a recurrence: its derivative has no rule yet"
                )

    def reverse(
        self,
        of: Tensor,
        wrt: Sequence[Tensor],
        name: Callable[[Tensor], str],
        cotangent: Tensor | None,
    ) -> list[Definition]:
        """Return the adjoint of every tensor between ``of`` and ``wrt``, in order.

        Args:
            of: The tensor that is differentiated.
            wrt: The tensors to differentiate by: inputs, or definitions taken as inputs.
            name: The name of a tensor's adjoint.
            cotangent: The adjoint of ``of``; without one, ``of``'s own indices stay open,
                as the first indices of every adjoint.
        """
        equations = self.equations
        between = depending_on(equations, wrt)
        open_ = () if cotangent is not None else self.indices_of(of, ())
        readers = _readers(equations, between, of)
        adjoints: dict[Tensor, Tensor] = {}
        if cotangent is not None:
            adjoints[of] = cotangent
        made: list[Definition] = []
        wanted = set(wrt)
        inner = [d.tensor for d in reversed(equations.definitions) if d.tensor in between]
        outer = [t for t in wrt if t not in between]
        order = [t for t in (*inner, *outer) if t is not of or t in wanted]
        for tensor in order:
            indices = self.indices_of(tensor, open_)
            terms: list[Expr] = []
            for reader in readers.get(tensor, ()):
                term = self._adjoint_term(reader, tensor, indices, of, open_, adjoints)
                if term is not None:
                    terms.append(term)
            if tensor is of and cotangent is None:
                terms.append(_identity(of, open_, indices))
            elif tensor is of and cotangent is not None:
                terms.append(at_indices(cotangent, indices))
            target = _adjoint_tensor(name(tensor), of if cotangent is None else None, tensor)
            definition = self._define(target, (*open_, *indices), add(terms))
            if is_zero(definition.body) and tensor not in wanted:
                continue
            adjoints[tensor] = target
            made.append(definition)
        return made

    def _adjoint_term(
        self,
        reader: Definition,
        tensor: Tensor,
        indices: tuple[Index, ...],
        of: Tensor,
        open_: tuple[Index, ...],
        adjoints: dict[Tensor, Tensor],
    ) -> Expr | None:
        wrt = at_indices(tensor, indices)
        if reader.tensor is of and of not in adjoints:
            body = _renamed(reader, open_, indices)
            return Derivative(body, wrt)
        adjoint = adjoints.get(reader.tensor)
        if adjoint is None:
            return None
        bound = _fresh(reader.indices, {*open_, *indices})
        body = _renamed(reader, bound, indices)
        factor = at_indices(adjoint, (*open_, *bound))
        return contract(bound, multiply((factor, Derivative(body, wrt))))

    def forward(
        self, wrt: Sequence[Tensor], tangents: Sequence[Tensor], name: Callable[[Tensor], str]
    ) -> list[Definition]:
        """Return the tangent of every definition that depends on ``wrt``, in order."""
        known = dict(zip(wrt, tangents, strict=True))
        made: list[Definition] = []
        for definition in self.equations.definitions:
            if definition.tensor in known:
                continue
            read = [t for t in _reads_in_order(definition) if t in known]
            if not read:
                continue
            terms: list[Expr] = []
            for tensor in read:
                bound = self.indices_of(tensor, all_indices(definition.body))
                wrt_access = at_indices(tensor, bound)
                tangent = at_indices(known[tensor], bound)
                body = multiply((Derivative(definition.body, wrt_access), tangent))
                terms.append(contract(bound, body))
            tensor = definition.tensor
            target = Tensor(name(tensor), tensor.extents, tensor.levels)
            made.append(self._define(target, definition.indices, add(terms)))
            known[tensor] = target
        return made

    def indices_of(self, tensor: Tensor, avoid: Iterable[Index]) -> tuple[Index, ...]:
        """Indices for the slots of ``tensor`` as the program names them, unlike ``avoid``."""
        return _fresh(natural_indices(tensor, self._natural), set(avoid))

    def _define(self, target: Tensor, indices: tuple[Index, ...], body: Expr) -> Definition:
        draft = Definition(target, indices, body)
        recorder = self.recorder
        if recorder is None:
            body = carry_out(body)
        else:
            while True:
                rules, after = one_round(body)
                if not rules:
                    break
                recorder.record(rules, target, indices, body, after)
                body = after
        named = self._known(body)
        if recorder is not None:
            recorder.record((KNOWN,), target, indices, body, named)
        body = simplify(named, self._facts.about(named), recorder=recorder, target=draft)
        return Definition(target, indices, body)


def depending_on(equations: Equations, wrt: Sequence[Tensor]) -> set[Tensor]:
    """The defined tensors that depend on any of ``wrt``, those in ``wrt`` included."""
    found = set(wrt)
    for definition in equations.definitions:
        if not found.isdisjoint(definition.reads):
            found.add(definition.tensor)
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


def _natural_names(equations: Equations) -> dict[Tensor, tuple[Index, ...]]:
    natural: dict[Tensor, tuple[Index, ...]] = {}
    for definition in equations.definitions:
        natural[definition.tensor] = definition.indices
    for definition in equations.definitions:
        for access in accesses(definition.body):
            if access.tensor in natural:
                continue
            indices = [s.index for s in access.slots if isinstance(s.index, Index)]
            whole = len(indices) == access.tensor.rank == len(set(indices))
            if whole and tuple(i.extent for i in indices) == access.tensor.extents:
                natural[access.tensor] = tuple(Index(i.name, 0, i.extent) for i in indices)
    return {t: v for t, v in natural.items() if len(set(v)) == len(v)}


def _reads_in_order(definition: Definition) -> list[Tensor]:
    found: dict[Tensor, None] = {}
    for access in accesses(definition.body):
        found[access.tensor] = None
    return list(found)


def _readers(
    equations: Equations, between: set[Tensor], of: Tensor
) -> dict[Tensor, list[Definition]]:
    """The definitions that read each tensor and that ``of`` depends on, last first."""
    needed = {of}
    readers: dict[Tensor, list[Definition]] = {}
    for definition in reversed(equations.definitions):
        if definition.tensor not in needed:
            continue
        needed |= definition.reads
        if definition.tensor in between:
            for tensor in definition.reads:
                readers.setdefault(tensor, []).append(definition)
    return readers


def _fresh(indices: Iterable[Index], avoid: set[Index]) -> tuple[Index, ...]:
    taken = set(avoid)
    made: list[Index] = []
    for index in indices:
        new = fresh(index, taken)
        taken.add(new)
        made.append(new)
    return tuple(made)


def _renamed(definition: Definition, indices: tuple[Index, ...], avoid: tuple[Index, ...]) -> Expr:
    """The body with the definition's indices renamed; ``avoid`` must stay out of its scope."""
    body = substitute(definition.body, dict(zip(definition.indices, indices, strict=True)))
    assert body.free.isdisjoint(avoid)
    return body


def _identity(of: Tensor, first: tuple[Index, ...], second: tuple[Index, ...]) -> Expr:
    """``∂x^i/∂x^k``: one delta for each slot."""
    return Derivative(at_indices(of, first), at_indices(of, second))


def _adjoint_tensor(name: str, open_of: Tensor | None, tensor: Tensor) -> Tensor:
    extents: tuple[Extent, ...] = tensor.extents
    levels: tuple[Level, ...] = tuple(level.opposite for level in tensor.levels)
    if open_of is not None:
        extents, levels = open_of.extents + extents, open_of.levels + levels
    return Tensor(name, extents, levels)
