"""Gradient descent on scikit-learn's digits, with kernels as the only source of gradients.

No automatic differentiation takes part: the loss, its gradients and the network are each a
function of arrays, compiled by tensorcalc from one formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorcalc.errors import TensorcalcError
from tensorcalc.program import Program

__all__ = [
    "DIGITS_NETWORK",
    "SCHEDULES",
    "Digits",
    "History",
    "Kernels",
    "MissingLibraryError",
    "Schedule",
    "load_digits",
    "network_kernels",
    "save_loss_curves",
    "train",
]

Array = npt.NDArray[np.float64]
Kernel = Callable[..., Any]

#: One hidden layer and its mean squared error over the samples ``k``.
DIGITS_NETWORK = """\
# x_k is the network's answer to the image y_k, t_k the wanted one
z_k^i = A^i_j y_k^j + b^i
s_k^i = tanh(z_k^i)
x_k^p = B^p_i s_k^i
L = 1/K sum_k sum_p (t_k^p - x_k^p)**2
index k : K
"""

HIDDEN_UNITS = 64
PARAMETERS = ("A", "b", "B")


class MissingLibraryError(TensorcalcError):
    """A library that only the examples need is not installed."""


@dataclass(frozen=True)
class Digits:
    """Images of 8x8 pixels in 0 … 1 and their classes, split into training and test."""

    images: Array
    labels: npt.NDArray[np.int64]
    test_images: Array
    test_labels: npt.NDArray[np.int64]

    @property
    def targets(self) -> Array:
        """One row for each training image: 1 at its class, else 0."""
        return np.eye(10)[self.labels]


@dataclass(frozen=True)
class Kernels:
    """The three functions that training needs, each called with arrays by name."""

    loss: Kernel
    gradient: Kernel
    network: Kernel


@dataclass(frozen=True)
class Schedule:
    """How the parameters move: ``batch`` samples a step, all of them if None."""

    name: str
    batch: int | None
    rate: float
    momentum: float
    epochs: int = 60


SCHEDULES = (
    Schedule("gradient descent", batch=None, rate=0.02, momentum=0.0),
    Schedule("minibatches", batch=32, rate=0.02, momentum=0.0),
    Schedule("minibatches with momentum", batch=32, rate=0.02, momentum=0.9),
)


@dataclass
class History:
    """What a run did: the loss after each epoch and the final share of right answers."""

    schedule: Schedule
    losses: list[float] = field(default_factory=list[float])
    test_accuracy: float = 0.0
    steps: int = 0


def network_kernels(network: Program, gradient: Kernel | None = None) -> Kernels:
    """Compile what training needs of a program like :data:`DIGITS_NETWORK`."""
    answers = Program(network.equations.needed_for(("x",)))
    return Kernels(
        loss=network.compile("numpy"),
        gradient=gradient or network.grad("L", PARAMETERS).compile("numpy"),
        network=answers.compile("numpy"),
    )


def load_digits() -> Digits:
    """Return scikit-learn's 1,797 digits; every fourth one is kept for testing."""
    try:
        datasets: Any = import_module("sklearn.datasets")
    except ImportError as missing:
        raise MissingLibraryError(
            "this needs scikit-learn and matplotlib: pip install 'tensorcalc[examples]'"
        ) from missing
    bunch = datasets.load_digits()
    images = np.asarray(bunch.data, dtype=np.float64) / 16
    labels = np.asarray(bunch.target, dtype=np.int64)
    test = np.arange(len(images)) % 4 == 0
    return Digits(images[~test], labels[~test], images[test], labels[test])


def initial_parameters(digits: Digits, rng: np.random.Generator) -> dict[str, Array]:
    """Weights of about unit gain, no bias."""
    pixels = digits.images.shape[1]
    return {
        "A": rng.normal(size=(HIDDEN_UNITS, pixels)) / pixels**0.5,
        "b": np.zeros(HIDDEN_UNITS),
        "B": rng.normal(size=(10, HIDDEN_UNITS)) / HIDDEN_UNITS**0.5,
    }


def train(
    kernels: Kernels,
    digits: Digits,
    schedule: Schedule,
    *,
    seed: int = 0,
    after_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> History:
    """Descend along the kernels' gradients and return what happened.

    Args:
        kernels: The compiled loss, gradient and network of :data:`DIGITS_NETWORK`.
        digits: The data.
        schedule: Step size, batch size, momentum, number of epochs.
        seed: Of the starting weights and of the order of the samples.
        after_epoch: Called with the number of the epoch and the loss on all training data.
    """
    rng = np.random.default_rng(seed)
    parameters = initial_parameters(digits, rng)
    velocity = {name: np.zeros_like(value) for name, value in parameters.items()}
    targets = digits.targets
    history = History(schedule)
    batch = schedule.batch or len(targets)
    for epoch in range(schedule.epochs):
        order = rng.permutation(len(targets))
        for first in range(0, len(targets), batch):
            rows = order[first : first + batch]
            gradients: Mapping[str, Array] = kernels.gradient(
                **parameters, y=digits.images[rows], t=targets[rows]
            )
            for name in PARAMETERS:
                velocity[name] = schedule.momentum * velocity[name] + gradients[f"dL_d{name}"]
                parameters[name] = parameters[name] - schedule.rate * velocity[name]
            history.steps += 1
        loss = float(kernels.loss(**parameters, y=digits.images, t=targets))
        history.losses.append(loss)
        after_epoch(epoch, loss)
    answers: Array = kernels.network(**parameters, y=digits.test_images)
    chosen: npt.NDArray[np.int64] = np.argmax(answers, axis=1)
    history.test_accuracy = int(np.count_nonzero(chosen == digits.test_labels)) / len(chosen)
    return history


def save_loss_curves(histories: list[History], path: Path) -> None:
    """Draw the training loss of each run, on a logarithmic axis, into a PNG."""
    try:
        from matplotlib.figure import Figure
    except ImportError as missing:
        raise MissingLibraryError(
            "the picture needs matplotlib: pip install 'tensorcalc[plot]'"
        ) from missing
    figure: Any = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    for history in histories:
        label = f"{history.schedule.name}: {history.test_accuracy:.1%} of the test digits right"
        axes.plot(range(1, len(history.losses) + 1), history.losses, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("L on the training digits")
    axes.set_title("One hidden layer on digits, trained with derived kernels")
    figure.legend(loc="outside lower center")
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(path, dpi=120, metadata={"Software": None})
