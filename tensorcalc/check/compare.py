"""Is this formula right? And if it is not, what is wrong with it?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tensorcalc.calculus import Mode, Request, derive
from tensorcalc.calculus.split import split
from tensorcalc.check.alignment import align
from tensorcalc.check.answers import Answer, read_answer
from tensorcalc.check.conditions import explain_conditions
from tensorcalc.check.diagnosis import explain_axes, explain_terms
from tensorcalc.check.equality import CounterExample, Stage, equal
from tensorcalc.check.findings import Finding
from tensorcalc.check.points import Point
from tensorcalc.check.samples import Arrays, Samples
from tensorcalc.errors import ShapeError, TensorcalcError
from tensorcalc.expr import (
    AbstractFunction,
    Apply,
    Definition,
    Equations,
    Transform,
    walk,
)
from tensorcalc.language import NotationError
from tensorcalc.printing import to_text

__all__ = ["Reason", "Verdict", "compare"]

#: More lines of the right formula are not shown.
_LINES = 8
#: So many definitions are tried for an incoming gradient that was left out.
_LOCAL = 12

Reason = Literal[
    "equal",
    "transpose",
    "axes",
    "shape",
    "sign",
    "factor",
    "missing term",
    "extra term",
    "summed index",
    "symmetric only",
    "mask only",
    "domain",
    "upstream",
    "special point",
    "not finite",
    "unrelated",
]


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Whether a formula is right; true where it is.

    Attributes:
        equal: The answer.
        reason: ``"equal"``, or the one mistake that explains the difference: ``"transpose"``,
            ``"axes"`` (another order of them), ``"shape"``, ``"sign"``, ``"factor"``, ``"missing
            term"``, ``"extra term"``, ``"summed index"`` (summed and should be free, or free and
            should be summed), ``"symmetric only"``, ``"mask only"``, ``"domain"``, ``"special
            point"`` (right under such a condition), ``"upstream"`` (the incoming gradient is
            missing), ``"not finite"``, ``"unrelated"``.
        message: A sentence that says more.
        order: The axes of the formula in the order it was taken to have.
        formula: The formula as it was understood.
        expected: What is right, as text.
        decided_by: The stage of :func:`tensorcalc.check.equal` that decided.
        counter_example: A point where the two differ, if they do.
    """

    equal: bool
    reason: Reason
    message: str
    order: tuple[str, ...]
    formula: str
    expected: str
    decided_by: Stage
    counter_example: CounterExample | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        head = "equal" if self.equal else f"not equal: {self.reason}"
        axes = ", ".join(self.order) if self.order else "none, a scalar"
        lines = [
            f"{head}, decided by {self.decided_by}",
            self.message,
            f"  yours  {self.formula}",
            f"  axes   {axes}",
            f"  right  {self.expected.strip()}".replace("\n", "\n         "),
        ]
        if self.counter_example is not None:
            lines.append(str(self.counter_example))
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain values, for JSON."""
        example = self.counter_example
        return {
            "equal": self.equal,
            "reason": self.reason,
            "message": self.message,
            "order": list(self.order),
            "formula": self.formula,
            "expected": self.expected,
            "decided_by": self.decided_by,
            "counter_example": example.as_dict() if example is not None else None,
        }


def compare(
    answer: str | Equations,
    source: Equations,
    of: str,
    wrt: str | Sequence[str] | None = None,
    *,
    mode: Mode | None = None,
    syntax: str = "auto",
    seed: int = 0,
) -> Verdict:
    """Compare a formula with a derivative, or with a definition's own value.

    Args:
        answer: A formula in any syntax, or equations. ``NAME_{axes} = formula`` fixes the order
            of its axes; a bare formula has its free indices in order of first appearance. Of
            several lines the last is the answer. Inputs and definitions of ``source`` may be
            used, and the inputs a mode adds (``x_bar``).
        source: The program.
        of: What is differentiated.
        wrt: By what; without it the value of ``of`` itself is meant. A pair for a mixed block
            of a Hessian.
        mode: By default the gradient of a scalar, the Jacobian of anything else.
        syntax: As in :func:`tensorcalc.language.parse`.
        seed: Fixes everything that is drawn.

    Returns:
        The verdict: equal or not, decided as :func:`tensorcalc.check.equal` does, with a reason
        that was found on values at generic points.

    Raises:
        NotationError: The answer is not in the notation.
        UnknownNameError: A name is not in the program.
        NotDifferentiableError: There is no such derivative.

    Example:
        >>> from tensorcalc.language import parse
        >>> loss = parse("symmetric A; f = X_ij A_ik X_kj").equations
        >>> verdict = compare("A_kl X_lj", loss, of="f", wrt="X")
        >>> verdict.reason, verdict.message
        ('factor', 'your formula is 1/2 times the gradient of f by X')
        >>> compare("2 A_kl X_lj", loss, of="f", wrt="X").equal
        True
    """
    request = _request(source, of, wrt, mode)
    right = source.needed_for((of,)) if request.mode == "value" else derive(request)
    if len(right.outputs) != 1:
        raise TensorcalcError("one formula is compared with one output: name one variable")
    output = right.outputs[0]
    what = _in_words(request)
    expected = _as_text(right, source, output)
    program = _surroundings(source, right)
    functions = _functions(right, source)
    try:
        read = read_answer(
            answer, program, right.tensor(output), syntax=syntax, functions=functions
        )
    except (NotationError, ShapeError) as error:
        message = _misfit(error)
        if message is None:
            raise
        shown = to_text(answer) if isinstance(answer, Equations) else answer.strip()
        return Verdict(False, "shape", message, (), shown, expected, "normal form")
    formula = to_text(read.definition)

    def verdict(finding: Finding, stage: Stage, example: CounterExample | None = None) -> Verdict:
        same = finding.reason == "equal"
        reason: Any = finding.reason
        return Verdict(same, reason, finding.message, read.order, formula, expected, stage, example)

    decision = equal(read.equations, right, [(read.name, output)], seed=seed)
    if decision.equal:
        return verdict(Finding("equal", f"your formula is {what}"), decision.decided_by)
    found = _diagnosed(read, right, output, request, what, seed)
    return verdict(found, decision.decided_by, decision.counter_example)


def _request(
    source: Equations, of: str, wrt: str | Sequence[str] | None, mode: Mode | None
) -> Request:
    names = () if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)
    if not names:
        if mode not in (None, "value"):
            raise TensorcalcError(f"{mode} needs the name of a variable")
        source.definition(of)
        return Request("value", of, (), source)
    chosen = mode or ("jacobian" if source.tensor(of).rank else "grad")
    if chosen == "hessian" and len(names) == 1:
        names = names * 2
    return Request(chosen, of, names, source)


def _in_words(request: Request) -> str:
    words = {
        "value": "the value",
        "jacobian": "the Jacobian",
        "grad": "the gradient",
        "vjp": "the vector-Jacobian product",
        "jvp": "the Jacobian-vector product",
        "hessian": "the Hessian",
        "hvp": "the Hessian-vector product",
    }
    by = f" by {' and '.join(dict.fromkeys(request.wrt))}" if request.wrt else ""
    return f"{words[request.mode]} of {request.of}{by}"


def _as_text(right: Equations, source: Equations, output: str) -> str:
    """What is right: the output and the definitions it reads that the program has not."""
    needed = [d for d in right.definitions if d.name == output or not source.defines(d.name)]
    lines = [line for d in needed for line in to_text(d).splitlines()]
    return "\n".join(["…", *lines[-_LINES:]] if len(lines) > _LINES else lines)


def _surroundings(source: Equations, right: Equations) -> Equations:
    """What an answer may read: the program, and what its derivative reads besides."""
    known = source.names() | set(right.outputs)
    more = [d for d in right.definitions if d.name not in known]
    inputs = (*source.inputs, *(t for t in right.inputs if t not in source.inputs))
    definitions = (*source.definitions, *more)
    return Equations(inputs, definitions, (), source.facts, source.sizes)


def _functions(*programs: Equations) -> set[str]:
    """The abstract functions in use."""
    found: set[str] = set()
    for equations in programs:
        for definition in equations.definitions:
            for node in walk(definition.body):
                if isinstance(node, Apply | Transform) and isinstance(
                    node.operation, AbstractFunction
                ):
                    found.add(node.operation.name)
    return found


# What is wrong


def _misfit(error: NotationError | ShapeError) -> str | None:
    """What the answer's extents contradict; None if the error is about something else."""
    if isinstance(error, ShapeError):
        return str(error)
    if any(d.code != "E401" for d in error.diagnostics):
        return None
    return re.sub(r" \(line \d+(, column \d+)?\)", "", error.diagnostics[0].message)


