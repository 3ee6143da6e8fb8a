"""From tokens to the syntax tree: the LALR parser of ``notation.lark`` and its actions.

The actions run while the parser reduces, on its own stack, so nothing here recurses. The
parser is made on first use, which keeps ``import tensorcalc`` light.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.latex import OPEN_SCOPE
from tensorcalc.language.lexer import as_affine
from tensorcalc.language.source import Span, cover
from tensorcalc.language.syntax import (
    Additive,
    AffineEntry,
    BigOperator,
    Bracket,
    Call,
    Comparison,
    Declaration,
    DeclaredItem,
    Definition,
    Entry,
    Floor,
    FunctionDefinition,
    Gather,
    Given,
    IndexDeclaration,
    Iverson,
    Literal,
    Logic,
    Node,
    Output,
    Parameter,
    Partial,
    Plain,
    Power,
    Reference,
    Setting,
    SizeOf,
    Sizes,
    Statement,
    Term,
)
from tensorcalc.language.tokens import Token

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["Rejected", "grammar_text", "parse_indices", "parse_statement"]

#: ``a**b**c…`` may be this long.
MAX_POWERS = 64


class Rejected(Exception):
    """A statement that an action refuses; carries the diagnostic's parts."""

    def __init__(self, code: str, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.parts = (code, message, span, hint)


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

    actions = type("Actions", (_Actions, Transformer), {})
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

    try:
        return _parser().parse(tokens, start=start)
    except UnexpectedToken as error:
        _report(error.token, set(error.expected), tokens, start, reporter)
    except Rejected as error:
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
    if "GROUP" in expected and len(expected) == 1:
        return "its components are needed: [∇sigma(z)]^i_j"
    operand = {"NAME", "NUMBER", "LPAR"} <= expected
    if operand and "RPAR" not in expected:
        return "expected a name, a number or a bracket" + ("" if at_end else " before it")
    if expected & {"RPAR"} and operand:
        return "expected an argument or )"
    few = sorted(_SHOWN.get(e, e.lower()) for e in expected - {"$END"})
    if few and len(few) <= 4:
        return "expected " + " or ".join(few)
    if token.type == "NABLA":
        return "∇ is written [∇sigma(z)]^i_j; a derivative d(f)/d(x^i)"
    if token.type == "RELATION":
        return "a comparison stands in square brackets: [i == j]"
    return ""


def _span(item: Any) -> Span:
    return item.span  # type: ignore[no-any-return]


@dataclass(slots=True)
class _Signed:
    """A part with its sign."""

    span: Span
    sign: int
    body: Node


@dataclass(slots=True)
class _Added:
    """The terms of a sum that is not complete yet."""

    terms: list[tuple[int, Node]]


@dataclass(slots=True)
class _Chain:
    """The parts of a comparison that is not complete yet."""

    operands: list[Node]
    relations: list[str]


@dataclass(slots=True)
class _Logical:
    """The parts of ``and`` or ``or`` that are not complete yet."""

    word: OneOf["and", "or"]
    operands: list[Node]


@dataclass(slots=True)
class _Arguments:
    arguments: tuple[Node, ...]
    parameters: tuple[Parameter, ...]


def _frozen(part: Any) -> Node:
    """The node of a part, complete now."""
    match part:
        case _Signed(span, sign, body):
            return body if sign > 0 else Additive(span, ((-1, body),))
        case _Added(terms):
            first, last = terms[0][1], terms[-1][1]
            start = first.span.start - (1 if terms[0][0] < 0 else 0)
            return Additive(Span(max(0, start), last.span.end), tuple(terms))
        case _Chain(operands, relations):
            span = cover(operands[0].span, operands[-1].span)
            return Comparison(span, tuple(operands), tuple(relations))
        case _Logical(word, operands):
            return Logic(cover(operands[0].span, operands[-1].span), word, tuple(operands))
        case _:
            return part  # type: ignore[no-any-return]


def _added(left: Any, sign: int, right: Any) -> _Added:
    made = left if isinstance(left, _Added) else _Added([_signed(left)])
    factor, body = _signed(right)
    made.terms.append((sign * factor, body))
    return made


def _signed(part: Any) -> tuple[int, Node]:
    return (part.sign, part.body) if isinstance(part, _Signed) else (1, part)


def _joined(word: OneOf["and", "or"], left: Any, right: Any) -> _Logical:
    same = isinstance(left, _Logical) and left.word == word
    made: _Logical = left if same else _Logical(word, [_frozen(left)])
    made.operands.append(_frozen(right))
    return made


def _nest(factors: list[tuple[list[Token], Node]], links: list[str]) -> Node:
    """The term of factors with the big operators before each; one loop, from the right."""
    nodes: list[Node] = []
    between: list[str] = []
    for position in range(len(factors) - 1, -1, -1):
        operators, node = factors[position]
        nodes.append(node)
        if operators:
            body = _term(nodes[::-1], between[::-1])
            for operator in reversed(operators):
                value: Any = operator.value
                body = BigOperator(operator.span, value[0], value[1], body)
            nodes, between = [body], []
        if position:
            between.append(links[position - 1])
    return _term(nodes[::-1], between[::-1])


def _term(nodes: list[Node], links: list[str]) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    return Term(cover(nodes[0].span, nodes[-1].span), tuple(nodes), tuple(links))


def _is_function_head(head: Call) -> bool:
    if head.binders or head.groups or head.primes:
        return False
    return all(isinstance(a, Reference) and not a.groups for a in head.arguments)


def _as_extent(entry: Entry) -> AffineEntry:
    made = as_affine((entry,))
    if made is None:
        message = "an extent is a number, the name of a size, or a sum of these"
        raise Rejected("E116", message, entry.span)
    return made


def _one_extent(token: Token) -> AffineEntry:
    entries: Any = token.value
    if len(entries) != 1:
        message = "one extent is expected here: a number or the name of a size"
        raise Rejected("E116", message, token.span)
    return _as_extent(entries[0])


class _Actions:
    """One method for each rule of the grammar; children arrive already transformed."""

    # Statements

    def output(self, parts: list[Any]) -> Statement:
        body = _frozen(parts[0])
        return Output(_span(body), body)

    def definition(self, parts: list[Any]) -> Statement:
        target, body = _frozen(parts[0]), _frozen(parts[2])
        span = cover(_span(target), _span(body))
        if not isinstance(target, Reference):
            raise Rejected(
                "E115",
                "the left side of a definition is one tensor with its indices",
                _span(target),
                "write y^i = …; a relation that is given is written: given … = …",
            )
        return Definition(span, target, body)

    def function(self, parts: list[Any]) -> Statement:
        head, body = _frozen(parts[1]), _frozen(parts[3])
        names: list[str] = []
        if not isinstance(head, Call) or not _is_function_head(head):
            raise Rejected(
                "E115",
                "a function is defined on plain names",
                _span(head),
                "def phi(v; a=5) = 1/(1 + exp(-a v))",
            )
        arguments = tuple(a for a in head.arguments if isinstance(a, Reference))
        spelled = [(a.name, a.span) for a in arguments]
        spelled += [(p.name, p.span) for p in head.parameters]
        for name, place in spelled:
            if name in names:
                raise Rejected("E301", f"the parameter {name} stands twice", place)
            names.append(name)
        span = cover(_span(head), _span(body))
        return FunctionDefinition(
            span, head.name, tuple(a.name for a in arguments), head.parameters, body
        )

    def given(self, parts: list[Any]) -> Statement:
        left, right = _frozen(parts[1]), _frozen(parts[3])
        return Given(cover(parts[0].span, right.span), left, right)

    def declaration(self, parts: list[Any]) -> Statement:
        items = tuple(p for p in parts[1:] if isinstance(p, DeclaredItem))
        span = cover(_span(parts[0]), items[-1].span)
        return Declaration(span, parts[0].value, items)

    def item(self, parts: list[Any]) -> DeclaredItem:
        reference, extent = parts
        if extent is None:
            return DeclaredItem(reference.span, reference, None)
        extents = tuple(_as_extent(e) for e in extent.value)
        return DeclaredItem(cover(reference.span, extent.span), reference, extents)

    def index_declaration(self, parts: list[Any]) -> Statement:
        names = tuple(
            Plain(p.span, p.value) for p in parts[1:] if p is not None and p.type == "NAME"
        )
        last = parts[-1]
        extent = None
        if last is not None and last.type == "EXTENT":
            extent = _one_extent(last)
        return IndexDeclaration(cover(parts[0].span, names[-1].span), names, extent)

    def sizes(self, parts: list[Any]) -> Statement:
        values = tuple(p for p in parts[1:] if isinstance(p, tuple))
        return Sizes(_span(parts[0]), values)

    def size(self, parts: list[Any]) -> tuple[Plain, AffineEntry]:
        name, _, extent = parts
        return Plain(name.span, name.value), _one_extent(extent)

    def setting(self, parts: list[Any]) -> Statement:
        return Setting(cover(parts[0].span, parts[1].span), parts[0].value, parts[1].value)

    # Conditions

    def disjunction(self, parts: list[Any]) -> Any:
        return _joined("or", parts[0], parts[2])

    def conjunction(self, parts: list[Any]) -> Any:
        return _joined("and", parts[0], parts[2])

    def logical_not(self, parts: list[Any]) -> Any:
        operand = _frozen(parts[1])
        span = cover(parts[0].span, operand.span)
        if isinstance(operand, Logic) and operand.word == "not":
            return Bracket(span, operand.operands[0])
        return Logic(span, "not", (operand,))

    def chain(self, parts: list[Any]) -> Any:
        left, relation, right = parts
        if not isinstance(left, _Chain):
            left = _Chain([_frozen(left)], [])
        left.operands.append(_frozen(right))
        left.relations.append(relation.value)
        return left

    # Sums and products: collected in lists, frozen when complete

    def plus(self, parts: list[Any]) -> Any:
        return _added(parts[0], 1, parts[2])

    def minus(self, parts: list[Any]) -> Any:
        return _added(parts[0], -1, parts[2])

    def positive(self, parts: list[Any]) -> Any:
        return parts[1]

    def negative(self, parts: list[Any]) -> Any:
        span = cover(parts[0].span, _span(parts[1]))
        inner = parts[1]
        if isinstance(inner, _Signed):
            return _Signed(span, -inner.sign, inner.body)
        return _Signed(span, -1, inner)

    def factor(self, parts: list[Any]) -> Any:
        return parts

    def term(self, parts: list[Any]) -> Node:
        """Nest the flat factors: all that follows a big operator is its body."""
        factors: list[tuple[list[Token], Node]] = []
        links: list[str] = []
        for part in parts:
            if isinstance(part, Token):
                links.append({"STAR": "*", "SLASH": "/"}.get(part.type, "//"))
                continue
            if len(links) < len(factors):
                links.append("")
            if isinstance(part, list):
                factors.append((part[:-1], _frozen(part[-1])))
            else:
                factors.append(([], _frozen(part)))
        return _nest(factors, links)

    def power(self, parts: list[Any]) -> Node:
        base, exponent = _frozen(parts[0]), _frozen(parts[2])
        length, link = 1, exponent
        while isinstance(link, Power):
            length, link = length + 1, link.exponent
        span = cover(_span(base), _span(exponent))
        if length > MAX_POWERS:
            raise Rejected("E110", f"more than {MAX_POWERS} powers stacked", span)
        return Power(span, base, exponent)

    # Atoms

    def number(self, parts: list[Any]) -> Node:
        return Literal(parts[0].span, parts[0].value)

    def reference(self, parts: list[Any]) -> Reference:
        name, *groups = parts
        made = tuple(g.value for g in groups)
        span = cover(name.span, made[-1].span) if made else name.span
        return Reference(span, name.value, made)

    def call(self, parts: list[Any]) -> Node:
        head, *rest = parts
        opening = 0
        while rest[opening].type != "LPAR":
            opening += 1
        binders = tuple(p.value for p in rest[:opening])
        found: _Arguments = rest[opening + 1]
        groups = tuple(p.value for p in rest[opening + 3 :])
        name, primes = head.value
        span = cover(head.span, rest[-1].span)
        return Call(
            span, name, primes, binders, found.arguments, found.parameters, groups, head.span
        )

    def gradient(self, parts: list[Any]) -> Node:
        head = parts[2]
        found: _Arguments = parts[4]
        groups = tuple(p.value for p in parts[7:])
        name, primes = head.value
        span = cover(parts[0].span, parts[-1].span)
        return Call(span, name, primes, (), found.arguments, found.parameters, groups, head.span, 1)

    def arguments(self, parts: list[Any]) -> Any:
        arguments = tuple(
            _frozen(p) for p in parts if p is not None and not isinstance(p, Token | Parameter)
        )
        return _Arguments(arguments, tuple(p for p in parts if isinstance(p, Parameter)))

    def parameter(self, parts: list[Any]) -> Parameter:
        name, _, value = parts
        return Parameter(cover(name.span, _span(value)), name.value, _frozen(value))

    def bracket(self, parts: list[Any]) -> Node:
        scope = parts[0].value == OPEN_SCOPE
        return Bracket(cover(parts[0].span, parts[2].span), _frozen(parts[1]), scope)

    def condition(self, parts: list[Any]) -> Node:
        return Iverson(cover(parts[0].span, parts[2].span), _frozen(parts[1]))

    def partial(self, parts: list[Any]) -> Node:
        span = cover(parts[0].span, parts[-1].span)
        return Partial(span, _frozen(parts[1]), _frozen(parts[5]))

    # Inside an index

    def indices(self, parts: list[Any]) -> tuple[Entry, ...]:
        before: tuple[Entry, ...] = parts[0] if isinstance(parts[0], tuple) else ()
        rest = parts[1:] if isinstance(parts[0], tuple) else parts
        return (*before, *(_entry(p) for p in rest if not _is_comma(p)))

    def affine(self, parts: list[Any]) -> Any:
        if len(parts) == 1:
            return parts[0]
        left, mark, right = parts
        sign = 1 if mark.type == "PLUS" else -1
        return AffineEntry(cover(left.span, right.span), (*_terms(left), *_terms(right, sign)))

    def signed_affine(self, parts: list[Any]) -> Any:
        if len(parts) == 3:
            return self.affine(parts)
        return AffineEntry(cover(parts[0].span, parts[1].span), tuple(_terms(parts[1], -1)))

    def product(self, parts: list[Any]) -> Any:
        atom = _index_atom(parts[-1])
        if len(parts) == 1:
            return atom
        left = parts[0]
        factors: list[Any] = []
        for part in (left, atom):
            match part:
                case AffineEntry(_, ((1, inner),)):
                    factors.extend(inner)
                case Gather():
                    raise Rejected("E114", "a looked-up index stands alone", part.span)
                case _:
                    factors.append(part)
        return AffineEntry(cover(left.span, atom.span), ((1, tuple(factors)),))

    def floor(self, parts: list[Any]) -> Any:
        left, _, token = parts
        span = cover(left.span, token.span)
        divisor: Any = token.value
        if divisor < 1:
            raise Rejected("E114", "a size is divided by a positive integer", token.span)
        body = AffineEntry(left.span, tuple(_terms(left)))
        return AffineEntry(span, ((1, (Floor(span, body, divisor),)),))

    def first_index(self, parts: list[Any]) -> Any:
        return parts[0]

    def index_atom(self, parts: list[Any]) -> Any:
        return AffineEntry(
            cover(parts[0].span, parts[2].span), tuple(_terms(_index_atom(parts[1])))
        )


def _index_atom(part: Any) -> Any:
    """A token inside an index as an entry."""
    if not isinstance(part, Token):
        return part
    if part.type == "INTEGER":
        return AffineEntry(part.span, ((1, (part.value,)),))
    if isinstance(part.value, SizeOf):
        return AffineEntry(part.span, ((1, (part.value,)),))
    return part.value


def _terms(part: Any, sign: int = 1) -> list[tuple[int, Any]]:
    match part:
        case AffineEntry(_, terms):
            return [(sign * s, factors) for s, factors in terms]
        case Gather():
            raise Rejected("E114", "a looked-up index stands alone", part.span, "p^{c_n}")
        case _:
            return [(sign, (part,))]


def _is_comma(part: Any) -> bool:
    return isinstance(part, Token) and part.type == "COMMA"


def _entry(part: Any) -> Entry:
    return _index_atom(part)  # type: ignore[no-any-return]
