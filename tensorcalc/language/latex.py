r"""LaTeX as in a paper, translated to the notation, with each character's place kept.

``\delta^{i}_{j_1}`` is ``delta^{i}_{j1}``, ``\frac{1}{K}\sum_{k=0}^{K-1} x_k`` a product of a fraction and
a sum. A letter is a name, so ``AB`` is a product. A program without any index is read
as matrix notation: ``x^\top A x``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tensorcalc.expr import Pointwise
from tensorcalc.language.names import (
    BUILTIN_CALLS,
    GREEK,
    MATRIX_FUNCTIONS,
    POINTWISE_FUNCTIONS,
    spelled_out,
)
from tensorcalc.language.source import Source, Span
from tensorcalc.ops import catalog

__all__ = ["CLOSE_SCOPE", "OPEN_SCOPE", "MappedSource", "Translation", "looks_like_latex", "translate"]

#: Brackets that only this file writes: a scope of its own, whatever is in it.
OPEN_SCOPE, CLOSE_SCOPE = "\ue000", "\ue001"
#: Braces and brackets may be nested this deep.
MAX_DEPTH = 60

_RAW = (
    r"(?P<raw>(?:(?<=\n)|(?<![\s\S]))[ \t]*(?:tensor|param|data|symmetric|antisymmetric|positive|mask"
    r"|integer|metric|index|sizes|variance|syntax|scalar|vector|matrix)[ \t]+[A-Za-z`][^\n]*)"
)
_TOKEN = re.compile(
    _RAW + r"|(?P<comment>%[^\n]*)|(?P<space>\s+)|(?P<command>\\[A-Za-z]+\*?|\\.)"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<prime>['′]+)|(?P<other>.)",
    re.DOTALL,
)
_COMMAND = re.compile(r"\\[A-Za-z]{2,}")
_GREEK = frozenset(GREEK.values()) | {"varepsilon", "varphi", "vartheta", "varrho", "varsigma"}
_VARIANT = {"varphi": "phi", "varepsilon": "epsilon", "varrho": "rho"}
_PLAIN_COMMANDS = _GREEK | {"sum", "prod", "partial", "nabla", "cdot", "times", "odot"}
_WORD = re.compile(r"(?<![\\A-Za-z_^{<])(?!d[A-Za-z]\b)[A-Za-z]{2,}(?![A-Za-z]*\s*\})|\bdef\b|`")
_FONTS = frozenset(
    "mathbf boldsymbol mathcal mathbb mathit mathsf mathfrak mathscr bm vec underline pmb".split()
)
_UPRIGHT = frozenset("mathrm operatorname text textrm mathop textit textbf mathtt".split())
_ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde",
    "widetilde": "tilde", "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve",
}  # fmt: skip
_FUNCTIONS = {
    "exp": "exp", "log": "log", "ln": "log", "sin": "sin", "cos": "cos", "tan": "tan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsin": "asin", "arccos": "acos",
    "arctan": "atan", "max": "max", "min": "min", "det": "det", "tr": "tr",
}  # fmt: skip
_SPACES = frozenset(
    ", ; : ! quad qquad limits nolimits displaystyle textstyle big Big bigg Bigg bigl bigr Bigl Bigr "
    "biggl biggr Biggl Biggr nonumber notag hfill space thinspace middle mathstrut".split()
) | {" ", "\n"}
_OPERATORS = {
    "cdot": "*", "times": "*", "odot": "*", "circ": "*", "ast": "*", "star": "*", "le": "<=", "leq": "<=",
    "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!=",
    "lt": "<", "gt": ">", "land": " and ", "wedge": " and ", "lor": " or ", "vee": " or ",
    "lnot": " not ", "neg": " not ", "coloneqq": "=", "equiv": "=", "div": "/",
}  # fmt: skip
_CLOSER = {"(": ")", "[": "]", "{": "}", "|": "|", "lvert": "rvert", "lVert": "rVert", "Vert": "Vert",
           "langle": "rangle"}  # fmt: skip
_ENVIRONMENT = re.compile(r"(?:aligned|alignedat|align|equation|gather|gathered|split|eqnarray|multline|math|displaymath)\*?")


class MappedSource(Source):
    """A translated text that knows where each of its characters came from.

    ``slice`` gives the translation, positions and lines are those of the original.
    """

    __slots__ = ("_origin", "_translated")

    def __init__(self, original: str, translation: Translation, filename: str | None) -> None:
        super().__init__(original, filename)
        self._translated = translation.text
        self._origin = translation.origin

    def original(self, span: Span) -> Span:
        """The place in the original text of a place in the translation."""
        origin = self._origin
        if not origin:
            return Span(0, 1)
        last = len(origin) - 1
        if span.start > last:
            return Span(len(self.text), len(self.text) + 1)
        start = origin[span.start][0]
        end = max(origin[min(n, last)][1] for n in (span.start, max(span.start, span.end - 1)))
        return Span(start, max(start + 1, end))

    def slice(self, span: Span) -> str:
        """Return the translated text of ``span``."""
        text = self._translated[span.start : span.end]
        return text.replace(OPEN_SCOPE, "(").replace(CLOSE_SCOPE, ")")


@dataclass(frozen=True, slots=True)
class Translation:
    """The notation's text for a LaTeX one; ``origin`` is the place each character is from."""

    text: str
    origin: list[tuple[int, int]]
    matrix: bool
    problems: list[tuple[str, str, Span, str]]


