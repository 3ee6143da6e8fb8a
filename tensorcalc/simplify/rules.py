"""The rewriting rules: each takes a sum or a term, and returns it simplified.

A rule that does not apply returns what it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tensorcalc.expr import (
    Access,
    Affine,
    Apply,
    Contraction,
    Delta,
    Expr,
    Fact,
    Index,
    Lookup,
    Number,
    Pointwise,
    Product,
    Size,
    Slot,
    Sum,
    Transform,
    add,
    children,
    contract,
    multiply,
    power,
    substitute,
)
from tensorcalc.expr.indices import Edge
from tensorcalc.expr.steps import Rule
from tensorcalc.simplify.canonical import canonical
from tensorcalc.simplify.functions import cancel_inverses, fold_functions
from tensorcalc.simplify.terms import Term, expr_of, flatten, term_of

__all__ = ["RULES", "SimplificationRule", "fact_rule", "weight"]

#: A product of sums with more terms than this is left as it is.
_EXPANSION_LIMIT = 16


@dataclass(frozen=True, slots=True)
class SimplificationRule:
    """A named rule, the function that applies it to a sum or a term, and where it can apply.

    ``needs`` are node kinds: an expression without all of them is left as it is, unseen.
    """

    rule: Rule
    apply: Callable[[Expr], Expr]
    needs: frozenset[type] = frozenset()


def eliminate_deltas(expr: Expr) -> Expr:
    """``sum_i δ^i_k x_i = x_k``; ``δ^i_i`` is the extent; a free pair keeps one index."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    if not any(isinstance(f, Delta) for f in term.factors):
        return expr
    bound, factors = list(term.bound), list(term.factors)
    kept: list[Delta] = []
    while True:
        position = next((k for k, f in enumerate(factors) if isinstance(f, Delta)), None)
        if position is None:
            break
        delta = factors.pop(position)
        assert isinstance(delta, Delta)
        left, right = delta.left, delta.right
        if left.index is right.index and left.edge is right.edge is Edge.INSIDE:
            continue
        away, into = _replaceable(left, right, bound)
        if away is not None and into is not None:
            index = away.index
            assert isinstance(index, Index)
            bound.remove(index)
            flipped = [index] if away.level is into.level else []
            factors = [substitute(f, {index: into.index}, flipped) for f in factors]
            kept = [_as_delta(substitute(d, {index: into.index}, flipped)) for d in kept]
            continue
        value = _constant_delta(left, right)
        if value is not None:
            if value == 0:
                return Number(Fraction(0))
            continue
        kept.append(delta)
        _use_one_index(delta, factors)
    return expr_of(Term(term.coefficient, tuple(bound), (*kept, *factors)))


def _as_delta(expr: Expr) -> Delta:
    assert isinstance(expr, Delta)
    return expr


def _replaceable(
    left: Slot, right: Slot, bound: Sequence[Index]
) -> tuple[Slot | None, Slot | None]:
    """The slot whose bound index the other slot's expression can replace, and that slot."""
    for away, into in ((left, right), (right, left)):
        if not isinstance(away.index, Index) or away.index not in bound:
            continue
        if into.edge is not Edge.INSIDE:
            continue
        match into.index:
            case Index():
                if into.index.extent is away.index.extent:
                    return away, into
            case Lookup(source):
                if away.index not in source.free:
                    return away, into
            case Affine(terms, _):
                if not terms:
                    return away, into
    return None, None


def _constant_delta(left: Slot, right: Slot) -> int | None:
    match left.index, right.index:
        case Affine((), first), Affine((), second):
            difference = (first - second).number
            return None if difference is None else int(difference == 0)
        case _:
            return None


def _use_one_index(delta: Delta, factors: list[Expr]) -> None:
    """``δ_ij x_j`` with both free: write the other factors with one of the two."""
    i, j = delta.left.index, delta.right.index
    if not (isinstance(i, Index) and isinstance(j, Index) and i.extent is j.extent):
        return
    first, second = sorted((i, j), key=lambda k: (k.name, k.serial))
    flipped = [second] if delta.left.level is delta.right.level else []
    for position, factor in enumerate(factors):
        if not isinstance(factor, Delta) and second in factor.free:
            factors[position] = substitute(factor, {second: first}, flipped)


