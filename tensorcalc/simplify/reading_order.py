"""The normal form's order of terms and factors: the one a person would write.

Simplification keeps the order in which a formula was written or derived, since a chain of
adjoints reads from the error on. The normal form does not depend on it: factors are
walked along the indices that join them, from the first free index on; terms stand by length,
name and places. What is left tied is an automorphism, and then names decide.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.expr import (
    Access,
    Affine,
    Apply,
    Condition,
    Contraction,
    Definition,
    Delta,
    Equations,
    Expr,
    Fact,
    Index,
    IndexExpression,
    Level,
    Number,
    Pointwise,
    Size,
    Slot,
    Sum,
    Transform,
    substitute,
    walk,
)
from tensorcalc.simplify.canonical import canonical, index_labels
from tensorcalc.simplify.digests import digest
from tensorcalc.simplify.engine import replaced, simplify
from tensorcalc.simplify.terms import Term, expr_of, rewrite, term_of

__all__ = ["in_reading_order", "normal_form"]

#: Each simplification of an ordered formula can only shorten it.
_ROUNDS = 20


def normal_form(equations: Equations) -> Equations:
    """Return the program simplified, in an order that does not depend on how it was written.

    Example:
        >>> from tensorcalc.language import parse
        >>> from tensorcalc.printing import to_text
        >>> equations = normal_form(parse("x^i = b^i + y^j A^i_j 2").equations)
        >>> to_text(equations.definitions[0].body)
        '2 A^i_j y^j + b^i'
    """
    return Equations(
        equations.inputs,
        tuple(_normal_definition(d, equations.facts) for d in equations.definitions),
        equations.outputs,
        equations.facts,
        equations.sizes,
    )


def _normal_definition(definition: Definition, facts: Sequence[Fact]) -> Definition:
    free = definition.indices
    body = in_reading_order(definition.body, free)
    for _ in range(_ROUNDS):
        after = in_reading_order(simplify(body, facts), free)
        if after is body:
            return replaced(definition, body)
        body = after
    raise AssertionError("simplification and the order of its result do not come to an end")


def in_reading_order(expr: Expr, free: Sequence[Index] = ()) -> Expr:
    """Return ``expr`` with its terms and factors in the order of the normal form.

    Args:
        expr: Any expression.
        free: The order of its free indices, by which chains start; others follow by name.
    """
    rank = {index: place for place, index in enumerate(free)}

    def ordered(part: Expr) -> Expr:
        if isinstance(part, Sum):
            return _ordered_sum(part, rank)
        return expr_of(_ordered_term(term_of(part), part.free, rank))

    return rewrite(expr, ordered)


# Factors


def _ordered_term(term: Term, free: frozenset[Index], rank: dict[Index, int]) -> Term:
    if not term.factors:
        return term
    places = _places(free, rank)
    bound = tuple(sorted(term.bound, key=_by_name))
    if bound:
        labels = index_labels([canonical(f) for f in term.factors], bound)
        places |= {i: len(places) + labels[i] for i in bound if i in labels}
    order = _walk(term.factors, frozenset(free), places)
    return _serials_in_order(Term(term.coefficient, bound, tuple(order)), free)


def _places(free: frozenset[Index], rank: dict[Index, int]) -> dict[Index, int]:
    known = sorted(free, key=lambda i: (rank.get(i, len(rank)), *_by_name(i)))
    return {index: place for place, index in enumerate(known)}


def _by_name(index: Index) -> tuple[str, int]:
    return index.name, index.serial


def _walk(factors: Sequence[Expr], free: frozenset[Index], places: dict[Index, int]) -> list[Expr]:
    """The factors of each kind, along the indices that join them.

    From the last factor written, the walk goes on over its later slots first; a factor with a
    free index of its own waits for those between.
    """
    descriptions = {f: _description(f, places) for f in factors}
    waiting = sorted(factors, key=lambda f: (_kind(f), descriptions[f]))
    order: list[Expr] = []
    seen: set[Index] = set()

    def priority(factor: Expr) -> tuple[object, ...]:
        own = _indices_of(factor)
        last = _indices_of(order[-1]) if order else []
        joined = [last.index(i) for i in own if i in last and i not in free]
        ends = [places[i] for i in own if i in free]
        start = not seen
        return (
            _kind(factor),
            0 if joined or start else 1 + (not seen.intersection(own)),
            min(ends, default=len(places)) if start else len(ends),
            -max(joined, default=-1),
            len(own) if start else 0,
            _first_join(factor, factors) if start else 0,
            descriptions[factor],
        )

    while waiting:
        best = min(waiting, key=priority)
        waiting.remove(best)
        order.append(best)
        seen.update(_indices_of(best))
    return order


def _first_join(factor: Expr, factors: Sequence[Expr]) -> tuple[int, ...]:
    """Where the indices of ``factor`` stand in the others: ``x^i A_ij`` before ``A_ij x^j``."""
    own = _indices_of(factor)
    return tuple(
        sorted(
            place
            for other in factors
            if other is not factor
            for place, index in enumerate(_indices_of(other))
            if index in own
        )
    )


def _kind(factor: Expr) -> int:
    """What comes first: numbers, sizes, scalars, deltas, tensors, functions, sums, quotients."""
    match factor:
        case Number():
            return 0
        case Size():
            return 1
        case Apply(Pointwise(name="sqrt"), (Number(),)):
            return 1
        case Apply(Pointwise(name="pow"), (base, Number(value))) if value > 0 or (
            _kind(base) <= 1 and isinstance(base, Number | Size)
        ):
            return _kind(base)
        case Apply(Pointwise(name="pow"), (_, Number())):
            return 7
        case Access() if not factor.free:
            return 2
        case Delta() | Condition():
            return 3
        case Access() | Transform():
            return 4 if factor.free else 2
        case Sum():
            return 6
        case _:
            return 5


def _indices_of(expr: Expr) -> list[Index]:
    """The free indices of a factor in the order in which it shows them."""
    found: dict[Index, None] = {}
    for expression in _shown_indices(expr):
        for index in _parts(expression):
            if index in expr.free:
                found.setdefault(index)
    for index in sorted(expr.free - found.keys(), key=_by_name):
        found.setdefault(index)
    return list(found)


def _shown_indices(expr: Expr) -> list[IndexExpression]:
    match expr:
        case Apply(_, (first, *_)):
            return _shown_indices(first)
        case Condition(_, left, right):
            return [left, right]
        case _:
            return [s.index for s in _slots_of(expr)]


def _slots_of(expr: Expr) -> Sequence[Slot]:
    """The slots of a node itself."""
    match expr:
        case Access(_, slots) | Transform(_, _, slots):
            return slots
        case Delta(left, right):
            return (left, right)
        case _:
            return ()


def _parts(expression: IndexExpression) -> Sequence[Index]:
    match expression:
        case Index():
            return (expression,)
        case Affine(terms, _):
            return [i for i, _ in terms]
        case _:
            return ()


def _description(factor: Expr, places: dict[Index, int]) -> tuple[object, ...]:
    """What tells factors apart: names, then places of indices, then all of the structure."""
    anonymous = {i: Index("∘", k, i.extent) for i, k in places.items()}
    shape = canonical(substitute(factor, anonymous))
    shown = [places.get(i, -1) for i in _indices_of(factor)]
    return _name(factor), shown, digest(shape), _levels(factor)


def _levels(expr: Expr) -> list[bool]:
    """Which slots are lower: like terms on different levels keep those of the first."""
    return [slot.level is Level.LOWER for node in walk(expr) for slot in _slots_of(node)]


def _name(factor: Expr) -> str:
    match factor:
        case Access(tensor, _):
            return tensor.name
        case Size(value):
            return str(value)
        case Number(value):
            return str(value)
        case Apply(operation, arguments):
            inner = ",".join(_name(a) for a in arguments)
            return inner if repr(operation) == "pow" else f"{operation!r}({inner})"
        case Transform(operation, arguments, _):
            return f"{operation!r}({','.join(_name(a.body) for a in arguments)})"
        case Sum(terms):
            return "(" + "+".join(_name(t) for t in terms)
        case Contraction():
            return " ".join(_name(f) for f in term_of(factor).factors)
        case _:
            return " ".join(_name(f) for f in term_of(factor).factors if f is not factor)


def _serials_in_order(term: Term, free: frozenset[Index]) -> Term:
    """Bound indices in the order in which they appear, with the smallest serials."""
    if not term.bound:
        return term
    appearance: dict[Index, None] = {}
    for factor in term.factors:
        for index in _indices_of(factor):
            if index in term.bound:
                appearance.setdefault(index)
    for index in term.bound:
        appearance.setdefault(index)
    taken = set(free)
    new: dict[Index, Index] = {}
    for index in appearance:
        serial = 0
        while (candidate := Index(index.name, serial, index.extent)) in taken:
            serial += 1
        taken.add(candidate)
        new[index] = candidate
    factors = tuple(substitute(f, new) for f in term.factors)
    return Term(term.coefficient, tuple(new.values()), factors)


# Terms


def _ordered_sum(expr: Sum, rank: dict[Index, int]) -> Expr:
    places = _places(expr.free, rank)

    def key(part: Expr) -> tuple[object, ...]:
        term = term_of(part)
        alone = 0 if term.factors else -1 if len(expr.terms) == 2 else 1
        labels = {**places}
        for factor in term.factors:
            for index in _indices_of(factor):
                labels.setdefault(index, len(labels))
        return (
            term.coefficient < 0,
            alone,
            -_degree(term),
            [_name(f) for f in term.factors],
            [[labels[i] for i in _indices_of(f)] for f in term.factors],
            digest(canonical(part)),
            _levels(part),
            [_by_name(i) for i in term.bound],
        )

    return Sum(tuple(sorted(expr.terms, key=key)))


def _degree(term: Term) -> int:
    """How many tensors a term multiplies, powers counted."""
    total = 0
    for factor in term.factors:
        match factor:
            case Apply(Pointwise(name="pow"), (_, Number(value))) if value > 1:
                total += int(value)
            case _:
                total += 1
    return total