def looks_like_latex(text: str) -> bool:
    """Whether a text holds LaTeX's commands.

    Some of them belong to the plain notation too; with those alone, a word of several letters
    tells that the text is no LaTeX.
    """
    if "\\" not in text:
        return False
    commands = set(_COMMAND.findall(text))
    if not commands:
        return False
    if any(c[1:] not in _PLAIN_COMMANDS for c in commands):
        return True
    return _WORD.search(text) is None


def translate(text: str) -> Translation:
    """Return what a LaTeX text says in the notation, and what in it is not understood."""
    tokens = _tokens(text)
    translator = _Translator(tokens, matrix=not _is_indexed(tokens))
    translator.run()
    made = "".join(translator.out)
    return Translation(made, translator.origin, translator.matrix, translator.problems)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class _Refused(Exception):
    """The text is not understood; reported already."""


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        value = match.group()
        if kind in ("comment", "space"):
            continue
        if kind == "command":
            value = value[1:].removesuffix("*") if len(value) > 2 else value[1:]
        elif kind == "other":
            kind = "letter" if value.isalpha() else "mark"
        found.append(_Token(kind, value, match.start(), match.end()))
    for number in range(len(found) - 1, -1, -1):
        token = found[number]
        first = max(0, number - 1)
        if token.kind == "number" and len(token.text) > 1 and found[first].text in _FRACTIONS:
            # \frac12 takes one digit for each part
            middle = token.start + 1
            found[number : number + 1] = [
                _Token("number", token.text[0], token.start, middle),
                _Token("number", token.text[1:], middle, token.end),
            ]
    end = len(text)
    found.append(_Token("end", "", end, end))
    return found


def counts_as_sizes(made: Translation) -> Translation | None:
    """Read ``n_k`` as the extent of index k, as sizes are printed; None if there is none."""
    text = made.text
    found = list(_COUNT.finditer(text))
    if made.matrix or made.problems or not found:
        return None
    parts: list[str] = []
    origin: list[tuple[int, int]] = []
    last = 0
    for match in found:
        first, second = made.origin[match.start()][0], made.origin[match.end() - 1][1]
        spelled = f"size({match.group(1)})"
        parts += [text[last : match.start()], spelled]
        origin += made.origin[last : match.start()]
        origin += [(first, second)] * len(spelled)
        last = match.end()
    parts.append(text[last:])
    origin += made.origin[last:]
    return Translation("".join(parts), origin, False, [])


def _is_indexed(tokens: list[_Token]) -> bool:
    """Whether a text has an index anywhere; without one it is matrix notation."""
    for number, token in enumerate(tokens[:-1]):
        if token.text in _INDEX_SIGNS and token.kind == "command":
            return True
        if token.kind == "prime" and tokens[number + 1].text in ("(", "left"):
            return True
        if token.kind != "mark" or token.text not in "_^" or number == 0:
            continue
        before, inside = tokens[number - 1], tokens[number + 1 :]
        if before.text in _NORM_BARS and before.kind == "command":
            continue
        if inside[0].text == "{":
            depth = 0
            for stop, other in enumerate(inside):
                depth += (other.text == "{") - (other.text == "}") if other.kind == "mark" else 0
                if depth == 0:
                    break
            inside = inside[1:stop]
        else:
            inside = inside[:1]
        texts = [t.text for t in inside]
        if texts[:1] == ["("] and texts[-1:] == [")"]:
            continue
        if token.text == "_":
            return True
        if texts in _TRANSPOSED or "prime" in texts:
            continue
        if before.text == "}" and _names_something(tokens, number - 1):
            return True
        if before.text in ("e", ")", "]", "}", "|"):
            continue
        if any(t.kind in ("letter", "command") and t.text not in _FRACTIONS for t in inside):
            return True
    return False


