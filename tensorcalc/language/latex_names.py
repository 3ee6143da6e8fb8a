r"""LaTeX: names with a number or a word, ``W^{(1)}`` and ``W_{\text{out}}``.

Before anything else is read, each becomes one upright name, ``\mathrm{W1}`` and
``\mathrm{W\_out}``, with the accents over its letter around all of it. Braces may keep a name apart
from its indices: ``{W^{(1)}}^{i}_{j}``.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.language.latex_tokens import (
    ACCENTS,
    FONTS,
    GREEK_COMMANDS,
    UPRIGHT,
    VARIANTS,
    LatexToken,
    upright_word,
)
from tensorcalc.language.names import spelled_out

__all__ = ["with_whole_names"]

#: Commands that take the one token behind them.
_TAKE_ONE = ACCENTS.keys() | FONTS | UPRIGHT


def with_whole_names(tokens: Sequence[LatexToken]) -> list[LatexToken]:
    """The tokens with one upright name for each symbol that has a number or a word."""
    found = list(tokens)
    made: list[LatexToken] = []
    place = 0
    while place < len(found):
        name = _whole_name(found, place)
        if name is None or (place and found[place - 1].text in _TAKE_ONE):
            made.append(found[place])
            place += 1
            continue
        accents, text, end = name
        start, stop = found[place].start, found[end - 1].end
        if _is_braced_index(found, place, end):
            made.pop()  # the braces only keep it apart from its own index
            end += 1
        texts = [pair for a in accents for pair in (("command", a), ("mark", "{"))]
        texts += [("command", "mathrm"), ("mark", "{")]
        texts += [("command", "_") if c == "_" else _letter(c) for c in text]
        texts += [("mark", "}")] * (len(accents) + 1)
        made.extend(LatexToken(kind, character, start, stop) for kind, character in texts)
        if found[end - 1].text in (")", ","):  # indices follow in the same group
            made += [LatexToken("mark", "^", start, stop), LatexToken("mark", "{", start, stop)]
        place = end
    return made


def _is_braced_index(tokens: list[LatexToken], place: int, end: int) -> bool:
    """Whether braces hold just this name, inside an index group and before an index."""
    around = [t.text for t in (*tokens[max(0, place - 2) : place], *tokens[end : end + 2])]
    return around[1:3] == ["{", "}"] and around[0] in ("{", ",") and around[3:] in (["_"], ["^"])


def _letter(character: str) -> tuple[str, str]:
    return ("number" if character.isdigit() else "letter"), character


def _whole_name(tokens: list[LatexToken], start: int) -> tuple[list[str], str, int] | None:
    """Accents, name, and the place behind; None where something else stands."""
    place = start
    accents: list[str] = []
    while tokens[place].kind == "command" and tokens[place].text in ACCENTS:
        if tokens[place + 1].text != "{":
            return None
        accents.append(tokens[place].text)
        place += 2
    token = tokens[place]
    if token.kind == "letter":
        name = spelled_out(token.text)
    elif token.kind == "command" and token.text in GREEK_COMMANDS:
        name = VARIANTS.get(token.text, token.text)
    else:
        return None
    place += 1
    for _ in accents:
        if tokens[place].text != "}":
            return None
        place += 1
    number, place = _number(tokens, place)
    word, place = _word(tokens, place)
    return (accents, name + number + word, place) if number or word else None


def _number(tokens: list[LatexToken], place: int) -> tuple[str, int]:
    r"""The digits of ``^{(1)}`` and the place behind; before the index in ``^{(1) \, i}``."""
    texts = [t.text for t in tokens[place : place + 3]]
    if texts != ["^", "{", "("]:
        return "", place
    behind = place + 3
    while tokens[behind].kind == "number":
        behind += 1
    digits = "".join(t.text for t in tokens[place + 3 : behind])
    if not digits.isdigit() or tokens[behind].text != ")":
        return "", place
    alone = tokens[behind + 1].text in ("}", ",")  # W^{(1), i}
    return digits, behind + 1 + alone


def _word(tokens: list[LatexToken], place: int) -> tuple[str, int]:
    r"""``_out`` of ``_{\text{out}}``, and the place behind."""
    texts = [t.text for t in tokens[place : place + 3]]
    if texts != ["_", "{", "text"]:
        return "", place
    word, behind = upright_word(tokens, place)
    return (f"_{word}", behind) if word.isalnum() else ("", place)