def distribute_for_deltas(expr: Expr) -> Expr:
    """``a_i (δ_ij - b_i) = a_j - a_i b_i``: only where a delta can then be eliminated."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    for position, factor in enumerate(term.factors):
        if isinstance(factor, Sum) and any(_joins(t, term.bound) for t in factor.terms):
            rest = (*term.factors[:position], *term.factors[position + 1 :])
            spread: list[Expr] = []
            for part in factor.terms:
                whole = multiply((Number(term.coefficient), *rest, part))
                spread.append(eliminate_deltas(contract(term.bound, whole)))
            return take_out_common(collect_like_terms(add(spread)))
    return expr


def _joins(expr: Expr, bound: Sequence[Index]) -> bool:
    return any(
        isinstance(factor, Delta)
        and any(
            isinstance(i, Index) and i in bound for i in (factor.left.index, factor.right.index)
        )
        for factor in term_of(expr).factors
    )


def distribute_to_cancel(expr: Expr) -> Expr:
    """``x (a / x + b) = a + x b``: only where a factor then cancels."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    for position, factor in enumerate(term.factors):
        if not isinstance(factor, Sum):
            continue
        inverses = {
            canonical(base)
            for part in factor.terms
            for base, exponent in map(_base_and_exponent, term_of(part).factors)
            if exponent < 0
        }
        if not inverses:
            continue
        others = [f for k, f in enumerate(term.factors) if k != position]
        spread = [f for f in others if canonical(_base_and_exponent(f)[0]) in inverses]
        if spread:
            rest = [f for f in others if f not in spread]
            inner = add(merge_powers(multiply((*spread, part))) for part in factor.terms)
            scale = Number(term.coefficient)
            return contract(term.bound, multiply((scale, *rest, inner)))
    return expr


def expand_where_shorter(expr: Expr) -> Expr:
    """``p (1 - t) - t (1 - p) = p - t``: a sum multiplied out, where that is shorter."""
    if not isinstance(expr, Sum):
        return expr
    spread: list[Expr] = []
    for part in expr.terms:
        spread.extend(_multiplied_out(part))
        if len(spread) > _EXPANSION_LIMIT:
            return expr
    if len(spread) == len(expr.terms):
        return expr
    expanded = collect_like_terms(add(merge_powers(part) for part in spread))
    return expanded if weight(expanded) < weight(expr) else expr


def _multiplied_out(expr: Expr) -> list[Expr]:
    """The terms of a product of sums; no more than the limit are made."""
    pending, done = [expr], list[Expr]()
    while pending and len(pending) + len(done) <= _EXPANSION_LIMIT + 1:
        part = pending.pop()
        term = term_of(part)
        position = next((k for k, f in enumerate(term.factors) if isinstance(f, Sum)), None)
        if position is None:
            done.append(part)
            continue
        inner = term.factors[position]
        assert isinstance(inner, Sum)
        rest = (*term.factors[:position], *term.factors[position + 1 :])
        scale = Number(term.coefficient)
        pending.extend(contract(term.bound, multiply((scale, *rest, t))) for t in inner.terms)
    return done + pending


def distribute_contraction(expr: Expr) -> Expr:
    """``sum_i (a_i + b_i) = sum_i a_i + sum_i b_i``."""
    if not isinstance(expr, Contraction):
        return expr
    term = term_of(expr)
    if len(term.factors) != 1 or not isinstance(term.factors[0], Sum):
        return expr
    scale = Number(term.coefficient)
    return add(contract(term.bound, multiply((scale, part))) for part in term.factors[0].terms)


def count_missing_indices(expr: Expr) -> Expr:
    """A summed index that no factor carries is a factor of its extent."""
    if not isinstance(expr, Contraction):
        return expr
    term = term_of(expr)
    carried = [i for i in term.bound if any(i in f.free for f in term.factors)]
    if len(carried) == len(term.bound):
        return expr
    sizes: list[Expr] = []
    for index in term.bound:
        if index not in carried:
            known = index.extent.number
            sizes.append(Size(index.extent) if known is None else Number(Fraction(known)))
    factors = multiply((Number(term.coefficient), *sizes, *term.factors))
    return contract(carried, factors)


