"""The command line: the library's verbs for a terminal. :func:`main` is the entry point."""

from tensorcalc.cli.app import main, run

__all__ = ["main", "run"]
