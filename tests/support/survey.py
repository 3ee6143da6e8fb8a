"""Every program that the tests of printing and of the language and the gallery hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tensorcalc.calculus import Mode, Request, derive
from tensorcalc.errors import TensorcalcError
from tensorcalc.expr import Equations
from tensorcalc.language import NotationError, parse

__all__ = ["derived_programs", "written_programs"]

ROOT = Path(__file__).parents[2]
MODES: tuple[Mode, ...] = ("jacobian", "vjp", "jvp", "grad", "hessian", "hvp")


def written_programs() -> Iterator[tuple[str, Equations]]:
    """Each text that is a program, with what it means."""
    for text in dict.fromkeys(_texts()):
        try:
            equations = parse(text).equations
        except NotationError:
            continue
        if equations.definitions:
            yield text, equations


def derived_programs(equations: Equations) -> Iterator[tuple[Mode, Equations]]:
    """The derivatives of a program's last output, in every mode that is defined for it."""
    if not equations.outputs:
        return
    of = equations.outputs[-1]
    wrt = tuple(t.name for t in equations.inputs if t.domain == "real")
    if not wrt:
        return
    for mode in MODES:
        try:
            by = (wrt[0], wrt[0]) if mode == "hessian" else wrt
            yield mode, derive(Request(mode, of, by, equations))
        except TensorcalcError:
            continue


def _texts() -> Iterator[str]:
    for folder in ("printing", "language"):
        for file in sorted((ROOT / "tests" / folder).glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
    for file in sorted((ROOT / "derivations").glob("*/*.tc")):
        yield file.read_text(encoding="utf-8")
