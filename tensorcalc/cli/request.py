"""What a command line asks for: a program, and perhaps one of its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from tensorcalc.cli.source import read_program
from tensorcalc.program import Program

__all__ = ["MODES", "Asked", "asks", "only_output", "sizes_option"]

MODES = ("jacobian", "grad", "vjp", "jvp", "hessian", "hvp")

Verb = Callable[..., Any]


@dataclass(frozen=True)
class Asked:
    """A program and the derivative wanted of it; ``mode`` is None where none is.

    Attributes:
        program: As given.
        mode: One of :data:`MODES`, or None.
        of: What is differentiated, or "" for the program itself.
        wrt: By what.
        result: The derivative as a program, or the program itself.
    """

    program: Program
    mode: str | None
    of: str
    wrt: tuple[str, ...]
    result: Program

    def described(self) -> dict[str, Any]:
        """The request, for JSON."""
        return {
            "program": str(self.program),
            "mode": self.mode,
            "of": self.of or None,
            "wrt": list(self.wrt),
            "notes": list(self.program.notes),
        }


def asks(*, derivative: bool) -> Callable[[Verb], Verb]:
    """Add the argument SOURCE and the options that choose a derivative to a verb.

    The verb is called with an :class:`Asked` as its first argument.

    Args:
        derivative: Whether a derivative is taken even where neither ``--wrt`` nor ``--mode``
            is given.
    """
    unasked = "" if derivative else " Without --mode and --wrt: the program itself."

    def add(verb: Verb) -> Verb:
        @wraps(verb)
        def called(
            source: str,
            of: str | None,
            wrt: str | None,
            mode: str | None,
            syntax: str,
            variance: str,
            **options: Any,
        ) -> Any:
            program = read_program(source, syntax=syntax, variance=variance)
            for note in program.notes:
                click.echo(f"note: {note}", err=True)
            return verb(_asked(program, of, wrt, mode, derivative), **options)

        decorated: Verb = called
        for option in (
            click.option("--json", "as_json", is_flag=True, help="Answer as JSON."),
            click.option(
                "--variance",
                type=click.Choice(["euclidean", "strict"]),
                default="euclidean",
                help="strict: only an upper and a lower slot may be summed over.",
            ),
            click.option(
                "--syntax",
                type=click.Choice(["auto", "text", "latex", "matrix"]),
                default="auto",
                help="The notation of SOURCE; found out if not given.",
            ),
            click.option(
                "--mode",
                type=click.Choice(MODES),
                help="Default: grad of a scalar, jacobian of anything else." + unasked,
            ),
            click.option("--wrt", metavar="NAMES", help="By what: A or A,b; default every input."),
            click.option("--of", metavar="NAME", help="Of what; default the one output."),
            click.argument("source"),
        ):
            decorated = option(decorated)
        return decorated

    return add


def _asked(
    program: Program, of: str | None, wrt: str | None, mode: str | None, derivative: bool
) -> Asked:
    if mode is None and wrt is None and not derivative:
        if of is not None:
            raise click.UsageError("--of alone asks for nothing: give --wrt or --mode too")
        return Asked(program, None, "", (), program)
    name = of if of is not None else only_output(program)
    names = _names(wrt) if wrt is not None else _real_inputs(program)
    if mode is None:
        mode = "grad" if program.equations.tensor(name).rank == 0 else "jacobian"
    method: Callable[[str, list[str]], Program] = getattr(program, mode)
    return Asked(program, mode, name, names, method(name, list(names)))


def only_output(program: Program) -> str:
    """The output of a program that has one."""
    if len(program.outputs) == 1:
        return program.outputs[0]
    listed = ", ".join(program.outputs)
    raise click.UsageError(f"the program has several outputs, choose one with --of: {listed}")


def _names(listed: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in listed.split(","))
    if not all(names):
        raise click.UsageError(f"--wrt takes names with commas between them, not {listed!r}")
    return names


def _real_inputs(program: Program) -> tuple[str, ...]:
    return tuple(t.name for t in program.equations.inputs if t.domain == "real")


def sizes_option(verb: Verb) -> Verb:
    """Add ``--sizes n=3,m=4``: the verb gets a dictionary ``sizes``, or None."""
    return click.option(
        "--sizes",
        metavar="NAME=N,…",
        callback=_read_sizes,
        help="Sizes by name, for counting; assumed where not given.",
    )(verb)


def _read_sizes(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> dict[str, int] | None:
    if value is None:
        return None
    sizes: dict[str, int] = {}
    for part in value.split(","):
        name, equals, number = part.partition("=")
        if not (name.strip() and equals and number.strip().isdecimal() and int(number) > 0):
            raise click.BadParameter(f"{part!r} is not of the form NAME=N", context, parameter)
        sizes[name.strip()] = int(number)
    return sizes