def _names_something(tokens: list[_Token], closing: int) -> bool:
    """Whether a brace closes the argument of an accent or a font, which is a name."""
    depth = 0
    for number in range(closing, 0, -1):
        token = tokens[number]
        depth += (token.text == "}") - (token.text == "{") if token.kind == "mark" else 0
        if depth == 0:
            before = tokens[number - 1]
            named = before.text in _ACCENTS or before.text in _FONTS or before.text in _UPRIGHT
            return before.kind == "command" and named
    return False


@dataclass(slots=True)
class _Translator:
    """Writes the translation while it walks over the tokens."""

    tokens: list[_Token]
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

    def run(self) -> None:
        """Translate everything."""
        self._scan_tensors()
        try:
            while self.now.kind != "end":
                self._one()
        except _Refused:
            return

    # Output

    @property
    def now(self) -> _Token:
        """The current token."""
        return self.tokens[self.position]

    def _put(self, text: str, token: _Token) -> None:
        self.out.extend(text)
        self.origin.extend([(token.start, token.end)] * len(text))

    def _put_operand(self, text: str, token: _Token) -> None:
        """Write a name, a number or what opens a bracket, apart from what stands before it."""
        if self.operand:
            self._put("*" if self.matrix else " ", token)
        elif self.out and (self.out[-1].isalnum() or self.out[-1] == "_"):
            self._put(" ", token)
        self._put(text, token)
        self.operand = True

    def _put_sign(self, text: str, token: _Token) -> None:
        self._put(text, token)
        self.operand = False

    def _refuse(self, message: str, token: _Token, hint: str = "", code: str = "E103") -> _Refused:
        at = len(self.out)
        self._put("?", token)
        self.problems.append((code, message, Span(at, at + 1), hint))
        return _Refused()

    def _is(self, *texts: str) -> bool:
        return self.now.text in texts and self.now.kind in ("mark", "command")

    def _skip_spaces(self) -> None:
        while self.now.kind == "command" and self.now.text in _SPACES:
            self.position += 1

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._refuse(
                f"brackets are nested deeper than {MAX_DEPTH}", self.now, code="E110"
            )

    # Structure

    def _scan_tensors(self) -> None:
        """``e`` is the exponential's base unless it has an index or is defined."""
        for number, token in enumerate(self.tokens[:-1]):
            after = self.tokens[number + 1]
            if token.text == "e" and token.kind == "letter" and after.text in ("_", "="):
                self.tensors.add("e")

    def _one(self) -> None:
        """Translate one token with what belongs to it."""
        token = self.now
        match token.kind:
            case "letter" | "number":
                self._factor()
            case "command":
                self._command(token)
            case "prime":
                self.position += 1
                self._put("'", token)
            case "raw":
                self.position += 1
                for offset, character in enumerate(f"\n{token.text}\n"):
                    place = max(0, token.start + offset - 1)
                    self.out.append(character)
                    self.origin.append((place, place + 1))
                self.operand = False
            case _:
                self._mark(token)

    def _mark(self, token: _Token) -> None:
        text = token.text
        if text in "({[|":
            self._factor()
        elif text in ")]}":
            raise self._refuse(f"{text} closes nothing", token, code="E105")
        elif text in "&$~":
            self.position += 1
        elif text in (OPEN_SCOPE, CLOSE_SCOPE):
            raise self._refuse("U+E000 is not part of the notation", token)
        elif text == "_" or text == "^":
            raise self._refuse("an index stands behind a name", token, code="E114")
        else:
            self.position += 1
            if text == ":" and self._is("="):
                return
            if text == "," and not self.depth:
                text = "\n"
            if text in ".," and (self.now.kind == "end" or self._is("\\", "end", "$", "]", ")")):
                return
            self._put_sign({"−": "-", "·": "*", "⊙": "*"}.get(text, text), token)

    def _command(self, token: _Token) -> None:
        text = token.text
        if text in _SPACES:
            self.position += 1
        elif text == "\\":
            self.position += 1
            if self._is("["):
                self._skip_to("]")
            self._put_sign("\n", token)
        elif text in ("begin", "end"):
            self._environment(token)
        elif text in ("[", "]", "(", ")"):
            self.position += 1
        elif text in ("label", "tag"):
            self.position += 1
            self._skip_group()
        elif text in _OPERATORS:
            self.position += 1
            sign = _OPERATORS[text]
            self._put_sign(".*" if self.matrix and text in ("odot", "circ") else sign, token)
        elif text == "sum" or text == "prod":
            self._big_operator(token)
        else:
            self._factor()

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

    def _environment(self, token: _Token) -> None:
        self.position += 1
        name = self._raw_group()
        if name == "cases" and token.text == "begin":
            self._cases(token)
        elif _ENVIRONMENT.fullmatch(name):
            if name.startswith("alignedat") and token.text == "begin":
                self._skip_group()
        else:
            raise self._refuse(f"the environment {name} is not known", token)

    def _raw_group(self) -> str:
        """The text of a group of letters."""
        if not self._is("{"):
            token = self.now
            self.position += 1
            return token.text
        close = self._closing(self.position)
        inside = self.tokens[self.position + 1 : close]
        self.position = close + 1
        return "".join(" " if t.text in _SPACES else t.text for t in inside)

    def _cases(self, token: _Token) -> None:
        """Two rows, the second otherwise: ``where``."""
        start = self.position
        depth = 0
        columns: list[int] = []
        stop = start
        while True:
            now = self.tokens[stop]
            if now.kind == "end":
                raise self._refuse("cases never ends", token, code="E104")
            depth += (now.text == "{") - (now.text == "}") if now.kind == "mark" else 0
            if depth == 0 and (now.text == "&" or (now.kind == "command" and now.text == "\\")):
                columns.append(stop)
            if now.kind == "command" and now.text == "end":
                break
            stop += 1
        if len(columns) < 3:
            raise self._refuse("cases have two rows: a value & its condition, and a value", token)
        self._put_operand("where(", token)
        bounds = [(columns[0] + 1, columns[1]), (start, columns[0]), (columns[1] + 1, columns[2])]
        for number, (first, last) in enumerate(bounds):
            if number:
                self._put(", ", token)
            self.operand = False
            words = [t for t in self.tokens[first:last] if t.text in ("text", "mathrm", "if")]
            comparison = number == 0 and any(
                t.text in ("=", "<", ">", "le", "leq", "ge", "geq", "ne", "neq")
                for t in self.tokens[first:last]
            ) and not any(t.text == "[" for t in self.tokens[first:last])
            if number == 0 and words and words[0].text == "text":
                first = self._after_word(first)
            self._put("[" if comparison else OPEN_SCOPE, token)
            self._within(first, last, condition=comparison)
            self._put("]" if comparison else CLOSE_SCOPE, token)
        self._put(")", token)
        self.position = stop + 1
        self._raw_group()
        self.operand = True
        self._scripts(bracket=True)

    def _after_word(self, first: int) -> int:
        self.position = first + 1
        self._skip_group()
        return self.position

    def _within(self, first: int, last: int, condition: bool = False) -> None:
        """Translate the tokens from ``first`` up to ``last``."""
        before, end = self.position, self.tokens[last]
        self._deeper()
        self.position = first
        self.tokens[last] = _Token("end", "", end.start, end.end)
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
            self.depth -= 1

    def _scoped(self, first: int, last: int, token: _Token) -> None:
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

    # Factors

    def _factor(self) -> None:
        """Translate one factor: a symbol, a number, a bracket, a fraction, with its scripts."""
        token = self.now
        if token.kind == "number":
            self.position += 1
            self._put_operand(token.text, token)
            self._scripts(bracket=True)
        elif token.kind == "letter":
            self.position += 1
            name = token.text
            while self.now.kind == "number" and self.now.start == self.tokens[self.position - 1].end:
                if "." in self.now.text:
                    break
                name += self.now.text
                self.position += 1
            self._symbol(spelled_out(name), token)
        elif token.kind == "mark":
            self._bracket(token, token.text)
        else:
            self._command_factor(token)

    def _command_factor(self, token: _Token) -> None:
        text = token.text
        self.position += 1
        if text in _SPACES:
            self._factor()
        elif text == "frac" or text == "dfrac" or text == "tfrac":
            self._fraction(token)
        elif text == "sqrt":
            self._root(token)
        elif text == "left":
            opener = self.now.text
            if opener not in _CLOSER and not (opener == "{" or self._is("|")):
                raise self._refuse("\\left needs a bracket", token)
            self._bracket(token, "|" if opener in ("lvert", "vert") else opener, sized=True)
        elif text in ("{", "lvert", "|", "lVert", "Vert", "Big", "vert"):
            self._bracket(token, {"lvert": "|", "vert": "|"}.get(text, "norm" if text != "{" else "{"))
        elif text in _FUNCTIONS:
            self._function(_FUNCTIONS[text], token)
        elif text in _UPRIGHT:
            name = self._raw_group().replace("\\", "")
            self._upright(name.strip(), token)
        elif text in _FONTS:
            self._font(text, token)
        elif text in _ACCENTS:
            self._accent(text, token)
        elif text == "infty":
            self._put_operand("inf", token)
        elif text == "nabla":
            self._nabla(token)
        elif text == "partial":
            self._put_operand("∂", token)
            self.operand = False
        elif text in _GREEK:
            self._symbol(_VARIANT.get(text, text), token)
        elif text == "ell":
            self._symbol("ell", token)
        else:
            raise self._refuse(f"\\{text} is not known", token)

    def _font(self, font: str, token: _Token) -> None:
        first, last = self._argument()
        inside = self.tokens[first:last]
        if len(inside) == 1 and inside[0].text == "1":
            if self.matrix:
                self._put_operand("vector(1)", token)
                self._scripts(bracket=True)
            else:
                self._symbol("one", token)
            return
        name = "".join(t.text for t in inside)
        if not inside or not all(t.kind in ("letter", "number", "command") for t in inside):
            raise self._refuse(f"\\{font} holds one name", token)
        self._symbol(spelled_out(name), token)

    def _accent(self, accent: str, token: _Token) -> None:
        first, last = self._argument()
        inside = [t for t in self.tokens[first:last] if t.text not in ("{", "}")]
        inside = [t for t in inside if t.text not in _FONTS and t.text not in _UPRIGHT]
        mark = _ACCENTS[accent]
        parts = [t.text for t in inside if t.kind in ("letter", "number", "command")]
        if len(parts) != len(inside) or not parts:
            raise self._refuse(f"\\{accent} stands over one name", token)
        nested = [p for p in parts if p in _ACCENTS]
        base = "".join(p for p in parts if p not in _ACCENTS)
        marks = "".join(f"_{_ACCENTS[p]}" for p in reversed(nested)) + f"_{mark}"
        self._symbol(spelled_out(base) + marks, token)

    def _upright(self, name: str, token: _Token) -> None:
        """A name in upright letters: a function where it is one."""
        name = re.sub(r"\s+", "_" if "onehot" in name else "", name)
        if name.startswith("onehot_arg"):
            name = name.removeprefix("onehot_") + "_onehot"
        if name == "e":
            self._symbol("e", token)
        elif name in ("mean", "sum", "prod"):
            self._big_operator(token, name)
        elif name in BUILTIN_CALLS:
            self._function(name, token)
        elif name == "d" and not self.matrix:
            self._symbol("d", token)
        else:
            self._symbol(spelled_out(name), token)

    def _symbol(self, name: str, token: _Token) -> None:
        """A name, with an index, an exponent or a bracket behind it."""
        name = self._numbered(name)
        if name == "e" and "e" not in self.tensors and self._is("^"):
            self.position += 1
            first, last = self._argument()
            self._put_operand("exp(", token)
            self._within(first, last)
            self._put(")", token)
            self.operand = True
            return
        if name == "epsilon" and not self.matrix and self._index_count() >= 2:
            name = "eps"
        quoted = "_" in name and name not in BUILTIN_CALLS
        shown = f"`{name}`" if quoted and not self.matrix else name
        self._put_operand(shown, token)
        while self.now.kind == "prime":
            self._put("'" * len(self.now.text), self.now)
            self.position += 1
        self._scripts(bracket=False)
        self._skip_spaces()
        if self._opens_round() and not self.matrix:
            self._call_bracket()
            self._scripts(bracket=False)
        elif self._opens_round() and self.matrix and name in BUILTIN_CALLS:
            self._call_bracket()
            self._scripts(bracket=True)

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

    def _index_count(self) -> int:
        """How many letters stand in the scripts that follow, about."""
        count = 0
        position = self.position
        while self.tokens[position].text in ("^", "_"):
            position += 1
            if self.tokens[position].text == "{":
                close = self._closing(position)
                count += sum(
                    t.kind == "letter" or t.text in _GREEK for t in self.tokens[position:close]
                )
                position = close + 1
            else:
                count += 1
                position += 1
        return count

    def _opens_round(self) -> bool:
        if self._is("("):
            return True
        return self._is("left") and self.tokens[self.position + 1].text == "("

    def _call_bracket(self) -> None:
        """The bracket of a call (or of a product: the notation decides)."""
        token = self.now
        sized = self._is("left")
        if sized:
            self.position += 1
        close = self._matching(self.position, "(", ")")
        self._put("(", token)
        self._within(self.position + 1, close - (1 if sized else 0))
        self._put(")", self.tokens[close])
        self.position = close + 1
        self.operand = True

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

    def _bracket(self, token: _Token, opener: str, sized: bool = False) -> None:
        """A bracket that is a factor."""
        if not sized and token.kind == "command":
            self.position -= 1
        start = self.position
        if opener == "{" and token.kind == "mark" and not sized:
            close = self._closing(start)
            if close == start + 1:
                self.position = close + 1
                return
            self._put_operand("(", token)
            self._within(start + 1, close)
        else:
            shown = self.tokens[start].text
            closer = _CLOSER.get(shown, shown)
            close = self._matching(start, shown, closer)
            last = close - 1 if sized else close
            norm = opener in ("norm", "lVert", "Vert") or (shown == "|" and self.tokens[start].kind == "command")
            if norm:
                self._norm(token, start + 1, last, close)
                return
            if opener == "|":
                self._put_operand("abs(", token)
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

    def _is_condition(self, start: int, last: int) -> bool:
        relations = {"=", "<", ">", "!", "nabla", "land", "lor", *(_OPERATORS.keys() - _PRODUCTS)}
        return any(t.text in relations for t in self.tokens[start + 1 : last])

    def _condition(self, token: _Token, start: int, last: int, close: int) -> None:
        gradient = any(t.text == "nabla" for t in self.tokens[start + 1 : last])
        self._put_operand("[", token)
        self._within(start + 1, last, condition=not gradient)
        self._put("]", self.tokens[close])
        self.operand = True
        self.position = close + 1
        self._scripts(bracket=not gradient)

    def _norm(self, token: _Token, first: int, last: int, close: int) -> None:
        name = "norm2"
        position = close + 1
        if self.tokens[position].text == "_":
            below = self.tokens[position + 1].text
            if below in ("1", "2", "F"):
                name = {"1": "norm1", "2": "norm2", "F": "norm_f"}[below]
                position += 2
        if not self.matrix:
            raise self._refuse(
                "a norm in index notation names its index", token, "\\operatorname{norm}_i(x^i)", "E107"
            )
        self._put_operand(name + "(", token)
        self._within(first, last)
        self._put(")", self.tokens[close])
        self.operand = True
        self.position = position
        self._scripts(bracket=True)

    def _fraction(self, token: _Token) -> None:
        above, below = self._argument(), self._argument()
        if not self.matrix and self._is_derivative(above, below):
            self._derivative(token, above, below)
            return
        self._put_operand("(", token)
        self._scoped(*above, token)
        self._put("/", token)
        self._scoped(*below, token)
        self._put(")", token)
        self.operand = True
        self._scripts(bracket=True)

    def _is_derivative(self, above: tuple[int, int], below: tuple[int, int]) -> bool:
        heads = [self.tokens[first].text for first, last in (above, below) if last > first]
        if len(heads) == 2 and heads[0] == heads[1] == "partial":
            return True
        return (
            heads == ["d", "d"]
            and below[1] - below[0] >= 2
            and self.tokens[below[0] + 1].kind in ("letter", "command")
        )

    def _derivative(self, token: _Token, above: tuple[int, int], below: tuple[int, int]) -> None:
        """``\\frac{\\partial f}{\\partial x^i \\partial y^j}``, of the first or of higher order."""
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
            variables, order = self._repeated(token, variables, order), order
        resume = self._after_fraction(below)
        self._put_operand("d(" * order, token)
        self.operand = False
        if first < above[1]:
            self._within(first, above[1])
            self.position = resume
        else:
            self.position = resume
            self._skip_spaces()
            before = len(self.out)
            self._factor()
            if len(self.out) == before:
                raise self._refuse("a derivative of nothing", token, code="E101")
        for low, high in variables:
            self._put(")/d(", token)
            behind = self.position
            self._within(low, high)
            self.position = behind
            self._put(")", token)
        self.operand = True

    def _top(self, start: int, position: int) -> bool:
        depth = 0
        for number in range(start, position):
            if self.tokens[number].kind == "mark":
                depth += (self.tokens[number].text == "{") - (self.tokens[number].text == "}")
        return depth == 0

    def _repeated(
        self, token: _Token, variables: list[tuple[int, int]], order: int
    ) -> list[tuple[int, int]]:
        """``\\partial x^2`` below ``\\partial^2``: the variable, twice."""
        low, high = variables[0]
        tail = [t.text for t in self.tokens[low:high]]
        if len(variables) == 1 and tail[-2:] == ["^", str(order)]:
            return [(low, high - 2)] * order
        if len(variables) == 1 and tail[-4:] == ["^", "{", str(order), "}"]:
            return [(low, high - 4)] * order
        raise self._refuse("the orders above and below do not agree", token)

    def _after_fraction(self, below: tuple[int, int]) -> int:
        return below[1] + (1 if self.tokens[below[1]].text == "}" else 0)

    def _nabla(self, token: _Token) -> None:
        if self._is("_"):
            self.position += 1
            low, high = self._argument()
            self._put_operand("d(", token)
            self.operand = False
            self._skip_spaces()
            self._factor()
            self._put(")/d(", token)
            behind = self.position
            self._within(low, high)
            self.position = behind
            self._put(")", token)
            self.operand = True
            return
        self._put("∇", token)
        self.operand = False

    def _root(self, token: _Token) -> None:
        degree = None
        if self._is("["):
            close = self._matching(self.position, "[", "]")
            degree = (self.position + 1, close)
            self.position = close + 1
        inside = self._argument()
        self._put_operand("(" if degree else "sqrt(", token)
        self._within(*inside)
        self._put(")", token)
        if degree:
            self._put("**(1/(" if not self.matrix else "^(1/(", token)
            self._within(*degree)
            self._put("))", token)
        self.operand = True
        self._scripts(bracket=True)

    # Functions and operators

    def _function(self, name: str, token: _Token) -> None:
        """A function: its index or power, then a bracket, or the next factor without one."""
        self._skip_spaces()
        if name == "log" and not self._is("^", "_"):
            joined = self._joined_function()
            if joined:
                name = joined
        powers: tuple[int, int] | None = None
        binder: tuple[int, int] | None = None
        while self._is("^", "_"):
            upper = self._is("^")
            self.position += 1
            bounds = self._argument()
            if upper and not self._is_power(bounds):
                raise self._refuse(f"{name} has no upper index here", token, code="E114")
            if upper:
                powers = bounds
            else:
                binder = bounds
            self._skip_spaces()
        if powers:
            self._put_operand("(", token)
            self.operand = False
        self._put_operand(name, token)
        if binder:
            behind = self.position
            self._index_group(False, *binder, token)
            self.position = behind
        self._function_argument(name, token)
        if powers:
            behind = self.position
            self._put(")**(" if not self.matrix else ")^(", token)
            self._within(*powers)
            self._put(")", token)
            self.position = behind
        self.operand = True
        matrix = name in MATRIX_FUNCTIONS
        self._scripts(bracket=not matrix)

    def _joined_function(self) -> str | None:
        """``\\log\\det`` and ``\\log\\operatorname{softmax}`` are functions of their own."""
        before = self.position
        if self._is("det"):
            self.position += 1
            return "logdet"
        if self.now.text in _UPRIGHT:
            self.position += 1
            name = "log_" + self._raw_group()
            if name in BUILTIN_CALLS:
                return name
        self.position = before
        return None

    def _function_argument(self, name: str, token: _Token) -> None:
        self._skip_spaces()
        if self._opens_round():
            start = self.position
            self._call_bracket()
            self._name_parameters(name, start)
            return
        self._put("(", token)
        self.operand = False
        if self._is("{") and self._closing(self.position) > self.position:
            low, high = self._argument()
            behind = self.position
            self._within(low, high)
            self.position = behind
        else:
            self._factor()
        self._put(")", token)

    def _name_parameters(self, name: str, start: int) -> None:
        """``elu(x; 1)`` as LaTeX is printed has parameters without their names."""
        record = catalog().get(POINTWISE_FUNCTIONS.get(name, ""))
        if not isinstance(record, Pointwise) or not record.parameters:
            return
        opening = next(
            n for n in range(len(self.out) - 1, -1, -1) if self.origin[n][0] <= self.tokens[start].start
        )
        depth = 0
        named = 0
        written: list[str] = []
        places: list[tuple[int, int]] = []
        since = ""
        for n in range(opening, len(self.out)):
            character = self.out[n]
            depth += (character in "([") - (character in ")]")
            written.append(character)
            places.append(self.origin[n])
            if depth == 1 and (character == ";" or (character == "," and named)):
                since = "".join(self.out[n + 1 : n + 40])
                if named < len(record.parameters) and not re.match(r"\s*\w+\s*=", since):
                    label = record.parameters[named][0] + "="
                    written.extend(label)
                    places.extend([self.origin[n]] * len(label))
                named += 1
        self.out[opening:] = written
        self.origin[opening:] = places

    def _big_operator(self, token: _Token, name: str | None = None) -> None:
        if name is None:
            name = token.text
            self.position += 1
        self._skip_spaces()
        self._put_operand(name, token)
        while self._is("_", "^"):
            upper = self._is("^")
            self.position += 1
            bounds = self._argument()
            behind = self.position
            self._index_group(upper, *bounds, token, braces=upper)
            self.position = behind
            self._skip_spaces()
        self._put(" ", token)
        self.operand = False

    # Scripts

    def _scripts(self, bracket: bool) -> None:
        """The groups behind a factor: indices, or a power."""
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
            self._script(token, upper, bounds, bracket)
            self.position = behind

    def _script(
        self, token: _Token, upper: bool, bounds: tuple[int, int], bracket: bool
    ) -> None:
        inside = self.tokens[bounds[0] : bounds[1]]
        texts = [t.text for t in inside]
        if texts and all(t == "prime" for t in texts):
            self._put("'" * len(texts), token)
            return
        if self.matrix and upper and texts in _TRANSPOSED:
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
        """Whether a group holds a lone number: ``2``, ``-1``, ``1/2``, ``\\frac{1}{2}``."""
        texts = "".join(t.text for t in self.tokens[bounds[0] : bounds[1]])
        return re.fullmatch(r"-?(?:\d+(?:\.\d+)?(?:/\d+)?|[dt]?frac\{?\d+\}?\{?\d+\}?)", texts) is not None

    def _index_group(self, upper: bool, first: int, last: int, token: _Token, braces: bool = False) -> None:
        """Write an index group; each letter is an index, upright words are whole names."""
        if self.matrix:
            raise self._refuse("matrix notation has no indices", token, code="E114")
        pieces: list[tuple[str, _Token]] = []
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
            self._put(" ", pieces[-1][1] if pieces else token)  # a space makes names of any length whole names
        self._put(closer, token)

    def _index_piece(self, position: int, last: int) -> tuple[str, int]:
        token = self.tokens[position]
        position += 1
        if token.kind == "command" and token.text in _SPACES or token.text in "{}":
            return "", position
        if token.kind == "number":
            return token.text, position
        if token.kind == "mark":
            return {"−": "-"}.get(token.text, token.text) + (" " if token.text == "," else ""), position
        if token.kind == "prime":
            return "'", position
        if token.kind == "command" and token.text in _UPRIGHT | _FONTS:
            self.position = position
            name = self._raw_group()
            position = self.position
        elif token.kind == "command" and token.text not in _GREEK | {"ell"}:
            sign = {"cdot": "*", "times": "*"}.get(token.text)
            if sign is None:
                raise self._refuse(f"\\{token.text} is no index", token, code="E114")
            return sign, position
        else:
            name = spelled_out(_VARIANT.get(token.text, token.text))
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
        inside = [t for t in self.tokens[low:high] if t.text not in _SPACES]
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


_INDEX_SIGNS = frozenset({"sum", "prod", "partial", "nabla", "delta"})
_NORM_BARS = frozenset({"|", "Vert", "rVert"})
_TRANSPOSED = (["top"], ["T"], ["intercal"], ["mathsf", "{", "T", "}"], ["mathsf", "T"])
_FRACTIONS = frozenset({"frac", "dfrac", "tfrac"})
_SIGNS = "+-*,)]=/'"
_SIGNS_OPEN = "+-*([=/ "
_COUNT = re.compile(r"(?<![\w`])n_<([^\W_]+)>(?![_^<])")
_PRODUCTS = frozenset({"cdot", "times", "odot", "circ", "ast", "star", "div"})
