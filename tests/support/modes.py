"""Derivatives of random programs, held against the oracle."""

from __future__ import annotations

from random import Random

import numpy as np

import tensorcalc.ops  # noqa: F401  (registers the catalog)
from tensorcalc.calculus import Request, derive
from tensorcalc.check import NumpyBackend, bind_sizes, evaluate, generic_point, verify
from tensorcalc.check.verify import carried_out
from tensorcalc.codegen import compile_equations
from tensorcalc.expr import Equations
from tensorcalc.printing import to_text
from tests.support.kernels import behaves
from tests.support.programs import scalar

__all__ = ["MODES", "agrees", "keeps_promises", "random_request"]

MODES = ("value", "jacobian", "vjp", "jvp", "grad", "hvp", "hessian")
TOLERANCE = 1e-9


def random_request(random: Random, equations: Equations, mode: str) -> Request | None:
    """A request for that mode by one or two tensors, some of them definitions or components.

    None where the program reads no real numbers. Of a recurrence that is read on the way nothing
    is asked: it is refused, and tests of its own say so.
    """
    of = equations.outputs[-1]
    if mode == "value":
        return Request("value", of, (), equations)
    needed = equations.needed_for([of])
    read = {t for d in needed.definitions for t in d.reads}
    inputs = [t for t in equations.inputs if t.domain == "real" and t in read]
    inner = [d.tensor for d in needed.definitions if d.tensor in read and not d.starts]
    if not inputs:
        return None
    chosen = random.sample(inputs, min(len(inputs), random.choice((1, 2))))
    if inner and random.random() < 0.3:
        chosen[0] = random.choice(inner)
    names = tuple(dict.fromkeys(t.name for t in chosen))
    source = equations
    if mode in ("grad", "hvp", "hessian"):
        source, of = scalar(equations), "L"
    if mode == "hessian":
        names = (names[0], names[-1])
    components: tuple[tuple[str, tuple[int, ...]], ...] = ()
    if mode in ("grad", "jacobian") and random.random() < 0.2:
        components = ((names[0], tuple(random.choice((0, 1)) for _ in range(chosen[0].rank))),)
    return Request(mode, of, names, source, components)  # type: ignore[arg-type]


def agrees(request: Request, seed: int = 0) -> None:
    """The kernels of both backends, and the formula itself, are what autograd measures."""
    derived = request.source if request.mode == "value" else derive(request)
    derived = carried_out(derived)

    def formula(**arrays: object) -> object:
        shapes = {t: np.shape(arrays[t.name]) for t in derived.inputs}  # type: ignore[arg-type]
        sizes = bind_sizes(shapes, dict(derived.sizes))
        return evaluate(derived, arrays, NumpyBackend(), sizes)  # type: ignore[arg-type]

    kernels = {name: compile_equations(derived, name) for name in ("numpy", "torch")}
    report = verify(
        derived,
        request,
        kernels={**kernels, "formula": formula},
        backends=(*kernels, "formula"),
        seed=seed,
        tolerance=TOLERANCE,
    )
    assert report.passed, f"{to_text(request.source)}\n--\n{to_text(derived)}\n{report}"
    assert set(report.backends) == {"numpy", "torch", "formula"}


def keeps_promises(request: Request, seed: int = 0) -> None:
    """The kernels of a derived program leave memory alone and keep the type."""
    derived = carried_out(request.source if request.mode == "value" else derive(request))
    point = generic_point(derived, seed)
    behaves(derived, point.arrays, tolerance=TOLERANCE, single=None)
