"""``tensorcalc compare``: is this formula right, and if not, what is wrong with it?"""

from __future__ import annotations

from typing import cast

import click

from tensorcalc.calculus import Mode
from tensorcalc.check import compare as verdict_on
from tensorcalc.cli.request import MODES, only_output
from tensorcalc.cli.source import read_program
from tensorcalc.cli.terminal import print_json, say

__all__ = ["compare"]

NOT_EQUAL = 1


@click.command()
@click.argument("answer")
@click.argument("source")
@click.option("--of", metavar="NAME", help="Of what; default the one output.")
@click.option("--wrt", metavar="NAME", help="By what; without it, the value itself is meant.")
@click.option("--mode", type=click.Choice(MODES), help="Default: grad of a scalar, else jacobian.")
@click.option("--seed", default=0, show_default=True, help="Of the random points.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def compare(
    answer: str,
    source: str,
    *,
    of: str | None,
    wrt: str | None,
    mode: str | None,
    seed: int,
    as_json: bool,
) -> int:
    """Say whether the formula ANSWER is the derivative of SOURCE, and if not, what is wrong.

    ANSWER is a formula in quotes; NAME_{axes} = formula fixes the order of its axes. Ends with
    status 1 if it is not right.
    """
    program = read_program(source)
    verdict = verdict_on(
        answer.strip(),
        program.equations,
        of if of is not None else only_output(program),
        wrt.split(",") if wrt is not None and "," in wrt else wrt,
        mode=cast("Mode | None", mode),
        seed=seed,
    )
    if as_json:
        print_json(verdict.as_dict())
    else:
        say(str(verdict))
    return 0 if verdict.equal else NOT_EQUAL
