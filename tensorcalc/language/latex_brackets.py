r"""LaTeX: brackets, bars and norms, conditions, and brackets that a mark makes a function."""

from __future__ import annotations

from dataclasses import dataclass

from tensorcalc.language.latex_indices import IndexWriter
from tensorcalc.language.latex_tokens import (
    ACCENTS,
    CLOSERS,
    OPERATORS,
    PRODUCTS,
    UPRIGHT,
    LatexToken,
)

__all__ = ["BracketWriter"]


@dataclass(slots=True)
class BracketWriter(IndexWriter):
    """Writes brackets that are factors."""

    def _bracket(self, token: LatexToken, opener: str, sized: bool = False) -> None:
        """A bracket that is a factor."""
        if not sized and token.kind == "command":
            self.position -= 1
        start = self.position
        if opener == "{" and token.kind == "mark" and not sized:
            close = self._closing(start)
            if close == start + 1:
                self.position = close + 1
                return
            if self._is_name(start + 1, close):
                # The name's indices stand behind the braces: {\mathrm{W1}}^{i}_{j}.
                braces = [self.tokens[start], self.tokens[close]]
                self.tokens[start : close + 1] = [*self.tokens[start + 1 : close], *braces]
                self._factor()
                return
            self._put_operand("(", token)
            self._within(start + 1, close)
        else:
            shown = self.tokens[start].text
            closer = CLOSERS.get(shown, shown)
            if sized and closer == shown:
                close = self._right_end(start)
            else:
                close = self._matching(start, shown, closer)
            last = close - 1 if sized else close
            norm = opener in ("norm", "lVert", "Vert") or (
                shown == "|" and self.tokens[start].kind == "command"
            )
            if norm:
                self._norm(token, start + 1, last, close)
                return
            function = self._raised_to_a_function(close)
            if opener == "|":
                self._put_operand("bars(" if self.matrix else "abs(", token)
            elif function:
                self._put_operand(f"{function[0]}(", token)
                self._within(start + 1, last)
                self._put(")", token)
                self.operand = True
                self.position = function[1]
                self._scripts(bracket=True)
                return
            elif opener == "[" and self._is_condition(start, last):
                self._condition(token, start, last, close)
                return
            else:
                self._put_operand("(", token)
            self._within(start + 1, last)
        self._put(")", self.tokens[close])
        self.operand = True
        self.position = close + 1
        self._scripts(bracket=True)

    def _right_end(self, start: int) -> int:
        r"""The bar of the ``\right`` that belongs to the ``\left`` before ``start``."""
        depth = 1
        for number in range(start + 1, len(self.tokens) - 1):
            token = self.tokens[number]
            if token.kind == "command":
                depth += (token.text == "left") - (token.text == "right")
                if depth == 0 and self.tokens[number + 1].kind != "end":
                    return number + 1
        raise self._refuse(f"{self.now.text} is never closed", self.tokens[start], code="E104")

    def _is_name(self, first: int, last: int) -> bool:
        """Whether all that stands between two places is a name in upright letters or accented."""
        begins = self.tokens[first]
        if begins.kind != "command" or begins.text not in UPRIGHT | ACCENTS.keys():
            return False
        behind = self._closing(first + 1) + 1 if self.tokens[first + 1].text == "{" else first
        while behind + 1 < last and self.tokens[behind].text == "{":
            if self.tokens[behind + 1].text != "}":
                return False
            behind += 2
        return behind == last

    def _is_raised_bracket(self) -> bool:
        opening = self.position + self._is("left")
        return self._raised_to_a_function(self._matching(opening, "(", ")")) is not None

    def _raised_to_a_function(self, close: int) -> tuple[str, int] | None:
        r"""``(x)^{\dagger}``, which is 0 at 0, and ``(x)_{+}``; with the place behind it."""
        mark = self.tokens[close + 1]
        if mark.kind != "mark" or mark.text not in "^_" or self.matrix:
            return None
        first = close + 2 + (self.tokens[close + 2].text == "{")
        if self.tokens[first].kind == "end":
            return None
        name = {"dagger": "reciprocal_or_zero", "+": "relu"}.get(self.tokens[first].text)
        behind = first + 1 + (first > close + 2)
        alone = first == close + 2 or self.tokens[first + 1].text == "}"
        return (name, behind) if name is not None and alone else None

    def _is_condition(self, start: int, last: int) -> bool:
        relations = {"=", "<", ">", "!", "nabla", "land", "lor", *(OPERATORS.keys() - PRODUCTS)}
        return any(t.text in relations for t in self.tokens[start + 1 : last])

    def _condition(self, token: LatexToken, start: int, last: int, close: int) -> None:
        gradient = any(t.text == "nabla" for t in self.tokens[start + 1 : last])
        self._put_operand("[", token)
        self._within(start + 1, last, condition=not gradient)
        self._put("]", self.tokens[close])
        self.operand = True
        self.position = close + 1
        self._scripts(bracket=not gradient)

    def _norm(self, token: LatexToken, first: int, last: int, close: int) -> None:
        name = "norm2"
        position = close + 1
        if self.tokens[position].text == "_":
            below = self.tokens[position + 1].text
            if below in ("1", "2", "F"):
                name = {"1": "norm1", "2": "norm2", "F": "norm_f"}[below]
                position += 2
        if not self.matrix:
            raise self._refuse(
                "a norm in index notation names its index",
                token,
                "\\operatorname{norm}_i(x^i)",
                "E107",
            )
        self._put_operand(name + "(", token)
        self._within(first, last)
        self._put(")", self.tokens[close])
        self.operand = True
        self.position = position
        self._scripts(bracket=True)
