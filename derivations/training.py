"""Row A8: the derived gradients train a network on real digits."""

from __future__ import annotations

import tempfile
from pathlib import Path

from derivations.rows import FOLDER
from tensorcalc.cli.training import (
    SCHEDULES,
    History,
    load_digits,
    network_kernels,
    save_loss_curves,
    train,
)
from tensorcalc.program import load

__all__ = ["trained_files"]


def trained_files() -> dict[str, str | bytes]:
    """The loss curves and what each schedule reached."""
    network = load(FOLDER / "A8" / "digits.tc")
    kernels = network_kernels(network)
    digits = load_digits()
    histories = [train(kernels, digits, schedule) for schedule in SCHEDULES]
    lines = [_counted(len(digits.labels), len(digits.test_labels)), ""]
    for history in histories:
        lines += _reached(history, len(digits.labels))
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "loss.png"
        save_loss_curves(histories, picture)
        return {"training.txt": "\n".join(lines) + "\n", "loss.png": picture.read_bytes()}


def _counted(learned: int, tested: int) -> str:
    return f"scikit-learn's digits: {learned} images to learn from, {tested} to test with"


def _reached(history: History, samples: int) -> list[str]:
    schedule = history.schedule
    first, last = history.losses[0], history.losses[-1]
    how = f"batch {schedule.batch or samples}, rate {schedule.rate}, momentum {schedule.momentum}"
    return [
        f"{schedule.name}",
        f"  {how}, {schedule.epochs} epochs, {history.steps} steps",
        f"  loss after the first epoch {first:.3f}, after the last {last:.3f}",
        f"  test accuracy {history.test_accuracy:.3f}",
    ]
