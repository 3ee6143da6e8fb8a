"""``tensorcalc tour``: the whole path on one example, from formulas to a trained network."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from tensorcalc.cli.terminal import heading, print_json, progress, say
from tensorcalc.cli.training import (
    DIGITS_NETWORK,
    PARAMETERS,
    SCHEDULES,
    Digits,
    History,
    load_digits,
    network_kernels,
    save_loss_curves,
    train,
)
from tensorcalc.cli.verbs import CHECK_FAILED
from tensorcalc.program import Program, parse

__all__ = ["LAYER", "tour"]

#: One dense layer; sigma is any function of a vector.
LAYER = """\
z^i = A^i_j y^j + b^i
x^p = B^p_i sigma(z)^i
"""

WANTED_ACCURACY = 0.95
#: Sizes of the training step, so that the plan counts what will run.
SIZES = {"K": 32}


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="tour-loss.png",
    show_default=True,
    help="Where the loss curves go.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, at the end.")
def tour(output: Path, *, as_json: bool) -> int:
    """Derive a dense layer, check every derivative, train it on digits.

    The layer's four Jacobians with every step; the gradients of its squared error, error first;
    each of them compared with an independent oracle; then scikit-learn's digits, learned
    with the derived kernels and no automatic differentiation. Ends with status 1 if a check
    fails or fewer than 95 % of the test digits are recognised.
    """
    say_here = _silent if as_json else say
    title = _silent if as_json else heading
    start = time.perf_counter()
    digits = load_digits()

    title("1. One dense layer, and its four Jacobians")
    jacobian = parse(LAYER).jacobian("x", ["y", "A", "b", "B"])
    say_here(jacobian.derivation().to_text().rstrip("\n"))

    title("2. Its squared error over K samples, and the gradients by back-propagation")
    network = parse(DIGITS_NETWORK)
    gradient = network.grad("L", list(PARAMETERS))
    say_here(gradient.derivation().to_text().rstrip("\n"))

    title("3. The order of the products: the error first")
    kernel = gradient.compile("numpy", sizes=_sizes(network, digits))
    say_here(str(kernel.plan))

    title("4. The kernel for NumPy, as it is written out")
    say_here(kernel.source.rstrip("\n"))

    title("5. Every derivative against an independent oracle")
    checks = _checks(jacobian, network, gradient)
    for name, report in checks:
        say_here(f"{name}\n{report}\n")
    passed = all(report.passed for _, report in checks)

    title("6. Learning digits with these kernels")
    say_here(
        f"{len(digits.labels)} training images, {len(digits.test_labels)} test images; "
        "no automatic differentiation\n"
    )
    histories = _train(network, kernel, digits, as_json=as_json)
    save_loss_curves(histories, output)
    best = max(h.test_accuracy for h in histories)
    good = best >= WANTED_ACCURACY
    say_here(f"\nloss curves: {output}")
    say_here(f"test accuracy: {best:.1%} ({'at least' if good else 'LESS than'} 95 %)")
    say_here(f"checks: {'all passed' if passed else 'FAILED'}")
    seconds = time.perf_counter() - start
    say_here(f"the tour took {seconds:.0f} s")
    if as_json:
        print_json(
            {
                "jacobians": str(jacobian),
                "gradients": str(gradient),
                "checks": [{"of": name, **report.as_dict()} for name, report in checks],
                "runs": [
                    {
                        "schedule": h.schedule.name,
                        "steps": h.steps,
                        "losses": h.losses,
                        "test_accuracy": h.test_accuracy,
                    }
                    for h in histories
                ],
                "loss_curves": str(output),
                "test_accuracy": best,
                "seconds": round(seconds, 1),
            }
        )
    return 0 if passed and good else CHECK_FAILED


def _silent(text: str = "") -> None:
    del text


def _sizes(network: Program, digits: Digits) -> dict[str, int]:
    """The sizes of one training step, by the names the program gives them."""
    shapes: dict[str, tuple[int, ...]] = {
        "y": (32, digits.images.shape[1]),
        "B": (10, 64),
    }
    found: dict[str, int] = {}
    for name, shape in shapes.items():
        for extent, length in zip(network.equations.tensor(name).extents, shape, strict=True):
            if extent.name is not None:
                found[extent.name] = length
    return found


def _checks(jacobian: Program, network: Program, gradient: Program) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    with progress() as line:
        for name, program in (
            ("the layer's Jacobians, sigma abstract", jacobian),
            ("the Jacobians of the network's answer", network.jacobian("x", ["y", *PARAMETERS])),
            ("the gradients of the error", gradient),
        ):
            line.show(f"checking {name} …")
            found.append((name, program.check()))
    return found


def _train(network: Program, gradient: Any, digits: Digits, *, as_json: bool) -> list[History]:
    kernels = network_kernels(network, gradient)
    histories: list[History] = []
    for schedule in SCHEDULES:
        with progress() as line:

            def after_epoch(epoch: int, loss: float, line: Any = line, of: Any = schedule) -> None:
                line.show(f"{of.name}: epoch {epoch + 1} of {of.epochs}, loss {loss:.4f}")

            history = train(kernels, digits, schedule, after_epoch=after_epoch)
        histories.append(history)
        if not as_json:
            say(
                f"{schedule.name:<26} {history.steps:>5} steps   loss {history.losses[0]:.3f} → "
                f"{history.losses[-1]:.3f}   test accuracy {history.test_accuracy:.1%}"
            )
    return histories