def _diagnosed(
    read: Answer, right: Equations, output: str, request: Request, what: str, seed: int
) -> Finding:
    fits = True
    try:
        joint = align(read.equations, right, [(read.name, output)])
    except ShapeError:
        fits = False
        joint = align(read.equations, right, [(read.name, output)], shapes=False)
    samples = Samples(joint, seed)
    found = (
        (explain_terms(samples, what) if fits else None)
        or explain_axes(samples, what, read.order)
        or (_upstream(read, samples, request) if fits else None)
        or (explain_conditions(samples, what) if fits else None)
    )
    if found is not None:
        return found
    if not fits:
        shapes = [_shape(samples.answer), _shape(samples.right)]
        return Finding("shape", f"your formula has the axes {shapes[0]}, {what} has {shapes[1]}")
    sizes = [
        float(np.max(np.abs(s.answer - s.right)) / max(float(np.max(np.abs(s.right))), 1e-300))
        for s in samples.generic
    ]
    return Finding(
        "unrelated",
        f"no simple relation to {what} was found: they differ by {max(sizes):.1%} of its size",
    )


def _shape(definition: Definition) -> str:
    return "[" + ", ".join(str(e) for e in definition.tensor.extents) + "]"


def _upstream(read: Answer, samples: Samples, request: Request) -> Finding | None:
    """The incoming gradient (or tangent) left out: taken as 1."""
    for name in _seeds(request):
        if samples.hold_with(name, np.ones_like):
            return Finding("upstream", f"your formula lacks the factor {name}: it takes it as 1")
    if request.mode not in ("grad", "jacobian") or len(set(request.wrt)) != 1:
        return None
    for definition, local in _local_products(request):
        joint = align(read.equations, local, [(read.name, local.outputs[0])], shapes=False)
        bar = f"{definition.name}_bar"
        try:
            inner = Samples(joint, samples.seed, 2)
        except TensorcalcError:
            continue
        if inner.answer.tensor.extents == inner.right.tensor.extents and inner.hold(_ones(bar)):
            return Finding(
                "upstream",
                f"your formula takes the gradient that arrives at {definition.name} as 1: "
                f"multiply by the gradient of {request.of} by {definition.name}",
            )
    return None


def _seeds(request: Request) -> Iterator[str]:
    if request.mode == "vjp":
        yield f"{request.of}_bar"
    elif request.mode in ("jvp", "hvp"):
        yield from (f"{name}_dot" for name in dict.fromkeys(request.wrt))


def _ones(name: str) -> Callable[[Point, np.random.Generator], Arrays]:
    def change(point: Point, generator: np.random.Generator) -> Arrays:
        return {**point.arrays, name: np.ones_like(point.arrays[name])}

    return change


def _local_products(request: Request) -> Iterator[tuple[Definition, Equations]]:
    """The gradient by the variable, back-propagated from the last definitions on the way."""
    source = split(request.source.needed_for((request.of,)))
    for definition in source.definitions[: -_LOCAL - 1 : -1]:
        if definition.name in (request.of, *request.wrt):
            continue
        asked = Request("vjp", definition.name, request.wrt, source)
        try:
            yield definition, derive(asked)
        except TensorcalcError:
            continue
