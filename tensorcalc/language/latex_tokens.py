"""LaTeX cut into tokens, and what its commands are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tensorcalc.language.names import GREEK

__all__ = [
    "ACCENTS",
    "CLOSERS",
    "DECLARING_WORDS",
    "ENVIRONMENT",
    "FONTS",
    "FRACTIONS",
    "FUNCTIONS",
    "GREEK_COMMANDS",
    "OPERATORS",
    "PRODUCTS",
    "SPACES",
    "TRANSPOSED",
    "UPRIGHT",
    "VARIANTS",
    "LatexToken",
    "is_indexed",
    "latex_tokens",
    "set_bounds",
    "upright_word",
]

_RAW = (
    r"(?P<raw>(?:(?<=\n)|(?<![\s\S]))[ \t]*(?:tensor|param|data|symmetric|antisymmetric|positive"
    r"|mask|integer|metric|index|sizes|variance|syntax|scalar|vector|matrix)[ \t]+[A-Za-z`][^\n]*)"
)
_TOKEN = re.compile(
    _RAW + r"|(?P<comment>%[^\n]*)|(?P<space>\s+)|(?P<command>\\[A-Za-z]+\*?|\\.)"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<prime>['′]+)|(?P<other>.)",
    re.DOTALL,
)
GREEK_COMMANDS = frozenset(GREEK.values()) | {
    "varepsilon",
    "varphi",
    "vartheta",
    "varrho",
    "varsigma",
}
VARIANTS = {"varphi": "phi", "varepsilon": "epsilon", "varrho": "rho"}
FONTS = frozenset(
    [
        "mathbf",
        "boldsymbol",
        "mathcal",
        "mathbb",
        "mathit",
        "mathsf",
        "mathfrak",
        "mathscr",
        "bm",
        "vec",
        "underline",
        "pmb",
    ]
)
UPRIGHT = frozenset(
    ["mathrm", "operatorname", "text", "textrm", "mathop", "textit", "textbf", "mathtt"]
)
ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde",
    "widetilde": "tilde", "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve",
}  # fmt: skip
FUNCTIONS = {
    "exp": "exp", "log": "log", "ln": "log", "sin": "sin", "cos": "cos", "tan": "tan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsin": "asin", "arccos": "acos",
    "arctan": "atan", "max": "max", "min": "min",
    "argmax": "argmax", "argmin": "argmin", "det": "det", "tr": "tr",
}  # fmt: skip
SPACES = frozenset(
    [
        ",",
        ";",
        ":",
        "!",
        "quad",
        "qquad",
        "limits",
        "nolimits",
        "displaystyle",
        "textstyle",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "nonumber",
        "notag",
        "hfill",
        "space",
        "thinspace",
        "middle",
        "mathstrut",
    ]
) | {" ", "\n"}
OPERATORS = {
    "cdot": "*", "times": "*", "odot": "*", "circ": "*", "ast": "*", "star": "*",
    "le": "<=", "leq": "<=",
    "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!=",
    "lt": "<", "gt": ">", "land": " and ", "wedge": " and ", "lor": " or ", "vee": " or ",
    "lnot": " not ", "neg": " not ", "coloneqq": "=", "equiv": "=", "div": "/",
}  # fmt: skip
CLOSERS = {"(": ")", "[": "]", "{": "}", "|": "|", "lvert": "rvert", "lVert": "rVert",
           "Vert": "Vert",           "langle": "rangle"}  # fmt: skip
ENVIRONMENT = re.compile(
    r"(?:aligned|alignedat|align|equation|gather|gathered|split|eqnarray|multline|math|displaymath)\*?"
)
#: Words in ``\text`` that declare what stands behind them.
DECLARING_WORDS = frozenset(
    [
        "tensor",
        "param",
        "data",
        "symmetric",
        "antisymmetric",
        "positive",
        "mask",
        "integer",
        "metric",
        "index",
        "sizes",
        "given",
        "output",
        "scalar",
        "vector",
        "matrix",
    ]
)
_INDEX_SIGNS = frozenset({"sum", "prod", "partial", "delta"})
_RANK_WORDS = frozenset({"scalar", "vector", "matrix", "syntax", "variance"})
_NORM_BARS = frozenset({"|", "Vert", "rVert"})
TRANSPOSED = (["top"], ["T"], ["intercal"], ["mathsf", "{", "T", "}"], ["mathsf", "T"])
FRACTIONS = frozenset({"frac", "dfrac", "tfrac"})
PRODUCTS = frozenset({"cdot", "times", "odot", "circ", "ast", "star", "div"})


@dataclass(frozen=True, slots=True)
class LatexToken:
    """A token and its place."""

    kind: str
    text: str
    start: int
    end: int


def latex_tokens(text: str) -> list[LatexToken]:
    """Cut a text; comments and white space are dropped, an end is added."""
    found: list[LatexToken] = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        value = match.group()
        if kind in ("comment", "space"):
            continue
        if kind == "command":
            value = value[1:].removesuffix("*") if len(value) > 2 else value[1:]
        elif kind == "other":
            kind = "letter" if value.isalpha() else "mark"
        found.append(LatexToken(kind, value, match.start(), match.end()))
    for number in range(len(found) - 1, -1, -1):
        token = found[number]
        first = max(0, number - 1)
        if token.kind == "number" and len(token.text) > 1 and found[first].text in FRACTIONS:
            # \frac12 takes one digit for each part
            middle = token.start + 1
            found[number : number + 1] = [
                LatexToken("number", token.text[0], token.start, middle),
                LatexToken("number", token.text[1:], middle, token.end),
            ]
    end = len(text)
    found.append(LatexToken("end", "", end, end))
    return _with_rows(found, text)


def _with_rows(tokens: list[LatexToken], text: str) -> list[LatexToken]:
    r"""Put ``\\`` between lines that are statements of their own.

    A line end is a space in LaTeX; but a statement holds one ``=``, so a line with another one
    starts the next.
    """
    made: list[LatexToken] = []
    depth, equals, previous = 0, False, 0
    for number, token in enumerate(tokens):
        new_line = "\n" in text[previous : token.start]
        if new_line and not depth and equals and _starts_statement(tokens, number, text):
            made.append(LatexToken("command", "\\", token.start, token.start))
            equals = False
        made.append(token)
        previous = token.end
        depth = max(0, depth + _deeper(tokens, number))
        if not depth:
            ends = token.kind == "raw" or token.text in ("\\", ",")
            equals = not ends and (equals or token.text in ("=", "in"))
    return made


def _starts_statement(tokens: list[LatexToken], start: int, text: str) -> bool:
    """Whether the line that begins with a token has a left side and a right side."""
    depth = 0
    for number in range(start, len(tokens) - 1):
        token = tokens[number]
        if number > start and "\n" in text[tokens[number - 1].end : token.start]:
            return False
        if _is_declaring(tokens, number):
            return tokens[start].text not in ("&", "+", "-")
        if token.text == "=" and not depth:
            return number > start and tokens[start].text not in ("&", "+", "-")
        if token.text == "\\":
            return False
        depth += _deeper(tokens, number)
    return False


def _is_declaring(tokens: list[LatexToken], number: int) -> bool:
    r"""Whether a token makes its line a declaration: ``\in``, or a word in ``\text``."""
    token = tokens[number]
    if token.kind != "command" or token.text not in ("in", "text"):
        return False
    return token.text == "in" or upright_word(tokens, number)[0] in DECLARING_WORDS


def _deeper(tokens: list[LatexToken], number: int) -> int:
    """1 where a token opens a bracket, or rows of another kind; -1 where it closes one."""
    token = tokens[number]
    if token.kind == "mark":
        return (token.text in "([{") - (token.text in ")]}")
    if token.kind == "command" and token.text in ("begin", "end"):
        name = "".join(t.text for t in _group(tokens, number + 1))
        return 0 if ENVIRONMENT.fullmatch(name) else 1 if token.text == "begin" else -1
    return 0


def _group(tokens: list[LatexToken], start: int) -> list[LatexToken]:
    """The tokens of a group in braces, or the one token at ``start``."""
    if tokens[start].text != "{":
        return tokens[start : start + 1]
    depth = 0
    for stop in range(start, len(tokens)):
        token = tokens[stop]
        depth += (token.text == "{") - (token.text == "}") if token.kind == "mark" else 0
        if depth == 0:
            return tokens[start + 1 : stop]
    return tokens[start + 1 :]


def upright_word(tokens: list[LatexToken], start: int) -> tuple[str, int]:
    r"""The word in the group behind ``start``, fonts and braces aside, and where the group ends.

    What is no letter or number is a question mark.
    """
    if start + 1 >= len(tokens):
        return "", start
    inside = _group(tokens, start + 1)
    behind = start + 1 + len(inside) + 2 * (tokens[start + 1].text == "{")
    word = ""
    for token in inside:
        if token.kind in ("letter", "number", "prime"):
            word += GREEK.get(token.text, token.text)
        elif token.kind == "command" and token.text in GREEK_COMMANDS | {"_", "ell"}:
            word += VARIANTS.get(token.text, token.text)
        elif token.text == " ":
            word += " "
        elif token.text not in UPRIGHT | FONTS | SPACES | {"{", "}", "_"}:
            word += "?"
    return word.strip(), min(behind, len(tokens) - 1)


def set_bounds(tokens: list[LatexToken], start: int) -> tuple[int, int] | None:
    r"""The tokens of the exponent of a set behind ``\in``: ``n \times m``."""
    end = min(start + 12, len(tokens))
    for number in range(start + 1, end):
        token = tokens[number]
        if token.text == "^":
            inside = _group(tokens, number + 1)
            first = number + 1 + (tokens[number + 1].text == "{")
            return first, first + len(inside)
        if token.text in ("=", ",", "\\") and tokens[number - 1].text != "0":
            break
    return None


def is_indexed(tokens: list[LatexToken]) -> bool:
    """Whether a text has an index anywhere; without one it is matrix notation."""
    lengths = set[int]()
    for number, token in enumerate(tokens[:-1]):
        if token.kind == "command" and token.text == "in":
            lengths.update(range(number, (set_bounds(tokens, number) or (0, 0))[1]))
        if number in lengths:
            continue
        if token.kind == "command" and token.text == "text":
            word = upright_word(tokens, number)[0]
            if word in DECLARING_WORDS and word not in _RANK_WORDS:
                return True
        if token.kind == "raw" and token.text.split()[0] not in _RANK_WORDS:
            return True
        if token.text in _INDEX_SIGNS and token.kind == "command":
            return True
        if token.kind == "prime" and tokens[number + 1].text in ("(", "left"):
            return True
        if token.kind != "mark" or token.text not in "_^" or number == 0:
            continue
        before = tokens[number - 1]
        if before.text in _NORM_BARS and before.kind == "command":
            continue
        inside = _group(tokens, number + 1)
        texts = [t.text for t in inside]
        if texts[:1] == ["("] and texts[-1:] == [")"]:
            continue
        if token.text == "_" and texts[:1] == ["text"]:
            continue  # a part of a name
        if before.text == "nabla" and len(texts) == 1 and not texts[0].isdigit():
            continue  # by a whole tensor
        if token.text == "_":
            return True
        if texts in TRANSPOSED or "prime" in texts:
            continue
        named = before.text == "}" and _names_something(tokens, number - 1)
        if before.text in ("e", ")", "]", "}", "|") and not named:
            continue
        if any(t.kind in ("letter", "command") and t.text not in FRACTIONS for t in inside):
            return True
    return False


def _names_something(tokens: list[LatexToken], closing: int) -> bool:
    """Whether a brace closes the argument of an accent or a font, which is a name."""
    depth = 0
    for number in range(closing, 0, -1):
        token = tokens[number]
        depth += (token.text == "}") - (token.text == "{") if token.kind == "mark" else 0
        if depth == 0:
            before = tokens[number - 1]
            named = before.text in ACCENTS or before.text in FONTS or before.text in UPRIGHT
            return before.kind == "command" and named
    return False
