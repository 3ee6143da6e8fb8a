"""Rows B4, B8 and G2: compiled kernels descend, and arrive where the optimum is known to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from derivations.rows import FOLDER
from tensorcalc.program import load

__all__ = ["Problem", "descent_files", "oja_files", "optimiser_files", "problems", "solve"]

Array = npt.NDArray[np.float64]

RATES = (0.02, 0.05, 0.1)
#: A gradient this short counts as zero.
FLAT = 1e-6
LIMIT = 20_000


@dataclass(frozen=True)
class Problem:
    """A function with its derivatives, compiled, and its optimum, known by other means."""

    name: str
    loss: Callable[[Array], float]
    gradient: Callable[[Array], Array]
    hessian: Callable[[Array], Array]
    optimum: Array


def problem(name: str, file: str, of: str, wrt: str, optimum: Array, **data: Array) -> Problem:
    """Compile what the optimisers need of the program in ``file``."""
    program = load(FOLDER / file)
    loss = program.compile("numpy")
    gradient = program.grad(of, wrt).compile("numpy")
    hessian = program.hessian(of, wrt).compile("numpy")

    def bound(kernel: Callable[..., Any], inputs: tuple[str, ...]) -> Callable[[Array], Any]:
        fixed = {key: value for key, value in data.items() if key in inputs}
        if wrt not in inputs:  # a second derivative may be constant
            return lambda point: kernel(**fixed)
        return lambda point: kernel(**fixed, **{wrt: point})

    return Problem(
        name,
        bound(loss, tuple(loss.inputs)),
        bound(gradient, tuple(gradient.inputs)),
        bound(hessian, tuple(hessian.inputs)),
        optimum,
    )


def problems() -> tuple[Problem, ...]:
    """The least squares of B1, the bowl of B4, the logistic regression of B6."""
    rng = np.random.default_rng(0)
    matrix, b = rng.normal(size=(9, 4)), rng.normal(size=9)
    solved = np.linalg.solve(matrix.T @ matrix, matrix.T @ b).astype(np.float64)
    # Each sample has one feature, so that each weight is the log-odds of its feature's labels.
    counts = ((5, 2), (3, 4), (1, 6))
    groups = [
        (feature, label)
        for feature, (positive, negative) in enumerate(counts)
        for label in [1.0] * positive + [-1.0] * negative
    ]
    features = np.eye(3)[[feature for feature, _ in groups]]
    labels = np.array([label for _, label in groups])
    odds = np.array([np.log(p / n) for p, n in counts])
    return (
        problem("least squares (B1)", "B1/least_squares.tc", "f", "x", solved, A=matrix, b=b),
        problem("bowl (B4)", "B8/bowl.tc", "f", "w", np.array([1.0, 3.0])),
        problem("logistic regression (B6)", "B6/gradient.tc", "L", "w", odds, X=features, y=labels),
    )


def solve(method: str, task: Problem) -> tuple[Array, int]:
    """Run ``method`` from the origin; returns where it ended and its number of steps."""
    start = np.zeros_like(task.optimum)
    if method == "SciPy's BFGS":
        optimize = import_module("scipy.optimize")
        found = optimize.minimize(task.loss, start, jac=task.gradient, method="BFGS", tol=FLAT)
        return np.asarray(found.x), int(found.nit)
    step = _STEPS[method]
    point = start
    for done in range(LIMIT):
        if np.linalg.norm(task.gradient(point)) < FLAT:
            return point, done
        point = step(task, point)
    return point, LIMIT


def _gradient_step(task: Problem, point: Array) -> Array:
    """The rate is the inverse of the largest curvature at the origin, where these are steepest."""
    steepest = np.linalg.eigvalsh(task.hessian(np.zeros_like(point)))[-1]
    return point - task.gradient(point) / float(steepest)


def _line_search_step(task: Problem, point: Array) -> Array:
    """Halve the step until the loss falls by a half of what the slope promises (Armijo)."""
    slope = task.gradient(point)
    rate, here, promised = 1.0, task.loss(point), float(slope @ slope)
    while task.loss(point - rate * slope) > here - 0.3 * rate * promised and rate > 1e-12:
        rate /= 2
    return point - rate * slope


def _coordinate_step(task: Problem, point: Array) -> Array:
    """Newton's step in one coordinate after the other."""
    moved = point.copy()
    for axis in range(len(point)):
        moved[axis] -= task.gradient(moved)[axis] / task.hessian(moved)[axis, axis]
    return moved