def collect_like_terms(expr: Expr) -> Expr:
    """``a x + b x = (a + b) x`` for numbers a, b."""
    if not isinstance(expr, Sum):
        return expr
    total: dict[Expr, Fraction | float] = {}
    first: dict[Expr, Expr] = {}
    for part in expr.terms:
        for single in _scaled_sum(part):
            term = term_of(single)
            key = canonical(expr_of(Term(Fraction(1), term.bound, term.factors)))
            if key in total:
                total[key] = total[key] + term.coefficient
            else:
                total[key] = term.coefficient
                first[key] = single
    if tuple(first.values()) == expr.terms:
        return expr
    terms: list[Expr] = []
    for key, coefficient in total.items():
        term = term_of(first[key])
        terms.append(expr_of(Term(coefficient, term.bound, term.factors)))
    return add(terms)


def positive_first(expr: Expr) -> Expr:
    """``-t + p`` is written ``p - t``."""
    if not isinstance(expr, Sum):
        return expr
    if term_of(expr.terms[0]).coefficient > 0:
        return expr
    for position, part in enumerate(expr.terms):
        if term_of(part).coefficient > 0:
            return Sum((part, *expr.terms[:position], *expr.terms[position + 1 :]))
    return expr


def _scaled_sum(expr: Expr) -> Sequence[Expr]:
    """A number times a sum, as its terms; anything else as it is."""
    term = term_of(expr)
    if not term.bound and len(term.factors) == 1 and isinstance(term.factors[0], Sum):
        return [multiply((Number(term.coefficient), t)) for t in term.factors[0].terms]
    return (expr,)


def merge_powers(expr: Expr) -> Expr:
    """``x^a x^b = x^{a+b}``, ``x / x = 1``; a delta, a mask times itself is itself."""
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    if not term.factors:
        return expr
    exponents: dict[Expr, Fraction] = {}
    bases: dict[Expr, Expr] = {}
    explicit: set[Expr] = set()
    times: dict[Expr, int] = {}
    for factor in term.factors:
        base, exponent = _base_and_exponent(factor)
        key = canonical(base)
        bases.setdefault(key, base)
        exponents[key] = exponents.get(key, Fraction(0)) + exponent
        times[key] = times.get(key, 0) + 1
        if exponent != 1:
            explicit.add(key)
    merged = {
        key
        for key, count in times.items()
        if count > 1 and (key in explicit or _idempotent(key) or not _open(bases[key], term))
    }
    if not merged:
        return expr
    factors: list[Expr] = []
    for factor in term.factors:
        key = canonical(_base_and_exponent(factor)[0])
        if key not in merged:
            factors.append(factor)
        elif key in exponents:
            exponent = exponents.pop(key)
            factors.append(bases[key] if _idempotent(key) else power(bases[key], exponent))
    return expr_of(Term(term.coefficient, term.bound, tuple(factors)))


def _open(base: Expr, term: Term) -> bool:
    """Whether the base carries a summed index: then ``x_i x^i`` reads better than a power."""
    return any(i in base.free for i in term.bound)


def _idempotent(base: Expr) -> bool:
    return isinstance(base, Delta) or (isinstance(base, Access) and "mask" in base.tensor.facts)


def _base_and_exponent(factor: Expr) -> tuple[Expr, Fraction]:
    match factor:
        case Apply(Pointwise(name="pow"), (base, Number(value))) if isinstance(value, Fraction):
            return base, value
        case _:
            return factor, Fraction(1)


def weight(expr: Expr) -> int:
    """How long a formula is to read: its tensors and functions, as often as they are printed."""
    count: dict[Expr, int] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if node in count:
            stack.pop()
            continue
        parts = children(node)
        waiting = [part for part in parts if part not in count]
        if waiting:
            stack.extend(waiting)
            continue
        own = isinstance(node, Access | Delta | Transform) or (
            isinstance(node, Apply) and repr(node.operation) != "pow"
        )
        count[node] = own + sum(count[part] for part in parts)
        stack.pop()
    return count[expr]


