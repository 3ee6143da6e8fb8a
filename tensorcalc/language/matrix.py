"""Matrix notation: ``x' * A * x`` becomes index notation, with ranks that are always shown.

A vector is a column, its transpose a row. The result is the syntax tree of the index
notation, every sum explicit, so that names, extents and expressions are resolved as for any
other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from tensorcalc.language import syntax
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.names import spelled_out
from tensorcalc.language.source import Span

if TYPE_CHECKING:
    from lark import Lark

from tensorcalc.language.matrix_kinds import RANK, RankFoundError, RefusedError
from tensorcalc.language.matrix_nodes import MatrixNodes, access_node

__all__ = ["matrix_statements"]

#: Brackets may be nested this deep.
MAX_DEPTH = 60
_PRODUCT = "a product is written with *, or .* for one by components"
_ADVICE = {
    "NAME": _PRODUCT,
    "NUMBER": _PRODUCT,
    "LPAR": _PRODUCT,
    "CARET": "a power of a power needs a bracket: (a^2)^3",
    "DOTCARET": "a power of a power needs a bracket: (x.^2).^3",
}
_DECLARATION = re.compile(r"\s*(scalar|vector|matrix)\s+([^=*+(]+)$")
_DEPENDS = re.compile(r"(\s*([^\W\d]\w*)\s*)(\([\w\s,]*\))\s*=(?!=)")
_SETTING = re.compile(r"\s*(syntax|variance)\s+\w+\s*$")


def matrix_statements(
    text: str, ranks: Mapping[str, int], reporter: Reporter
) -> list[syntax.Statement]:
    """Return the statements of a program in matrix notation.

    Args:
        text: The program; the reporter's positions are those of this text.
        ranks: Ranks given by the caller.
        reporter: Receives errors, and a note with the ranks that were taken.
    """
    inferred: dict[str, int] = {}
    while True:
        reader = _Reader(reporter, dict(ranks), inferred=inferred)
        try:
            return _read_all(reader, text)
        except RankFoundError as found:
            inferred[found.name] = found.rank  # what was read so far may have used it otherwise


def _read_all(reader: _Reader, text: str) -> list[syntax.Statement]:
    statements: list[syntax.Statement] = []
    pieces = list(_pieces(text))
    for span in pieces:
        reader.declare(text[span.start : span.end])
    for span in pieces:
        piece = text[span.start : span.end]
        if not piece.strip() or _DECLARATION.match(piece) or _SETTING.match(piece):
            continue
        statement = reader.read(piece, span.start)
        if statement is not None:
            statements.append(statement)
    reader.note_ranks()
    return statements


def _pieces(text: str) -> Iterator[Span]:
    """The statements' places: cut at line ends outside brackets, and at semicolons."""
    start = depth = 0
    position = 0
    while position < len(text):
        character = text[position]
        if character == "#":
            stop = text.find("\n", position)
            yield Span(start, position)
            start = position = len(text) if stop < 0 else stop
            continue
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif character == ";" or (character == "\n" and depth == 0):
            yield Span(start, position)
            start, depth = position + 1, 0
        position += 1
    yield Span(start, len(text))


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = resources.files("tensorcalc.language").joinpath("matrix.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", start="statement", propagate_positions=True)


