"""Are two programs the same function? Decided in three stages, and the answer says by which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tensorcalc.calculus.split import inline
from tensorcalc.check.alignment import Joint, align, nodes_below, size_names
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate
from tensorcalc.check.modular import ModularEvaluator, NotModularError
from tensorcalc.check.points import Point, choose_sizes, generic_point
from tensorcalc.check.residue_points import draw_residues, few_values
from tensorcalc.check.residues import PoleError, Residues, random_prime
from tensorcalc.errors import ShapeError, VerificationError
from tensorcalc.expr import (
    Access,
    Affine,
    Apply,
    Definition,
    Equations,
    Expr,
    Number,
    Pointwise,
    Size,
    Tensor,
    substitute,
    walk,
)
from tensorcalc.expr.recurrences import groups
from tensorcalc.simplify import is_positive, same, signature, simplify

__all__ = ["CounterExample", "Equality", "equal", "first_difference", "numeric_points"]

Stage = Literal["normal form", "modular", "numeric"]

#: Formulas with more nodes than this are not written out for the normal form.
_NODES = 1500
#: Points of a stage; more where inputs take few values.
_POINTS, _MANY_POINTS = 5, 30
_NUMERIC_POINTS = 6
_ATTEMPTS = 20
#: Sizes are drawn above the constants of a program, if these are smaller.
_LARGEST_SIZE = 24
#: More lines of a counter-example are not shown.
_LINES = 14
#: Relative to an entry, relative to the largest entry, and absolute: inputs are of size 1, so
#: what cancels leaves rounding noise of some 1e-16.
_TOLERANCE, _NOISE, _FLOOR = 1e-9, 1e-12, 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class CounterExample:
    """Inputs at which two programs differ.

    Attributes:
        inputs: By name; numbers modulo ``modulus`` if there is one.
        sizes: By name.
        outputs: The names of the outputs that differ, left and right.
        entry: The first differing component.
        left: Its value on the left.
        right: Its value on the right.
        modulus: A prime where the values are residues: the difference is too small for floats.
    """

    inputs: Mapping[str, NDArray[Any]]
    sizes: Mapping[str, int]
    outputs: tuple[str, str]
    entry: tuple[int, ...]
    left: float
    right: float
    modulus: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The counter-example as plain values, for JSON."""
        return {
            "inputs": {name: np.asarray(array).tolist() for name, array in self.inputs.items()},
            "sizes": dict(self.sizes),
            "outputs": list(self.outputs),
            "entry": list(self.entry),
            "left": self.left,
            "right": self.right,
            "modulus": self.modulus,
        }

    def __str__(self) -> str:
        modulo = f" modulo {self.modulus}" if self.modulus else ""
        place = f"[{', '.join(map(str, self.entry))}]" if self.entry else ""
        names = " and ".join(f"{name}{place}" for name in dict.fromkeys(self.outputs))
        lines = [f"{names}: {self.left:.12g} on the left, {self.right:.12g} on the right{modulo}"]
        for name, array in self.inputs.items():
            shown = np.array2string(np.asarray(array), precision=4, threshold=24, separator=", ")
            lines.append(f"  {name} = " + shown.replace("\n", "\n" + " " * (len(name) + 5)))
        lines = "\n".join(lines).splitlines()
        return "\n".join([*lines[:_LINES], "  …"] if len(lines) > _LINES else lines)


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

    Sizes are drawn too, up to 24 or a few above the constants that indices and sizes meet; what
    only happens beyond that is not seen.

    "The same" means at every point at which both are defined and smooth: ``x/x`` is 1. A point
    where only one of them is finite is a difference as far as generic points meet it.

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
    modular = _by_residues(joint, seed)
    if modular is not None and modular.equal:
        return modular
    found = _by_floats(joint, seed)
    if modular is None:
        detail = "" if found else f"no difference at {2 * _NUMERIC_POINTS} points"
        return Equality(found is None, "numeric", found, detail)
    return Equality(False, "modular", found or modular.counter_example)


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


def _by_residues(joint: Joint, seed: int) -> Equality | None:
    """The answer where exact values decide; None where they do not."""
    equations = joint.equations
    random = Random(seed)
    points = _MANY_POINTS if few_values(equations) else _POINTS
    done = 0
    for _ in range(points + _ATTEMPTS):
        try:
            answer = _at_residues(joint, random)
        except PoleError:
            continue
        except NotModularError:
            return None
        if answer is not True:
            return answer
        done += 1
        if done == points:
            return Equality(True, "modular")
    return None


def _wished_sizes(equations: Equations, generator: np.random.Generator) -> dict[str, int]:
    """Every other time, sizes above all constants that indices meet; else none are wished.

    ``sum_i [i < 9] x_i`` is the whole sum while the size is below 10.
    """
    limit = min(_largest_constant(equations), _LARGEST_SIZE)
    if limit <= 1 or not generator.integers(2):
        return {}
    fixed = dict(equations.sizes)
    names = sorted(size_names(equations) - fixed.keys())
    offsets = generator.permutation(max(len(names), 4))
    large = {n: int(limit + 1 + k) for n, k in zip(names, offsets, strict=False)}
    try:
        return choose_sizes(equations, generator, {**large, **fixed})
    except ShapeError:
        return {}  # a size is bounded above by others: small ones then


