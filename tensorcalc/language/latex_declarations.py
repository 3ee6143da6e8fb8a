r"""LaTeX: declarations, as on paper and as they are printed.

``A^{i}_{j} \in \mathbb{R}^{n \times m}`` is ``tensor A^i_j [n, m]``; a word in ``\text`` says what
else is known, ``\text{symmetric } S_{i j}``. The sizes that declarations name are names
everywhere: where ``d_{k}`` is one, ``\sqrt{d_k}`` is its root.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from tensorcalc.language.latex_functions import FunctionWriter
from tensorcalc.language.latex_tokens import (
    DECLARING_WORDS,
    FONTS,
    SPACES,
    UPRIGHT,
    LatexToken,
    set_bounds,
    upright_word,
)

__all__ = ["DeclarationWriter"]

#: Words before what explains a formula.
_INTRODUCING = frozenset({"where", "with", "and", "let"})
_SIZE_NAME = re.compile(r"[^\W\d_]\w*")
_NO_NAMES = ("begin", "end", "\\", "[", "]", "label", "tag")
_RANKS = ("scalar", "vector", "matrix")


@dataclass(slots=True)
class DeclarationWriter(FunctionWriter):
    """Writes declarations."""

    def _scan_names(self) -> None:
        """Note the upright names, and ``e``, that declarations make tensors."""
        start = 0
        while start < len(self.tokens) - 1:
            end = self._row_end(start)
            if end == start:
                start += 1
                continue
            first = start
            while first < end and self.tokens[first].text in SPACES | {"&", "begin"}:
                begins = self.tokens[first].text == "begin"
                first = upright_word(self.tokens, first)[1] if begins else first + 1
            first = min(first, end)
            word, behind = self._keyword(first)
            stop = self._part_end(behind, end)
            if word in DECLARING_WORDS - {"given", "sizes", "index"} or any(
                t.text == "in" for t in self.tokens[behind:stop]
            ):
                self._note_names(behind, stop, word == "integer")
            start = end

    def _keyword(self, position: int) -> tuple[str, int]:
        r"""The word in ``\text`` at a position, or none, and the place behind it."""
        token = self.tokens[position]
        if token.kind == "command" and token.text in ("text", "textrm"):
            return upright_word(self.tokens, position)
        return "", position

    def _note_names(self, first: int, last: int, integers: bool) -> None:
        behind = first
        for number in range(first, last):
            token = self.tokens[number]
            if number < behind:
                continue  # a letter of an upright name
            if self.tokens[number - 1].text in ("_", "^", "{") and number > first:
                continue
            if token.kind == "command" and token.text in UPRIGHT:
                name, behind = upright_word(self.tokens, number)
                self.tensors.add(name)
            elif token.text == "e" and token.kind == "letter":
                self.tensors.add("e")
            if integers:
                found = self._size_word(number, number + 1)
                behind = max(behind, number + 1)
                self.integers.update({found[0]} if found else ())

    def _scan_sizes(self) -> None:
        """Note the names that declarations use as sizes."""
        for number, token in enumerate(self.tokens):
            if token.kind == "raw":
                keyword, _, rest = token.text.strip().partition(" ")
                lengths = re.findall(r"\[[^\[\]]*\]|:.*", rest) if keyword != "sizes" else [rest]
                self.sizes.update(_SIZE_NAME.findall(" ".join(lengths)))
            elif token.kind != "command":
                continue
            elif token.text == "in":
                bounds = set_bounds(self.tokens, number)
                if bounds is not None:
                    self._note_sizes(*bounds)
            elif token.text in UPRIGHT:
                word, behind = self._keyword(number)
                if word == "index":
                    while behind < len(self.tokens) - 1 and self.tokens[behind].text != ":":
                        behind += 1
                if word in ("sizes", "index"):
                    self._note_sizes(behind, self._row_end(behind))

    def _note_sizes(self, first: int, last: int) -> None:
        position = first
        while position < last:
            found = self._size_word(position, last)
            if found is None:
                position += 1
                continue
            name, position = found
            self.sizes.add(name)

    def _row_end(self, start: int) -> int:
        for number in range(start, len(self.tokens)):
            token = self.tokens[number]
            if token.kind in ("end", "raw"):
                return number
            if token.kind == "command" and token.text in ("\\", "end", "]"):
                return number
        return len(self.tokens) - 1

    def _declares(self) -> bool:
        """Translate a declaration, if one begins here; or drop the word before it."""
        if self.depth or "".join(self.out[-1:]).strip():
            return False
        while self._is("&") or (self.now.kind == "command" and self.now.text in SPACES):
            self.position += 1
        if self.now.kind in ("raw", "end") or self._is(*_NO_NAMES):
            return False
        word, behind = self._keyword(self.position)
        if word in _INTRODUCING:
            self.position = behind
            return True
        token = self.now
        end = self._row_end(behind)
        if word in DECLARING_WORDS and self.tokens[behind].text not in ("=", "_", "^"):
            self.position = behind
            self._declaration(word, end, token)
            return True
        part = [t.text for t in self.tokens[behind : self._part_end(behind, end)]]
        if "in" in _outside_braces(part):
            before = self.position
            self._items("", end)
            return self.position > before
        return False

    def _part_end(self, start: int, end: int) -> int:
        """Where a formula ends that begins at ``start``: at ``=`` or in a bracket is no set."""
        for number in range(start, end):
            token = self.tokens[number]
            if token.kind == "mark" and token.text in "=(":
                return number
        return end

    def _declaration(self, keyword: str, end: int, token: LatexToken) -> None:
        match keyword:
            case "given":
                self._put("given ", token)
            case "sizes":
                self._put("sizes ", token)
                self._lengths(self.position, end)
                self._put("\n", self.tokens[end])
                self.position = end
            case "index":
                self._put("index ", token)
                self._lengths(self.position, end)
                self._put("\n", self.tokens[end])
                self.position = end
            case _:
                self._items(keyword, end)

    def _items(self, keyword: str, end: int) -> None:
        """Names with commas between, each with its indices and the set it is from."""
        last = end
        while last > self.position and self.tokens[last - 1].text in ".,":
            last -= 1
        waiting: list[int] = []
        while self.position < last:
            if self._is(",") or (self.now.kind == "command" and self.now.text in SPACES):
                self.position += 1
                continue
            word, behind = self._keyword(self.position)
            if word in _INTRODUCING:
                self.position = behind
                continue
            if word in DECLARING_WORDS:
                self.operand = False
                return
            if self._defines(last):
                self.operand = False
                return
            waiting.append(len(self.out))
            token = self.now
            before = self.position
            self.operand = False
            self._factor()
            self._skip_spaces()
            if self.position == before:
                raise self._refuse("a declaration is NAME \\in SET", token)
            if self._is("in"):
                self._set(keyword, waiting)
                waiting = []
            elif keyword or not self._is(","):
                if not keyword:
                    raise self._refuse("a declaration is NAME \\in SET", token)
                self._finish(keyword, waiting, None)
                waiting = []
        self.operand = False

    def _defines(self, last: int) -> bool:
        """Whether a definition follows, behind a comma in the row of a declaration."""
        following = self._part_end(self.position, last)
        part = [t.text for t in self.tokens[self.position : following]]
        return following < last and not {"in", ","} & {*_outside_braces(part)}

    def _set(self, keyword: str, waiting: list[int]) -> None:
        r"""``\in \mathbb{R}^{n \times m}`` behind one name or several."""
        token = self.now
        bounds = set_bounds(self.tokens, self.position)
        self.position += 1
        self._skip_spaces()
        kind = self._kind_of_set(token)
        start = self.position
        if bounds is not None:
            self.position = start + 1
            self._argument()
        resume = self.position
        self._finish(keyword or kind, waiting, bounds or (start, start))
        self.position = resume

    def _kind_of_set(self, token: LatexToken) -> str:
        """Read a set of numbers; what belonging to it says."""
        if self.now.kind == "command" and self.now.text == "{":
            close = self._matching(self.position, "{", "}")
            inside = "".join(t.text for t in self.tokens[self.position + 1 : close])
            self.position = close + 1
            if inside.rstrip("\\") != "0,1":
                raise self._refuse("this set is not known", token, r"\{0, 1\} is a mask")
            return "mask"
        if not (self.now.kind == "command" and self.now.text in FONTS):
            raise self._refuse("a set of numbers is expected", token, r"\mathbb{R}^{n \times m}")
        self.position += 1
        first, last = self._argument()
        letters = "".join(t.text for t in self.tokens[first:last])
        if letters not in ("R", "Z", "N"):
            raise self._refuse(f"the set {letters} is not known", token, r"\mathbb{R}, \mathbb{Z}")
        kind = "tensor" if letters == "R" else "integer"
        if self._is("_"):
            self.position += 1
            low, high = self._argument()
            below = "".join(t.text for t in self.tokens[low:high])
            if below not in (">0", "++") or letters != "R":
                message = f"{letters} with {below} is not known"
                raise self._refuse(message, token, r"\mathbb{R}_{>0} for numbers above 0")
            kind = "positive"
        return kind

    def _finish(self, keyword: str, waiting: list[int], bounds: tuple[int, int] | None) -> None:
        """Put the keyword before each name written since, and its extents behind it."""
        places = [*waiting, len(self.out)]
        texts = [self.out[a:b] for a, b in pairwise(places)]
        origins = [self.origin[a:b] for a, b in pairwise(places)]
        token = self.tokens[self.position - 1]
        parts = _parts(self.tokens, *bounds) if bounds else []
        if self.matrix and bounds is not None:
            if len(parts) > 2:
                raise self._refuse("matrix notation has scalars, vectors and matrices", token)
            keyword = _RANKS[len(parts)]
        del self.out[places[0] :], self.origin[places[0] :]
        for text, origin in zip(texts, origins, strict=True):
            self._put(f"{keyword} ", token)
            self.out += text
            self.origin += origin
            if parts and not self.matrix:
                self._put(" [", token)
                for number, (first, last) in enumerate(parts):
                    self._put(", " * bool(number), token)
                    self._lengths(first, last)
                self._put("]", token)
            self._put("\n", token)


def _outside_braces(texts: list[str]) -> list[str]:
    depth = 0
    outside: list[str] = []
    for text in texts:
        depth += (text == "{") - (text == "}")
        outside += [text] * (depth == 0)
    return outside


def _parts(tokens: list[LatexToken], first: int, last: int) -> list[tuple[int, int]]:
    """The bounds of the factors of a product of extents."""
    if first == last:
        return []
    depth = 0
    starts = [first]
    for number in range(first, last):
        token = tokens[number]
        if token.kind == "mark":
            depth += (token.text in "({") - (token.text in ")}")
        if depth == 0 and token.text in ("times", ","):
            starts.append(number + 1)
    return [(a, b - 1) for a, b in zip(starts, [*starts[1:], last + 1], strict=True)]