@dataclass(slots=True)
class _Reader(MatrixNodes):
    """Reads statements."""

    def declare(self, piece: str) -> None:
        """Read ``vector x, y``."""
        found = _DECLARATION.match(piece)
        if found:
            rank = ("scalar", "vector", "matrix").index(found.group(1))
            for name in re.split(r"[,\s]+", found.group(2).strip()):
                self.ranks[spelled_out(name)] = rank

    def read(self, piece: str, base: int) -> syntax.Statement | None:
        """Read one statement."""
        self.base, self.used = base, 0
        if not self._bounded(piece):
            return None
        shown = self._without_arguments(piece)
        if shown is None:
            return None
        piece = shown
        tree = self._parse(piece)
        if tree is None:
            return None
        try:
            return self._statement(tree)
        except RefusedError:
            return None

    def _without_arguments(self, piece: str) -> str | None:
        """``f(x) = …`` as ``f    = …``: what stands in the bracket says what f depends on.

        None if f is a function all the same, which is reported.
        """
        found = _DEPENDS.match(piece)
        if found is None:
            return piece
        before, name, arguments = found.groups()
        start = self.base + len(before)
        span = Span(start, start + len(arguments))
        called = re.search(rf"(?<!\w){re.escape(name)}\s*\(", piece[found.end() :])
        if called is not None:
            message = f"{name} is defined by itself, or called like a function"
            self.reporter.error("E115", message, span, f"write {name} = … and use {name} alone")
            return None
        message = f"{name}{arguments} = … defines {name}; its bracket is not needed"
        self.reporter.note("N509", message, span)
        return before + " " * len(arguments) + piece[found.end(3) :]

    def note_ranks(self) -> None:
        """Say which ranks were taken."""
        parts: list[str] = []
        for source, names in (("the letters", self.assumed), ("their use", self.inferred)):
            groups: dict[str, list[str]] = {"scalar": [], "vector": [], "matrix": []}
            for name in names:
                rank = RANK[self.kinds[name]]
                groups[("scalar", "vector", "matrix")[rank]].append(name)
            shown = [f"{kind} {', '.join(names)}" for kind, names in groups.items() if names]
            if shown:
                parts.append(f"ranks taken from {source}: " + "; ".join(shown))
        if parts:
            span = next(iter(self.assumed.values()), Span(0, 1))
            self.reporter.note("N505", "; ".join(parts), span)

    def _bounded(self, piece: str) -> bool:
        depth = run = 0
        for position, character in enumerate(piece):
            depth += (character == "(") - (character == ")")
            run = run + 1 if character in "-+^'" else 0 if not character.isspace() else run
            if depth > MAX_DEPTH or run > MAX_DEPTH:
                span = Span(self.base + position, self.base + position + 1)
                message = f"brackets or signs are nested deeper than {MAX_DEPTH}"
                self.reporter.error("E110", message, span)
                return False
        if piece.count("^") + piece.count("**") > 500:
            self.reporter.error(
                "E110", "more than 500 powers in a statement", Span(self.base, self.base + 1)
            )
            return False
        return True

    def _parse(self, piece: str) -> Any:
        from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

        parser: Any = _parser()
        try:
            return parser.parse(piece)
        except UnexpectedCharacters as error:
            found: Any = error.pos_in_stream
            place = int(found or 0)
            position = self.base + place
            shown = piece[place]
            shown = shown if shown.isprintable() else f"U+{ord(shown):04X}"
            hint = "norm2(x), abs(x), det(X)" if shown in "|‖" else ""
            message = f"{shown} is not part of matrix notation"
            self.reporter.error("E103", message, Span(position, position + 1), hint)
        except UnexpectedToken as error:
            token: Any = error.token
            if token.type == "$END":
                end = self.base + len(piece.rstrip())
                self.reporter.error("E101", "the statement ends too early", Span(end, end + 1))
            else:
                start = self.base + (token.start_pos or 0)
                span = Span(start, start + len(token))
                if token.type == "EQUAL" and "=" not in piece[: start - self.base]:
                    left = Span(self.base, start)
                    message = "the left side of a definition is one name"
                    self.reporter.error("E115", message, left, "write y = …")
                    return None
                hint = _ADVICE.get(token.type, "")
                self.reporter.error("E101", f"{token} does not fit here", span, hint)
        except UnexpectedInput:
            self.reporter.error("E101", "this does not fit here", Span(self.base, self.base + 1))
        return None

    def _statement(self, tree: Any) -> syntax.Statement:
        if tree.data == "definition":
            token, body = tree.children
            name = self._spelled(token)
            value = self._value(body)
            if name in self.kinds and name not in self.ranks:
                self.assumed.pop(name, None)
            self.kinds[name] = "column" if value.kind == "row" else value.kind
            indices = self._fresh(RANK[value.kind])
            target = access_node(self._span(token), name, indices)
            return syntax.Definition(self._span(tree), target, self._node(value, indices))
        value = self._value(tree.children[0])
        indices = self._fresh(RANK[value.kind])
        body = self._node(value, indices)
        if indices:
            # The order of the axes is that of the value, so the result is a definition.
            return syntax.Definition(value.span, access_node(value.span, "result", indices), body)
        return syntax.Output(value.span, body)
