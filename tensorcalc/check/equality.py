"""Are two programs the same function? Decided in three stages, and the answer says by which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

import numpy as np

from tensorcalc.calculus.split import inline
from tensorcalc.check.alignment import Joint, align, shown_names
from tensorcalc.check.counter_example import CounterExample
from tensorcalc.check.modular import ModularEvaluator, NotModularError
from tensorcalc.check.numeric import by_floats
from tensorcalc.check.residue_points import draw_residues, few_values
from tensorcalc.check.residues import PoleError, Residues, random_prime
from tensorcalc.check.varied_sizes import VariedSizes
from tensorcalc.errors import ShapeError
from tensorcalc.expr import (
    Apply,
    Definition,
    Equations,
    Expr,
    Number,
    Pointwise,
    Sum,
    Tensor,
    substitute,
    walk,
)
from tensorcalc.expr.recurrences import groups
from tensorcalc.simplify import is_positive, same, signature, simplify
from tensorcalc.simplify.terms import term_of

__all__ = ["CounterExample", "Equality", "Stage", "equal", "written_out"]

Stage = Literal["normal form", "modular", "numeric"]

#: Formulas with more nodes than this are not written out for the normal form.
_NODES = 1500
#: Points of a stage; more where inputs take few values.
_POINTS, _MANY_POINTS = 5, 30
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Equality:
    """Whether two programs are the same function; true where they are.

    Attributes:
        equal: The answer.
        decided_by: ``"normal form"``: both are one formula after simplification, or cannot be
            compared because their outputs or shapes differ. ``"modular"``: exact values modulo
            large primes at random points. ``"numeric"``: values in float64 at generic points.
        counter_example: Where they differ, if values do.
        detail: More in words.
    """

    equal: bool
    decided_by: Stage
    counter_example: CounterExample | None = field(default=None, repr=False)
    detail: str = ""

    def __bool__(self) -> bool:
        return self.equal

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain values, for JSON."""
        example = self.counter_example
        return {
            "equal": self.equal,
            "decided_by": self.decided_by,
            "detail": self.detail,
            "counter_example": example.as_dict() if example is not None else None,
        }

    def __str__(self) -> str:
        verdict = "equal" if self.equal else "not equal"
        text = f"{verdict} (decided by {self.decided_by})"
        if self.detail:
            text += f": {self.detail}"
        return f"{text}\n{self.counter_example}" if self.counter_example else text


def equal(
    left: Equations,
    right: Equations,
    outputs: Sequence[tuple[str, str]] | None = None,
    *,
    seed: int = 0,
) -> Equality:
    """Decide whether two programs are the same function of their inputs.

    First both are written out and simplified; if they are one formula then, they are equal.
    Then they are evaluated modulo random primes ``p > 2**30`` at random points and drawn
    sizes. Rational formulas that differ are found to differ at one point but for a chance of
    ``d / p`` each time, ``d`` the degree (Schwartz and Zippel): ``1e-40`` for five points and
    degree 10. What is not rational is a random unknown there, so "equal" is as certain, but a
    "not equal" is left to the third stage: values in float64 at generic points. Masks and labels
    take few values; that bound does not hold for them, and more points are used instead.

    Sizes are drawn too, every other time above the constants that indices and sizes meet; where
    these are too large for that, the answer says so.

    Floats are compared at generic points, at points stretched and shrunk by the constants in the
    formulas, and on sides of kinks that were not met so far, which are searched for. A
    difference counts that is more than ``1e-11`` of an entry and stays when the inputs move in
    their last digits, as rounding does not. What differs by less is called equal.

    "The same" means at every point at which both are defined and smooth: ``x/x`` is 1. A range
    where only one of them is finite is a difference: ``log(x**2)`` is not ``2 log(x)``, and
    ``x**(1/2) x**(3/2)`` is not ``x**2`` unless ``x`` is declared positive.

    Args:
        left: A program.
        right: Another; inputs are matched by name.
        outputs: Pairs of outputs to compare. By default those of one name, or the one output
            of each program whatever its name.
        seed: Fixes everything that is drawn.

    Returns:
        The answer, with the stage that decided and a counter-example if there is one.

    Raises:
        UnknownNameError: ``outputs`` names no definition.
        VerificationError: No point was found at which the programs are finite.

    Example:
        >>> from tensorcalc.language import parse
        >>> one = parse("f = (a + b)**2 x^i x_i").equations
        >>> other = parse("f = sum_j x_j**2 (a**2 + 2 a b + b**2)").equations
        >>> print(equal(one, other))
        equal (decided by ...)
    """
    pairs = tuple(outputs) if outputs is not None else _pairs(left, right)
    if pairs is None:
        names = f"{', '.join(left.outputs)} on the left, {', '.join(right.outputs)} on the right"
        return Equality(False, "normal form", None, f"the outputs are {names}")
    try:
        joint = align(left, right, pairs)
    except ShapeError as error:
        return Equality(False, "normal form", None, str(error))
    open_pairs = [pair for pair in joint.pairs if not _one_formula(joint.equations, pair)]
    if not open_pairs:
        return Equality(True, "normal form")
    joint = Joint(joint.equations, tuple(open_pairs))
    varied = VariedSizes(joint.equations)
    modular = _by_residues(joint, seed, varied)
    if modular is not None and modular.equal:
        return modular
    numeric = by_floats(joint, seed, varied, _scale(joint))
    if modular is not None:
        return Equality(False, "modular", numeric.example or modular.counter_example)
    if numeric.example is not None:
        return Equality(False, "numeric", numeric.example)
    detail = f"no difference at {numeric.points} points{_untried(varied)}"
    return Equality(True, "numeric", None, detail)


