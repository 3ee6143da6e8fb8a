"""Interleaved timing: what counts are ratios measured in one process, round by round."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Measurement", "compare_results", "measure"]

Contender = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Measurement:
    """Median seconds of one call, and the median over rounds of its ratio to the reference."""

    name: str
    seconds: float
    ratio: float


def measure(
    contenders: Mapping[str, Contender], reference: str, rounds: int, budget: float
) -> list[Measurement]:
    """Time the contenders in turn, ``rounds`` times; each turn takes about ``budget`` seconds."""
    repeats: dict[str, int] = {}
    for name, call in contenders.items():
        call()
        start = time.perf_counter()
        call()
        once = max(time.perf_counter() - start, 1e-7)
        repeats[name] = max(1, int(budget / once))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            count = repeats[name]
            start = time.perf_counter()
            for _ in range(count):
                call()
            times[name].append((time.perf_counter() - start) / count)
    base = times[reference]
    return [
        Measurement(
            name,
            statistics.median(own),
            statistics.median(t / b for t, b in zip(own, base, strict=True)),
        )
        for name, own in times.items()
    ]


def compare_results(contenders: Mapping[str, Contender], tolerance: float) -> None:
    """Raise an error unless all contenders return the same arrays."""
    results = {name: [np.asarray(a) for a in call()] for name, call in contenders.items()}
    (first, expected), *others = results.items()
    for name, result in others:
        for number, (got, want) in enumerate(zip(result, expected, strict=True)):
            scale = float(np.abs(want).max(initial=1e-30))
            error = float(np.abs(got - want).max(initial=0.0)) / scale
            if got.shape != want.shape or not error < tolerance:
                raise AssertionError(
                    f"result {number} of {name} differs from that of {first} by {error:.1e}"
                )
