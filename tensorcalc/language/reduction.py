"""Pieces of the syntax tree that are not complete yet, and what completes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from tensorcalc.language.scripts import as_affine
from tensorcalc.language.source import Span, cover
from tensorcalc.language.syntax import (
    Additive,
    AffineEntry,
    BigOperator,
    Call,
    Comparison,
    Entry,
    Gather,
    Logic,
    Node,
    Parameter,
    Reference,
    SizeOf,
    Term,
)
from tensorcalc.language.tokens import Token

__all__ = [
    "Added",
    "Arguments",
    "Chain",
    "Logical",
    "RejectedError",
    "Signed",
    "added",
    "as_extent",
    "entry_of",
    "frozen",
    "index_atom",
    "is_comma",
    "is_function_head",
    "joined",
    "nest",
    "one_extent",
    "span_of",
    "terms_of",
]


class RejectedError(Exception):
    """A statement that an action refuses; carries the diagnostic's parts."""

    def __init__(self, code: str, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.parts = (code, message, span, hint)


def span_of(item: Any) -> Span:
    """The place of a token or of a piece of the tree."""
    return item.span  # type: ignore[no-any-return]


@dataclass(slots=True)
class Signed:
    """A part with its sign."""

    span: Span
    sign: int
    body: Node


@dataclass(slots=True)
class Added:
    """The terms of a sum that is not complete yet."""

    terms: list[tuple[int, Node]]


@dataclass(slots=True)
class Chain:
    """The parts of a comparison that is not complete yet."""

    operands: list[Node]
    relations: list[str]


@dataclass(slots=True)
class Logical:
    """The parts of ``and`` or ``or`` that are not complete yet."""

    word: OneOf["and", "or"]
    operands: list[Node]


@dataclass(slots=True)
class Arguments:
    """What stands between the brackets of a call."""

    arguments: tuple[Node, ...]
    parameters: tuple[Parameter, ...]


def frozen(part: Any) -> Node:
    """The node of a part, complete now."""
    match part:
        case Signed(span, sign, body):
            return body if sign > 0 else Additive(span, ((-1, body),))
        case Added(terms):
            first, last = terms[0][1], terms[-1][1]
            start = first.span.start - (1 if terms[0][0] < 0 else 0)
            return Additive(Span(max(0, start), last.span.end), tuple(terms))
        case Chain(operands, relations):
            span = cover(operands[0].span, operands[-1].span)
            return Comparison(span, tuple(operands), tuple(relations))
        case Logical(word, operands):
            return Logic(cover(operands[0].span, operands[-1].span), word, tuple(operands))
        case _:
            return part  # type: ignore[no-any-return]


def added(left: Any, sign: int, right: Any) -> Added:
    """The sum with one more term."""
    made = left if isinstance(left, Added) else Added([_signed(left)])
    factor, body = _signed(right)
    made.terms.append((sign * factor, body))
    return made


def _signed(part: Any) -> tuple[int, Node]:
    return (part.sign, part.body) if isinstance(part, Signed) else (1, part)


def joined(word: OneOf["and", "or"], left: Any, right: Any) -> Logical:
    """The condition with one more part."""
    same = isinstance(left, Logical) and left.word == word
    made: Logical = left if same else Logical(word, [frozen(left)])
    made.operands.append(frozen(right))
    return made


def nest(factors: list[tuple[list[Token], Node]], links: list[str]) -> Node:
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


def is_function_head(head: Call) -> bool:
    """Whether a call may stand left of ``=`` in a function's definition."""
    if head.binders or head.groups or head.primes:
        return False
    return all(isinstance(a, Reference) and not a.groups for a in head.arguments)


def as_extent(entry: Entry) -> AffineEntry:
    """The extent that an entry is."""
    made = as_affine((entry,))
    if made is None:
        message = "an extent is a number, the name of a size, or a sum of these"
        raise RejectedError("E116", message, entry.span)
    return made


def one_extent(token: Token) -> AffineEntry:
    """The one extent in a token."""
    entries: Any = token.value
    if len(entries) != 1:
        message = "one extent is expected here: a number or the name of a size"
        raise RejectedError("E116", message, token.span)
    return as_extent(entries[0])


def index_atom(part: Any) -> Any:
    """A token inside an index as an entry."""
    if not isinstance(part, Token):
        return part
    if isinstance(part.value, int):
        return AffineEntry(part.span, ((1, (part.value,)),))
    if isinstance(part.value, SizeOf):
        return AffineEntry(part.span, ((1, (part.value,)),))
    return part.value


def terms_of(part: Any, sign: int = 1) -> list[tuple[int, Any]]:
    """The signed products that an entry is the sum of."""
    match part:
        case AffineEntry(_, terms):
            return [(sign * s, factors) for s, factors in terms]
        case Gather():
            raise RejectedError(
                "E114",
                "a looked-up index stands alone",
                part.span,
                "p^{c_n}; a power is x**(…), the exponential exp(…)",
            )
        case _:
            return [(sign, (part,))]


def is_comma(part: Any) -> bool:
    """Whether a part is a comma between indices."""
    return isinstance(part, Token) and part.type == "COMMA"


def entry_of(part: Any) -> Entry:
    """A part inside an index group as an entry."""
    return index_atom(part)  # type: ignore[no-any-return]
