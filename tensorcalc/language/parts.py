"""What the builders hand one another: an expression and where its open indices stand."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import NamedTuple, TypeVar

from tensorcalc.expr import ONE, Expr, Level
from tensorcalc.language.source import Span
from tensorcalc.language.syntax import Node

__all__ = ["NOTHING", "Part", "Protected", "Request", "Steps", "Use", "Visit", "once"]

T = TypeVar("T")


class Use(NamedTuple):
    """One place where an open index stands; ``level`` is None in a condition."""

    name: str
    span: Span
    level: Level | None
    below: bool = False


class Part(NamedTuple):
    """An expression and the uses of its open indices, in the order written."""

    expr: Expr
    uses: tuple[Use, ...]


Protected = frozenset[str]
Request = tuple[Node, Protected]
#: A visit asks for the parts of its parts, one by one.
Visit = Generator[Request, Part, Part]
#: A piece of a visit, with another result.
Steps = Generator[Request, Part, T]
NOTHING = Part(ONE, ())


def once(uses: Iterable[Use]) -> tuple[Use, ...]:
    """The first use of each index."""
    found: dict[str, Use] = {}
    for use in uses:
        found.setdefault(use.name, use)
    return tuple(found.values())
