"""From tokens to the syntax tree: the LALR parser of ``notation.lark`` and its actions.

The actions run while the parser reduces, on its own stack, so nothing here recurses. The
parser is made on first use, which keeps ``import tensorcalc`` light.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from tensorcalc.language.actions import Actions
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.reduction import RejectedError
from tensorcalc.language.source import Span
from tensorcalc.language.syntax import (
    Entry,
    Statement,
)
from tensorcalc.language.tokens import Token

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["RejectedError", "grammar_text", "parse_indices", "parse_statement"]


def grammar_text() -> str:
    """Return the grammar as it is documented."""
    return resources.files("tensorcalc.language").joinpath("notation.lark").read_text("utf-8")


@cache
def _parser() -> Lark:
    from lark import Lark, Transformer
    from lark.lexer import Lexer

    class TokenStream(Lexer):
        """Passes ready tokens on."""

        __future_interface__ = 2

        def __init__(self, lexer_conf: Any) -> None:
            del lexer_conf

        def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
            del parser_state
            return iter(lexer_state.text)

    actions = type("BoundActions", (Actions, Transformer), {})
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer=TokenStream,
        transformer=actions(),
        start=["statement", "indices"],
        propagate_positions=False,
        maybe_placeholders=True,
    )


def parse_statement(tokens: list[Token], reporter: Reporter) -> Statement | None:
    """Parse one statement; a syntax error is reported and None returned."""
    result = _run(tokens, "statement", reporter)
    return None if result is None else result


def parse_indices(tokens: list[Token], reporter: Reporter) -> tuple[Entry, ...]:
    """Parse the tokens inside an index group; none after an error, which is reported."""
    return _run(tokens, "indices", reporter) or ()


def _run(tokens: list[Token], start: str, reporter: Reporter) -> Any:
    from lark.exceptions import UnexpectedToken

    parser: Any = _parser()
    try:
        return parser.parse(tokens, start=start)
    except UnexpectedToken as error:
        _report(error.token, set(error.expected), tokens, start, reporter)
    except RejectedError as error:
        reporter.error(*error.parts)
    return None


_SHOWN = {
    "NAME": "a name", "CALL": "a function", "NUMBER": "a number", "GROUP": "an index group",
    "BIG": "a big operator", "EQUALS": "=", "PLUS": "+", "MINUS": "-", "STAR": "*",
    "SLASH": "/", "POWER": "**", "COMMA": "a comma", "SEMICOLON": ";", "LPAR": "(",
    "RPAR": ")", "LSQB": "[", "RSQB": "]", "RELATION": "a comparison", "EXTENT": "an extent",
    "PARTIAL": "a derivative", "NABLA": "∇", "COLON": ":", "AND": "and", "OR": "or",
    "NOT": "not", "INDEXNAME": "an index", "LOOKUP": "an index", "INTEGER": "an integer",
}  # fmt: skip


def _report(
    token: Any, expected: set[str], tokens: list[Token], start: str, reporter: Reporter
) -> None:
    at_end = token.type == "$END"
    last = tokens[-1]
    span = Span(last.end, last.end + 1) if at_end else token.span
    if start == "indices":
        hint = "an index is a name, an integer, or a sum of these: {i}, {2*p + u}, {t-1}"
        reporter.error("E114", "this is no index", Span(span.start, span.end), hint)
        return
    if at_end:
        message = "the statement ends too early"
    else:
        shown = reporter.source.slice(span) or _SHOWN.get(token.type, token.type)
        message = f"{shown} does not fit here"
    reporter.error("E101", message, span, _advice(token, expected, tokens, at_end))


def _advice(token: Any, expected: set[str], tokens: list[Token], at_end: bool) -> str:
    if token.type == "EQUALS" and tokens[0].type not in ("DEF", "GIVEN"):
        return "a statement holds one =; a comparison is written [i == j]"
    if token.type == "COLON" and any(t.type == "EQUALS" for t in tokens):
        return "a definition is written y = …, a function def f(x) = …"
    if token.type == "GROUP":
        return "an index stands at a name: (A_ij + B_ij), not (A + B)_ij"
    if "GROUP" in expected and len(expected) == 1:
        return "its components are needed: [∇sigma(z)]^i_j"
    operand = {"NAME", "NUMBER", "LPAR"} <= expected
    if operand and "RPAR" not in expected:
        return "expected a name, a number or a bracket" + ("" if at_end else " before it")
    if expected & {"RPAR"} and operand:
        return "expected an argument or )"
    if at_end and expected == {"SLASH"}:
        return "a derivative is written d(f)/d(x^i), a second one d(d(f)/d(x^i))/d(x^j)"
    few = sorted(_SHOWN.get(e, e.lower()) for e in expected - {"$END"})
    if few and len(few) <= 4:
        return "expected " + " or ".join(few)
    if token.type == "NABLA":
        return "∇ is written [∇sigma(z)]^i_j; a derivative d(f)/d(x^i)"
    if token.type == "RELATION":
        return "a comparison stands in square brackets: [i == j]"
    return ""
