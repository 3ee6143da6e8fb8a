"""Exponentials under a logarithm or below a line, as the functions that do not overflow.

``log(1 + exp(z))`` typed as it stands is infinite from ``z = 710`` on, and its derivative
``exp(z) / (1 + exp(z))`` is then not a number. As softplus and sigmoid, logsumexp and softmax, both
are finite, and their derivatives are the short ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations

from tensorcalc.expr import (
    ONE,
    Apply,
    Argument,
    Expr,
    Functional,
    Index,
    Number,
    Pointwise,
    Size,
    Slot,
    Sum,
    Transform,
    add,
    apply,
    contract,
    is_one,
    level_of,
    multiply,
    negate,
    number,
    operation_named,
    power,
    substitute,
    subtract,
)
from tensorcalc.simplify.canonical import canonical
from tensorcalc.simplify.roots import base_and_exponent, root_power
from tensorcalc.simplify.sums import collect_like_terms, expand_where_shorter, weight
from tensorcalc.simplify.terms import flatten, term_of

__all__ = ["join_sigmoids", "stable_forms"]

#: With more indices under one exponential, a softmax is not looked for.
_MOST_INDICES = 4


def stable_forms(expr: Expr) -> Expr:
    """Write exponentials as softplus, sigmoid, logsumexp and softmax where they are these.

    Args:
        expr: A sum or a term.

    Example:
        >>> from tensorcalc.expr import add, apply, number
        >>> from tensorcalc.language import parse
        >>> from tensorcalc.printing import to_text
        >>> to_text(stable_forms(parse("f = log(1 + exp(z))").equations.definitions[0].body))
        'softplus(z)'
    """
    if isinstance(expr, Sum):
        return expr
    term = term_of(expr)
    logarithms = [_logarithm(f) for f in term.factors]
    if any(new is not old for new, old in zip(logarithms, term.factors, strict=True)):
        return contract(term.bound, multiply((Number(term.coefficient), *logarithms)))
    factors = list(term.factors)
    if not any(_quotient(factors, place) for place in range(len(factors))):
        return expr
    return contract(term.bound, multiply((Number(term.coefficient), *factors)))


# Logarithms


def _logarithm(factor: Expr) -> Expr:
    match factor:
        case Apply(Pointwise(name="log1p"), (argument,)):
            exponent = _exponent(argument)
            return factor if exponent is None else apply("softplus", exponent)
        case Apply(Pointwise(name="log"), (Apply(Pointwise(name="sigmoid"), (inner,)),)):
            return apply("log_sigmoid", inner)
        case Apply(Pointwise(name="log"), (argument,)):
            beside = _exponent_beside_one(argument)
            if beside is not None:
                return apply("softplus", beside)
            other = _without_sigmoid(argument)
            if other is not None:
                return apply("log_sigmoid", _negated(other))
            whole = _logarithm_of_sum(argument)
            return factor if whole is None else whole
        case _:
            return factor


def _logarithm_of_sum(argument: Expr) -> Expr | None:
    """``log(c sum_i exp(x_i)) = logsumexp_i(x_i) + log(c)`` for numbers and sizes ``c``."""
    term = term_of(argument)
    sizes = [f for f in term.factors if _is_size(f)]
    rest = [f for f in term.factors if not _is_size(f)]
    if len(rest) != 1 or not term.bound or term.coefficient <= 0:
        return None
    exponent = _exponent(rest[0])
    if exponent is None or not all(i in exponent.free for i in term.bound):
        return None
    record = operation_named("logsumexp")
    assert isinstance(record, Functional)
    whole = Transform(record, (Argument(term.bound, exponent),), ())
    return add((whole, *_logarithms_of(term.coefficient, sizes)))


def _is_size(factor: Expr) -> bool:
    return isinstance(base_and_exponent(factor)[0], Size)


def _logarithms_of(coefficient: Fraction | float, sizes: Sequence[Expr]) -> Iterator[Expr]:
    if coefficient != 1:
        small = coefficient < 1 and isinstance(coefficient, Fraction)
        value = apply("log", number(1 / coefficient if small else coefficient))
        yield negate(value) if small else value
    for size in sizes:
        base, exponent = base_and_exponent(size)
        yield multiply((number(exponent), apply("log", base)))


# Quotients


def _quotient(factors: list[Expr], place: int) -> bool:
    """Change ``factors`` in place: the one at ``place`` with exponentials beside it."""
    base, value = base_and_exponent(factors[place])
    if value >= 0 or value.denominator != 1:
        return False
    times = -int(value)
    exponent = _exponent_beside_one(base)
    if exponent is not None:
        _sigmoids(factors, place, exponent, times)
        return True
    term = term_of(base)
    if term.coefficient == 1 and term.bound and len(term.factors) == 1:
        exponent = _exponent(term.factors[0])
        if exponent is not None and all(i in exponent.free for i in term.bound):
            return _softmaxes(factors, place, Argument(term.bound, exponent), times)
    return False


def _sigmoids(factors: list[Expr], place: int, exponent: Expr, times: int) -> None:
    """``exp(u) / (1 + exp(u)) = sigmoid(u)``, ``1 / (1 + exp(u)) = sigmoid(-u)``."""
    above = 0
    for position, factor in enumerate(factors):
        found = _exponent(factor)
        if found is not None:
            above = _multiple(found, exponent, times)
            if above:
                factors[position] = power(apply("sigmoid", exponent), above)
                break
    factors[place] = power(apply("sigmoid", _negated(exponent)), times - above)


def _softmaxes(factors: list[Expr], place: int, below: Argument, times: int) -> bool:
    """``exp(x_i) / sum_j exp(x_j) = softmax_j(x_j)`` at ``i``."""
    left = times
    for position, factor in enumerate(factors):
        found = _exponent(factor)
        if found is None or not left:
            continue
        at, count = _read_at(below, found, left)
        if count:
            record = operation_named("softmax")
            assert isinstance(record, Functional)
            argument = _named_as_read(below, at)
            factors[position] = power(Transform(record, (argument,), at), count)
            left -= count
    if left == times:
        return False
    base, _ = base_and_exponent(factors[place])
    factors[place] = root_power(base, Fraction(-left)) if left else ONE
    return True


def _named_as_read(argument: Argument, at: Sequence[Slot]) -> Argument:
    """``softmax_i(x_i)`` at ``i``, where ``i`` is free to be the name."""
    places = [s.index for s in at if isinstance(s.index, Index) and s.index not in argument.free]
    if len(set(places)) < len(at):
        return argument
    names = dict(zip(argument.bound, places, strict=True))
    return Argument(tuple(places), substitute(argument.body, names))


def _read_at(below: Argument, above: Expr, most: int) -> tuple[tuple[Slot, ...], int]:
    """Where ``above`` is a multiple of the argument read at some indices, and the multiple."""
    candidates = sorted(above.free, key=lambda i: (i.name, i.serial))
    if len(below.bound) > len(candidates) or len(candidates) > _MOST_INDICES:
        return (), 0
    for indices in permutations(candidates, len(below.bound)):
        if any(a.extent != b.extent for a, b in zip(indices, below.bound, strict=True)):
            continue
        read = substitute(below.body, dict(zip(below.bound, indices, strict=True)))
        count = _multiple(above, read, most)
        if count:
            return tuple(Slot(i, level_of(above, i)) for i in indices), count
    return (), 0


def _multiple(exponent: Expr, unit: Expr, most: int) -> int:
    """The whole number up to ``most`` by which ``unit`` gives ``exponent``, or 0."""
    wanted = canonical(exponent)
    for count in range(1, most + 1):
        if canonical(_scaled(unit, count)) is wanted:
            return count
    return 0


def _scaled(expr: Expr, by: int) -> Expr:
    if isinstance(expr, Sum):
        return add(multiply((number(by), t)) for t in expr.terms)
    return multiply((number(by), expr))


def _negated(exponent: Expr) -> Expr:
    """``-u``, sign by sign in a sum, a positive term first."""
    if not isinstance(exponent, Sum):
        return negate(exponent)
    terms = [negate(t) for t in exponent.terms]
    return add(sorted(terms, key=lambda t: term_of(t).coefficient < 0))


def _exponent(expr: Expr) -> Expr | None:
    match expr:
        case Apply(Pointwise(name="exp"), (exponent,)):
            return exponent
        case _:
            return None


def _exponent_beside_one(expr: Expr) -> Expr | None:
    """``u`` where ``expr`` is ``1 + exp(u)``."""
    match expr:
        case Sum((first, second)) if is_one(first):
            return _exponent(second)
        case Sum((first, second)) if is_one(second):
            return _exponent(first)
        case _:
            return None


# Complements


def _without_sigmoid(expr: Expr) -> Expr | None:
    """``u`` where ``expr`` is ``1 - sigmoid(u)``."""
    if not isinstance(expr, Sum) or len(expr.terms) != 2:
        return None
    for one, other in (expr.terms, expr.terms[::-1]):
        term = term_of(other)
        if is_one(one) and term.coefficient == -1 and len(term.factors) == 1:
            return _of_sigmoid(term.factors[0])
    return None


def _of_sigmoid(factor: Expr) -> Expr | None:
    match factor:
        case Apply(Pointwise(name="sigmoid"), (argument,)):
            return argument
        case _:
            return None


def join_sigmoids(expr: Expr) -> Expr:
    """``sigmoid(u) + sigmoid(-u) = 1``: one of the two written by the other, where that is shorter.

    So is ``1 - sigmoid(-u)``; ``1 - sigmoid(u)`` stays, beside ``sigmoid(u)`` as it often is.

    Example:
        >>> from tensorcalc.language import parse
        >>> from tensorcalc.printing import to_text
        >>> body = parse("g = t sigmoid(-z) - (1 - t) sigmoid(z)").equations.definitions[0].body
        >>> to_text(join_sigmoids(body))
        't - sigmoid(z)'
    """
    if not isinstance(expr, Sum):
        return expr
    arguments: dict[Expr, Expr] = {}
    for factor in (f for t in expr.terms for f in term_of(t).factors):
        argument = _of_sigmoid(factor)
        if argument is not None:
            arguments.setdefault(canonical(argument), argument)
    for argument in arguments.values():
        if term_of(argument).coefficient < 0:
            written = _complemented(expr, canonical(argument), _negated(argument))
            joined = collect_like_terms(written)
            if weight(joined) <= weight(expr) and not isinstance(joined, Sum):
                return joined
            continue
        other = arguments.get(canonical(_negated(argument)))
        if other is None:
            continue
        written = _complemented(expr, canonical(other), argument)
        joined = collect_like_terms(expand_where_shorter(written, flatten))
        if weight(joined) < weight(expr):
            return joined
    return expr


def _complemented(expr: Sum, key: Expr, kept: Expr) -> Expr:
    """``expr`` with ``sigmoid`` of what is ``key`` written as ``1 - sigmoid(kept)``."""
    written = subtract(ONE, apply("sigmoid", kept))
    terms: list[Expr] = []
    for part in expr.terms:
        term = term_of(part)
        factors = [
            written if (a := _of_sigmoid(f)) is not None and canonical(a) is key else f
            for f in term.factors
        ]
        terms.append(contract(term.bound, multiply((Number(term.coefficient), *factors))))
    return add(terms)
