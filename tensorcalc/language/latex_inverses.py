r"""LaTeX: components of an inverse or of a transpose, ``(X^{-1})_{ij}`` and ``X^{-1}_{ij}``.

On paper the exponent belongs to the matrix, not to the component, so both are ``inv(X)_ij``;
``X_{ij}^{-1}`` is the power of a component. Without indices it is matrix notation, which knows
``X^{-1}`` itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.language.latex_tokens import (
    ACCENTS,
    FONTS,
    GREEK_COMMANDS,
    TRANSPOSED,
    UPRIGHT,
    LatexToken,
)

__all__ = ["with_inverses"]

_FUNCTIONS = {("-", "1"): "inv", ("−", "1"): "inv"} | {tuple(t): "transpose" for t in TRANSPOSED}


def with_inverses(tokens: Sequence[LatexToken]) -> list[LatexToken]:
    r"""The tokens with ``\operatorname{inv}(X)`` for ``(X^{-1})``, where indices follow."""
    made: list[LatexToken] = []
    place = 0
    while place < len(tokens):
        found = _bracketed(tokens, place) or _bare(tokens, place)
        if found is None:
            made.append(tokens[place])
            place += 1
            continue
        function, first, last, place = found
        made.extend(_call(function, tokens[first:last], tokens[place - 1]))
    return made


def _bracketed(tokens: Sequence[LatexToken], start: int) -> tuple[str, int, int, int] | None:
    """``(X^{-1})`` with an index behind: the function, where the name is, and where it ends."""
    first = start + (tokens[start].text == "left")
    if tokens[first].text != "(" or tokens[first].kind != "mark":
        return None
    found = _raised(tokens, first + 1)
    if found is None:
        return None
    function, last, after = found
    after += tokens[after].text == "right"
    if tokens[after].text != ")" or not _has_index(tokens, after + 1):
        return None
    return function, first + 1, last, after + 1


def _bare(tokens: Sequence[LatexToken], start: int) -> tuple[str, int, int, int] | None:
    """``X^{-1}_{ij}``, with exactly two indices."""
    if start and tokens[start - 1].text in ("_", "^", "{", *FONTS, *ACCENTS, *UPRIGHT):
        return None
    found = _raised(tokens, start)
    if found is None or tokens[found[2]].text != "_":
        return None
    function, last, after = found
    inside, _ = _argument(tokens, after + 1)
    names = [t for t in inside if t.kind == "letter" or t.text in GREEK_COMMANDS]
    if len(names) != 2 or any(t.text in "+-*/=" for t in inside if t.kind == "mark"):
        return None
    return function, start, last, after


def _raised(tokens: Sequence[LatexToken], start: int) -> tuple[str, int, int] | None:
    """A name to the power -1 or transposed: the function, the ends of the name and of all."""
    token = tokens[start]
    last = start + 1
    if token.kind == "command" and token.text in (*FONTS, *ACCENTS, *UPRIGHT):
        _, last = _argument(tokens, last)
    elif token.kind != "letter" and token.text not in GREEK_COMMANDS:
        return None
    if tokens[last].text != "^":
        return None
    inside, after = _argument(tokens, last + 1)
    function = _FUNCTIONS.get(tuple(t.text for t in inside))
    return None if function is None else (function, last, after)


def _has_index(tokens: Sequence[LatexToken], place: int) -> bool:
    """Whether an index group follows, and not a power."""
    if tokens[place].text not in ("_", "^"):
        return False
    inside, _ = _argument(tokens, place + 1)
    return any(t.kind == "letter" or t.text in GREEK_COMMANDS for t in inside)


def _argument(tokens: Sequence[LatexToken], place: int) -> tuple[Sequence[LatexToken], int]:
    """What stands in braces, or one token; and the place behind it."""
    if tokens[place].text != "{":
        return tokens[place : place + 1], min(place + 1, len(tokens) - 1)
    depth = 0
    for end in range(place, len(tokens)):
        if tokens[end].kind == "mark":
            depth += (tokens[end].text == "{") - (tokens[end].text == "}")
        if depth == 0:
            return tokens[place + 1 : end], min(end + 1, len(tokens) - 1)
    return (), place


def _call(function: str, name: Sequence[LatexToken], last: LatexToken) -> list[LatexToken]:
    start, end = name[0].start, last.end
    texts = [("command", "operatorname"), ("mark", "{"), *(("letter", c) for c in function)]
    texts += [("mark", "}"), ("mark", "(")]
    before = [LatexToken(kind, text, start, name[0].end) for kind, text in texts]
    return [*before, *name, LatexToken("mark", ")", end - 1, end)]
