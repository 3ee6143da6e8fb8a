"""Rows C1 and C2: deep networks counted, and a small one that learns exclusive or."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from derivations.rows import FOLDER
from tensorcalc.program import Program, load, parse

__all__ = ["depth_files", "gradient_of_deep_network", "learn", "learning_files", "paths_through"]

Array = npt.NDArray[np.float64]

DEPTHS = (25, 50, 100)

#: Exclusive or: the inputs, and what is wanted of them.
INPUTS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
TARGETS = np.array([[0.0], [1], [1], [0]])
RATE = 1.5


def deep_network(layers: int) -> Program:
    """A network whose every layer is read by the next two, with squared loss."""
    lines = ["y0_nj = x_nj", "y1_nj = tanh(y0_nk W1_kj + b1_j) + y0_nj"]
    lines += [
        f"y{k}_nj = tanh(y{k - 1}_nk W{k}_kj + b{k}_j) + y{k - 2}_nj" for k in range(2, layers + 1)
    ]
    return parse("\n".join([*lines, f"L = 1/2 sum_{{n j}} (y{layers}_nj - t_nj)**2"]))


def gradient_of_deep_network(layers: int) -> Program:
    """Its gradient by every weight, every bias and the input."""
    names = [f"{kind}{k}" for k in range(1, layers + 1) for kind in "Wb"]
    return deep_network(layers).grad("L", [*names, "x"])


def paths_through(layers: int) -> int:
    """How many ways lead from the input to the last layer: Fibonacci's numbers."""
    before, here = 1, 2  # those to y0 and y1
    for _ in range(layers - 1):
        before, here = here, before + here
    return here


def depth_files() -> dict[str, str | bytes]:
    """Paths, formulas, characters and multiplications of ever deeper networks."""
    lines = [
        "all weight and bias gradients and that by x, 32 samples, layers of width 16",
        "",
        f"{'layers':>6} {'paths':>10} {'formulas':>9} {'characters':>11} {'multiplications':>16}",
    ]
    for layers in DEPTHS:
        derived = gradient_of_deep_network(layers)
        sizes = {str(e): s for e, s in zip(derived["dL_dx"].tensor.extents, (32, 16), strict=True)}
        plan = derived.compile("numpy", sizes=sizes).plan
        assert not plan.assumed
        formulas = len(derived.equations.definitions)
        lines.append(
            f"{layers:>6} {float(paths_through(layers)):>10.1e} {formulas:>9} "
            f"{len(derived.formulas):>11} {plan.multiplications:>16}"
        )
    return {"depth.txt": "\n".join(lines) + "\n"}


@dataclass(frozen=True)
class Learnt:
    """What a run on exclusive or came to: the error after each 100 samples, and the answers."""

    name: str
    errors: tuple[float, ...]
    answers: Array


def learn(batch: int, steps: int) -> Learnt:
    """Descend along the printed equations: one sample at a time, or ``batch`` at once."""
    source = load(FOLDER / "C2" / ("sigmoid.tc" if batch == 1 else "minibatch.tc"))
    printed = str(source.grad("E", ["U", "c", "W", "b"]))
    gradient = parse(printed).compile("numpy")
    every = load(FOLDER / "C2" / "minibatch.tc")
    error = every.compile("numpy")
    rng = np.random.default_rng(0)
    values = {
        "U": rng.normal(size=(1, 6)),
        "c": np.zeros(1),
        "W": 3 * rng.normal(size=(6, 2)),
        "b": rng.normal(size=6),
    }
    errors: list[float] = []
    for step in range(steps):
        if step * batch % 100 == 0:
            errors.append(float(error(x=INPUTS, t=TARGETS, **values)))
        chosen: Any = rng.integers(0, 4, size=batch)
        if batch == 1:
            chosen = chosen[0]
        slopes = gradient(x=INPUTS[chosen], t=TARGETS[chosen], **values)
        values = {name: value - RATE * slopes[f"dE_d{name}"] for name, value in values.items()}
    hidden = _sigmoid(INPUTS @ values["W"].T + values["b"])
    answers = _sigmoid(hidden @ values["U"].T + values["c"])[:, 0]
    return Learnt(
        "one sample at a time" if batch == 1 else f"batches of {batch}", tuple(errors), answers
    )


def _sigmoid(v: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-v)))


def learning_files() -> dict[str, str | bytes]:
    """How the error falls, and what the network answers in the end."""
    runs = [learn(1, 4000), learn(10, 400)]
    lines = ["exclusive or, six hidden units, 4000 samples drawn at random, rate 1.5"]
    for run in runs:
        answers = ", ".join(f"{a:.2f}" for a in run.answers)
        lines += [
            "",
            run.name,
            f"  E over the four samples at first {run.errors[0]:.3f}, at last {run.errors[-1]:.4f}",
            f"  answers to 00, 01, 10, 11: {answers}",
        ]
    figure = import_module("matplotlib.figure").Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for run in runs:
        axes.plot(100 * np.arange(len(run.errors)), run.errors, label=run.name)
    axes.set_yscale("log")
    axes.set_xlabel("samples seen")
    axes.set_ylabel("E over the four samples")
    axes.legend()
    axes.grid(visible=True, which="both", alpha=0.3)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=120, format="png", metadata={"Software": None})
    return {"training.txt": "\n".join(lines) + "\n", "error.png": picture.getvalue()}
