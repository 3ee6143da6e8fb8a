"""Cutting what stands behind a name or a bracket: index groups, powers, ranges of operators."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.groups import (
    NUMBER,
    GroupReader,
    closing_brace,
    component,
    lone_number,
)
from tensorcalc.language.names import (
    LETTER,
    RANGED,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    spelled_out,
)
from tensorcalc.language.source import Span
from tensorcalc.language.syntax import AffineEntry, Binder, Entry, Group, Plain
from tensorcalc.language.tokens import DeclaredNames, Token

__all__ = ["MAX_DEPTH", "OpenBracket", "ScriptLexer", "Statement", "as_affine", "read_number"]

#: Brackets may be nested this deep.
MAX_DEPTH = 400
#: A number may have this many characters.
MAX_DIGITS = 400

_BOUND = re.compile(r"\s*(\\?\w+'*)\s*=\s*(-?\d{1,18})\s*")

_NUMBERED = re.compile(r"\{\((\d{1,9})\)\}")
_DIGIT = re.compile(r"\.?\d")
_LONE = re.compile(rf"-?{NUMBER}")
_EXPONENT = re.compile(rf"(?P<number>-?{NUMBER})|{LETTER}\d*")
_LAST = re.compile(rf"\d+|{LETTER}\d*")

Statement = list[Token]


@dataclass(slots=True)
class OpenBracket:
    """An open bracket: its token, whether it belongs to a call, and its place in the tokens."""

    token: Token
    call: bool
    position: int
    parameters: bool = False


@dataclass(slots=True)
class ScriptLexer:
    """What has been cut so far, and the part that reads scripts."""

    text: str
    names: DeclaredNames
    reporter: Reporter
    parse_indices: Callable[[list[Token], Reporter], tuple[Entry, ...]]
    translated: bool = False
    statements: list[Statement] = field(default_factory=list[Statement])
    _tokens: list[Token] = field(default_factory=list[Token])
    _open: list[OpenBracket] = field(default_factory=list[OpenBracket])
    _closed_call: bool = False
    _power_end: int = -1
    _broken: bool = False
    _errors: int = 0
    _groups: GroupReader = field(init=False)
    _pattern: re.Pattern[str] = field(init=False)

    def _add(self, kind: str, value: object, start: int, end: int) -> None:
        self._tokens.append(Token(kind, value, start, end))

    def _push(self, token: Token, call: bool) -> None:
        self._open.append(OpenBracket(token, call, len(self._tokens) - 1))
        if len(self._open) == MAX_DEPTH + 1:
            self.reporter.error(
                "E110", f"brackets are nested deeper than {MAX_DEPTH}", token.span,
                "name the inner parts in definitions of their own",
            )  # fmt: skip
            self._broken = True

    def _group(self, position: int, end: int) -> int:
        upper = self.text[position] == "^"
        before = self._tokens[-1].type if self._tokens else ""
        numbered = _NUMBERED.match(self.text, position + 1, end)
        if numbered and before == "NAME":  # W^{(1)} is the name W1
            base = self._tokens.pop()
            self._add("NAME", f"{base.value}{numbered.group(1)}", base.start, numbered.end())
            return numbered.end()
        if upper and before in ("RPAR", "RSQB") and not self._closed_call:
            return self._power(position, end)
        if upper:
            number, stop = self._lone_number(position + 1, end)
            if number is not None:
                return self._number_power(number, position, stop, end)
        name = next((t for t in reversed(self._tokens) if t.type != "GROUP"), None)
        if name is not None and name.type == "NAME" and name.value in RANGED:
            ranged, stop = self._range(str(name.value), position, end)
            if ranged is not None:
                self._add("GROUP", ranged, position, stop)
                return stop
        group, stop = self._groups.read(position, end)
        self._put_group(group)
        return stop

    def _put_group(self, group: Group) -> None:
        before = self._tokens[-1].type if self._tokens else ""
        if before not in ("NAME", "GROUP", "RPAR", "RSQB", "CALL"):
            self.reporter.error(
                "E114", "an index stands behind a tensor's name", group.span, "A^i_j, x_{t-1}"
            )
            self._broken = True
        self._add("GROUP", group, group.span.start, group.span.end)

    def _lone_number(self, start: int, end: int) -> tuple[str | None, int]:
        text = self.text
        if text.startswith("{", start):
            close = closing_brace(text, start, end)
            return (lone_number(text[start + 1 : close]), close + 1) if close > 0 else (None, start)
        found = _LONE.match(text, start, end)
        return (found.group(), found.end()) if found else (None, start)

    def _number_power(self, number: str, position: int, stop: int, end: int) -> int:
        """Add ``** number``; groups that follow directly belong to the base (``x^2_i``)."""
        self._check_single(position)
        held: list[Token] = []
        while stop < end and (self.text[stop] in "_^" or self.text[stop] in SUBSCRIPTS):
            first = stop
            if self.text[stop] in SUBSCRIPTS:
                while stop < end and self.text[stop] in SUBSCRIPTS:
                    stop += 1
                self._unicode_group(False, first, stop, end)
                held.append(self._tokens.pop())
                continue
            if self.text[stop] == "^" and self._lone_number(stop + 1, end)[0] is not None:
                break
            group, stop = self._groups.read(stop, end)
            held.append(Token("GROUP", group, group.span.start, group.span.end))
        entries = [e for t in held if isinstance(t.value, Group) for e in t.value.entries]
        if number == "-1" and len(entries) == 2:
            name = self._tokens[-1].value
            self.reporter.error(
                "E120", "the inverse of a matrix, or of each of its components?",
                Span(position, stop),
                f"write inv({name})_ij for the inverse, {name}_ij**(-1) for 1 over each",
            )  # fmt: skip
        self._tokens.extend(held)
        self._add("POWER", "^", position, position + 1)
        self._closed_call = False
        place = min(position + 1, stop - 1)
        sign = number.startswith("-")
        over, _, under = number.removeprefix("-").partition("/")
        parts: list[tuple[str, object]] = [("NUMBER", read_number(over, place, self.reporter))]
        if sign:
            parts.insert(0, ("MINUS", "-"))
        if under:
            parts += [("SLASH", "/"), ("NUMBER", read_number(under, place, self.reporter))]
            parts = [("LPAR", "("), *parts, ("RPAR", ")")]
        for kind, value in parts:
            self._add(kind, value, place, stop)
        self._power_end = stop
        return stop

    def _check_single(self, position: int) -> None:
        """A power of a power needs a bracket: ``x^2^3`` is read in two ways."""
        if position == self._power_end:
            self.reporter.error(
                "E101", "a power directly behind a power can be read in two ways",
                Span(position, position + 1), "write (x^2)^3 or x**(2**3)",
            )  # fmt: skip
            self._broken = True

    def _power(self, position: int, end: int) -> int:
        """Add the power behind a bracket: ``(…)^n``, ``(…)^{n-1}``."""
        text = self.text
        start = position + 1
        self._check_single(position)
        self._add("POWER", "^", position, start)
        if text.startswith("{", start):
            close = closing_brace(text, start, end)
            if close < 0:
                self.reporter.error("E104", "{ is never closed", Span(start, start + 1))
                self._broken = True
                return start + 1
            self._add("LPAR", "(", start, start + 1)
            self._push(self._tokens[-1], call=False)
            self._scan(start + 1, close)
            if self._open:
                self._open.pop()
            self._add("RPAR", ")", close, close + 1)
            self._power_end = close + 1
            return close + 1
        found = _EXPONENT.match(text, start, end)
        if found is None:
            self.reporter.error(
                "E114", "an exponent is missing after ^", Span(position, start), "write )^2 or )**2"
            )
            self._broken = True
            return start
        value = found.group()
        if found.group("number"):
            if value.startswith("-"):
                self._add("MINUS", "-", start, start + 1)
            number = read_number(value.lstrip("-"), start, self.reporter)
            self._add("NUMBER", number, start, found.end())
        else:
            self._add("NAME", spelled_out(value), start, found.end())
        self._power_end = found.end()
        return found.end()

    def _unicode_group(self, upper: bool, start: int, stop: int, end: int) -> int:
        table = SUPERSCRIPTS if upper else SUBSCRIPTS
        content = "".join(table[c] for c in self.text[start:stop])
        if upper and lone_number(content) is not None:
            if _DIGIT.match(self.text, stop, end):
                self.reporter.error(
                    "E113", "a number directly behind a raised one",
                    Span(stop, stop + 1), "write x^{2.5} for a power, x² * 3 for a product",
                )  # fmt: skip
            return self._number_power(content, start, stop, end)
        # The reader works on a text, so the plain spelling takes the characters' places.
        plain = self.text[:start] + content + self.text[stop:] if stop - start > 1 else ""
        reader = GroupReader(plain or self.text, self.names, self.reporter, self.parse_indices)
        if plain:
            entries = reader.content(start, stop)
        elif content.isdigit():
            entries = (component(Span(start, stop), int(content)),)
        elif content.isalpha():
            entries = reader.split(content, start)
        else:
            message = f"a raised or lowered {content} alone is no index"
            self.reporter.error("E114", message, Span(start, stop), "write x⁻¹ for an inverse")
            return stop
        self._put_group(Group(Span(start, stop), upper, entries))
        return stop

    def _big_operator(self, name: str, start: int, stop: int, end: int) -> int:
        text = self.text
        position = stop
        if position >= end or text[position] != "_":
            mark = text[start:stop]
            self.reporter.error(
                "E107", f"{mark} needs the index it runs over", Span(start, stop),
                f"write {name}_k, or {name}_{{k p}} for several",
            )  # fmt: skip
            self._broken = True
            return stop
        binders: list[Binder] = []
        while text.startswith("_", position):
            ranged, stop = self._range(name, position, end)
            if self._broken:
                return stop
            if ranged is None:
                group, stop = self._groups.read(position, end)
                binders += self._binders(group)
            else:
                binders.append(ranged)
            position = stop
        self._add("BIG", (name, tuple(binders)), start, stop)
        return stop

    def _range(self, name: str, position: int, end: int) -> tuple[Binder | None, int]:
        """An index with its range, ``_{k=0}^{K-1}``, if one stands here; and where it ends."""
        text = self.text
        if not text.startswith("{", position + 1):
            return None, position
        close = closing_brace(text, position + 1, end)
        bound = _BOUND.fullmatch(text, position + 2, close) if close > 0 else None
        if bound is None:
            return None, position
        stop = close + 1
        index = Span(bound.start(1), bound.end(1))
        last: AffineEntry | None = None
        if text.startswith("^", stop):
            last, stop = self._upper_bound(stop, end)
        if last is None:
            self.reporter.error(
                "E114", "the end of the range is missing", index, f"{name}_{{k=0}}^{{K-1}}"
            )
            self._broken = True
            return None, stop
        named = spelled_out(bound.group(1).removeprefix("\\"))
        return Binder(index, named, (int(bound.group(2)), last)), stop

    def _binders(self, group: Group) -> tuple[Binder, ...]:
        binders: list[Binder] = []
        for entry in group.entries:
            if isinstance(entry, Plain):
                binders.append(Binder(entry.span, entry.name))
            else:
                self.reporter.error(
                    "E114", "an operator runs over plain indices", entry.span, "sum_{k p}"
                )
                self._broken = True
        return tuple(binders)

    def _upper_bound(self, position: int, end: int) -> tuple[AffineEntry | None, int]:
        text = self.text
        if text.startswith("{", position + 1):
            close = closing_brace(text, position + 1, end)
            if close < 0:
                return None, end
            entries = self._groups.content(position + 2, close, whole=True)
            return as_affine(entries), close + 1
        found = _LAST.match(text, position + 1, end)
        if found is None:
            return None, position + 1
        span = Span(found.start(), found.end())
        if found.group().isdigit():
            return component(span, int(found.group()[:18])), found.end()
        plain = Plain(span, spelled_out(found.group()))
        return AffineEntry(span, ((1, (plain,)),)), found.end()

    @abstractmethod
    def _scan(self, start: int, end: int) -> None:
        """Cut a part of the text."""


def as_affine(entries: tuple[Entry, ...]) -> AffineEntry | None:
    """The one entry as an affine one, or None."""
    if len(entries) != 1:
        return None
    entry = entries[0]
    if isinstance(entry, Plain):
        return AffineEntry(entry.span, ((1, (entry,)),))
    return entry if isinstance(entry, AffineEntry) else None


def read_number(text: str, position: int, reporter: Reporter) -> Fraction | float:
    """Return the exact value of a number; decimals are exact too."""
    if len(text) > MAX_DIGITS:
        span = Span(position, position + len(text))
        reporter.error("E112", f"a number of more than {MAX_DIGITS} digits", span)
        return Fraction(0)
    _, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > MAX_DIGITS:
        span = Span(position, position + len(text))
        reporter.error("E112", f"an exponent beyond {MAX_DIGITS}", span)
        return Fraction(0)
    return Fraction(text if not text.endswith(".") else text[:-1])
