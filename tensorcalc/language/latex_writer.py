"""Walking over LaTeX tokens while writing the notation."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from tensorcalc.language.latex_tokens import SPACES, LatexToken
from tensorcalc.language.source import Span

__all__ = ["CLOSE_SCOPE", "MAX_DEPTH", "OPEN_SCOPE", "LatexWriter", "UnreadableError"]

#: Brackets that only the translation writes: a scope of its own, whatever is in it.
OPEN_SCOPE, CLOSE_SCOPE = "\ue000", "\ue001"
#: Braces and brackets may be nested this deep.
MAX_DEPTH = 60


class UnreadableError(Exception):
    """The text is not understood; the problem is recorded already."""


@dataclass(slots=True)
class LatexWriter:
    """A place in the tokens, and what is written so far."""

    tokens: list[LatexToken]
    matrix: bool
    problems: list[tuple[str, str, Span, str]] = field(
        default_factory=list[tuple[str, str, Span, str]]
    )
    out: list[str] = field(default_factory=list[str])
    origin: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    position: int = 0
    operand: bool = False
    depth: int = 0
    tensors: set[str] = field(default_factory=set[str])
    sizes: set[str] = field(default_factory=set[str])
    numbered: set[str] = field(default_factory=set[str])
    integers: set[str] = field(default_factory=set[str])
    condition: bool = False

    @property
    def now(self) -> LatexToken:
        """The current token."""
        return self.tokens[self.position]

    def _put(self, text: str, token: LatexToken) -> None:
        self.out.extend(text)
        self.origin.extend([(token.start, token.end)] * len(text))

    def _put_operand(self, text: str, token: LatexToken) -> None:
        """Write a name, a number or what opens a bracket, apart from what stands before it."""
        if self.operand:
            self._put("*" if self.matrix else " ", token)
        elif self.out and (self.out[-1].isalnum() or self.out[-1] == "_"):
            self._put(" ", token)
        self._put(text, token)
        self.operand = True

    def _put_sign(self, text: str, token: LatexToken) -> None:
        self._put(text, token)
        self.operand = False

    def _refuse(
        self, message: str, token: LatexToken, hint: str = "", code: str = "E103"
    ) -> UnreadableError:
        at = len(self.out)
        self._put("?", token)
        self.problems.append((code, message, Span(at, at + 1), hint))
        return UnreadableError()

    def _is(self, *texts: str) -> bool:
        return self.now.text in texts and self.now.kind in ("mark", "command")

    def _skip_spaces(self) -> None:
        while self.now.kind == "command" and self.now.text in SPACES:
            self.position += 1

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._refuse(
                f"brackets are nested deeper than {MAX_DEPTH}", self.now, code="E110"
            )

    def _skip_to(self, closer: str) -> None:
        while self.now.kind != "end" and self.now.text != closer:
            self.position += 1
        self.position += self.now.kind != "end"

    def _skip_group(self) -> None:
        if self._is("{"):
            self.position = self._closing(self.position) + 1

    def _closing(self, opening: int) -> int:
        """The position of the brace that closes the one at ``opening``."""
        depth = 0
        for number in range(opening, len(self.tokens)):
            token = self.tokens[number]
            if token.kind == "mark":
                depth += (token.text == "{") - (token.text == "}")
                if depth == 0:
                    return number
        raise self._refuse("{ is never closed", self.tokens[opening], code="E104")

    def _raw_group(self) -> str:
        """The text of a group of letters."""
        if self.now.kind == "end":
            raise self._refuse("the formula ends too early", self.now, code="E101")
        if not self._is("{"):
            token = self.now
            if token.kind == "mark":
                raise self._refuse(f"{token.text} where a name is expected", token, code="E101")
            self.position += 1
            return token.text
        close = self._closing(self.position)
        inside = self.tokens[self.position + 1 : close]
        self.position = close + 1
        return "".join(" " if t.text in SPACES else t.text for t in inside)

    def _within(self, first: int, last: int, condition: bool = False) -> None:
        """Translate the tokens from ``first`` up to ``last``."""
        before, end, outside = self.position, self.tokens[last], self.condition
        self.condition = condition
        self._deeper()
        self.position = first
        self.tokens[last] = LatexToken("end", "", end.start, end.end)
        try:
            self.operand = False
            while self.now.kind != "end":
                if condition and self._is("="):
                    self._put_sign("==", self.now)
                    self.position += 1
                else:
                    self._one()
        finally:
            self.tokens[last] = end
            self.position = before
            self.condition = outside
            self.depth -= 1

    def _scoped(self, first: int, last: int, token: LatexToken) -> None:
        self._put(OPEN_SCOPE if not self.matrix else "(", token)
        self._within(first, last)
        self._put(CLOSE_SCOPE if not self.matrix else ")", token)

    def _argument(self) -> tuple[int, int]:
        """The tokens of a command's argument: a group, or the next token."""
        self._skip_spaces()
        if self._is("{"):
            close = self._closing(self.position)
            bounds = self.position + 1, close
            self.position = close + 1
            return bounds
        if self.now.kind == "end":
            raise self._refuse("the formula ends too early", self.now, code="E101")
        self.position += 1
        return self.position - 1, self.position

    def _matching(self, opening: int, opener: str, closer: str) -> int:
        """The position of the bracket that closes the one at ``opening``."""
        depth = braces = 0
        for number in range(opening, len(self.tokens)):
            token = self.tokens[number]
            if token.kind == "mark" and token.text in "{}":
                braces += (token.text == "{") - (token.text == "}")
                if braces < 0:
                    break
            elif braces == 0 and token.text in (opener, closer) and token.kind != "end":
                if opener == closer:
                    depth += 1 if depth == 0 else -1
                else:
                    depth += 1 if token.text == opener else -1
                if depth == 0:
                    return number
        raise self._refuse(f"{opener} is never closed", self.tokens[opening], code="E104")

    def _opens_round(self) -> bool:
        if self._is("("):
            return True
        return self._is("left") and self.tokens[self.position + 1].text == "("

    def _top(self, start: int, position: int) -> bool:
        depth = 0
        for number in range(start, position):
            if self.tokens[number].kind == "mark":
                depth += (self.tokens[number].text == "{") - (self.tokens[number].text == "}")
        return depth == 0

    @abstractmethod
    def _one(self) -> None:
        """Translate one token with what belongs to it."""

    @abstractmethod
    def _factor(self) -> None:
        """Translate one factor with its scripts."""
