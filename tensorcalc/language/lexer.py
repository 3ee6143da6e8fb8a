"""Cutting a text into statements and tokens.

The notation has few places where the kind of a token depends on what stands around it: a
bracket directly behind a name is a call unless the name is a tensor; ``^`` behind a bracket
is a power, behind a name an index unless it holds a lone number. They are all decided
here, so that the grammar stays LALR(1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tensorcalc.language.diagnostics import MAX_DIAGNOSTICS
from tensorcalc.language.groups import GroupReader
from tensorcalc.language.latex_writer import CLOSE_SCOPE, OPEN_SCOPE
from tensorcalc.language.names import (
    BIG_OPERATORS,
    BUILTIN_CALLS,
    LETTER,
    MATRIX_FUNCTIONS,
    RANGED,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    spelled_out,
)
from tensorcalc.language.scripts import MAX_DEPTH, OpenBracket, ScriptLexer, Statement, read_number
from tensorcalc.language.source import Span
from tensorcalc.language.tokens import DECLARING, LEFT_GROUPS, SETTINGS, BareName, Token

__all__ = ["Lexer"]

_OPERATORS = {
    "**": "POWER", "==": "RELATION", "!=": "RELATION", "<=": "RELATION", ">=": "RELATION",
    "<": "RELATION", ">": "RELATION", "≤": "RELATION", "≥": "RELATION", "≠": "RELATION",
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "*": "STAR", "·": "STAR", "⋅": "STAR",
    "×": "STAR", "⊙": "STAR", "/": "SLASH", "//": "FLOOR", "=": "EQUALS", ",": "COMMA",
    ":": "COLON",
}  # fmt: skip
_RELATIONS = {"≤": "<=", "≥": ">=", "≠": "!="}
_WORDS = {"and": "AND", "or": "OR", "not": "NOT"}
_KEYWORDS = {
    **dict.fromkeys(DECLARING, "DECLARE"),
    **dict.fromkeys(SETTINGS, "SETTING"),
    "index": "INDEX",
    "sizes": "SIZES",
    "given": "GIVEN",
    "output": "OUTPUT",
    "def": "DEF",
}
_SUPER = "[" + "".join(SUPERSCRIPTS) + "]"
_SUB = "[" + "".join(SUBSCRIPTS) + "]"
_PRIMES = re.compile(r"['′]+(?:\{\d{1,3}(?:,\d{1,3})*\})?")
_ARGUMENT = re.compile(r"_(?:\{(\d{1,3})\}|(\d{1,3}))")
_ORDER = re.compile(r"\^(?:\{(\d{1,2})\}|(\d{1,2}))")
_DEFINITION = re.compile(rf"[ \t]*{LETTER}(?:{LETTER}|\d)*[ \t]*{LEFT_GROUPS}[ \t]*=(?!=)")
_KEYWORD_OBJECT = re.compile(r"[ \t]+(\S)")
_NAME_START = re.compile(rf"{LETTER}|`|\\")
_BELOW_BAR = re.compile(r"\)\s*/\s*(?:d|∂|partial|\\partial)\s*\(")
_REST = re.compile(r"[^,;\n#]*")


@dataclass(slots=True)
class Lexer(ScriptLexer):
    """Cuts one text into statements, each a list of tokens."""

    def __post_init__(self) -> None:
        self._groups = GroupReader(self.text, self.names, self.reporter, self.parse_indices)
        opening, closing = (OPEN_SCOPE, CLOSE_SCOPE) if self.translated else ("", "")
        word = rf"{self.names.underscored_pattern()}|{LETTER}(?:{LETTER}|\d)*"
        self._pattern = re.compile(
            rf"(?P<space>[ \t\r\f\v\u00a0\ufeff]+)|(?P<word>{word})"
            r"|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
            r"|(?P<mark>[\^_])|(?P<operator>\*\*|//|[=!<>]=|[-+*/=<>,:−·⋅×⊙≤≥≠])"
            rf"|(?P<open>[(\[{opening}])|(?P<close>[)\]{closing}])|(?P<newline>\n)|(?P<semicolon>;)"
            r"|(?P<comment>\#[^\n]*)|(?P<quoted>`[^`\n]*`)|(?P<braces>\{[ \t]*\})"
            rf"|(?P<super>{_SUPER}+)|(?P<sub>{_SUB}+)|(?P<symbol>[∂∇∑∏])"
            r"|(?P<command>\\[A-Za-z]+)|(?P<prime>['′]+)"
        )

    def run(self) -> list[Statement]:
        """Return the statements; what cannot be a token is reported."""
        self._scan(0, len(self.text))
        if self._open:
            self._never_closed()
        self._end_statement()
        return self.statements

    def _starts_definition(self, position: int) -> bool:
        """Whether a line inside brackets starts a definition, so that they are unclosed."""
        if _DEFINITION.match(self.text, position) is None:
            return False
        return not any(bracket.parameters for bracket in self._open)

    def _never_closed(self) -> None:
        """Report the open bracket, drop its statement and go on with the next line."""
        first = self._open[0].token
        shown = "[" if first.type == "LSQB" else "("
        self.reporter.error("E104", f"{shown} is never closed", first.span)
        self._open.clear()
        self._broken = True
        self._end_statement()

    def _end_statement(self) -> None:
        count = len(self.reporter.errors)
        if self._tokens and not self._broken and count == self._errors:
            self.statements.append(self._tokens)
        self._errors = count
        self._tokens = []
        self._broken = False
        self._closed_call = False

    def _scan(self, start: int, end: int) -> None:
        text = self.text
        match = self._pattern.match
        position = start
        while position < end:
            found = match(text, position, end)
            if found is None:
                position = self._unknown(position, end)
                continue
            kind = found.lastgroup
            stop = found.end()
            if kind == "space" or kind == "comment":
                pass
            elif kind == "word":
                stop = self._word(found.group(), position, stop, end)
            elif kind == "operator":
                value = found.group()
                self._add(_OPERATORS[value], _RELATIONS.get(value, value), position, stop)
            elif kind == "mark":
                stop = self._group(position, end)
            elif kind == "number":
                self._add(
                    "NUMBER", read_number(found.group(), position, self.reporter), position, stop
                )
            elif kind == "open":
                stop = self._bracket(found.group(), position, end)
            elif kind == "close":
                stop = self._close(found.group(), position, end)
            elif kind == "newline":
                if len(self.reporter.errors) >= MAX_DIAGNOSTICS:
                    self._open.clear()
                    return
                if not self._open:
                    self._end_statement()
                elif self._starts_definition(stop):
                    self._never_closed()
            elif kind == "semicolon":
                if self._open:
                    self._open[-1].parameters = True
                    self._add("SEMICOLON", ";", position, stop)
                else:
                    self._end_statement()
            else:
                stop = self._rare(str(kind), found.group(), position, stop, end)
            position = stop

    def _rare(self, kind: str, value: str, start: int, stop: int, end: int) -> int:
        if kind == "quoted":
            if len(value) == 2:
                self.reporter.error("E103", "a name in back-ticks is empty", Span(start, stop))
            self._name(spelled_out(value[1:-1]), start, stop, quoted=True)
        elif kind == "super" or kind == "sub":
            return self._unicode_group(kind == "super", start, stop, end)
        elif kind == "symbol":
            if value == "∂":
                if not self.text[stop:end].lstrip().startswith("(") and not self._broken:
                    self.reporter.error(
                        "E101",
                        "∂ stands before a bracket",
                        Span(start, stop),
                        "a derivative is written ∂(f^i)/∂(x^j)",
                    )
                    self._broken = True
                return self._word("d", start, stop, end)
            if value == "∇":
                return self._nabla(start, stop, end)
            return self._word("sum" if value == "∑" else "prod", start, stop, end)
        elif kind == "command":
            return self._command(value[1:], start, stop, end)
        elif kind == "prime" and not self._broken:
            self.reporter.error(
                "E103",
                "a prime stands behind an index or a function's name only",
                Span(start, stop),
                self.reporter.or_matrix("a name with a prime can be written in back-ticks"),
            )
            self._broken = True
        return stop

    def _command(self, word: str, start: int, stop: int, end: int) -> int:
        if word == "nabla":
            return self._nabla(start, stop, end)
        if word in ("cdot", "times", "odot", "ast"):
            self._add("STAR", "*", start, stop)
        else:
            return self._word("d" if word == "partial" else word, start, stop, end)
        return stop

    def _nabla(self, start: int, stop: int, end: int) -> int:
        """Add a gradient by one argument, ``∇_2``, as often as its power says."""
        number = _ARGUMENT.match(self.text, stop, end)
        stop = number.end() if number else stop
        order = _ORDER.match(self.text, stop, end)
        stop = order.end() if order else stop
        argument = int(number.group(1) or number.group(2)) if number else 0
        for _ in range(int(order.group(1) or order.group(2)) if order else 1):
            self._add("NABLA", argument, start, stop)
        return stop

    def _unknown(self, position: int, end: int) -> int:
        character = self.text[position]
        hint = {
            "@": "a matrix product is written with indices: A^i_j x^j",
            "|": "a norm is written norm_i(x^i), an absolute value abs(x)",
            "{": "braces enclose indices only: ^{i j}; use ( ) here",
            "}": "there is no { that it closes",
            "%": "a comment starts with #",
        }.get(character, "")
        if character == "." and self.text[position + 1 : position + 2] in ("*", "/", "^"):
            hint = self.reporter.or_matrix("a product by components has indices: x_i z_i")
        if self._broken:
            return self._skip_unknown(position, end)
        shown = character if character.isprintable() else f"U+{ord(character):04X}"
        self.reporter.error(
            "E103", f"{shown} is not part of the notation", Span(position, position + 1), hint
        )
        self._broken = True
        return self._skip_unknown(position, end)

    def _skip_unknown(self, position: int, end: int) -> int:
        stop = position + 1
        while stop < end and self._pattern.match(self.text, stop, end) is None:
            stop += 1
        return stop

    def _word(self, word: str, start: int, stop: int, end: int) -> int:
        name = spelled_out(word)
        if not self._tokens and name in _KEYWORDS and self._is_keyword(name, stop):
            if _KEYWORDS[name] in ("DECLARE", "SIZES", "INDEX", "OUTPUT"):
                return self._declaration(name, start, stop, end)
            self._add(_KEYWORDS[name], name, start, stop)
            return stop
        if name in _WORDS and self._open:
            self._add(_WORDS[name], name, start, stop)
            return stop
        if (
            name in BIG_OPERATORS
            and (name not in self.names.tensors or name in self.names.shadowed)
            and name not in self.names.functions
        ):
            return self._big_operator(name, start, stop, end)
        primes = _PRIMES.match(self.text, stop, end)
        if primes and self.text.startswith("(", primes.end()):
            stop = primes.end()
        elif primes and self._holds_indices():
            stop = primes.end()
            name += "'" * (stop - start - len(word))
        self._name(name, start, stop, quoted=False)
        return stop

    def _holds_indices(self) -> bool:
        """Whether a plain name may be an index here: in a condition, and in ``size(i')``."""
        before = self._tokens[-2:]
        size = len(before) == 2 and before[0].type == "CALL" and before[1].type == "LPAR"
        if size and _name_of(before[0].value) == "size":
            return True
        return any(bracket.token.type == "LSQB" for bracket in self._open)

    def _is_keyword(self, name: str, stop: int) -> bool:
        """A keyword is followed by space and then by a name (``given`` by anything but =)."""
        if name == "variance" or name == "syntax":
            return bool(re.match(r"[ \t]+[A-Za-z]", self.text[stop : stop + 80]))
        following = _KEYWORD_OBJECT.match(self.text, stop)
        if following is None:
            return False
        character = following.group(1)
        if name == "given":
            return character not in "=*/+,)"
        return bool(_NAME_START.match(character))

    def _name(self, name: str, start: int, stop: int, quoted: bool) -> None:
        if quoted:
            self.names.tensors.add(name)
        elif name in self.names.shadowed:
            name = BareName(name)
        self._add("NAME", name, start, stop)

    def _make_derivative(self, opened: OpenBracket, position: int) -> bool:
        """Turn the ``d`` before a closed bracket into one of a derivative where it is one.

        That is, where ``/ d(`` follows the bracket or ``d(…) /`` stands before it.
        """
        tokens = self._tokens
        place = opened.position
        if opened.token.type != "LPAR" or place < 1:
            return False
        head = tokens[place - 1]
        if head.type not in ("NAME", "CALL") or head.end != opened.token.start:
            return False
        if _name_of(head.value) not in ("d", "partial"):
            return False
        below = place >= 3 and tokens[place - 2].type == "SLASH"
        below = below and tokens[place - 3].value == "partial"
        if not below and _BELOW_BAR.match(self.text, position) is None:
            return False
        head.type = "PARTIAL"
        head.end = opened.token.end
        del tokens[place]
        return True

    def _bracket(self, value: str, position: int, end: int) -> int:
        call = False
        if value != "[":
            call = value == "(" and self._make_call(position)
            self._add("LPAR", value, position, position + 1)
        else:
            self._add("LSQB", value, position, position + 1)
        self._push(self._tokens[-1], call)
        if len(self._open) > MAX_DEPTH:
            return self._skip_line(position, end)
        return position + 1

    def _skip_line(self, position: int, end: int) -> int:
        """Give up on a statement nested too deep: go on at the next line."""
        self._open.clear()
        stop = self.text.find("\n", position, end)
        return end if stop < 0 else stop

    def _make_call(self, position: int) -> bool:
        """Turn the name before a bracket into a call where it is one."""
        tokens = self._tokens
        base = len(tokens) - 1
        while base >= 0 and tokens[base].type == "GROUP":
            base -= 1
        if base < 0 or tokens[base].type != "NAME":
            return False
        token = tokens[base]
        name: str = token.value  # type: ignore[assignment]
        tensor = name in self.names.tensors and not isinstance(name, BareName)
        adjacent = tokens[-1].end == position
        if base < len(tokens) - 1:
            if name not in RANGED or tensor or (not adjacent and name in MATRIX_FUNCTIONS):
                return False
        elif tensor:
            if adjacent and name not in ("d", "partial"):
                self.reporter.note(
                    "N502", f"{name} is a tensor, so {name}( is read as a product", token.span
                )
            return False
        elif not adjacent and name not in BUILTIN_CALLS and name not in self.names.functions:
            return False
        text = self.text[token.start : token.end]
        primes = sum(c in "'′" for c in text)
        written = text.partition("{")[2].rstrip("}")
        orders = tuple(map(int, written.split(","))) if primes and written else ()
        token.type = "CALL"
        token.value = (name, primes, orders)
        return True

    def _close(self, value: str, position: int, end: int) -> int:
        wanted = "[" if value == "]" else "("
        kind = "RSQB" if value == "]" else "RPAR"
        if not self._open:
            self.reporter.error(
                "E105", f"{value} has no {wanted} before it", Span(position, position + 1)
            )
            self._broken = True
            return position + 1
        opened = self._open.pop()
        opener = "[" if opened.token.type == "LSQB" else "("
        if opener != wanted:
            self.reporter.error(
                "E105",
                f"{value} closes no {wanted}: the last open bracket is {opener}",
                Span(position, position + 1),
            )
            self._broken = True
        mark = "partial" if value == ")" and self._make_derivative(opened, position) else value
        self._add(kind, mark, position, position + 1)
        self._closed_call = opened.call or (kind == "RSQB" and self._is_gradient(opened.token))
        return position + 1

    def _is_gradient(self, opening: Token) -> bool:
        for n in range(len(self._tokens) - 1, 0, -1):
            if self._tokens[n - 1] is opening:
                return self._tokens[n].type == "NABLA"
        return False

    def _declaration(self, keyword: str, start: int, stop: int, end: int) -> int:
        """Cut a declaration: in it, ``[…]``, ``: T`` and ``=`` hold extents."""
        self._add(_KEYWORDS[keyword], keyword, start, stop)
        extent_marks = {"SIZES": "=", "INDEX": ":"}.get(_KEYWORDS[keyword], "")
        match = self._pattern.match
        position = stop
        while position < end:
            character = self.text[position]
            if character in "\n;#":
                break
            if extent_marks and character == extent_marks:
                kind = "EQUALS" if character == "=" else "COLON"
                self._add(kind, character, position, position + 1)
                last = _REST.match(self.text, position + 1, end)
                assert last is not None
                entries = self._groups.content(last.start(), last.end(), whole=True)
                self._add("EXTENT", entries, last.start(), last.end())
                position = last.end()
            elif character == "[" and not extent_marks:
                close = self.text.find("]", position, end)
                if close < 0 or "\n" in self.text[position:close]:
                    self.reporter.error("E104", "[ is never closed", Span(position, position + 1))
                    self._broken = True
                    break
                entries = self._groups.content(position + 1, close, whole=True)
                self._add("EXTENT", entries, position, close + 1)
                position = close + 1
            else:
                found = match(self.text, position, end)
                if found is None:
                    position = self._unknown(position, end)
                    continue
                kind = str(found.lastgroup)
                if kind == "mark":
                    group, position = self._groups.read(position, end)
                    self._put_group(group)
                    continue
                if kind == "word":
                    name = spelled_out(found.group())
                    following = self.text[found.end() : found.end() + 1]
                    if following == "'" and extent_marks:
                        name += "'"
                        self._add("NAME", name, position, found.end() + 1)
                        position = found.end() + 1
                        continue
                    self._add("NAME", name, position, found.end())
                elif kind == "operator":
                    self._add(_OPERATORS[found.group()], found.group(), position, found.end())
                elif kind != "space":
                    self._rare(kind, found.group(), position, found.end(), end)
                position = found.end()
        return position


def _name_of(value: Any) -> Any:
    """The name in a token's value: a call also holds what stands behind it."""
    return value if isinstance(value, str) else value[0]
