"""A term: a rational coefficient, bound indices, and factors that are no products.

Every expression is a sum of terms. Rules look at one term (or one sum) at a time;
:func:`rewrite` takes them over a whole expression, innermost first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from weakref import WeakKeyDictionary

from tensorcalc.expr import (
    Access,
    Apply,
    Contraction,
    Expr,
    Index,
    Number,
    Pointwise,
    Product,
    Sum,
    add,
    children,
    contract,
    multiply,
    rebuild,
    rename_bound,
)

__all__ = ["Term", "expr_of", "flatten", "one_scope", "rewrite", "term_of", "terms_of"]


@dataclass(frozen=True, slots=True)
class Term:
    """``coefficient * sum over bound of the product of factors``."""

    coefficient: Fraction | float
    bound: tuple[Index, ...]
    factors: tuple[Expr, ...]


_UNIT = Fraction(1)
_terms: WeakKeyDictionary[Expr, Term] = WeakKeyDictionary()


def term_of(expr: Expr) -> Term:
    """Return ``expr`` as one term: products flattened, contractions drawn out of them.

    Indices bound in different factors are made different from one another and from
    everything free, so that the term has one scope.
    """
    if not isinstance(expr, Product | Contraction):
        if isinstance(expr, Number) and abs(expr.value) != float("inf"):
            return Term(expr.value, (), ())
        return Term(_UNIT, (), (expr,))
    found = _terms.get(expr)
    if found is None:
        found = _terms[expr] = _flatten(expr)
    return found


def _flatten(expr: Expr) -> Term:
    coefficient: Fraction | float = Fraction(1)
    bound: list[Index] = []
    factors: list[Expr] = []
    taken: set[Index] = set(expr.free)
    stack = [expr]
    while stack:
        node = stack.pop()
        match node:
            case Number(value) if abs(value) != float("inf"):
                coefficient = coefficient * value
            case Product(parts):
                stack.extend(reversed(parts))
            case Contraction():
                renamed = rename_bound(node, taken)
                assert isinstance(renamed, Contraction)
                bound.extend(renamed.bound)
                taken.update(renamed.bound)
                stack.append(renamed.body)
            case _:
                factors.append(node)
    return Term(coefficient, tuple(bound), tuple(factors))


def expr_of(term: Term) -> Expr:
    """Return the term as an expression.

    What an index stands in only once needs a summation sign; what that does not reach stands in
    front of it: ``2 a sum_i x_i``. Implied sums have no place, and are one around the term.
    """
    if term.coefficient == 0:
        return Number(Fraction(0))
    reached = _reached(term)
    if len(reached) == len(term.factors) and term.coefficient == 1:
        return one_scope(term)
    if not reached:
        return one_scope(term)
    front = [f for f in term.factors if f not in reached]
    inside = [f for f in term.factors if f in reached]
    outer = [i for i in term.bound if any(i in f.free for f in front)]
    inner = [i for i in term.bound if i not in outer]
    total = contract(inner, multiply(inside))
    return contract(outer, multiply((Number(term.coefficient), *front, total)))


def one_scope(term: Term) -> Expr:
    """The term as an expression with one sum around all factors."""
    return contract(term.bound, multiply((Number(term.coefficient), *term.factors)))


def _reached(term: Term) -> set[Expr]:
    """The factors that a summation sign has to reach.

    They have an index that stands once, or one that is divided by: no sum is implied then.
    """
    reached: set[Expr] = set()
    below = [f for f in term.factors if _divides(f)]
    pending = [
        i
        for i in term.bound
        if sum(_count(i, f) for f in term.factors) < 2 or any(i in f.free for f in below)
    ]
    seen = set(pending)
    while pending:
        index = pending.pop()
        for factor in term.factors:
            if index in factor.free and factor not in reached:
                reached.add(factor)
                more = [i for i in term.bound if i in factor.free and i not in seen]
                pending.extend(more)
                seen.update(more)
    return reached


def _divides(factor: Expr) -> bool:
    match factor:
        case Apply(Pointwise(name="pow"), (_, Number(value))):
            return value < 0
        case _:
            return False


def _count(index: Index, factor: Expr) -> int:
    """How often an index is read in a factor: a power, a function are one place."""
    match factor:
        case Access(_, slots):
            return sum(index in s.free for s in slots)
        case _:
            return index in factor.free


def terms_of(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum, else the expression itself."""
    return expr.terms if isinstance(expr, Sum) else (expr,)


def flatten(expr: Expr) -> Expr:
    """Return a term written as :func:`expr_of` writes it, and a sum as it is."""
    return expr_of(term_of(expr)) if isinstance(expr, Product | Contraction) else expr


def rewrite(expr: Expr, rule: Callable[[Expr], Expr]) -> Expr:
    """Apply ``rule`` to every sum and every term of ``expr``, innermost first.

    A rule is given a sum, or a whole term as :func:`expr_of` writes it, whose parts have
    been rewritten already.
    """
    done: dict[Expr, Expr] = {}
    stack = [expr]
    while stack:
        root = stack[-1]
        if root in done:
            stack.pop()
            continue
        parts = _parts(root)
        waiting = [part for part in parts if part not in done]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        done[root] = rule(_with_parts(root, parts, done))
        stack.pop()
    return done[expr]


def _parts(root: Expr) -> list[Expr]:
    if isinstance(root, Sum):
        return list(root.terms)
    return [part for factor in term_of(root).factors for part in _factor_parts(factor)]


def _factor_parts(factor: Expr) -> Iterable[Expr]:
    return (factor,) if isinstance(factor, Sum) else children(factor)


def _with_parts(root: Expr, parts: list[Expr], done: dict[Expr, Expr]) -> Expr:
    if all(done[part] is part for part in parts):
        return root
    if isinstance(root, Sum):
        return add(done[t] for t in root.terms)
    term = term_of(root)
    factors: list[Expr] = []
    for factor in term.factors:
        if isinstance(factor, Sum):
            factors.append(done[factor])
        else:
            factors.append(rebuild(factor, tuple(done[p] for p in children(factor))))
    return expr_of(Term(term.coefficient, term.bound, tuple(factors)))