def _newton_step(task: Problem, point: Array) -> Array:
    return np.asarray(point - np.linalg.solve(task.hessian(point), task.gradient(point)))


_STEPS: dict[str, Callable[[Problem, Array], Array]] = {
    "gradient descent": _gradient_step,
    "steepest descent, line search": _line_search_step,
    "coordinate descent": _coordinate_step,
    "Newton": _newton_step,
}
METHODS = (*_STEPS, "SciPy's BFGS")


def optimiser_files() -> dict[str, str | bytes]:
    """What each optimiser reached on each problem."""
    return {"optimisers.txt": "\n".join(_optimiser_lines()) + "\n"}


def _optimiser_lines() -> Iterator[str]:
    yield "from the origin until the gradient is shorter than 1e-6"
    for task in problems():
        yield ""
        yield f"{task.name}: known optimum {_numbers(task.optimum)}"
        yield f"  loss there {float(task.loss(task.optimum)):.4f}"
        for method in METHODS:
            point, steps = solve(method, task)
            gap = float(task.loss(point)) - float(task.loss(task.optimum))
            verdict = "reached" if abs(gap) < 1e-9 else "NOT REACHED"
            counted = "" if method.startswith("SciPy") else f", {steps} steps"
            yield f"  {method}: {verdict}{counted}"


def descend(rate: float, steps: int) -> Array:
    """Gradient descent into the bowl of B4 from the origin."""
    gradient = load(FOLDER / "B4" / "gradient.tc").grad("f", ["w1", "w2"]).compile("numpy")
    point = np.zeros(2)
    for _ in range(steps):
        slope = gradient(w1=float(point[0]), w2=float(point[1]))
        point = point - rate * np.array([slope["df_dw1"], slope["df_dw2"]])
    return point


def descent_files() -> dict[str, str | bytes]:
    """Where gradient descent into the bowl is after some steps, for each rate."""
    lines = ["the optimum is at 1, 3; from the origin"]
    for rate in RATES:
        lines += ["", f"rate {rate}"]
        for steps in (10, 100, 1000):
            point = descend(rate, min(steps, 100) if rate == RATES[-1] else steps)
            away = float(np.linalg.norm(point - (1, 3)))
            where = _numbers(point) if away < 10 else "far away: it diverges"
            lines.append(f"  after {steps} steps: {where}")
    return {"descent.txt": "\n".join(lines) + "\n"}


def learn_component(steps: int) -> tuple[Array, Array]:
    """Oja's rule on random data: the weights it ends with, and the leading component."""
    rng = np.random.default_rng(1)
    data = rng.normal(size=(400, 4)) @ np.diag([3.0, 1.0, 0.7, 0.4]) @ rng.normal(size=(4, 4))
    data -= data.mean(0)
    leading = np.linalg.eigh(data.T @ data)[1][:, -1]
    update = load(FOLDER / "G2" / "oja.tc").compile("numpy")
    weights = np.array([0.5, -0.2, 0.3, 0.1])
    for step in range(steps):
        sample = data[step % len(data)]
        weights = np.asarray(update(w=weights, x=sample, eta=1 / (200 + 5 * step)))
    return weights, leading


def oja_files() -> dict[str, str | bytes]:
    """How near Oja's rule comes to the leading component."""
    lines = ["400 samples of 4 features, one after the other"]
    for steps in (100, 1000, 10_000):
        weights, leading = learn_component(steps)
        length = float(np.linalg.norm(weights))
        cosine = abs(float(weights @ leading)) / length
        lines.append(f"after {steps} updates: length {length:.3f}, cosine {cosine:.4f}")
    return {"oja_run.txt": "\n".join(lines) + "\n"}


def _numbers(values: Array) -> str:
    return ", ".join(f"{value:.4f}" for value in values)
