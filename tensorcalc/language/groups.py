"""Index groups: ``_ij``, ``^{i j}``, ``_<batch, i>``, ``^{2*p + u}``, ``^{c_n}``.

Simple groups are read here; one with arithmetic is cut into tokens for the grammar's rule
``indices``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.names import BUILTIN_CALLS, LETTER, spelled_out
from tensorcalc.language.source import Span
from tensorcalc.language.syntax import AffineEntry, Entry, Gather, Group, Plain, Reference, SizeOf
from tensorcalc.language.tokens import DeclaredNames, Token

__all__ = ["MAX_INDICES", "NUMBER", "GroupReader", "closing_brace", "lone_number"]

#: No tensor has more indices than this.
MAX_INDICES = 64
#: Brackets inside an index, and look-ups inside look-ups, may be nested this deep.
MAX_NESTING = 16

_LETTERS = re.compile(rf"(?:\\[A-Za-z]++|{LETTER})\d*'*")
_RUN = re.compile(rf"(?:(?:\\[A-Za-z]++|{LETTER})\d*'*)+")
_TAIL = re.compile(r"\d*'*")
_NAME = re.compile(rf"(?:\\[A-Za-z]++|{LETTER})(?:{LETTER}|\d)*(?:_\d+)?'*")
_LIST = re.compile(rf"\s*{_NAME.pattern}(?:(?:\s*,\s*|\s+){_NAME.pattern})*\s*")
#: A number without a sign; a point is part of it where digits follow.
NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(rf"\s*(-?{NUMBER}(?:\s*/\s*{NUMBER})?)\s*")
_INNER = re.compile(
    rf"(?P<space>\s+)|(?P<integer>\d+)|(?P<size>size\s*\(\s*(?P<of>{LETTER}(?:{LETTER}|\d)*'*)\s*\))"
    rf"|(?P<word>\\[A-Za-z]++|{LETTER}(?:{LETTER}|\d)*(?:_(?:{LETTER}|\d)+)*'*)"
    r"|(?P<mark>//|[-+*,()\[\]−·])|(?P<group>[_^])"
)
_CALLED = re.compile(r"\w+\s*(?:[_^](?:\{[^{}]*\}|<[^<>]*>|\w+)\s*)?\(")
_MARKS = {
    "-": "MINUS", "−": "MINUS", "+": "PLUS", "*": "STAR", "·": "STAR", ",": "COMMA",
    "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "//": "FLOOR",
}  # fmt: skip


def closing_brace(text: str, start: int, end: int) -> int:
    """Return the position of the brace that closes the one at ``start``, or -1."""
    depth = 0
    for position in range(start, end):
        character = text[position]
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return position
        elif character == "\n":
            break
    return -1


def lone_number(content: str) -> str | None:
    """The number in a group that holds nothing else, without spaces, or None."""
    found = _NUMBER.fullmatch(content)
    return found.group(1).replace(" ", "") if found else None


@dataclass(slots=True)
class GroupReader:
    """Reads index groups of one text."""

    text: str
    names: DeclaredNames
    reporter: Reporter
    parse_indices: Callable[[list[Token], Reporter], tuple[Entry, ...]]
    _depth: int = 0

    def read(self, position: int, end: int) -> tuple[Group, int]:
        """Read the group whose ``^`` or ``_`` stands at ``position``; also where it ends."""
        text = self.text
        before = len(self.reporter.errors)
        upper = text[position] == "^"
        start = position + 1
        opener = text[start] if start < end else ""
        if opener == "{":
            close = closing_brace(text, start, end)
            if close < 0:
                self.reporter.error("E104", "{ is never closed", Span(start, start + 1))
                close = self._line_end(start, end)
            entries = self.content(start + 1, close)
            stop = min(close + 1, end)
        elif opener == "<":
            close = text.find(">", start, self._line_end(start, end))
            if close < 0:
                self.reporter.error("E104", "< is never closed", Span(start, start + 1))
                close = self._line_end(start, end)
            entries = self.content(start + 1, close, whole=True)
            stop = min(close + 1, end)
        else:
            entries, stop = self._bare(start, end)
        span = Span(position, stop)
        if not entries and len(self.reporter.errors) == before:
            mark = text[position]
            hint = f"write {mark}i or {mark}{{i j}}"
            if mark == "^" and text[start : start + 2].strip()[:1].isdigit():
                hint = "a power is written x**2, or x^2 without a space"
            self.reporter.error("E114", f"an index is missing after {mark}", span, hint)
        elif len(entries) > MAX_INDICES:
            message = f"{len(entries)} indices on one tensor; the bound is {MAX_INDICES}"
            self.reporter.error("E110", message, span)
        return Group(span, upper, entries), stop

    def content(self, start: int, end: int, whole: bool = False) -> tuple[Entry, ...]:
        """Read what stands between braces (or angle brackets: ``whole`` names)."""
        content = self.text[start:end]
        if not whole and _RUN.fullmatch(content):
            return self.split(content, start)
        if _LIST.fullmatch(content):
            entries: list[Entry] = []
            for found in _NAME.finditer(content):
                span = Span(start + found.start(), start + found.end())
                entries.append(self._word(span, found.group()))
            return tuple(entries)
        if not content.strip():
            return ()
        whole = whole or any(c in content for c in " ,\t\n")
        tokens = self._tokens(start, end, whole)
        return self.parse_indices(tokens, self.reporter) if tokens else ()

    def split(self, run: str, start: int) -> tuple[Entry, ...]:
        """Cut ``ij2k'`` into indices; declared names win over letters."""
        entries: list[Entry] = []
        position = 0
        declared = self.names.indices
        longest = max((len(n) for n in declared), default=0)
        while position < len(run):
            stop = 0
            for length in range(min(longest, len(run) - position), 1, -1):
                if spelled_out(run[position : position + length]) in declared:
                    tail = _TAIL.match(run, position + length)
                    stop = tail.end() if tail else position + length
                    break
            else:
                found = _LETTERS.match(run, position)
                assert found is not None
                stop = found.end()
            span = Span(start + position, start + stop)
            entries.append(Plain(span, _normal(run[position:stop])))
            position = stop
        return tuple(entries)

    def _bare(self, start: int, end: int) -> tuple[tuple[Entry, ...], int]:
        text = self.text
        found = _RUN.match(text, start, end)
        if found:
            return self.split(found.group(), start), found.end()
        digits = re.compile(r"\d+").match(text, start, end)
        if digits:
            span = Span(digits.start(), digits.end())
            if len(digits.group()) > 1:
                self.reporter.error(
                    "E114",
                    f"_{digits.group()} may be one component or several",
                    span,
                    f"write _{{{digits.group()}}} or _{{{', '.join(digits.group())}}}",
                )
            return (component(span, int(digits.group()[:20])),), digits.end()
        return (), start

    def _line_end(self, start: int, end: int) -> int:
        stop = self.text.find("\n", start, end)
        return end if stop < 0 else stop

    def _word(self, span: Span, word: str) -> Entry:
        if "_" in word and spelled_out(word) not in self.names.underscored:
            word = word.replace("_", "")
        return Plain(span, _normal(word))

    def _tokens(self, start: int, end: int, whole: bool) -> list[Token]:
        text = self.text
        tokens: list[Token] = []
        position = start
        depth = 0
        while position < end:
            found = _INNER.match(text, position, end)
            if found is None or found.lastgroup == "group":
                self.reporter.error(
                    "E114",
                    f"{text[position]!r} cannot stand inside an index",
                    Span(position, position + 1),
                    "the terms of a sum are chosen behind it: sum_{i j} [i < j] x_i x_j"
                    if text[position] in "<>!=≠≤≥"
                    else "an index is a name, an integer, or a sum of these",
                )
                return []
            kind = found.lastgroup
            stop = found.end()
            if kind == "integer":
                if stop - position > 18:
                    self.reporter.error(
                        "E112", "an integer of more than 18 digits", Span(position, stop)
                    )
                    return []
                value = int(found.group())
                tokens.append(Token("INTEGER", value, position, stop))
                if stop < end and re.match(LETTER, text[stop]):
                    tokens.append(Token("STAR", "*", stop, stop))
            elif kind == "of" or kind == "size":
                name = _normal(found.group("of"))
                tokens.append(
                    Token("INDEXNAME", SizeOf(Span(position, stop), name), position, stop)
                )
            elif kind == "word":
                stop = self._inner_word(found.group(), position, end, whole, tokens)
            elif kind == "mark":
                mark = _MARKS[found.group()]
                depth += (mark in ("LPAR", "LSQB")) - (mark in ("RPAR", "RSQB"))
                if depth > MAX_NESTING:
                    message = f"brackets in an index are nested deeper than {MAX_NESTING}"
                    self.reporter.error("E110", message, Span(position, stop))
                    return []
                tokens.append(Token(mark, found.group(), position, stop))
            position = stop
        return tokens

    def _inner_word(self, word: str, start: int, end: int, whole: bool, tokens: list[Token]) -> int:
        """Add the tokens of a word inside an index; return where it ends."""
        stop = start + len(word)
        name = spelled_out(word)
        base, _, rest = word.partition("_")
        if base in BUILTIN_CALLS and _CALLED.match(self.text, start, end):
            self.reporter.error(
                "E114", f"{base} cannot be called inside an index", Span(start, stop),
                "name its value: c_n = argmax_i(…), then p_{c_n}",
            )  # fmt: skip
            tokens.clear()
            return end
        known = name in self.names.underscored or name in self.names.indices
        follows = stop < end and self.text[stop] in "_^"
        if (rest and not rest.isdigit() and not known) or (follows and not rest):
            mark = start + len(base) if rest and not known else stop
            self._depth += 1
            if self._depth > MAX_NESTING:
                message = f"look-ups are nested deeper than {MAX_NESTING}"
                self.reporter.error("E110", message, Span(start, stop))
                self._depth -= 1
                return end
            group, stop = self.read(mark, end)
            self._depth -= 1
            reference = Reference(Span(start, stop), _normal(self.text[start:mark]), (group,))
            tokens.append(Token("LOOKUP", Gather(Span(start, stop), reference), start, stop))
        elif rest or whole or len(word) == 1 or known or not _RUN.fullmatch(word):
            plain = self._word(Span(start, stop), word)
            tokens.append(Token("INDEXNAME", plain, start, stop))
        else:
            for entry in self.split(word, start):
                span = entry.span
                tokens.append(Token("INDEXNAME", entry, span.start, span.end))
        return stop


def component(span: Span, value: int) -> AffineEntry:
    """One fixed component as an index."""
    return AffineEntry(span, ((1, (value,)),) if value >= 0 else ((-1, (-value,)),))


def _normal(name: str) -> str:
    return spelled_out(name.removeprefix("\\"))
