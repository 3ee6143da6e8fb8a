"""``python -m benchmarks``: ratios of every contender to tensorcalc's kernel of its back end."""

from __future__ import annotations

import argparse
import math
import os
import platform
import sys

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402

from benchmarks.cases import CASES, contenders_of  # noqa: E402
from benchmarks.contractions import CONTRACTIONS, contraction_contenders  # noqa: E402
from benchmarks.convolutions import CONVOLUTIONS  # noqa: E402
from benchmarks.timing import compare_results, measure  # noqa: E402


def main() -> int:
    """Compare results first, then time; print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--smoke", action="store_true", help="small sizes and few rounds only")
    parser.add_argument("--case", help="only cases whose name contains this")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, torch {torch.__version__}, "
        f"one thread, {options.dtype}; ratio > 1: slower than tensorcalc on the same back end"
    )
    rounds, budget = (5, 0.005) if options.smoke else (25, 0.02)
    tolerance = 1e-10 if options.dtype == "float64" else 1e-4
    for case in (*CASES, *CONVOLUTIONS):
        if options.case and options.case not in case.name:
            continue
        for size in case.sizes:
            if options.smoke and size != "small":
                continue
            contenders = contenders_of(case, size, options.dtype)
            compare_results(contenders, tolerance)
            settings = ", ".join(f"{k}={v}" for k, v in case.sizes[size].items())
            print(f"\n{case.name}, {size} ({settings})")
            for backend in ("numpy", "torch"):
                reference = f"tensorcalc {backend}"
                group = {n: c for n, c in contenders.items() if backend in n}
                for result in measure(group, reference, rounds, budget):
                    print(
                        f"  {result.name:20} {result.seconds * 1e6:10.1f} µs  {result.ratio:6.2f}"
                    )
    if not options.case:
        _contractions(rounds, budget, options.smoke)
    return 0


def _contractions(rounds: int, budget: float, smoke: bool) -> None:
    """One line for each product: opt_einsum's time as a multiple of ours."""
    print("\nsingle products: opt_einsum's contract_expression of the same order / tensorcalc")
    print(f"  {'':28}{'NumPy':>12}{'':>8}{'Torch':>12}")
    ratios: dict[str, list[float]] = {"numpy": [], "torch": []}
    for name, (spec, sizes) in list(CONTRACTIONS.items())[: 3 if smoke else None]:
        contenders = contraction_contenders(spec, sizes)
        compare_results(contenders, 1e-10)
        cells: list[str] = []
        for backend, own in ratios.items():
            group = {n: c for n, c in contenders.items() if backend in n}
            ours, theirs = measure(group, f"tensorcalc {backend}", rounds, budget / 2)
            own.append(theirs.ratio)
            cells.append(f"{ours.seconds * 1e6:9.1f} µs{theirs.ratio:8.2f}")
        print(f"  {name:28}{''.join(cells)}")
    means = [f"{math.prod(r) ** (1 / len(r)):20.2f}" for r in ratios.values()]
    print(f"  {'geometric mean':28}{''.join(means)}")


if __name__ == "__main__":
    sys.exit(main())
