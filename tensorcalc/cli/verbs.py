"""The verbs that answer one question about one program."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from tensorcalc.cli.request import Asked, asks, sizes_option
from tensorcalc.cli.terminal import print_json, say
from tensorcalc.derivation import Derivation
from tensorcalc.printing import to_latex, to_text

__all__ = ["CHECK_FAILED", "check", "compile_", "derive", "latex", "plan"]

CHECK_FAILED = 1

_backend = click.option(
    "--backend",
    type=click.Choice(["numpy", "torch"]),
    default="numpy",
    show_default=True,
    help="The array library the kernel is for.",
)
_output = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of the terminal.",
)


@click.command()
@asks(derivative=True)
@click.option("--steps/--no-steps", default=True, help="Show how the result came about.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "latex", "markdown"]),
    default="text",
    show_default=True,
)
def derive(asked: Asked, *, as_json: bool, steps: bool, form: str) -> None:
    """Differentiate SOURCE: the formula and its derivation."""
    result = asked.result
    if as_json:
        print_json(
            {
                **asked.described(),
                "result": str(result),
                "outputs": [_output_as_json(asked, name) for name in result.outputs],
                "steps": steps_as_json(result.derivation()) if steps else None,
            }
        )
    elif steps:
        derivation = result.derivation()
        forms = {
            "text": derivation.to_text,
            "latex": derivation.to_latex,
            "markdown": derivation.to_markdown,
        }
        say(forms[form]().rstrip("\n"))
    else:
        forms = {
            "text": result.__str__,
            "latex": result.to_latex,
            "markdown": lambda: f"$$\n{result.to_latex()}\n$$",
        }
        say(forms[form]())


def _output_as_json(asked: Asked, name: str) -> dict[str, Any]:
    definition = asked.result[name]
    return {
        "name": name,
        "text": to_text(definition),
        "latex": to_latex(definition),
        "shape": [str(e) for e in definition.tensor.extents],
    }


def steps_as_json(derivation: Derivation) -> list[dict[str, Any]]:
    """The rewrites in order, each with its rules and the formula before and after."""
    return [
        {
            "target": step.target.name,
            "rules": [rule.name for rule in step.rules],
            "before": to_text(step.before, free=step.indices),
            "after": to_text(step.after, free=step.indices),
        }
        for step in derivation.steps
    ]


@click.command()
@asks(derivative=False)
@click.option("--seed", default=0, show_default=True, help="Of the random inputs.")
def check(asked: Asked, *, as_json: bool, seed: int) -> int:
    """Compare SOURCE or its derivative with an independent oracle on random inputs.

    Ends with status 1 where they differ.
    """
    report = asked.result.check(seed=seed)
    if as_json:
        print_json({**asked.described(), **report.as_dict()})
    else:
        say(str(report))
    return 0 if report.passed else CHECK_FAILED


@click.command(name="compile")
@asks(derivative=False)
@_backend
@sizes_option
@_output
def compile_(
    asked: Asked,
    *,
    as_json: bool,
    backend: Literal["numpy", "torch"],
    sizes: dict[str, int] | None,
    output: Path | None,
) -> None:
    """Write SOURCE or its derivative as a standalone Python function."""
    kernel = asked.result.compile(backend, sizes=sizes)
    if output is not None:
        output.write_text(kernel.source, encoding="utf-8", newline="\n")
    if as_json:
        print_json(
            {
                **asked.described(),
                "backend": backend,
                "inputs": list(kernel.inputs),
                "outputs": list(kernel.outputs),
                "source": kernel.source,
            }
        )
    elif output is None:
        say(kernel.source.rstrip("\n"))
    else:
        say(f"wrote {output}")


@click.command()
@asks(derivative=False)
@_output
def latex(asked: Asked, *, as_json: bool, output: Path | None) -> None:
    """Write SOURCE as LaTeX, or the derivation of its derivative as a document."""
    if asked.mode is None:
        text = f"\\[\n{asked.program.to_latex()}\n\\]\n"
    else:
        text = asked.result.derivation().to_latex()
    if output is not None:
        output.write_text(text, encoding="utf-8", newline="\n")
    if as_json:
        print_json({**asked.described(), "latex": text})
    elif output is None:
        say(text.rstrip("\n"))
    else:
        say(f"wrote {output}")


@click.command()
@asks(derivative=False)
@_backend
@sizes_option
def plan(
    asked: Asked,
    *,
    as_json: bool,
    backend: Literal["numpy", "torch"],
    sizes: dict[str, int] | None,
) -> None:
    """Show the order of every contraction and what it costs."""
    made = asked.result.compile(backend, sizes=sizes).plan
    if not as_json:
        say(str(made))
        return
    print_json(
        {
            **asked.described(),
            "steps": [
                {
                    "target": step.target,
                    "operands": list(step.operands),
                    "indices": step.formula,
                    "multiplications": step.multiplications,
                    "entries": step.elements,
                }
                for step in made.steps
            ],
            "products": [
                {
                    "target": product.target,
                    "factors": list(product.factors),
                    "multiplications": product.multiplications,
                    "left_to_right": product.left_to_right,
                    "right_to_left": product.right_to_left,
                    "naive": product.naive,
                }
                for product in made.products
            ],
            "multiplications": made.multiplications,
            "naive_multiplications": made.naive_multiplications,
            "largest_intermediate": made.largest_intermediate,
            "sizes": dict(made.sizes),
            "assumed": sorted(made.assumed),
        }
    )