def take_out_common(expr: Expr) -> Expr:
    """``a x + a y = a (x + y)`` where ``a`` stands outside every summation."""
    if not isinstance(expr, Sum):
        return expr
    split = [term_of(t) for t in expr.terms]
    scale = _common_coefficient(split)
    common: list[Expr] = []
    remaining = [list(t.factors) for t in split]
    for factor in split[0].factors:
        if isinstance(factor, Number):
            continue
        key = canonical(factor)
        places = [_place_of(key, term, left) for term, left in zip(split, remaining, strict=True)]
        if all(place is not None for place in places):
            common.append(factor)
            for left, place in zip(remaining, places, strict=True):
                assert place is not None
                del left[place]
    if not common and scale == 1:
        return expr
    inner = add(
        expr_of(Term(t.coefficient / scale, t.bound, tuple(left)))
        for t, left in zip(split, remaining, strict=True)
    )
    return multiply((Number(scale), *common, inner))


def _place_of(key: Expr, term: Term, factors: Sequence[Expr]) -> int | None:
    """Where a factor that is ``key`` and carries no summed index stands."""
    for place, factor in enumerate(factors):
        if canonical(factor) is key and not any(i in factor.free for i in term.bound):
            return place
    return None


def _common_coefficient(terms: Sequence[Term]) -> Fraction:
    """The size of all coefficients, if they have one; else 1."""
    sizes = {abs(t.coefficient) for t in terms}
    size = sizes.pop()
    return size if not sizes and isinstance(size, Fraction) and size else Fraction(1)


def fact_rule(fact: Fact) -> SimplificationRule | None:
    """The rule ``left -> right`` of a declared fact whose left side is one contraction."""
    pattern = term_of(fact.left)
    if len(pattern.factors) != 1 or not pattern.bound or not isinstance(pattern.factors[0], Access):
        return None
    access = pattern.factors[0]
    places = [
        next((k for k, s in enumerate(access.slots) if s.index is i), None) for i in pattern.bound
    ]

    def rewrite_term(expr: Expr) -> Expr:
        if isinstance(expr, Sum):
            return expr
        term = term_of(expr)
        for position, factor in enumerate(term.factors):
            if not isinstance(factor, Access) or factor.tensor is not access.tensor:
                continue
            others = (*term.factors[:position], *term.factors[position + 1 :])
            summed = [factor.slots[k].index for k in places if k is not None]
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
            scale = Number(term.coefficient / Fraction(pattern.coefficient))
            return contract(rest, multiply((scale, right, *others)))
        return expr

    return SimplificationRule(Rule("declared fact used"), rewrite_term)


def _rule(
    name: str, statement: str, apply: Callable[[Expr], Expr], *needs: type
) -> SimplificationRule:
    return SimplificationRule(Rule(name, statement), apply, frozenset(needs))


#: In the order in which a round applies them.
RULES: tuple[SimplificationRule, ...] = (
    _rule("products flattened", "", flatten),
    _rule("delta eliminated", r"\sum_i \delta^i_k x_i = x_k", eliminate_deltas, Delta),
    _rule(
        "sum over a sum split",
        r"\sum_i (a_i + b_i) = \sum_i a_i + \sum_i b_i",
        distribute_contraction,
        Contraction,
        Sum,
    ),
    _rule(
        "product spread over a sum, delta eliminated",
        r"a_i (\delta^i_j - b^i) = a_j - a_i b^i",
        distribute_for_deltas,
        Delta,
        Sum,
        Contraction,
    ),
    _rule(
        "factor cancelled", r"x (a / x + b) = a + x b", distribute_to_cancel, Apply, Sum, Product
    ),
    _rule(
        "summed index in no factor counted",
        r"\sum_{i=1}^{n} a = n a",
        count_missing_indices,
        Contraction,
    ),
    _rule("powers merged", r"x^a x^b = x^{a+b}", merge_powers, Product),
    _rule("function of a function", r"\log(e^x) = x", fold_functions, Apply),
    _rule("function of an inverse", r"\det X^{-1} = 1 / \det X", fold_functions, Transform),
    _rule("inverse cancelled", r"X^{-1} X = 1", cancel_inverses, Transform, Contraction),
    _rule("like terms collected", r"a x + b x = (a + b) x", collect_like_terms, Sum),
    _rule(
        "multiplied out and collected",
        r"a (1 - b) - b (1 - a) = a - b",
        expand_where_shorter,
        Sum,
        Product,
    ),
    _rule("common factor taken out", r"a x + a y = a (x + y)", take_out_common, Sum),
    _rule("positive term first", "", positive_first, Sum),
)
