r"""LaTeX: derivatives as quotients, and quotients that name a definition.

A program that holds ``\frac{\partial L}{\partial A^{i}_{j}} = …`` defines ``dL_dA``; the same
quotient elsewhere in it reads that definition. Any other quotient is a derivative to be taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tensorcalc.language.latex_brackets import BracketWriter
from tensorcalc.language.latex_tokens import FRACTIONS, LatexToken
from tensorcalc.language.latex_writer import UnreadableError

__all__ = ["QuotientWriter"]

_SYMBOL = re.compile(r"\s*(?:`([^`]+)`|([^\W\d_][^\W_]*'*))\s*")
_LONE_COMPONENT = re.compile(r"\{\[?([^\W\d]*\d*)\]? \}")


@dataclass(slots=True)
class _Written:
    """A symbol with its indices, in the notation, and the place of each character."""

    name: str
    indices: list[tuple[str, tuple[int, int]]]


@dataclass(slots=True)
class QuotientWriter(BracketWriter):
    r"""Finds ``\frac{\partial x}{\partial y}`` on left sides, and reads it as a name there."""

    quotients: set[str] = field(default_factory=set[str])

    def _scan_quotients(self) -> None:
        """Note the names of the quotients that stand on a left side."""
        for start, token in enumerate(self.tokens[:-1]):
            if token.kind != "command" or token.text not in FRACTIONS:
                continue
            if start and self.tokens[start - 1].text in ("[", "(", "lbrack"):
                continue
            resume, known = self.position, len(self.problems)
            try:
                self.position = start + 1
                above, below = self._argument(), self._argument()
                while self._is("&", ":"):
                    self.position += 1
                if self._is("=", "coloneqq", "equiv") and self._is_derivative(above, below):
                    parts = self._quotient(token, above, below)
                    if parts is not None:
                        self.quotients.add(_name_of(parts))
            except UnreadableError:
                del self.problems[known:]
            finally:
                self.position = resume

    def _is_derivative(self, above: tuple[int, int], below: tuple[int, int]) -> bool:
        heads = [self.tokens[first].text for first, last in (above, below) if last > first]
        if len(heads) == 2 and heads[0] == heads[1] == "partial":
            return True
        return (
            heads == ["d", "d"]
            and below[1] - below[0] >= 2
            and self.tokens[below[0] + 1].kind in ("letter", "command")
        )

    def _parts(
        self, token: LatexToken, above: tuple[int, int], below: tuple[int, int]
    ) -> tuple[int, list[tuple[int, int]]]:
        """Where the numerator begins behind its sign, and the bounds of each variable."""
        head = self.tokens[below[0]].text
        marks = [n for n in range(*below) if self.tokens[n].text == head and self._top(below[0], n)]
        bounds = [*marks[1:], below[1]]
        variables = [(m + 1, e) for m, e in zip(marks, bounds, strict=True)]
        first = above[0] + 1
        order = len(variables)
        if self.tokens[first].text == "^":
            self.position = first + 1
            low, high = self._argument()
            order = int(self.tokens[low].text) if self.tokens[low].kind == "number" else 0
            first = high + (1 if self.tokens[high].text == "}" else 0)
        if order != len(variables):
            variables = self._repeated(token, variables, order)
        return first, variables

    def _repeated(
        self, token: LatexToken, variables: list[tuple[int, int]], order: int
    ) -> list[tuple[int, int]]:
        r"""``\partial x^2`` below ``\partial^2``: the variable, twice."""
        low, high = variables[0]
        tail = [t.text for t in self.tokens[low:high]]
        if len(variables) == 1 and tail[-2:] == ["^", str(order)]:
            return [(low, high - 2)] * order
        if len(variables) == 1 and tail[-4:] == ["^", "{", str(order), "}"]:
            return [(low, high - 4)] * order
        raise self._refuse("the orders above and below do not agree", token)

    def _quotient(
        self, token: LatexToken, above: tuple[int, int], below: tuple[int, int]
    ) -> list[_Written] | None:
        """Function and variables, where each is a symbol with its indices."""
        first, variables = self._parts(token, above, below)
        written: list[_Written] = []
        for low, high in [(first, above[1]), *variables]:
            symbol = self._symbol_in(low, high) if low < high else None
            if symbol is None:
                return None
            written.append(symbol)
        return written

    def _symbol_in(self, low: int, high: int) -> _Written | None:
        """What stands between two places, if it is one symbol with its indices."""
        out, origin, operand = self.out, self.origin, self.operand
        self.out, self.origin = [], []
        try:
            self._within(low, high)
            text, places = "".join(self.out), self.origin
        finally:
            self.out, self.origin, self.operand = out, origin, operand
        found = _SYMBOL.match(text)
        if found is None or not _is_groups(text[found.end() :]):
            return None
        indices = list(zip(text, places, strict=True))[found.end() :]
        return _Written(found[1] or found[2], indices)

    def _defined(self, token: LatexToken, above: tuple[int, int], below: tuple[int, int]) -> bool:
        """Write a quotient that a left side of the text defines; False for any other."""
        if not self.quotients:
            return False
        parts = self._quotient(token, above, below)
        if parts is None or _name_of(parts) not in self.quotients:
            return False
        self._put_operand(f"`{_name_of(parts)}`", token)
        for number, part in enumerate(parts):
            for character, place in part.indices if number == 0 else _opposite(part.indices):
                self.out.append(character)
                self.origin.append(place)
        return True


def _name_of(parts: list[_Written]) -> str:
    of, *by = [p.name for p in parts]
    return f"d{len(by) if len(by) > 1 else ''}{of}" + "".join(f"_d{name}" for name in by)


def _is_groups(text: str) -> bool:
    """Whether a text is index groups and nothing else."""
    depth = 0
    for number, character in enumerate(text):
        if depth == 0 and character in "^_":
            if text[number + 1 : number + 2] not in ("<", "{"):
                return False
        elif character in "<{":
            depth += 1
        elif character in ">}":
            depth -= 1
        elif depth == 0 and character != " ":
            return False
    return depth == 0


def _opposite(
    indices: list[tuple[str, tuple[int, int]]],
) -> list[tuple[str, tuple[int, int]]]:
    """Index groups on the other level; a lone component stands in brackets above only."""
    made: list[tuple[str, tuple[int, int]]] = []
    depth = 0
    start = 0
    for number, (character, place) in enumerate(indices):
        if depth == 0 and character in "^_":
            made.append(("_" if character == "^" else "^", place))
            start = number
            continue
        depth += (character in "<{") - (character in ">}")
        made.append((character, place))
        if depth == 0 and character == "}":
            group = "".join(c for c, _ in indices[start + 1 : number + 1])
            found = _LONE_COMPONENT.fullmatch(group)
            if found:
                del made[len(made) - (number - start) :]
                upper = indices[start][0] == "_"
                shown = f"{{[{found[1]}] }}" if upper else f"{{{found[1]} }}"
                made.extend((c, indices[start][1]) for c in shown)
    return made
