"""LaTeX: functions, big operators, fractions, derivatives, roots."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tensorcalc.expr import Functional, Pointwise
from tensorcalc.language.latex_quotients import QuotientWriter
from tensorcalc.language.latex_tokens import (
    FONTS,
    GREEK_COMMANDS,
    UPRIGHT,
    VARIANTS,
    LatexToken,
    upright_word,
)
from tensorcalc.language.names import (
    BUILTIN_CALLS,
    MATRIX_FUNCTIONS,
    POINTWISE_FUNCTIONS,
    spelled_out,
)
from tensorcalc.ops import catalog

__all__ = ["FunctionWriter"]


#: Where a term ends: a big operator reaches so far.
_TERM_ENDS = (*"+-−=,;)]}&|<>", "\\", "end", "right", "rvert", "rVert", "le", "ge", "ne", "quad")
#: Functions across an index whose value has one, which may stand behind the bracket.
_WITH_COMPONENTS = frozenset(
    r.name for r in catalog().values() if isinstance(r, Functional) and r.result == "keep"
)
_RELATIONS = frozenset({"<", ">", "le", "leq", "ge", "geq", "ne", "neq", "in"})


@dataclass(slots=True)
class FunctionWriter(QuotientWriter):
    """Writes functions, with a bracket or with the next factor as their argument."""

    def _function(self, name: str, token: LatexToken) -> None:
        """A function: its index or power, then a bracket, or the next factor without one."""
        self._skip_spaces()
        if name == "log" and not self._is("^", "_"):
            joined = self._joined_function()
            if joined:
                name = joined
        powers: tuple[int, int] | None = None
        binders: list[tuple[bool, tuple[int, int]]] = []
        while self._is("^", "_") or (self._is("{") and self._is_empty()):
            if self._is("{"):
                self.position += 2
                continue
            upper = self._is("^")
            self.position += 1
            bounds = self._argument()
            if upper and binders and self._is_range(*binders[-1]):
                binders.append((True, bounds))
            elif upper and not self._is_power(bounds):
                raise self._refuse(f"{name} has no upper index here", token, code="E114")
            elif upper:
                powers = bounds
            else:
                binders.append((False, bounds))
            self._skip_spaces()
        if name == "log" and binders and self.tokens[binders[0][1][0]].text in ("2", "10"):
            name, binders = f"log{self.tokens[binders[0][1][0]].text}", []
        if powers:
            self._put_operand("(", token)
            self.operand = False
        self._put_operand(name, token)
        behind = self.position
        for upper, bounds in binders:
            self._index_group(upper, *bounds, token, braces=upper)
        self.position = behind
        self._function_argument(name, token)
        if powers:
            behind = self.position
            self._put(")**(" if not self.matrix else ")^(", token)
            self._within(*powers)
            self._put(")", token)
            self.position = behind
        self.operand = True
        components = name in MATRIX_FUNCTIONS or (bool(binders) and name in _WITH_COMPONENTS)
        self._scripts(bracket=not components)

    def _is_empty(self) -> bool:
        """Whether empty braces stand here."""
        return self._closing(self.position) == self.position + 1

    def _is_range(self, upper: bool, bounds: tuple[int, int]) -> bool:
        """Whether a group holds the begin of a range, ``k=0``."""
        return not upper and any(t.text == "=" for t in self.tokens[slice(*bounds)])

    def _joined_function(self) -> str | None:
        r"""``\log\det`` and ``\log\operatorname{softmax}`` are functions of their own."""
        before = self.position
        if self._is("det"):
            self.position += 1
            return "logdet"
        if self.now.text in UPRIGHT:
            self.position += 1
            name = "log_" + self._raw_group()
            if name in BUILTIN_CALLS:
                return name
        self.position = before
        return None

    def _function_argument(self, name: str, token: LatexToken) -> None:
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
        elif self._is("sum", "prod"):
            while not (self.now.kind in ("end", "raw") or self._is(*_TERM_ENDS)):
                self._one()
        else:
            self._factor()
        self._put(")", token)

    def _name_parameters(self, name: str, start: int) -> None:
        """``elu(x; 1)`` as LaTeX is printed has parameters without their names."""
        record = catalog().get(POINTWISE_FUNCTIONS.get(name, ""))
        if not isinstance(record, Pointwise) or not record.parameters:
            return
        opening = next(
            n
            for n in range(len(self.out) - 1, -1, -1)
            if self.origin[n][0] <= self.tokens[start].start
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

    def _big_operator(self, token: LatexToken, name: str | None = None) -> None:
        if name is None:
            name = token.text
            self.position += 1
        self._skip_spaces()
        self._put_operand(name, token)
        while self._is("_", "^") or (self._is("{") and self._is_empty()):
            if self._is("{"):
                self.position += 2
                continue
            upper = self._is("^")
            self.position += 1
            bounds = self._argument()
            behind = self.position
            if self.tokens[bounds[0]].text == "(":
                raise self._refuse("a sum names its indices", token, r"\sum_{i, j}", "E114")
            if any(t.text in _RELATIONS for t in self.tokens[bounds[0] : bounds[1]]):
                hint = r"\sum_{i, j} \left[i < j\right] x_i x_j"
                message = "which terms a sum has is a condition behind it"
                raise self._refuse(message, self.tokens[bounds[0]], hint, "E114")
            self._index_group(upper, *bounds, token, braces=upper)
            self.position = behind
            self._skip_spaces()
        self._put(" ", token)
        self.operand = False

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

    def _fraction(self, token: LatexToken) -> None:
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

    def _derivative(
        self, token: LatexToken, above: tuple[int, int], below: tuple[int, int]
    ) -> None:
        r"""``\frac{\partial f}{\partial x^i \partial y^j}``, of the first or of higher order."""
        if self._defined(token, above, below):
            self.position = self._after_fraction(below)
            self._scripts(bracket=True)
            return
        first, variables = self._parts(token, above, below)
        order = len(variables)
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
        self._scripts(bracket=True)

    def _after_fraction(self, below: tuple[int, int]) -> int:
        return below[1] + (1 if self.tokens[below[1]].text == "}" else 0)

    def _partial_call(self, token: LatexToken) -> None:
        r"""``\partial_{1}^{2} \partial_{2} f(x, y)``, by a function's arguments."""
        orders: dict[int, int] = {}
        self.position -= 1
        while self._is("partial"):
            self.position += 1
            degree, which = 1, 0
            while self._is("_", "^"):
                upper = self._is("^")
                word, self.position = upright_word(self.tokens, self.position)
                if not (word.isascii() and word.isdigit() and len(word) < 3):
                    hint = r"\partial_{1} f\left(x, y\right), \frac{\partial f}{\partial x}"
                    raise self._refuse("a partial derivative names its argument", token, hint)
                degree, which = (int(word), which) if upper else (degree, int(word))
            orders[which] = orders.get(which, 0) + degree
            self._skip_spaces()
        before = len(self.out)
        self._put_operand("", token)
        name, self.position = self._function_name()
        self._skip_spaces()
        if not name or not self._opens_round() or 0 in orders or max(orders) > 20:
            hint = r"\partial_{1} f\left(x, y\right)"
            raise self._refuse("a partial derivative is of a function's call", token, hint)
        close = self._matching(self.position + self._is("left"), "(", ")")
        inside = range(self.position + 1 + self._is("left"), close)
        commas = sum(self.tokens[n].text == "," and self._top(inside.start, n) for n in inside)
        count = max(commas + 1, *orders)
        marks = ",".join(str(orders.get(n, 0)) for n in range(1, count + 1))
        self._put(f"{name}'{{{marks}}}", token)
        assert len(self.out) > before
        self._call_bracket()

    def _function_name(self) -> tuple[str, int]:
        token = self.now
        if token.kind == "command" and token.text in UPRIGHT | FONTS:
            return upright_word(self.tokens, self.position)
        if token.kind == "letter" or token.text in GREEK_COMMANDS:
            return spelled_out(VARIANTS.get(token.text, token.text)), self.position + 1
        return "", self.position

    def _nabla(self, token: LatexToken) -> None:
        if self.matrix and not self._is("_"):
            message = "a gradient names what it is by"
            raise self._refuse(message, token, r"\nabla_{x} \left(x^{\top} A x\right)", "E307")
        if self._is("_") and upright_word(self.tokens, self.position)[0].isdigit():
            word, self.position = upright_word(self.tokens, self.position)
            times = 1
            if self._is("^"):
                above, self.position = upright_word(self.tokens, self.position)
                times = int(above) if above.isdigit() and len(above) < 3 else 1
            self._put(f"∇_{word}" * times + " ", token)
            self.operand = False
            return
        if self._is("_"):
            self.position += 1
            low, high = self._argument()
            if self._is("^"):
                hint = r"\frac{\partial^{2} f}{\partial x^{i} \partial x^{j}}"
                message = "a second derivative is written with its indices"
                raise self._refuse(message, self.now, hint, "E307")
            self._put_operand("grad(" if self.matrix else "d(", token)
            self.operand = False
            self._skip_spaces()
            self._factor()
            self._put(", (" if self.matrix else ")/d(", token)
            behind = self.position
            self._within(low, high)
            self.position = behind
            self._put("))" if self.matrix else ")", token)
            self.operand = True
            return
        self._put("∇", token)
        self.operand = False

    def _root(self, token: LatexToken) -> None:
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
