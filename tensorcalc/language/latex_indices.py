"""LaTeX: what stands behind a symbol, indices and powers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tensorcalc.language.latex_tokens import (
    FONTS,
    GREEK_COMMANDS,
    SPACES,
    TRANSPOSED,
    UPRIGHT,
    VARIANTS,
    LatexToken,
)
from tensorcalc.language.latex_writer import LatexWriter
from tensorcalc.language.names import spelled_out

_SIGNS = "+-*,)]=/'"
_SIGNS_OPEN = "+-*([=/ "

__all__ = ["IndexWriter"]


@dataclass(slots=True)
class IndexWriter(LatexWriter):
    """Writes index groups."""

    def _scripts(self, bracket: bool) -> None:
        """The groups behind a factor: indices, or a power."""
        raised = False
        while True:
            while self._is("{") and self._closing(self.position) == self.position + 1:
                self.position += 2
            if self.now.kind == "prime" and self.matrix:
                self._put("'", self.now)
                self.position += 1
                continue
            if not self._is("^", "_"):
                return
            token = self.now
            upper = self._is("^")
            self.position += 1
            bounds = self._argument()
            behind = self.position
            if upper and (bracket or self._is_power(bounds)):
                if raised:
                    raise self._refuse(
                        "a power directly behind a power can be read in two ways",
                        token,
                        r"write \left(x^{2}\right)^{3}",
                        code="E101",
                    )
                raised = True
            self._script(token, upper, bounds, bracket)
            self.position = behind

    def _script(
        self, token: LatexToken, upper: bool, bounds: tuple[int, int], bracket: bool
    ) -> None:
        inside = self.tokens[bounds[0] : bounds[1]]
        texts = [t.text for t in inside]
        if texts and all(t == "prime" for t in texts):
            self._put("'" * len(texts), token)
            return
        if self.matrix and upper and texts in TRANSPOSED:
            self._put("'", token)
            return
        if upper and texts == ["top"]:
            raise self._refuse(
                "a transpose in index notation is written by its indices", token, "A_{ji}"
            )
        if upper and (self.matrix or bracket or self._is_power(bounds)):
            self._put("^" if self.matrix else "**", token)
            self._put("(", token)
            self._within(*bounds)
            self._put(")", token)
            self.operand = True
            return
        if self.matrix and not upper:
            raise self._refuse("matrix notation has no indices", token, code="E114")
        self._index_group(upper, *bounds, token)

    def _is_power(self, bounds: tuple[int, int]) -> bool:
        r"""Whether a group holds a lone number: ``2``, ``-1``, ``1/2``, ``\frac{1}{2}``."""
        texts = "".join(t.text for t in self.tokens[bounds[0] : bounds[1]])
        return (
            re.fullmatch(r"-?(?:\d+(?:\.\d+)?(?:/\d+)?|[dt]?frac\{?\d+\}?\{?\d+\}?)", texts)
            is not None
        )

    def _index_group(
        self, upper: bool, first: int, last: int, token: LatexToken, braces: bool = False
    ) -> None:
        """Write an index group; each letter is an index, upright words are whole names."""
        if self.matrix:
            raise self._refuse("matrix notation has no indices", token, code="E114")
        pieces: list[tuple[str, LatexToken]] = []
        position = first
        while position < last:
            now = self.tokens[position]
            text, position = self._index_piece(position, last)
            if text == "'" and pieces:
                pieces[-1] = (pieces[-1][0] + "'" * len(now.text), pieces[-1][1])
            elif text and text != "'":
                before = pieces[-1][0] if pieces else ""
                if before and text[0] not in _SIGNS and before[-1] not in _SIGNS_OPEN:
                    pieces.append(("*" if before.isdigit() else ", ", now))
                pieces.append((text, now))
        plain = all(re.fullmatch(r"[^\W\d]\w*'*|, ", text) for text, _ in pieces)
        opener, closer = ("<", ">") if plain and pieces and not braces else ("{", "}")
        self._put(("^" if upper else "_") + opener, token)
        for text, now in pieces:
            self._put(text, now)
        if not plain and not any(text == "=" for text, _ in pieces):
            self._put(
                " ", pieces[-1][1] if pieces else token
            )  # a space makes names of any length whole names
        self._put(closer, token)

    def _index_piece(self, position: int, last: int) -> tuple[str, int]:
        token = self.tokens[position]
        position += 1
        if (token.kind == "command" and token.text in SPACES) or token.text in "{}":
            return "", position
        if token.kind == "number":
            return token.text, position
        if token.kind == "mark":
            return {"−": "-"}.get(token.text, token.text) + (
                " " if token.text == "," else ""
            ), position
        if token.kind == "prime":
            return "'", position
        if token.kind == "command" and token.text in UPRIGHT | FONTS:
            self.position = position
            name = self._raw_group()
            position = self.position
        elif token.kind == "command" and token.text not in GREEK_COMMANDS | {"ell"}:
            sign = {"cdot": "*", "times": "*"}.get(token.text)
            if sign is None:
                raise self._refuse(f"\\{token.text} is no index", token, code="E114")
            return sign, position
        else:
            name = spelled_out(VARIANTS.get(token.text, token.text))
        follows = self.tokens[position] if position < last else token
        if follows.kind == "number" and follows.start == token.end:
            name += follows.text
            position += 1
        elif position < last and follows.text in ("_", "^"):
            return self._below_index(name, position, last)
        return name, position

    def _below_index(self, name: str, position: int, last: int) -> tuple[str, int]:
        """``j_1`` is an index, ``c_n`` one that is looked up."""
        mark = self.tokens[position].text
        self.position = position + 1
        low, high = self._argument()
        inside = [t for t in self.tokens[low:high] if t.text not in SPACES]
        position = min(self.position, last)
        if all(t.kind == "number" for t in inside) and inside:
            return name + "".join(t.text for t in inside), position
        pieces: list[str] = []
        at = low
        while at < high:
            text, at = self._index_piece(at, high)
            if text:
                pieces.append(text)
        return f"{name}{mark}{{{', '.join(p for p in pieces if p != ', ')}}}", position

    def _index_count(self) -> int:
        """How many letters stand in the scripts that follow, about."""
        count = 0
        position = self.position
        while self.tokens[position].text in ("^", "_"):
            position += 1
            if self.tokens[position].text == "{":
                close = self._closing(position)
                count += sum(
                    t.kind == "letter" or t.text in GREEK_COMMANDS
                    for t in self.tokens[position:close]
                )
                position = close + 1
            else:
                count += 1
                position += 1
        return count

    def _numbered(self, name: str) -> str:
        """``W^{(1)}`` and ``W_{(1)}`` are the name ``W1``."""
        while self._is("^", "_"):
            inside = [t.text for t in self.tokens[self.position + 1 : self.position + 6]]
            if inside[:2] == ["{", "("] and inside[3:] == [")", "}"] and inside[2].isalnum():
                name += inside[2]
                self.position += 6
            else:
                break
        return name