def _largest_constant(equations: Equations) -> int:
    """The largest integer with which indices or sizes are compared or shifted."""
    found: list[int] = [0]
    numbers: list[int] = [0]
    sized = False
    for node in nodes_below(equations):
        match node:
            case Affine(_, constant):
                found.append(abs(constant.number or 0))
            case Size():
                sized = True
            case Number(value) if value % 1 == 0:
                numbers.append(abs(int(value)))
            case _:
                pass
    return max(found + numbers) if sized else max(found)


def _at_residues(joint: Joint, random: Random) -> Equality | Literal[True] | None:
    """True if all pairs agree at a random point; None if a difference means nothing."""
    equations = joint.equations
    prime = random_prime(random)
    generator = np.random.default_rng(random.randrange(1 << 32))
    sizes = choose_sizes(equations, generator, _wished_sizes(equations, generator))
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
        names_shown = _shown(pair)
        example = CounterExample(inputs, sizes, names_shown, entry, *values, prime)
        return Equality(False, "modular", example)
    return None if undecided else True


def _shown(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0].rstrip("″"), pair[1].rstrip("″")


# Floats


def _by_floats(joint: Joint, seed: int) -> CounterExample | None:
    """The first difference at generic points; None if there is none."""
    names = tuple(dict.fromkeys(name for pair in joint.pairs for name in pair))
    points = numeric_points(joint, range(seed, seed + _NUMERIC_POINTS))
    for point in points:
        with np.errstate(all="ignore"):
            values = evaluate(joint.equations, point.arrays, NumpyBackend(), point.sizes, names)
        for pair in joint.pairs:
            left, right = (np.asarray(values[name]) for name in pair)
            entry = first_difference(left, right)
            if entry is not None:
                ends = float(left[entry]), float(right[entry])
                return CounterExample(point.arrays, point.sizes, _shown(pair), entry, *ends)
    return None


def numeric_points(joint: Joint, seeds: Sequence[int]) -> Iterator[Point]:
    """Yield points that are generic for the left outputs, and some for the right ones.

    Inputs that are the condition of a ``where`` are 0 or 1 at every other point.

    Raises:
        VerificationError: Neither side is finite anywhere.
    """
    equations = joint.equations
    found = False
    switches = _switches(equations)
    for seed in seeds:
        for side in (0, 1):
            names = tuple(dict.fromkeys(pair[side] for pair in joint.pairs))
            alone = equations.needed_for(names)
            try:
                sizes = _wished_sizes(equations, np.random.default_rng([seed, 4]))
                point = generic_point(alone, seed, sizes)
            except VerificationError:
                continue
            found = True
            if switches and seed % 2:
                generator = np.random.default_rng([seed, 2])
                arrays = dict(point.arrays)
                for name in switches:
                    arrays[name] = generator.integers(0, 2, arrays[name].shape).astype(float)
                point = Point(arrays, point.sizes, seed)
            yield point
    if not found:
        raise VerificationError("no inputs found at which the programs are finite")


def _switches(equations: Equations) -> list[str]:
    """Real inputs that a ``where`` asks whether they are 0."""
    inputs = {t.name for t in equations.inputs if t.domain == "real" and "mask" not in t.facts}
    bound = {a.tensor.name for f in equations.facts for a in walk(f.left) if isinstance(a, Access)}
    asked: dict[str, None] = {}
    for definition in equations.definitions:
        for node in walk(definition.body):
            match node:
                case Apply(Pointwise(name="where" | "equal" | "not_equal"), (condition, *_)):
                    if isinstance(condition, Access):
                        asked.setdefault(condition.tensor.name)
                case _:
                    pass
    return [name for name in asked if name in inputs and name not in bound]


def first_difference(
    left: NDArray[Any], right: NDArray[Any], tolerance: float = _TOLERANCE
) -> tuple[int, ...] | None:
    """The first entry in which two arrays differ by more than rounding; None if none does.

    Entries that are not finite in both count as equal: nothing is known there.
    """
    if left.shape != right.shape:
        return tuple(0 for _ in left.shape)
    if not left.size:
        return None
    fine = np.isfinite(left), np.isfinite(right)
    both = fine[0] & fine[1]
    largest = float(np.max(np.abs(np.where(both, left, 0.0)), initial=0.0))
    with np.errstate(all="ignore"):
        allowed = tolerance * (np.abs(left) + np.abs(right)) + _NOISE * largest + _FLOOR
        different = ~(np.abs(left - right) <= allowed)
    different = np.where(both, different, fine[0] != fine[1])
    if not different.any():
        return None
    return tuple(int(k) for k in np.argwhere(different)[0])
