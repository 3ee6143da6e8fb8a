"""Declared facts, and those that hold by definition, as rules."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction

from tensorcalc.expr import (
    ONE,
    Access,
    Contraction,
    Definition,
    Equations,
    Expr,
    Fact,
    Functional,
    Index,
    Number,
    Slot,
    Sum,
    Tensor,
    Transform,
    accesses,
    at_indices,
    contract,
    multiply,
    substitute,
)
from tensorcalc.simplify.terms import Term, expr_of, term_of

__all__ = ["KnownFacts", "fact_rewriter", "facts_of", "sum_of_softmax"]


def facts_of(definition: Definition) -> tuple[Fact, ...]:
    """What holds of a definition by what it is: a softmax sums to 1."""
    match definition.body:
        case Transform(Functional(name="softmax"), _, at) if not definition.starts:
            summed = tuple(s.index for s in at if isinstance(s.index, Index))
            own = set(definition.indices)
            if len(set(summed)) < len(at) or not own.issuperset(summed):
                return ()
            body = at_indices(definition.tensor, definition.indices)
            rest = tuple(i for i in definition.indices if i not in summed)
            return (Fact(rest, Contraction(summed, body), ONE),)
        case _:
            return ()


class KnownFacts:
    """The facts of a program, declared or by definition, found by the tensors they are about."""

    def __init__(self, equations: Equations, free: Collection[Tensor] = ()) -> None:
        """Collect the facts but those about ``free``, by which is still to be differentiated."""
        self._about: dict[Tensor, list[Fact]] = {}
        known = (fact for d in equations.definitions for fact in facts_of(d))
        for fact in (*equations.facts, *known):
            if any(access.tensor in free for access in accesses(fact.left)):
                continue
            for access in accesses(fact.left):
                self._about.setdefault(access.tensor, []).append(fact)

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self._about)

    def about(self, expr: Expr) -> tuple[Fact, ...]:
        """The facts about tensors that ``expr`` reads."""
        if not self._about:
            return ()
        read = dict.fromkeys(a.tensor for a in accesses(expr))
        return tuple(dict.fromkeys(f for t in read for f in self._about.get(t, ())))

    def bite(self, whole: Expr) -> bool:
        """Whether the indices that a fact sums are among those that ``whole`` sums."""
        term = term_of(whole)
        for fact in self.about(whole):
            found = _pattern(fact)
            if found is None:
                continue
            access, places = found
            for read in (a for f in term.factors for a in accesses(f)):
                if read.tensor is access.tensor and all(
                    read.slots[k].index in term.bound for k in places
                ):
                    return True
        return False


def sum_of_softmax(expr: Expr) -> Expr:
    """``sum_i softmax_i(z_i) = 1``."""
    term = term_of(expr)
    for position, factor in enumerate(term.factors):
        match factor:
            case Transform(Functional(name="softmax"), arguments, at):
                others = (*term.factors[:position], *term.factors[position + 1 :])
                if _alone(at, arguments[0].free, others, term):
                    summed = {s.index for s in at}
                    bound = tuple(i for i in term.bound if i not in summed)
                    return expr_of(Term(term.coefficient, bound, others))
            case _:
                pass
    return expr


def _alone(
    at: tuple[Slot, ...],
    inside: frozenset[Index],
    others: tuple[Expr, ...],
    term: Term,
) -> bool:
    """Whether the indices of ``at`` are summed here and stand nowhere else."""
    indices = [s.index for s in at]
    return len(set(indices)) == len(indices) and all(
        isinstance(i, Index)
        and i in term.bound
        and i not in inside
        and not any(i in f.free for f in others)
        for i in indices
    )


def fact_rewriter(fact: Fact) -> Callable[[Expr], Expr] | None:
    """The rule ``left -> right`` of a declared fact whose left side is one contraction."""
    found = _pattern(fact)
    if found is None:
        return None
    access, places = found
    coefficient = term_of(fact.left).coefficient

    def rewrite_term(expr: Expr) -> Expr:
        if isinstance(expr, Sum):
            return expr
        term = term_of(expr)
        for position, factor in enumerate(term.factors):
            if not isinstance(factor, Access) or factor.tensor is not access.tensor:
                continue
            others = (*term.factors[:position], *term.factors[position + 1 :])
            summed = [factor.slots[k].index for k in places]
            alone = all(
                isinstance(i, Index)
                and i in term.bound
                and not any(i in f.free for f in others)
                and sum(i in s.free for s in factor.slots) == 1
                for i in summed
            )
            if not alone or len(set(summed)) != len(places):
                continue
            values = {
                pattern_slot.index: slot.index
                for pattern_slot, slot in zip(access.slots, factor.slots, strict=True)
                if isinstance(pattern_slot.index, Index)
            }
            right = substitute(fact.right, values)
            rest = tuple(i for i in term.bound if i not in summed)
            scale = Number(term.coefficient / Fraction(coefficient))
            return contract(rest, multiply((scale, right, *others)))
        return expr

    return rewrite_term


def _pattern(fact: Fact) -> tuple[Access, tuple[int, ...]] | None:
    """The access that the left side of a fact sums, and its slots that are summed."""
    term = term_of(fact.left)
    if len(term.factors) != 1 or not term.bound or not isinstance(term.factors[0], Access):
        return None
    access = term.factors[0]
    places = tuple(k for k, s in enumerate(access.slots) if s.index in term.bound)
    return access, places
