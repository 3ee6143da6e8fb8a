r"""LaTeX as in a paper, translated to the notation, with each character's place kept.

``\delta^{i}_{j_1}`` is ``delta^{i}_{j1}``, ``\frac{1}{K}\sum_{k=0}^{K-1} x_k`` a fraction
and a sum. A letter is a name, so ``AB`` is a product. A program without any index is read as matrix
notation: ``x^\top A x``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tensorcalc.language.latex_arguments import without_arguments
from tensorcalc.language.latex_declarations import DeclarationWriter
from tensorcalc.language.latex_inverses import with_inverses
from tensorcalc.language.latex_names import with_whole_names
from tensorcalc.language.latex_tokens import (
    ACCENTS,
    CLOSERS,
    ENVIRONMENT,
    FONTS,
    FUNCTIONS,
    GREEK_COMMANDS,
    OPERATORS,
    PRODUCTS,
    SPACES,
    UPRIGHT,
    VARIANTS,
    LatexToken,
    is_indexed,
    latex_tokens,
    upright_word,
)
from tensorcalc.language.latex_writer import CLOSE_SCOPE, OPEN_SCOPE, UnreadableError
from tensorcalc.language.names import BUILTIN_CALLS, spelled_out
from tensorcalc.language.translation import Translation

__all__ = ["looks_like_latex", "translate"]

_PLAIN = re.compile(r"[^\W\d_][^\W_]*'*")
#: Words of conditions, which are names only in back-ticks.
_WORDS = frozenset({"and", "or", "not"})
#: Commands of one character.
_SYMBOLS = re.compile(r"\\[|{},;:!\\]")
#: Words before the values that an index takes, which the extents tell.
_FOR = frozenset({"for", "forall", "forevery", "foreach"})
_SPELLED = {"onehotargmax": "argmax_onehot", "onehotargmin": "argmin_onehot"}
#: Angle brackets around indices are the notation's own.
_ANGLES = re.compile(r"[\^_]<[^<>\n]*>")
_WHOLE_NAME = re.compile(r"\{[A-Za-z]\^\{\(\d+\)\}\}")
_COMMAND = re.compile(r"\\[A-Za-z]{2,}")
_PLAIN_COMMANDS = GREEK_COMMANDS | {"sum", "prod", "partial", "nabla", "cdot", "times", "odot"}
_WORD = re.compile(r"(?<![\\A-Za-z_^{<])(?!d[A-Za-z]\b)[A-Za-z]{2,}(?![A-Za-z]*\s*\})|\bdef\b|`")


def looks_like_latex(text: str) -> bool:
    """Whether a text holds LaTeX's commands.

    Some of them belong to the plain notation too; with those alone, a word of several letters
    tells that the text is no LaTeX.
    """
    if _ANGLES.search(text):
        return False
    if "\\" not in text:
        return _WHOLE_NAME.search(text) is not None
    commands = set(_COMMAND.findall(text))
    if _SYMBOLS.search(text):
        return True
    if not commands:
        return False
    if any(c[1:] not in _PLAIN_COMMANDS for c in commands):
        return True
    return _WORD.search(text) is None


def translate(text: str) -> Translation:
    """Return what a LaTeX text says in the notation, and what in it is not understood."""
    tokens = without_arguments(with_whole_names(latex_tokens(text)))
    matrix = not is_indexed(tokens)
    translator = _Translator(tokens if matrix else with_inverses(tokens), matrix=matrix)
    translator.run()
    made = "".join(translator.out)
    return Translation(made, translator.origin, translator.matrix, translator.problems)


@dataclass(slots=True)
class _Translator(DeclarationWriter):
    """Writes the translation of a whole text."""

    def run(self) -> None:
        """Translate everything."""
        self._scan_tensors()
        self._scan_names()
        self._scan_sizes()
        self._scan_indices()
        if not self.matrix:
            self._scan_quotients()
        try:
            while self.now.kind != "end":
                self._one()
        except UnreadableError:
            return

    def _scan_tensors(self) -> None:
        """``e`` is the exponential's base unless it has an index or is defined."""
        for number, token in enumerate(self.tokens[:-1]):
            after = self.tokens[number + 1]
            if token.text == "e" and token.kind == "letter" and after.text in ("_", "="):
                self.tensors.add("e")

    def _one(self) -> None:
        """Translate one token with what belongs to it."""
        if self._declares():
            return
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

    def _mark(self, token: LatexToken) -> None:
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

    def _command(self, token: LatexToken) -> None:
        text = token.text
        if text in SPACES:
            self.position += 1
        elif text == "\\":
            self.position += 1
            if self.now.text == "[" and self.now.kind == "mark" and self._is_length():
                self._skip_to("]")
            self._put_sign(" " if self._goes_on() else "\n", token)
        elif text in ("begin", "end"):
            self._environment(token)
        elif text == "]":
            self.position += 1
            self._put_sign("\n", token)
        elif text in ("[", "(", ")"):
            self.position += 1
        elif text == "forall" or self._keyword(self.position)[0] in _FOR:
            self.position = self._row_end(self.position)
        elif text in ("label", "tag"):
            self.position += 1
            self._skip_group()
        elif text in OPERATORS:
            self.position += 1
            sign = OPERATORS[text]
            self._put_sign(".*" if self.matrix and text in ("odot", "circ") else sign, token)
        elif text == "sum" or text == "prod":
            self._big_operator(token)
        else:
            self._factor()

    def _is_length(self) -> bool:
        r"""Whether a bracket behind ``\\`` holds the space between rows: ``[2pt]``."""
        inside = ""
        for token in self.tokens[self.position + 1 :]:
            if token.text == "]" or len(inside) > 20:
                break
            inside += token.text
        return re.fullmatch(r"-?[\d.]+(?:pt|em|ex|mm|cm|in)", inside) is not None

    def _goes_on(self) -> bool:
        """Whether the row begins with a sign: it belongs to the formula above, as on paper."""
        ahead = self.position
        while self.tokens[ahead].text in SPACES or self.tokens[ahead].text == "&":
            ahead += 1
        begins = self.tokens[ahead]
        if begins.kind == "command":
            return begins.text in PRODUCTS
        return begins.kind == "mark" and begins.text in "+-−"

    def _environment(self, token: LatexToken) -> None:
        self.position += 1
        name = self._raw_group()
        if name == "cases" and token.text == "begin":
            self._cases(token)
        elif ENVIRONMENT.fullmatch(name):
            if name.startswith("alignedat") and token.text == "begin":
                self._skip_group()
        else:
            raise self._refuse(f"the environment {name} is not known", token)

    def _cases(self, token: LatexToken) -> None:
        """Two rows, the second otherwise: ``where``."""
        if self.matrix:
            hint = (
                r"with an index: y_i = \begin{cases} x_i & x_i > 0 \\ 0 & \text{else} \end{cases}"
            )
            raise self._refuse("matrix notation has no cases", token, hint, "E602")
        start = self.position
        depth = 0
        columns: list[int] = []
        stop = start
        while True:
            now = self.tokens[stop]
            if now.kind == "end":
                raise self._refuse("cases never ends", token, code="E104")
            if now.kind == "command" and now.text == "end" and depth == 0:
                break
            depth += (now.text == "{") - (now.text == "}") if now.kind == "mark" else 0
            if now.kind == "command":  # cases inside of cases
                depth += (now.text == "begin") - (now.text == "end")
            if depth == 0 and (now.text == "&" or (now.kind == "command" and now.text == "\\")):
                columns.append(stop)
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
            comparison = (
                number == 0
                and any(
                    t.text in ("=", "<", ">", "le", "leq", "ge", "geq", "ne", "neq")
                    for t in self.tokens[first:last]
                )
                and not any(t.text == "[" for t in self.tokens[first:last])
            )
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
            while (
                self.now.kind == "number" and self.now.start == self.tokens[self.position - 1].end
            ):
                if "." in self.now.text:
                    break
                name += self.now.text
                self.position += 1
            self._symbol(spelled_out(name), token)
        elif token.kind == "mark":
            self._bracket(token, token.text)
        else:
            self._command_factor(token)

    def _command_factor(self, token: LatexToken) -> None:
        text = token.text
        self.position += 1
        if text in SPACES:
            self._factor()
        elif text == "frac" or text == "dfrac" or text == "tfrac":
            self._fraction(token)
        elif text == "sqrt":
            self._root(token)
        elif text == "lfloor" or (text == "left" and self._is("lfloor")):
            start = self.position - (text == "lfloor")
            self._put_operand("", token)
            self.position = self._floor(start)
            self._scripts(bracket=True)
        elif text == "left":
            opener = self.now.text
            if opener not in CLOSERS and not (opener == "{" or self._is("|")):
                raise self._refuse("\\left needs a bracket", token)
            self._bracket(token, "|" if opener in ("lvert", "vert") else opener, sized=True)
        elif text in ("{", "lvert", "|", "lVert", "Vert", "Big", "vert"):
            self._bracket(
                token, {"lvert": "|", "vert": "|"}.get(text, "norm" if text != "{" else "{")
            )
        elif text == "arg" and self.tokens[self.position].text in ("max", "min"):
            self.position += 1
            self._function("arg" + self.tokens[self.position - 1].text, token)
        elif text in FUNCTIONS:
            self._function(FUNCTIONS[text], token)
        elif text in UPRIGHT:
            name = self._raw_group().replace("\\", "").strip()
            if not name:
                raise self._refuse(f"\\{text} holds a name", token)
            self._upright(name, token, text == "operatorname")
        elif text in FONTS:
            self._font(text, token)
        elif text in ACCENTS:
            self._accent(text, token)
        elif text == "infty":
            self._put_operand("inf", token)
        elif text == "nabla":
            self._nabla(token)
        elif text == "partial" and self._is("_"):
            self._partial_call(token)
        elif text == "partial":
            self._put_operand("∂", token)
            self.operand = False
        elif text in GREEK_COMMANDS:
            self._symbol(VARIANTS.get(text, text), token)
        elif text == "ell":
            self._symbol("ell", token)
        elif token.kind == "end":
            raise self._refuse("the formula ends too early", token, code="E101")
        else:
            raise self._refuse(f"\\{text} is not known", token)

    def _font(self, font: str, token: LatexToken) -> None:
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

    def _is_greek_call(self, token: LatexToken) -> bool:
        r"""``\sigma(W x)``, in matrix notation: a function, unless ``\sigma`` stands alone too."""
        if token.kind != "command" or token.text not in GREEK_COMMANDS or token.text[0].isupper():
            return False
        for number, other in enumerate(self.tokens):
            if other.kind == "command" and other.text == token.text:
                behind = self.tokens[number + 1]
                opens = behind.text in ("(", "left") and behind.start == other.end
                if not opens:
                    return False
        return True

    def _accent(self, accent: str, token: LatexToken) -> None:
        first, last = self._argument()
        inside = [t for t in self.tokens[first:last] if t.text not in ("{", "}")]
        inside = [t for t in inside if t.text not in FONTS and t.text not in UPRIGHT]
        mark = ACCENTS[accent]
        parts = [t.text for t in inside if t.kind != "mark" or t.text not in "+-*/=,_^()[]&$"]
        if len(parts) != len(inside) or not parts:
            raise self._refuse(f"\\{accent} stands over one name", token)
        nested = [p for p in parts if p in ACCENTS]
        base = "".join(p for p in parts if p not in ACCENTS)
        marks = "".join(f"_{ACCENTS[p]}" for p in reversed(nested)) + f"_{mark}"
        self._symbol(self._numbered(spelled_out(base)) + marks, token)

    def _upright(self, name: str, token: LatexToken, operator: bool = False) -> None:
        """A name in upright letters: a function where it is one, the more so as an operator's."""
        name = name if name in self.tensors else re.sub(r"\s+", "", name)
        name = _SPELLED.get(name, name)
        known = name if name in BUILTIN_CALLS else name.lower()
        if name in self.tensors and not (operator and name in BUILTIN_CALLS):
            self._symbol(name, token, upright=True)
        elif known in BUILTIN_CALLS and known != name and self._opens_round():
            self._function(known, token)
        elif name in ("mean", "sum", "prod"):
            self._big_operator(token, name)
        elif name in BUILTIN_CALLS:
            self._function(name, token)
        elif self.matrix and len(name) > 1 and self._opens_round():
            raise self._refuse(f"{name} is no function of matrix notation", token, code="E602")
        else:
            self._symbol(spelled_out(name), token, upright=True)

    def _symbol(self, name: str, token: LatexToken, upright: bool = False) -> None:
        """A name, with an index, an exponent or a bracket behind it."""
        name = self._numbered(name)
        if self._is_numbered_index(name):
            below, self.position = upright_word(self.tokens, self.position)
            self._put_operand(name + below, token)
            return
        if not upright and self._is_size(name):
            below, self.position = upright_word(self.tokens, self.position)
            self._put_operand(f"{name}_{below}", token)
            self._scripts(bracket=True)
            return
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
        quoted = name not in BUILTIN_CALLS and not _PLAIN.fullmatch(name)
        quoted = quoted or (upright and (name in _WORDS or name in self.tensors))
        shown = f"`{name}`" if quoted and not self.matrix else name
        self._put_operand(shown, token)
        while self.now.kind == "prime":
            self._put("'" * len(self.now.text), self.now)
            self.position += 1
        self._scripts(bracket=False)
        self._skip_spaces()
        if self._opens_round() and not self.matrix and not self._is_raised_bracket():
            apart = self.now.start > self.tokens[self.position - 1].end
            factor = apart or name in self.sizes or name in ("e", "pi")
            if factor:
                self._put(" ", token)
            self._call_bracket()
            self._scripts(bracket=factor)
        elif (
            self._opens_round()
            and self.matrix
            and (name in BUILTIN_CALLS or self._is_greek_call(token))
        ):
            self._call_bracket()
            self._scripts(bracket=True)
