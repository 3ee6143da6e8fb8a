"""What is wrong with a formula that is not the right one, in one sentence.

Each test looks for one common mistake, on values at a few points; the first that explains the
whole difference is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np

from tensorcalc.check.alignment import unmarked
from tensorcalc.check.conditions import positive_only
from tensorcalc.check.findings import Finding
from tensorcalc.check.samples import Numbers, Samples, agree, proportion
from tensorcalc.expr import Definition, Expr, Index, Sum, multiply, substitute
from tensorcalc.printing import to_text
from tensorcalc.simplify import simplify
from tensorcalc.simplify.terms import Term, expr_of, term_of, terms_of

__all__ = ["explain_axes", "explain_terms", "terms_in"]

_TERMS = 8
#: Orders of more axes than this are not tried.
_MOST_AXES = 6


# Axes


def explain_axes(samples: Samples, what: str, order: Sequence[str]) -> Finding | None:
    """Other orders of the axes, axes that are summed or missing."""
    return _reordered(samples, what, order) or _summed(samples, what, order)


def _reordered(samples: Samples, what: str, order: Sequence[str]) -> Finding | None:
    rank = samples.right.tensor.rank
    if samples.answer.tensor.rank != rank or rank > _MOST_AXES:
        return None
    for axes in permutations(range(rank)):
        if axes == tuple(range(rank)):
            continue
        if all(agree(np.transpose(s.answer, axes), s.right) for s in samples.generic):
            names = " ".join(order[a] for a in axes)
            advice = f"give its axes the order NAME_{{{names}}} = …"
            if rank == 2:
                return Finding("transpose", f"your formula is the transpose of {what}: {advice}")
            return Finding(
                "axes", f"your formula is {what} with its axes in another order: {advice}"
            )
    return None


def _summed(samples: Samples, what: str, order: Sequence[str]) -> Finding | None:
    generic = samples.generic
    ranks = samples.answer.tensor.rank, samples.right.tensor.rank
    for axes in _some_axes(ranks[1] - ranks[0], ranks[1]):
        if all(_same_up_to_order(s.right.sum(axes), s.answer) for s in generic):
            return Finding(
                "summed index",
                f"your formula is {what} summed over {_axes_in_words(samples, axes)}, which has to "
                "stay free: write a left side with all indices that are not summed",
            )
    for axes in _some_axes(ranks[0] - ranks[1], ranks[0]):
        if all(_same_up_to_order(s.answer.sum(axes), s.right) for s in generic):
            names = " ".join(order[a] for a in axes)
            return Finding(
                "summed index", f"index {names} is free in your formula, and summed in {what}"
            )
    if ranks[0] != ranks[1]:
        return None
    for axis in range(ranks[0]):
        if _repeats(samples, axis, answer=True):
            return Finding(
                "summed index",
                f"your formula is {what} summed over {_axes_in_words(samples, (axis,))} and then "
                "repeated along it",
            )
        if _repeats(samples, axis, answer=False):
            return Finding("summed index", f"your formula lacks a sum over the index {order[axis]}")
    return None


def _some_axes(count: int, rank: int) -> Iterator[tuple[int, ...]]:
    """The ways to choose ``count`` axes, at least one."""
    if count > 0:
        yield from combinations(range(rank), count)


def _axes_in_words(samples: Samples, axes: Sequence[int]) -> str:
    shown = " and ".join(f"{a + 1} ({samples.right.indices[a].name})" for a in axes)
    return f"its {'axis' if len(axes) == 1 else 'axes'} {shown}"


def _same_up_to_order(left: Numbers, right: Numbers) -> bool:
    if left.ndim != right.ndim:
        return False
    if left.ndim > _MOST_AXES:
        return agree(left, right)
    return any(agree(np.transpose(left, axes), right) for axes in permutations(range(left.ndim)))


def _repeats(samples: Samples, axis: int, *, answer: bool) -> bool:
    """Whether one side is the other summed over an axis and repeated along it."""
    for sample in samples.generic:
        first, second = sample.right, sample.answer
        if not answer:
            first, second = second, first
        if first.shape != second.shape or first.shape[axis] < 2:
            return False
        total = np.broadcast_to(first.sum(axis, keepdims=True), first.shape)
        if not agree(np.asarray(total), second):
            return False
    return True


# Values


def explain_terms(samples: Samples, what: str) -> Finding | None:
    """A wrong factor, sign or term."""
    return _not_finite(samples, what) or _factor(samples, what) or _terms(samples, what)


def _not_finite(samples: Samples, what: str) -> Finding | None:
    for sample in samples.generic:
        wrong = ~np.isfinite(sample.answer) & np.isfinite(sample.right)
        if not wrong.any():
            continue
        positive = positive_only(samples, what)
        if positive is not None:
            return positive
        entry = tuple(int(k) for k in np.argwhere(wrong)[0])
        place = f"entry {list(entry)}" if entry else "its value"
        return Finding(
            "not finite",
            f"your formula is not finite where {what} is: {place} is"
            f" {float(sample.answer[entry])} instead of {float(sample.right[entry]):.6g}",
        )
    return None


def _factor(samples: Samples, what: str) -> Finding | None:
    generic = samples.generic
    if all(not s.right.any() for s in generic):
        return Finding("extra term", f"{what} is 0, your formula is not")
    if all(not s.answer.any() for s in generic):
        return Finding("missing term", f"your formula is 0, {what} is not")
    found = [proportion(s.answer, s.right) for s in generic]
    ratios = [ratio for ratio in found if ratio]
    if len(ratios) < len(generic):
        return None
    number = _constant(ratios)
    if number == -1:
        return Finding("sign", f"your formula is -1 times {what}: the sign is wrong")
    if number == 1:
        return Finding("factor", f"your formula is {what} but for less than floats can tell")
    if number is not None:
        return Finding("factor", f"your formula is {number} times {what}")
    named = _named_factor(samples, ratios)
    if named is not None:
        return Finding("factor", f"your formula is {named} times {what}")
    if any(s.right.size < 3 for s in generic):
        return None  # any two numbers are proportional
    shown = ", ".join(f"{ratio:.6g}" for ratio in ratios)
    return Finding("factor", f"your formula is a scalar times {what}, at three points {shown}")


def _constant(ratios: Sequence[float]) -> Fraction | float | None:
    """The one number that all are, exact if it is a simple fraction."""
    first = ratios[0]
    if any(abs(ratio - first) > 1e-7 * abs(first) for ratio in ratios):
        return None
    simple = Fraction(first).limit_denominator(1000)
    if simple and abs(float(simple) - first) <= 1e-9 * abs(first):
        return simple
    return float(f"{first:.8g}")


def _named_factor(samples: Samples, ratios: Sequence[float]) -> str | None:
    """The ratio as a number times a power of a size or of a scalar input."""
    points = [s.point for s in samples.generic]
    scalars = [t.name for t in samples.inputs if not t.rank]
    candidates = [
        *((name, [float(p.sizes[name]) for p in points]) for name in points[0].sizes),
        *((name, [float(p.arrays[name]) for p in points]) for name in scalars),
    ]
    for name, values in candidates:
        if len(set(values)) < 2:
            continue
        for exponent in (1, -1, 2, -2):
            rest = _constant([r / v**exponent for r, v in zip(ratios, values, strict=True)])
            if not isinstance(rest, Fraction):
                continue
            symbol = name if exponent > 0 else f"1/{name}"
            power = f"{symbol}**2" if abs(exponent) == 2 else symbol
            return power if rest == 1 else f"{rest} {power}"
    return None


# Terms


def _terms(samples: Samples, what: str) -> Finding | None:
    right = terms_in(samples.right.body)
    own = terms_in(samples.answer.body)
    differences = [s.right - s.answer for s in samples.generic]
    if not all(np.isfinite(d).all() for d in differences):
        return None
    missing = _subset(samples, samples.right, right, differences)
    if missing:
        return Finding(
            "missing term", f"your formula lacks {_listed(samples, missing, samples.right)}"
        )
    extra = _subset(samples, samples.answer, own, [-d for d in differences])
    if extra:
        text = _listed(samples, extra, samples.answer)
        return Finding("extra term", f"your formula has {text}, which {what} has not")
    for definition, terms, sign in ((samples.right, right, 1), (samples.answer, own, -1)):
        found = _one_term(samples, definition, terms, differences, sign)
        if found is not None:
            return found
    return None


def terms_in(expr: Expr) -> tuple[Expr, ...]:
    """The terms of ``expr``, products of sums multiplied out where there are few."""
    pending, found = [expr], list[Expr]()
    while pending and len(found) + len(pending) <= _TERMS:
        part = pending.pop()
        if isinstance(part, Sum):
            pending.extend(reversed(terms_of(part)))
            continue
        term = term_of(part)
        place = next((k for k, f in enumerate(term.factors) if isinstance(f, Sum)), None)
        if place is None:
            found.append(part)
            continue
        rest = (*term.factors[:place], *term.factors[place + 1 :])
        inner = terms_of(term.factors[place])
        pending.extend(
            expr_of(Term(term.coefficient, term.bound, (multiply((*rest, t)),)))
            for t in reversed(inner)
        )
    return tuple(simplify(part) for part in (*found, *pending))


def _subset(
    samples: Samples,
    definition: Definition,
    terms: Sequence[Expr],
    differences: Sequence[Numbers],
) -> tuple[Expr, ...]:
    """The fewest terms whose sum is the difference."""
    if not 2 <= len(terms) <= _TERMS:
        return ()
    values = samples.terms(definition, terms)
    for count in range(1, len(terms)):
        for chosen in combinations(range(len(terms)), count):
            if all(
                _agrees(sum(row[k] for k in chosen), d)
                for row, d in zip(values, differences, strict=True)
            ):
                return tuple(terms[k] for k in chosen)
    return ()


def _agrees(total: Numbers | int, difference: Numbers) -> bool:
    return agree(np.asarray(total, dtype=np.float64), difference)


def _one_term(
    samples: Samples,
    definition: Definition,
    terms: Sequence[Expr],
    differences: Sequence[Numbers],
    sign: int,
) -> Finding | None:
    """A single term with a wrong sign or factor."""
    if not 2 <= len(terms) <= _TERMS:
        return None
    values = samples.terms(definition, terms)
    for k, term in enumerate(terms):
        ratios = [proportion(d, row[k]) for d, row in zip(differences, values, strict=True)]
        found = [ratio for ratio in ratios if ratio]
        constant = _constant(found) if len(found) == len(ratios) else None
        if constant is None:
            continue
        shown = _printed(samples, term, definition)
        # right - answer is ``constant`` times the right (sign 1) or the own (sign -1) term
        factor = 1 - constant if sign == 1 else 1 / (1 + constant)
        if factor == -1:
            return Finding("sign", f"the term {shown} has the wrong sign")
        if sign == 1:
            return Finding("factor", f"the term {shown} stands {factor} times in your formula")
        return Finding("factor", f"your term {shown} is {factor} times the right one")
    return None


def _listed(samples: Samples, terms: Sequence[Expr], definition: Definition) -> str:
    shown = [_printed(samples, term, definition) for term in terms]
    return ("the term " if len(shown) == 1 else "the terms ") + ", ".join(shown)


def _printed(samples: Samples, term: Expr, definition: Definition) -> str:
    """A term with the names of the answer's axes."""
    own = samples.answer.indices
    if definition is samples.right and own != definition.indices:
        places = [Index(f"axis {k}", 0, i.extent) for k, i in enumerate(own)]
        term = substitute(term, dict(zip(definition.indices, places, strict=True)))
        term = substitute(term, dict(zip(places, own, strict=True)))
    line = to_text(unmarked(Definition(samples.answer.tensor, own, term)))
    return line.split(" = ", 1)[1]
