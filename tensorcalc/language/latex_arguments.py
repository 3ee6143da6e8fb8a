r"""LaTeX: ``f(x) = …`` on the left, which defines ``f``.

On paper the bracket says what the value depends on. A name that is also called elsewhere
(``f(x) = …, y = f(z)``) is a function, and its bracket is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.language.latex_tokens import SPACES, LatexToken

__all__ = ["without_arguments"]


def without_arguments(tokens: Sequence[LatexToken]) -> list[LatexToken]:
    """The tokens without the brackets of names before an equals sign."""
    dropped: set[int] = set()
    for sign, token in enumerate(tokens):
        if token.text != "=" or token.kind != "mark":
            continue
        last = _before(tokens, sign)
        first = _opening(tokens, last)
        if first is None:
            continue
        name = _name(tokens, first)
        size = len(name)
        if tokens[_before(tokens, first - size)].text in ("_", "^", "nabla"):
            continue
        called = [
            k
            for k in range(len(tokens) - size)
            if [(t.kind, t.text) for t in tokens[k : k + size]] == name
            and tokens[_after(tokens, k + size - 1)].text == "("
        ]
        if len(called) == 1:
            dropped.update(range(first, last + 1))
    return [token for k, token in enumerate(tokens) if k not in dropped]


def _opening(tokens: Sequence[LatexToken], last: int) -> int | None:
    """Where the bracket that ends at ``last`` opens, if it holds names and commas only."""
    if tokens[last].text != ")" or tokens[last].kind != "mark":
        return None
    for place in range(last - 1, 0, -1):
        token = tokens[place]
        if token.kind == "mark" and token.text == "(":
            return place
        if token.kind not in ("letter", "command", "number") and token.text not in ",;{}_^|":
            return None
    return None


def _name(tokens: Sequence[LatexToken], end: int) -> list[tuple[str, str]]:
    r"""The symbol before ``end``: a letter, a command, or a letter in a font, ``\mathcal{L}``."""
    last = first = _before(tokens, end)
    if tokens[last].text == "}":
        while first > 0 and tokens[first].text != "{":
            first -= 1
        first = max(first - 1, 0)
    return [(t.kind, t.text) for t in tokens[first : last + 1]]


def _before(tokens: Sequence[LatexToken], place: int) -> int:
    place -= 1
    while place > 0 and _is_space(tokens[place]):
        place -= 1
    return max(place, 0)


def _after(tokens: Sequence[LatexToken], place: int) -> int:
    place = min(place + 1, len(tokens) - 1)
    while place < len(tokens) - 1 and _is_space(tokens[place]):
        place += 1
    return place


def _is_space(token: LatexToken) -> bool:
    return token.text == "&" or (token.kind == "command" and token.text in SPACES)
