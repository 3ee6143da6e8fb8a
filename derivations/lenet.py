"""Row D6: LeNet-5 learns digits by its derived gradients, next to the same network in Torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from derivations.rows import FOLDER
from tensorcalc.cli.training import load_digits
from tensorcalc.program import Program, load

__all__ = [
    "PARAMETERS",
    "Run",
    "batches",
    "lenet_files",
    "network",
    "train_by_torch",
    "train_derived",
]

Array = npt.NDArray[np.float64]
Batch = tuple[Array, npt.NDArray[np.int64]]

#: Kernels and biases of the two convolutions and the three dense layers, with their fan-in.
PARAMETERS = {
    "A": ((6, 5, 5), 25),
    "a": ((6,), 25),
    "B": ((16, 6, 5, 5), 150),
    "b": ((16,), 150),
    "C": ((120, 16, 5, 5), 400),
    "c": ((120,), 400),
    "D": ((84, 120), 120),
    "d": ((84,), 120),
    "E": ((10, 84), 84),
    "e": ((10,), 84),
}
RATE = 0.2
BATCH = 32


@dataclass(frozen=True)
class Run:
    """The loss before each step, and the parameters after the last."""

    losses: list[float]
    parameters: dict[str, Array]


def network() -> Program:
    """The program of the row."""
    return load(FOLDER / "D6" / "lenet.tc")


def initial() -> dict[str, Array]:
    """Parameters to begin with, uniform as Torch draws them."""
    generator = np.random.default_rng(0)
    return {
        name: generator.uniform(-1, 1, shape) / np.sqrt(fan_in)
        for name, (shape, fan_in) in PARAMETERS.items()
    }


def batches(count: int) -> Iterator[Batch]:
    """Training images, each pixel repeated to 4 by 4, with their classes."""
    digits = load_digits()
    order = np.random.default_rng(1).permutation(len(digits.labels))
    for step in range(count):
        chosen = order[np.arange(step * BATCH, (step + 1) * BATCH) % len(order)]
        yield enlarged(digits.images[chosen]), digits.labels[chosen]


def enlarged(images: Array) -> Array:
    """Images of 8 by 8 pixels as images of 32 by 32."""
    return images.reshape(-1, 8, 8).repeat(4, 1).repeat(4, 2)


def train_derived(data: Sequence[Batch], backend: Literal["numpy", "torch"]) -> Run:
    """Stochastic gradient descent by compiled kernels; nothing is differentiated while it runs."""
    program = network()
    loss = Program(program.equations.needed_for(("L",))).compile(backend, sizes={"N": BATCH})
    gradient = program.grad("L", list(PARAMETERS)).compile(backend, sizes={"N": BATCH})
    parameters = initial()
    losses: list[float] = []
    for images, labels in data:
        given = {**parameters, "x": images, "t": labels}
        losses.append(float(loss(**given)))
        for name, slope in zip(PARAMETERS, gradient(**given).values(), strict=True):
            parameters[name] = parameters[name] - RATE * np.asarray(slope)
    return Run(losses, parameters)


def train_by_torch(data: Sequence[Batch]) -> Run:
    """The same steps by Torch's layers and autograd."""
    import torch

    functional = torch.nn.functional
    leaves: dict[str, Any] = {
        name: torch.tensor(value, requires_grad=True) for name, value in initial().items()
    }
    losses: list[float] = []
    for images, labels in data:
        x = torch.as_tensor(images)[:, None]
        u = torch.tanh(functional.conv2d(x, leaves["A"][:, None], leaves["a"]))
        v = functional.avg_pool2d(u, 2)
        w = torch.tanh(functional.conv2d(v, leaves["B"], leaves["b"]))
        y = functional.max_pool2d(w, 2).flatten(1)
        f = torch.tanh(functional.linear(y, leaves["C"].flatten(1), leaves["c"]))
        g = torch.tanh(functional.linear(f, leaves["D"], leaves["d"]))
        z = functional.linear(g, leaves["E"], leaves["e"])
        loss = functional.cross_entropy(z, torch.as_tensor(labels))
        losses.append(float(loss.detach()))
        slopes = torch.autograd.grad(loss, list(leaves.values()))
        with torch.no_grad():
            for leaf, slope in zip(leaves.values(), slopes, strict=True):
                leaf -= RATE * slope
    return Run(losses, {name: leaf.detach().numpy() for name, leaf in leaves.items()})


def accuracy(run: Run) -> float:
    """The share of the test digits that are recognised."""
    digits = load_digits()
    scores = Program(network().equations.needed_for(("z",))).compile("numpy")
    found = np.asarray(scores(**run.parameters, x=enlarged(digits.test_images)))
    right = np.equal(found.argmax(1), digits.test_labels)
    return float(np.count_nonzero(right) / len(right))


def lenet_files() -> dict[str, str | bytes]:
    """The losses of the derived kernels, held against Torch's step by step."""
    steps = 60
    data = list(batches(steps))
    derived, other = train_derived(data, "numpy"), train_by_torch(data)
    apart = max(abs(a - b) for a, b in zip(derived.losses, other.losses, strict=True))
    lines = [
        f"LeNet-5 on scikit-learn's digits, each pixel 4 by 4: {steps} steps of {BATCH} images,",
        f"rate {RATE}, float64",
        "",
        "step   loss",
        *(f"{n + 1:4}  {derived.losses[n]:6.3f}" for n in range(0, steps, 10)),
        f"{steps:4}  {derived.losses[-1]:6.3f}",
        "",
        f"every loss is that of Torch's layers and autograd to 1e-6: {apart <= 1e-6}",
        f"test accuracy {accuracy(derived):.2f}",
    ]
    return {"training.txt": "\n".join(lines) + "\n"}
