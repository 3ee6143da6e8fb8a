"""Row F2: an LSTM learns the next character of three sonnets, by derived gradients alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from derivations.rows import FOLDER
from tensorcalc.program import load

__all__ = ["PARAMETERS", "Text", "character_files", "learn", "starting_weights", "text"]

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

GATES = "fuog"
PARAMETERS = ("E", *(f"{kind}{gate}" for gate in GATES for kind in "UWb"), "V", "d")

ROWS, LENGTH = 8, 24
FEATURES, UNITS = 12, 32
RATE, STEPS = 2.0, 400


@dataclass(frozen=True)
class Text:
    """A text as numbers: its characters in the order of their code points, and each one's place."""

    characters: str
    places: Labels

    def batches(self) -> Iterator[tuple[Labels, Labels]]:
        """Pieces of the text and, for each character, the one behind it, again and again."""
        rng = np.random.default_rng(0)
        while True:
            first = rng.integers(0, len(self.places) - LENGTH, ROWS)
            places = first[:, None] + np.arange(LENGTH)
            yield self.places[places], self.places[places + 1]


def text() -> Text:
    """The sonnets of the row."""
    content = (FOLDER / "data" / "sonnets.txt").read_text(encoding="utf-8")
    characters = "".join(sorted(set(content)))
    return Text(characters, np.array([characters.index(c) for c in content]))


def starting_weights(characters: int) -> dict[str, Array]:
    """Weights of about unit gain, no bias."""
    rng = np.random.default_rng(1)
    weights = {"E": rng.normal(size=(characters, FEATURES))}
    for gate in GATES:
        weights[f"U{gate}"] = rng.normal(size=(UNITS, FEATURES)) / FEATURES**0.5
        weights[f"W{gate}"] = rng.normal(size=(UNITS, UNITS)) / UNITS**0.5
        weights[f"b{gate}"] = np.zeros(UNITS)
    weights["V"] = rng.normal(size=(characters, UNITS)) / UNITS**0.5
    weights["d"] = np.zeros(characters)
    return weights


def learn(steps: int, backend: Literal["numpy", "torch"] = "numpy") -> list[float]:
    """Descend along the derived gradient; return the loss of each step's batch.

    Args:
        steps: How many batches to learn from.
        backend: What the kernels are compiled for.
    """
    network = load(FOLDER / "F2" / "characters.tc")
    loss: Callable[..., Any] = network.compile(backend)
    gradient: Callable[..., Mapping[str, Any]] = network.grad("L", PARAMETERS).compile(backend)
    learned = text()
    weights = starting_weights(len(learned.characters))
    losses: list[float] = []
    for (given, wanted), _ in zip(learned.batches(), range(steps), strict=False):
        losses.append(float(loss(**weights, w=given, q=wanted)))
        slopes = gradient(**weights, w=given, q=wanted)
        for name in PARAMETERS:
            weights[name] = weights[name] - RATE * np.asarray(slopes[f"dL_d{name}"])
    return losses


def character_files() -> dict[str, str | bytes]:
    """The loss of each step, and where it began and ended."""
    learned = text()
    losses = learn(STEPS)
    blind = np.log(len(learned.characters))
    lines = [
        f"sonnets.txt: {len(learned.places)} characters, {len(learned.characters)} different ones",
        f"an LSTM of {UNITS} units, characters as {FEATURES} numbers",
        f"gradient descent, rate {RATE}, {STEPS} steps of {ROWS} x {LENGTH} characters",
        "",
        f"loss of guessing blindly {blind:.2f}",
        f"loss of the first batch {losses[0]:.2f}",
        *(
            f"mean loss of steps {n - 99} to {n}: {np.mean(losses[n - 100 : n]):.2f}"
            for n in range(100, STEPS + 1, 100)
        ),
    ]
    return {"training.txt": "\n".join(lines) + "\n", "loss.png": _picture(losses)}


def _picture(losses: list[float]) -> bytes:
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(range(1, len(losses) + 1), losses)
    axes.set_xlabel("step")
    axes.set_ylabel("L of the batch")
    axes.set_title("An LSTM on three sonnets, trained with derived kernels")
    axes.grid(visible=True, alpha=0.3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "loss.png"
        figure.savefig(path, dpi=120, metadata={"Software": None})
        return path.read_bytes()
