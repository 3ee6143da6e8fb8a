"""LaTeX: what stands behind a symbol, indices and powers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tensorcalc.language.latex_tokens import (
    FONTS,
    FRACTIONS,
    GREEK_COMMANDS,
    SPACES,
    TRANSPOSED,
    UPRIGHT,
    VARIANTS,
    LatexToken,
    upright_word,
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
                if self._is("_") and not (bracket or self.matrix):  # x^2_i is x_i^2
                    self.position += 1
                    below = self._argument()
                    behind = self.position
                    self._index_group(False, *below, token)
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
        if (
            last - first > 1
            and self.tokens[first].text == "("
            and self.tokens[last - 1].text == ")"
        ):
            hint = "layers are names: W^{(1)} is W1, W^{(2)} is W2"
            raise self._refuse("what stands in a raised bracket is no name", token, hint, "E114")
        if braces:
            self._put("^{", token)
            self._lengths(first, last)
            self._put(" }", token)  # a space makes names of any length whole names
            return
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
                    times = before.isdigit() or text[0] == "("
                    pieces.append(("*" if times else ", ", now))
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
        found = self._size_word(position, last) if self.sizes else None
        if found is not None and "_" in found[0] and found[0] in self.sizes:
            return found
        position += 1
        if (token.kind == "command" and token.text in SPACES) or token.text in "{}":
            return "", position
        if token.text == "left" or token.text == "lfloor":
            return self._floor_piece(position - 1)
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

    def _floor_piece(self, position: int) -> tuple[str, int]:
        out, origin = self.out, self.origin
        self.out, self.origin = [], []
        try:
            position = self._floor(position + (self.tokens[position].text == "left"))
            return "".join(self.out), position
        finally:
            self.out, self.origin = out, origin

    def _below_index(self, name: str, position: int, last: int) -> tuple[str, int]:
        """``j_1`` is an index, ``c_n`` one that is looked up."""
        mark = self.tokens[position].text
        self.position = position + 1
        low, high = self._argument()
        inside = [t for t in self.tokens[low:high] if t.text not in SPACES]
        position = min(self.position, last)
        numbered = all(t.kind == "number" for t in inside) and inside
        if numbered and name not in self.integers:
            return name + "".join(t.text for t in inside), position
        pieces: list[str] = []
        at = low
        while at < high:
            primes = self.tokens[at].text
            text, at = self._index_piece(at, high)
            if text == "'" and pieces:
                pieces[-1] += "'" * len(primes)
            elif text:
                pieces.append(text)
        listed = ", ".join(p for p in pieces if p != ", ")
        if all(re.fullmatch(r"[^\W\d]\w*'*|, ", p) for p in pieces):
            return f"{name}{mark}<{listed}>", position
        return f"{name}{mark}{{{listed}}}", position

    def _scan_indices(self) -> None:
        """Note the indices with a number, ``t_{1}``, that stand inside index groups."""
        depth = 0
        for number, token in enumerate(self.tokens[:-1]):
            if token.kind == "mark" and token.text in "{}":
                if token.text == "{":
                    depth += depth > 0 or self.tokens[number - 1].text in ("_", "^")
                else:
                    depth -= depth > 0
            elif depth and token.text == "_":
                name = self._below(number - 1)
                if name is not None:
                    self.numbered.add(name)

    def _below(self, position: int) -> str | None:
        """A letter at a position with the number below it, as one name."""
        token = self.tokens[position]
        if not (token.kind == "letter" or token.text in GREEK_COMMANDS):
            return None
        below = upright_word(self.tokens, position + 1)[0]
        if not (below.isascii() and below.isdigit()):
            return None
        return spelled_out(VARIANTS.get(token.text, token.text)) + below

    def _is_numbered_index(self, name: str) -> bool:
        """Whether a name and the number below it is an index of this text, in a condition."""
        if not self.condition or not self._is("_"):
            return False
        return name + upright_word(self.tokens, self.position)[0] in self.numbered

    # Sizes --------------------------------------------------------------------------------

    def _size_word(self, position: int, last: int) -> tuple[str, int] | None:
        """The name of a size with what stands below it, ``n_{i}``, and where it ends."""
        token = self.tokens[position]
        if token.kind == "command" and token.text in UPRIGHT | FONTS:
            name, position = upright_word(self.tokens, position)
        elif token.kind == "letter" or token.text in GREEK_COMMANDS | {"ell"}:
            name, position = spelled_out(VARIANTS.get(token.text, token.text)), position + 1
            if self.tokens[position].kind == "number" and (
                self.tokens[position].start == token.end
            ):
                name, position = name + self.tokens[position].text, position + 1
        else:
            return None
        if position < last and self.tokens[position].text == "_":
            below, behind = upright_word(self.tokens, position)
            if below and "?" not in below:
                return f"{name}_{below}", behind
        return name, position

    def _is_size(self, name: str) -> bool:
        """Whether a name and what stands below it is a declared size."""
        if not self.sizes or not self._is("_"):
            return False
        return f"{name}_{upright_word(self.tokens, self.position)[0]}" in self.sizes

    def _lengths(self, first: int, last: int) -> None:
        """Write extents: sums of products of sizes, ``2 n+1``; commas and what is set stay."""
        position = first
        operand = False
        while position < last:
            token = self.tokens[position]
            found = self._size_word(position, last)
            if found is not None or token.kind == "number":
                self._put("*" * operand, token)
                name, position = found or (token.text, position + 1)
                while found and position < last and self.tokens[position].kind == "prime":
                    name += "'" * len(self.tokens[position].text)
                    position += 1
                self._put(name, token)
                operand = True
            elif token.text in ("lfloor", "lceil"):
                self._put("*" * operand, token)
                position = self._floor(position)
                operand = True
            else:
                sign = {"cdot": "*", "times": "*", "−": "-"}.get(token.text, token.text)
                if token.kind == "mark" and sign in "({":
                    self._put("*" * operand + "(", token)
                elif token.kind == "mark" and sign in ")}":
                    self._put(")", token)
                elif sign in "+-*=:,":
                    self._put(", " if sign == "," else sign, token)
                elif token.text not in SPACES | {"left", "right", "&", "|", "rfloor", "."}:
                    raise self._refuse(f"{token.text} is no extent", token, code="E116")
                spaced = token.kind == "command" and token.text in SPACES | {"right"}
                operand = token.text in ")}" or (operand and spaced)
                position += 1

    def _floor(self, position: int) -> int:
        r"""Write ``\lfloor \frac{n}{2} \rfloor``; returns the place behind it."""
        token = self.tokens[position]
        close = self._matching(position, "lfloor", "rfloor")
        inside = [n for n in range(position + 1, close) if self.tokens[n].text not in SPACES]
        behind = self.position
        if not inside or self.tokens[inside[0]].text not in FRACTIONS:
            raise self._refuse("a floor holds a fraction", token, r"\lfloor \frac{n}{2} \rfloor")
        self.position = inside[0] + 1
        above, below = self._argument(), self._argument()
        self.position = behind
        self._put("((", token)
        self._lengths(*above)
        self._put(") // ", token)
        self._lengths(*below)
        self._put(")", token)
        return close + 1

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
        r"""``W^{(1)}`` and ``W_{(1)}`` are the name ``W1``, ``W_{\text{out}}`` is ``W_out``."""
        while self._is("^", "_"):
            label = [t.text for t in self.tokens[self.position + 1 : self.position + 3]]
            if self._is("_") and label[:1] == ["{"] and label[1:] == ["text"]:
                word, behind = upright_word(self.tokens, self.position)
                if self.tokens[behind - 2].text == "}" and "?" not in word:
                    name, self.position = f"{name}_{word}", behind
                    continue
            inside = [t.text for t in self.tokens[self.position + 1 : self.position + 6]]
            if inside[:2] == ["{", "("] and inside[3:] == [")", "}"] and inside[2].isalnum():
                name += inside[2]
                self.position += 6
            else:
                break
        return name
