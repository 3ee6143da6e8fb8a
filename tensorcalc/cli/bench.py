"""``tensorcalc bench``: how long a kernel's call takes on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from tensorcalc.check import available_backends, draw
from tensorcalc.cli.request import Asked, asks, sizes_option
from tensorcalc.cli.terminal import print_json, progress, say
from tensorcalc.codegen import Kernel

__all__ = ["bench"]

#: One measurement lasts at least this long, so that the clock's steps do not matter.
_MEASUREMENT = 0.02
_REPEATS = 15


@dataclass(frozen=True)
class Timing:
    """Seconds for one call: the median of the measurements, and the quickest."""

    backend: str
    compiling: float
    median: float
    quickest: float


@click.command()
@asks(derivative=False)
@sizes_option
def bench(asked: Asked, *, as_json: bool, sizes: dict[str, int] | None) -> None:
    """Time the kernels of SOURCE or of its derivative on random inputs."""
    timings: list[Timing] = []
    used: dict[str, int] = {}
    with progress() as line:
        for backend in available_backends():
            line.show(f"{backend} …")
            start = time.perf_counter()
            kernel = asked.result.compile("torch" if backend == "torch" else "numpy", sizes=sizes)
            compiling = time.perf_counter() - start
            used = {**dict(kernel.plan.sizes), **(sizes or {})}
            call = _ready(kernel, asked, used)
            median, quickest = _measured(call)
            timings.append(Timing(backend, compiling, median, quickest))
    if as_json:
        print_json(
            {
                **asked.described(),
                "sizes": used,
                "timings": [
                    {
                        "backend": t.backend,
                        "compile_seconds": t.compiling,
                        "median_seconds": t.median,
                        "quickest_seconds": t.quickest,
                    }
                    for t in timings
                ],
            }
        )
        return
    say("sizes: " + (", ".join(f"{name} = {n}" for name, n in sorted(used.items())) or "none"))
    say(f"{'backend':<8} {'one call':>12} {'quickest':>12} {'to compile':>12}")
    for t in timings:
        cells = (_readable(t.median), _readable(t.quickest), _readable(t.compiling))
        say(f"{t.backend:<8} " + " ".join(f"{cell:>12}" for cell in cells))


def _ready(kernel: Kernel, asked: Asked, sizes: dict[str, int]) -> Callable[[], Any]:
    arrays: dict[str, Any] = draw(asked.result.equations, sizes, np.random.default_rng(0))
    given = {name: arrays[name] for name in kernel.inputs}
    if kernel.backend == "torch":
        import torch

        given = {name: torch.tensor(array) for name, array in given.items()}
    return lambda: kernel(**given)


def _measured(call: Callable[[], Any]) -> tuple[float, float]:
    call()
    number = 1
    while (spent := _spent(call, number)) < _MEASUREMENT:
        number = max(2 * number, int(number * _MEASUREMENT / max(spent, 1e-9)))
    seconds = [_spent(call, number) / number for _ in range(_REPEATS)]
    return statistics.median(seconds), min(seconds)


def _spent(call: Callable[[], Any], number: int) -> float:
    start = time.perf_counter()
    for _ in range(number):
        call()
    return time.perf_counter() - start


def _readable(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