def _scale(joint: Joint) -> float:
    """The largest number in front of a term of either side: what is far below it is rounding."""
    bodies = [written_out(joint.equations, name) for pair in joint.pairs for name in pair]
    terms = [t for b in bodies if b is not None for t in (b.terms if isinstance(b, Sum) else (b,))]
    sizes = [abs(float(term_of(t).coefficient)) for t in terms]
    return max((size for size in sizes if size), default=1.0) if None not in bodies else 1.0


def _untried(varied: VariedSizes) -> str:
    """What the sizes that are drawn cannot meet, in words."""
    if varied.untried is None:
        return ""
    return f"; a formula holds {varied.untried}, and sizes go to {varied.limit}"


def _pairs(left: Equations, right: Equations) -> tuple[tuple[str, str], ...] | None:
    if set(left.outputs) == set(right.outputs):
        return tuple((name, name) for name in left.outputs)
    if len(left.outputs) == len(right.outputs) == 1:
        return ((left.outputs[0], right.outputs[0]),)
    return None


# Normal form


def _one_formula(equations: Equations, pair: tuple[str, str]) -> bool:
    first, second = (equations.definition(name) for name in pair)
    if tuple(i.extent for i in first.indices) != tuple(i.extent for i in second.indices):
        return False
    left, right = (written_out(equations, name) for name in pair)
    if left is None or right is None:
        return False
    right = substitute(right, dict(zip(second.indices, first.indices, strict=True)))
    if same(left, right):
        return True
    if _restrictions(left) != _restrictions(right):
        return False  # simplification may extend a domain: exp(log(x)) is x
    return same(simplify(left, equations.facts), simplify(right, equations.facts))


def _restrictions(expr: Expr) -> set[tuple[str, Expr]]:
    """What must lie in a part of the real numbers, by function, whatever its indices' names."""
    found: set[tuple[str, Expr]] = set()
    for node in walk(expr):
        match node:
            case Apply(Pointwise(name="pow"), (_, Number(value))) if value == int(value):
                pass
            case Apply(Pointwise(domain=domain, name=name), (argument, *_)) if (
                domain != "all real numbers" and not is_positive(argument)
            ):
                found.add((name, signature(argument).skeleton))
            case _:
                pass
    return found


def written_out(equations: Equations, name: str) -> Expr | None:
    """The formula of ``name`` by inputs alone; None for recurrences, labels, and long ones."""
    needed = equations.needed_for((name,))
    bodies: dict[Tensor, Definition] = {}
    defined = {d.tensor for d in needed.definitions}
    for definition in needed.definitions:
        if definition.starts or definition.tensor.domain == "integer":
            return None
        if not (definition.reads & defined) <= bodies.keys():
            return None
        body = inline(definition.body, bodies)
        if sum(1 for _ in walk(body)) > _NODES:
            return None
        bodies[definition.tensor] = Definition(definition.tensor, definition.indices, body)
    return bodies[equations.definition(name).tensor].body


# Residues


def _by_residues(joint: Joint, seed: int, varied: VariedSizes) -> Equality | None:
    """The answer where exact values decide; None where they do not."""
    equations = joint.equations
    random = Random(seed)
    points = _MANY_POINTS if few_values(equations) else _POINTS
    done = 0
    for _ in range(points + _ATTEMPTS):
        try:
            answer = _at_residues(joint, random, varied)
        except PoleError:
            continue
        except NotModularError:
            return None
        if answer is not True:
            return answer
        done += 1
        if done == points:
            return Equality(True, "modular", None, _untried(varied).removeprefix("; "))
    return None


def _at_residues(
    joint: Joint, random: Random, varied: VariedSizes
) -> Equality | Literal[True] | None:
    """True if all pairs agree at a random point; None if a difference means nothing."""
    equations = joint.equations
    prime = random_prime(random)
    generator = np.random.default_rng(random.randrange(1 << 32))
    sizes = varied.next(generator)
    arrays, holds = draw_residues(equations, sizes, prime, generator)
    evaluator = ModularEvaluator(arrays, prime, sizes, random.randrange(1 << 32))
    names = [name for pair in joint.pairs for name in pair]
    for group in groups(equations.needed_for(dict.fromkeys(names)).definitions):
        evaluator.define(group)
    undecided = False
    for pair in joint.pairs:
        left, right = (evaluator.arrays[name] for name in pair)
        different = left.values != right.values
        if not different.any():
            continue
        if not holds or evaluator.hidden.intersection(pair):
            undecided = True
            continue
        entry = tuple(int(k) for k in np.argwhere(different)[0])
        inputs = {n: a.values if isinstance(a, Residues) else a for n, a in arrays.items()}
        values = float(left.values[entry]), float(right.values[entry])
        names_shown = shown_names(pair)
        example = CounterExample(inputs, sizes, names_shown, entry, *values, prime)
        return Equality(False, "modular", example)
    return None if undecided else True
