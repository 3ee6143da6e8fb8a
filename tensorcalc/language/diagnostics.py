"""Errors and notes with their place in the text, collected and reported together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tensorcalc.errors import TensorcalcError
from tensorcalc.language.source import Source, Span

__all__ = ["MAX_DIAGNOSTICS", "Diagnostic", "NotationError", "Note", "Reporter", "grouped"]

#: No more errors than this are reported in one pass.
MAX_DIAGNOSTICS = 50
#: A line longer than this is cut around the caret.
_WIDTH = 160


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: its code, what is wrong, where, and what would help.

    Attributes:
        code: Stable, e.g. ``"E102"``; :func:`tensorcalc.language.explain` says more.
        message: What is wrong, in one sentence.
        span: The place, as character positions of the text.
        hint: What to write instead, or "".
        line, column: The place's start, both counted from 1.
        rendered: The whole report: code, source line, caret, hint.
    """

    code: str
    message: str
    span: Span
    hint: str
    line: int
    column: int
    rendered: str

    def __str__(self) -> str:
        return self.rendered


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader should know that is no error, such as an assumed rank.

    The attributes are those of :class:`Diagnostic`.
    """

    code: str
    message: str
    span: Span
    line: int
    rendered: str

    def __str__(self) -> str:
        return self.rendered


def grouped(notes: Iterable[Note]) -> tuple[str, ...]:
    r"""The notes' messages, each once, with its lines where there are several.

    Example:
        >>> from tensorcalc.language import parse
        >>> grouped(parse("y = a_i b_i\nz = c_i d_i\nw = p_i q_i").notes)
        ('index i is summed over two lower slots: the metric is 1 (lines 1 to 3)',)
    """
    lines: dict[str, list[int]] = {}
    for note in notes:
        lines.setdefault(note.message, []).append(note.line)
    return tuple(message + _where(sorted(set(found))) for message, found in lines.items())


def _where(lines: list[int]) -> str:
    if len(lines) == 1:
        return ""
    if lines == list(range(lines[0], lines[-1] + 1)):
        return f" (lines {lines[0]} {'to' if len(lines) > 2 else 'and'} {lines[-1]})"
    shown = ", ".join(map(str, lines[:8])) + (" …" if len(lines) > 8 else "")
    return f" (lines {shown})"


class NotationError(TensorcalcError, ValueError):
    """The text is not in the notation; ``diagnostics`` are all problems found in it.

    Example:
        >>> from tensorcalc.language import parse
        >>> parse("y^i = W^i_j x^k")
        Traceback (most recent call last):
            ...
        tensorcalc.language.diagnostics.NotationError: error[E102]: index k appears once on ...
          1 | y^i = W^i_j x^k
            |               ^  did you mean x^j?  To sum a lone index, write sum_k
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n".join(d.rendered for d in diagnostics))
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type[NotationError], tuple[tuple[Diagnostic, ...]]]:
        return NotationError, (self.diagnostics,)


@dataclass(slots=True)
class Reporter:
    """Collects what is found in one text, in any order, each place and code once.

    ``quiet`` are codes of notes that do not apply to the way the text is written; ``bare`` says
    that no index stands in the text, so that it may be meant as matrix notation.
    """

    source: Source
    quiet: frozenset[str] = frozenset()
    bare: bool = False
    errors: list[Diagnostic] = field(default_factory=list[Diagnostic])
    notes: list[Note] = field(default_factory=list[Note])
    _seen: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    def error(self, code: str, message: str, span: Span, hint: str = "") -> None:
        """Add an error."""
        span = self.source.original(span)
        if (code, span.start) in self._seen or len(self.errors) >= MAX_DIAGNOSTICS:
            return
        self._seen.add((code, span.start))
        line, column = self.source.locate(span.start)
        rendered = self._render("error", code, message, span, hint)
        self.errors.append(Diagnostic(code, message, span, hint, line, column, rendered))

    def or_matrix(self, hint: str) -> str:
        """The hint, with the way to matrix notation where the text has no index."""
        other = 'for matrix notation: syntax="matrix", or a line: syntax matrix'
        return f"{hint}; {other}" if self.bare else hint

    def found(self, code: str, span: Span) -> bool:
        """Whether an error of that code was found inside a span."""
        place = self.source.original(span)
        return any(e.code == code and place.start <= e.span.start < place.end for e in self.errors)

    def note(self, code: str, message: str, span: Span) -> None:
        """Add a note."""
        span = self.source.original(span)
        if (code, span.start) in self._seen or code in self.quiet:
            return
        self._seen.add((code, span.start))
        line, _ = self.source.locate(span.start)
        rendered = self._render("note", code, message, span)
        self.notes.append(Note(code, message, span, line, rendered))

    def raise_errors(self) -> None:
        """Raise what was found, in the order of the text."""
        if self.errors:
            ordered = sorted(self.errors, key=lambda d: (d.span.start, d.code))
            raise NotationError(tuple(ordered))

    def _render(self, kind: str, code: str, message: str, span: Span, hint: str = "") -> str:
        line, column = self.source.locate(span.start)
        shown = "".join(c if c.isprintable() else " " for c in self.source.line(line))
        width = max(1, min(span.end - span.start, len(shown) - column + 1))
        offset = column - 1
        if len(shown) > _WIDTH:
            cut = max(0, offset - _WIDTH // 2)
            shown = ("…" if cut else "") + shown[cut : cut + _WIDTH] + "…"
            offset -= cut - (1 if cut else 0)
            width = min(width, _WIDTH)
        number = str(line)
        where = f" in {self.source.filename}" if self.source.filename else ""
        marks = " " * offset + "^" * width + (f"  {hint}" if hint else "")
        return (
            f"{kind}[{code}]{where}: {message}\n"
            f"  {number} | {shown}\n"
            f"  {' ' * len(number)} | {marks}"
        )
