"""Forward and reverse accumulation over the definitions of a program.

Reverse: the adjoint of a tensor is the sum, over the definitions that read it, of their
adjoint times their local derivative. Forward: the tangent of a definition is the sum, over
the tensors it reads, of its local derivative times their tangent. One definition is
made for each, so the work and the text are linear in the size of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from tensorcalc.calculus.recurrences import (
    Component,
    Contribution,
    Read,
    Recurrences,
    before_the_range,
    contributions,
    moved_reads,
    renamed_padded,
    restored,
)
from tensorcalc.calculus.rules import carry_out, one_round
from tensorcalc.calculus.split import KNOWN, KnownValues, unused_name
from tensorcalc.calculus.sweeps import (
    Sweep,
    depending_on,
    fresh_each,
    natural_indices,
    natural_names,
    readers_of,
)
from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import (
    ZERO,
    Access,
    Definition,
    Derivative,
    Equations,
    Expr,
    Index,
    Slot,
    Start,
    Tensor,
    accesses,
    add,
    affine,
    all_indices,
    at_indices,
    contract,
    is_zero,
    multiply,
    substitute,
)
from tensorcalc.expr.recurrences import first_step, groups
from tensorcalc.expr.steps import Recorder, Rule
from tensorcalc.simplify import KnownFacts, simplify

__all__ = ["Accumulator"]

STEP = Rule(
    "one step of a recurrence", r"\bar s_m = \dots + \bar s_{m+1}\, \partial s_{m+1} / \partial s_m"
)


class Accumulator:
    """Makes adjoints and tangents for one program.

    Args:
        equations: The program, split, with the definitions to go through.
        recorder: Where steps are recorded; without one, none are.
        free: Tensors by which the result will be differentiated again. A definition among
            them is then more than the value it has, and a fact about them holds at the point
            only: neither is used.
    """

    def __init__(
        self,
        equations: Equations,
        recorder: Recorder | None = None,
        free: Collection[Tensor] = (),
    ) -> None:
        self.equations = equations
        self.recorder = recorder
        self._known = KnownValues(equations.definitions, free)
        self._facts = KnownFacts(equations, free)
        self._natural = natural_names(equations)
        self._recurrences = Recurrences(equations)
        self._known_in_steps = (
            KnownValues(equations.definitions, free, starts_too=True)
            if self._recurrences.slots
            else self._known
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
        recurrences = self._recurrences
        between = depending_on(equations, wrt)
        open_ = () if cotangent is not None else self.indices_of(of, ())
        sweep = Sweep(of, cotangent, open_, readers_of(equations, between, of), name)
        if cotangent is not None and of not in recurrences.slots:
            sweep.adjoints[of] = cotangent
        made: list[Definition] = []
        wanted = set(wrt)
        for tensor in wrt:
            self._refuse_recurrence(tensor)
        inner = [d.tensor for d in reversed(equations.definitions) if d.tensor in between]
        outer = [t for t in wrt if t not in between]
        done: set[Tensor] = set()
        for tensor in (*inner, *outer):
            group = recurrences.group_of.get(tensor)
            if group is not None:
                if tensor not in done:
                    done.update(d.tensor for d in group)
                    made.extend(self._reverse_group(group, between, sweep))
                continue
            if tensor is of and tensor not in wanted:
                continue
            indices = self.indices_of(tensor, open_)
            target = sweep.adjoint_of(tensor)
            body = [*self._outside_terms(tensor, indices, sweep), *sweep.seeds(tensor, indices)]
            definition = self._define(target, (*open_, *indices), add(body))
            if is_zero(definition.body) and tensor not in wanted:
                continue
            sweep.adjoints[tensor] = target
            made.append(definition)
        return made

    def _outside_terms(
        self, tensor: Tensor, indices: tuple[Index, ...], sweep: Sweep
    ) -> list[Expr]:
        """What the readers of ``tensor`` give to its adjoint, but for its own group."""
        group = self._recurrences.group_of.get(tensor, ())
        return [
            term
            for reader in sweep.readers.get(tensor, ())
            if reader not in group
            for term in self._adjoint_terms(reader, tensor, indices, sweep)
        ]

    def _reverse_group(
        self, group: tuple[Definition, ...], between: set[Tensor], sweep: Sweep
    ) -> list[Definition]:
        """The adjoints of a group of recurrences: a group that runs the other way."""
        reached = {sweep.of, *sweep.readers}
        members = [d for d in group if d.tensor in between and d.tensor in reached]
        names = self.equations.names()
        for definition in members:
            tensor = definition.tensor
            sweep.adjoints[tensor] = sweep.adjoint_of(tensor, names)
        made: list[Definition] = []
        behind: list[Definition] = []
        for definition in reversed(members):
            made.append(self._reverse_member(definition, members, sweep, made, behind))
        return [*made, *behind]

    def _reverse_member(
        self,
        definition: Definition,
        members: Sequence[Definition],
        sweep: Sweep,
        made: list[Definition],
        behind: list[Definition],
    ) -> Definition:
        """The adjoint of one member; helpers go to ``made``, or ``behind`` the whole group."""
        tensor, target = definition.tensor, sweep.adjoints[definition.tensor]
        slot = self._recurrences.slots[tensor]
        indices = self.indices_of(tensor, sweep.open)
        step = indices[slot]
        others = (*indices[:slot], *indices[slot + 1 :])
        first = first_step(definition) if _nothing_before(definition) else 0
        outside = self._outside_terms(tensor, indices, sweep)
        starts = {s.component: affine((), s.component) for s in definition.starts}
        padded = Tensor(f"{tensor.name} padded", tensor.extents, tensor.levels)
        apart = [carry_out(renamed_padded(term, tensor, slot, padded)) for term in outside]
        apart = [renamed_padded(term, padded, slot, tensor) for term in apart]
        reaching = {
            component: [before_the_range(term, step, place) for term in apart]
            for component, place in starts.items()
            if component < 0
        }
        terms = [*outside, *sweep.seeds(tensor, indices)]
        written = list(terms)
        for reader in members:
            if tensor not in reader.reads:
                continue
            written.extend(self._adjoint_terms(reader, tensor, indices, sweep))
            adjoint = sweep.adjoints[reader.tensor]
            for part in contributions(
                self._recurrences, reader, tensor, indices, adjoint, sweep.open, self._known
            ):
                term = part.at(step, first)
                if term is None:
                    helper = self._as_helper(part, tensor, indices, sweep, [*made, *behind])
                    (behind if part.ahead else made).append(helper)
                    part = Contribution.read_from(helper, len(sweep.open) + slot, part.ahead)
                    term = part.there(step)
                terms.append(self._known_in_steps(term))
                for component, found in reaching.items():
                    found.append(part.there(starts[component]))
        for component, place in starts.items():
            at = (*sweep.open, *indices[:slot], place, *indices[slot + 1 :])
            own = Access(target, tuple(map(Slot, at, target.levels)))
            body = simplify(add(reaching[component])) if component < 0 else own
            sweep.starts[tensor, component] = Component(others, body)
        whole = (*sweep.open, *indices)
        if self.recorder is not None:
            self.recorder.record((STEP,), target, whole, add(written), add(terms))
        steps = len(sweep.open) + slot
        given = tuple(Start(steps, n, (*sweep.open, *others), ZERO) for n in range(first))
        return self._define(target, whole, add(terms), given)

    def _as_helper(
        self,
        part: Contribution,
        tensor: Tensor,
        indices: tuple[Index, ...],
        sweep: Sweep,
        made: Sequence[Definition],
    ) -> Definition:
        """The contribution as a definition of its own, by the step that reads.

        A name can be padded with zeros beyond the last step, where a quotient by an input,
        say, cannot be read.
        """
        slot = self._recurrences.slots[tensor]
        taken = {*self.equations.names(), *(t.name for t in sweep.adjoints.values())}
        taken.update(d.name for d in made)
        name = unused_name(sweep.name_of(f"{tensor.name}_read"), taken)
        like = sweep.adjoints[tensor]
        target = Tensor(name, like.extents, like.levels)
        first = part.behind - part.ahead
        body = substitute(part.body, {part.step: affine([(indices[slot], 1)], -first)})
        others = (*sweep.open, *indices[:slot], *indices[slot + 1 :])
        place = len(sweep.open) + slot
        starts = tuple(Start(place, component, others, ZERO) for component in range(first))
        helper = self._define(target, (*sweep.open, *indices), body, starts)
        return Definition(target, helper.indices, helper.body, automatic=True, starts=starts)

    def _adjoint_terms(
        self, reader: Definition, tensor: Tensor, indices: tuple[Index, ...], sweep: Sweep
    ) -> list[Expr]:
        wrt = at_indices(tensor, indices)
        if reader.tensor is sweep.of and sweep.of not in sweep.adjoints:
            body = substitute(reader.body, dict(zip(reader.indices, sweep.open, strict=True)))
            return [Derivative(body, wrt)]
        adjoint = sweep.adjoints.get(reader.tensor)
        if adjoint is None:
            return []
        terms: list[Expr] = []
        if any(access.tensor is tensor for access in accesses(reader.body)):
            instance = self._recurrences.instance(reader, {*sweep.open, *indices})
            derivative = Derivative(instance.body, wrt)
            terms.append(instance.weighted(adjoint, sweep.open, derivative))
        for start in reader.starts:
            component = sweep.starts.get((reader.tensor, start.component))
            if component is None or all(a.tensor is not tensor for a in accesses(start.body)):
                continue
            bound = fresh_each(component.indices, {*sweep.open, *indices})
            weight = substitute(component.body, dict(zip(component.indices, bound, strict=True)))
            body = substitute(start.body, dict(zip(start.indices, bound, strict=True)))
            terms.append(contract(bound, multiply((weight, Derivative(body, wrt)))))
        return terms

    def forward(
        self, wrt: Sequence[Tensor], tangents: Sequence[Tensor], name: Callable[[Tensor], str]
    ) -> list[Definition]:
        """Return the tangent of every definition that depends on ``wrt``, in order.

        Where a definition among ``wrt`` depends on another of them, its tangent is the sum of
        the one that is given and of what the other moves it by.
        """
        given = dict(zip(wrt, tangents, strict=True))
        known = dict(given)
        for tensor in wrt:
            self._refuse_recurrence(tensor)
        made: list[Definition] = []
        for group in groups(self.equations.definitions):
            active: list[Definition] = []
            for _ in group:  # a member may depend through a later one
                for definition in group:
                    tensor = definition.tensor
                    if tensor.domain == "integer":
                        continue  # labels are constant but for jumps
                    if definition not in active and any(t in known for t in definition.reads):
                        tangent_name = name(tensor)
                        if tensor in given:
                            taken = self.equations.names() | {t.name for t in tangents}
                            tangent_name = unused_name(f"{tensor.name}_total_dot", taken)
                        known[tensor] = Tensor(tangent_name, tensor.extents, tensor.levels)
                        active.append(definition)
            made.extend(self._tangent(d, known, given) for d in group if d in active)
        return made

    def _tangent(
        self,
        definition: Definition,
        known: Mapping[Tensor, Tensor],
        given: Mapping[Tensor, Tensor],
    ) -> Definition:
        target = known[definition.tensor]
        body, reads = moved_reads(self._recurrences, definition.body, self.equations.names())
        terms = self._tangent_terms(body, known, reads)
        if definition.tensor in given:
            terms.append(at_indices(given[definition.tensor], definition.indices))
        starts = tuple(
            Start(
                start.slot,
                start.component,
                start.indices,
                simplify(carry_out(add(self._tangent_terms(start.body, known, {})))),
            )
            for start in definition.starts
        )
        return self._define(target, definition.indices, add(terms), starts, reads)

    def _tangent_terms(
        self, body: Expr, known: Mapping[Tensor, Tensor], reads: Mapping[Tensor, Read]
    ) -> list[Expr]:
        terms: list[Expr] = []
        for tensor in dict.fromkeys(access.tensor for access in accesses(body)):
            read = reads.get(tensor)
            tangent = known.get(tensor if read is None else read.member)
            if tangent is None:
                continue
            bound = self.indices_of(tensor, all_indices(body))
            wrt = at_indices(tensor, bound)
            slots = at_indices(tangent, bound).slots if read is None else wrt.slots
            factor = Access(tangent, slots) if read is None else read.of(tangent, slots)
            terms.append(contract(bound, multiply((Derivative(body, wrt), factor))))
        return terms

    def _refuse_recurrence(self, tensor: Tensor) -> None:
        if tensor in self._recurrences.slots:
            raise NotDifferentiableError(
                f"{tensor.name} is a recurrence: differentiate by what it starts from or reads"
            )

    def indices_of(self, tensor: Tensor, avoid: Iterable[Index]) -> tuple[Index, ...]:
        """Indices for the slots of ``tensor`` as the program names them, unlike ``avoid``."""
        return fresh_each(natural_indices(tensor, self._natural), set(avoid))

    def _define(
        self,
        target: Tensor,
        indices: tuple[Index, ...],
        body: Expr,
        starts: tuple[Start, ...] = (),
        reads: Mapping[Tensor, Read] | None = None,
    ) -> Definition:
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
        named = self._known(restored(body, reads or {}))
        if recorder is not None:
            recorder.record((KNOWN,), target, indices, body, named)
        body = simplify(named, self._facts.about(named), recorder=recorder, target=draft)
        return Definition(target, indices, body, starts=starts)


def _nothing_before(definition: Definition) -> bool:
    """Whether 0 is given for what the body does not compute, so that nothing asks its adjoint."""
    return all(is_zero(s.body) for s in definition.starts if s.component >= 0)
