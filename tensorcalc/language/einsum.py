"""``einsum("bij,jk->bik", "X", "W")``: a subscript string as a program."""

from __future__ import annotations

from typing import Protocol

from tensorcalc.language import syntax
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.names import spelled_out
from tensorcalc.language.parsing import Parsed, parsed_program
from tensorcalc.language.source import Source, Span
from tensorcalc.language.symbols import RESULT

__all__ = ["Named", "einsum"]


class Named(Protocol):
    """Anything with the name of a tensor."""

    @property
    def name(self) -> str:
        """The tensor's name."""
        ...


def einsum(subscripts: str, *operands: str | Named) -> Parsed:
    """Return the program of a subscript string, with the output ``result``.

    The rules are those of ``numpy.einsum``: an index that is not behind the arrow is summed,
    even if it appears once; without an arrow the output has the indices that appear once, in
    alphabetical order.

    Args:
        subscripts: One group of letters for each operand, then ``->`` and the output's.
        operands: Names of tensors, or their handles.

    Raises:
        NotationError: The string and the operands do not fit together.

    Example:
        >>> einsum("ij,j->i", "A", "x").equations.outputs
        ('result',)
    """
    reporter = Reporter(Source(subscripts), quiet=frozenset({"N501", "N503"}))
    names = [spelled_out(o if isinstance(o, str) else o.name) for o in operands]
    inputs, arrow, output = subscripts.partition("->")
    whole = Span(0, max(1, len(subscripts)))
    groups: list[tuple[int, str]] = []
    position = 0
    for group in inputs.split(","):
        groups.append((position, group))
        position += len(group) + 1
    for place, character in enumerate(subscripts):
        if not (character.isalpha() or character in " ,->"):
            reporter.error(
                "E114", f"{character} is no index of einsum", Span(place, place + 1), "ij,jk->ik"
            )
    if len(groups) != len(names):
        message = f"{len(groups)} groups of indices for {len(names)} operands"
        reporter.error("E304", message, whole)
    reporter.raise_errors()
    letters = [c for c in inputs if c.isalpha()]
    free = [c for c in output if c.isalpha()]
    if not arrow:
        free = sorted(c for c in set(letters) if letters.count(c) == 1)
    first = len(inputs) + len(arrow)
    for letter in free:
        span = Span(first, max(first + 1, len(subscripts)))
        if free.count(letter) > 1:
            reporter.error("E205", f"index {letter} stands twice in the output", span)
        if letter not in letters:
            reporter.error("E402", f"index {letter} is in the output only", span)
    reporter.raise_errors()
    factors = [
        _access(name, group, place) for name, (place, group) in zip(names, groups, strict=True)
    ]
    body: syntax.Node = factors[0]
    if len(factors) > 1:
        body = syntax.Term(whole, tuple(factors), ("*",) * (len(factors) - 1))
    bound = [c for c in dict.fromkeys(letters) if c not in free]
    if bound:
        binders = tuple(syntax.Binder(whole, spelled_out(c)) for c in bound)
        body = syntax.BigOperator(whole, "sum", binders, body)
    target = _access(RESULT, "".join(free), first)
    return parsed_program([syntax.Definition(whole, target, body)], reporter, subscripts)


def _access(name: str, group: str, place: int) -> syntax.Reference:
    entries = tuple(
        syntax.Plain(Span(place + n, place + n + 1), spelled_out(c))
        for n, c in enumerate(group)
        if c.isalpha()
    )
    span = Span(place, place + max(1, len(group)))
    groups = (syntax.Group(span, False, entries),) if entries else ()
    return syntax.Reference(span, name, groups)
