"""The command ``tensorcalc``: its verbs put together, and the one place where errors end.

Exit status: 0 done, 1 a check that failed or a formula that is not equal, 2 bad input, 3 a
fault of tensorcalc's own, 130 interrupted. Errors go to the error stream, in our own form and
without a traceback.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from tensorcalc import __version__
from tensorcalc.cli.bench import bench
from tensorcalc.cli.compare import compare
from tensorcalc.cli.explain import explain
from tensorcalc.cli.source import as_formula
from tensorcalc.cli.terminal import coloured, print_json, tolerate_narrow_encodings
from tensorcalc.cli.tour import tour
from tensorcalc.cli.verbs import check, compile_, derive, latex, plan
from tensorcalc.errors import TensorcalcError
from tensorcalc.language import NotationError

__all__ = ["main", "run"]

BAD_INPUT = 2
OWN_FAULT = 3
INTERRUPTED = 130

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


_HELP = """\
Derivatives in index notation: the formula, its derivation, a kernel and a certificate.

A SOURCE is the path of a file, a statement in quotes, or - for standard input.

\b
  tensorcalc derive "z^i = A^i_j y^j" --of z --wrt A
  tensorcalc check net.tc --of L --wrt A,b --mode grad
  tensorcalc compile net.tc --of L --wrt A,b --backend torch -o kernel.py
  tensorcalc tour
"""


@click.group(context_settings=_CONTEXT, help=_HELP)
@click.version_option(__version__)
def app() -> None:
    """Put the verbs under one name."""


for _verb in (derive, check, compare, compile_, latex, plan, bench, explain, tour):
    app.add_command(_verb)


def main() -> None:
    """Run the command line and leave with its exit status."""
    tolerate_narrow_encodings()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line on ``arguments`` and return the exit status."""
    as_json = "--json" in arguments
    try:
        status = app.main(
            [as_formula(text) for text in arguments], prog_name="tensorcalc", standalone_mode=False
        )
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as help_page:
        click.echo(help_page.format_message())
        return BAD_INPUT
    except click.UsageError as error:
        return _report(_with_help(error), as_json)
    except click.ClickException as error:
        return _report(error.format_message(), as_json)
    except NotationError as error:
        return _report(str(error), as_json, error)
    except TensorcalcError as error:
        return _report(str(error), as_json)
    except BrokenPipeError:
        return _reader_left()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _report(where + (error.strerror or str(error)).lower(), as_json)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception as fault:
        return _own_fault(fault)
    return status if isinstance(status, int) else 0


def _with_help(error: click.UsageError) -> str:
    message = error.format_message().rstrip(".")
    if error.ctx is None:
        return message
    return (
        f"{message[0].lower()}{message[1:]}\n  {error.ctx.command_path} --help lists what there is"
    )


def _report(message: str, as_json: bool, notation: NotationError | None = None) -> int:
    if as_json:
        found = [
            {
                "code": d.code,
                "message": d.message,
                "line": d.line,
                "column": d.column,
                "hint": d.hint,
            }
            for d in (notation.diagnostics if notation else ())
        ]
        print_json({"error": message, "diagnostics": found})
    if not message.startswith("error"):
        message = f"error: {message}"
    if coloured(sys.stderr):
        message = "\n".join(
            click.style(line, fg="red", bold=True) if line.startswith("error") else line
            for line in message.splitlines()
        )
    click.echo(message, err=True, color=coloured(sys.stderr))
    return BAD_INPUT


def _reader_left() -> int:
    """Whoever read our output has gone, as ``head`` does: no error, but nothing more to say."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _own_fault(fault: Exception) -> int:
    if os.environ.get("TENSORCALC_TRACEBACK"):
        traceback.print_exception(fault)
    click.echo(
        f"error: tensorcalc itself failed: {type(fault).__name__}: {fault}\n"
        "  This is a fault of the program, not of your input. TENSORCALC_TRACEBACK=1 shows where.",
        err=True,
    )
    return OWN_FAULT
