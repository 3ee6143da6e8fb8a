"""The syntax tree: what was written, with its place, before any name has a meaning.

It is the parser's output and name resolution's input, and is dropped afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal as OneOf
from typing import assert_never

from tensorcalc.language.source import Span

__all__ = [
    "Additive",
    "AffineEntry",
    "BigOperator",
    "Binder",
    "Bracket",
    "Call",
    "Comparison",
    "Declaration",
    "DeclaredItem",
    "Definition",
    "Entry",
    "Floor",
    "FunctionDefinition",
    "Gather",
    "Given",
    "Group",
    "IndexDeclaration",
    "Iverson",
    "Literal",
    "Logic",
    "Mention",
    "Node",
    "Output",
    "Outputs",
    "Parameter",
    "Partial",
    "Plain",
    "Power",
    "Reference",
    "Setting",
    "SizeOf",
    "Sizes",
    "Statement",
    "Term",
    "children",
    "index_names",
    "mentions",
]


# Index groups


@dataclass(frozen=True, slots=True)
class Plain:
    """An index by its name (or, inside an affine entry, a size)."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class SizeOf:
    """``size(i)`` inside an index."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Floor:
    """``body // divisor`` inside an extent."""

    span: Span
    body: AffineEntry
    divisor: int


@dataclass(frozen=True, slots=True)
class Gather:
    """``c_n`` as an index: a number looked up in an integer tensor."""

    span: Span
    reference: Reference


@dataclass(frozen=True, slots=True)
class AffineEntry:
    """A sum of signed products of names and integers; ``[0]`` and ``0`` are one too."""

    span: Span
    terms: tuple[tuple[int, tuple[Plain | SizeOf | Floor | AffineEntry | int, ...]], ...]


Entry = Plain | Gather | AffineEntry


@dataclass(frozen=True, slots=True)
class Group:
    """Indices on one level: ``^{i j}``."""

    span: Span
    upper: bool
    entries: tuple[Entry, ...]


# Expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A number."""

    span: Span
    value: Fraction | float


@dataclass(frozen=True, slots=True)
class Reference:
    """A name with its indices: a tensor, a constant, a size, inside a condition an index."""

    span: Span
    name: str
    groups: tuple[Group, ...]

    @property
    def name_span(self) -> Span:
        """The place of the name alone."""
        end = self.groups[0].span.start if self.groups else self.span.end
        return Span(self.span.start, end)


@dataclass(frozen=True, slots=True)
class Parameter:
    """``a=5`` in a call or in the head of a function's definition."""

    span: Span
    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Call:
    """``name'_binders(arguments; parameters)^groups``, or ``[∇name(…)]^groups``.

    Attributes:
        orders: ``f'{1,0}(…)``: how often the derivative by each argument is taken.
        gradient: The argument of each ``∇`` in order: 2 for ``∇_2``, 0 for a plain one.
    """

    span: Span
    name: str
    primes: int
    binders: tuple[Group | Binder, ...]
    arguments: tuple[Node, ...]
    parameters: tuple[Parameter, ...]
    groups: tuple[Group, ...]
    name_span: Span
    gradient: tuple[int, ...] = ()
    orders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bracket:
    """A bracketed expression; ``scope`` if even a single product in it is a scope."""

    span: Span
    body: Node
    scope: bool = False


@dataclass(frozen=True, slots=True)
class Additive:
    """Two or more terms, or one with a minus; each with its sign."""

    span: Span
    terms: tuple[tuple[int, Node], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """Two or more factors; ``links[n]`` (``*``, ``/``, ``//``, "") is before ``factors[n + 1]``."""

    span: Span
    factors: tuple[Node, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Binder:
    """One index of a big operator, with its range where it is written."""

    span: Span
    name: str
    bound: tuple[int, AffineEntry] | None = None


@dataclass(frozen=True, slots=True)
class BigOperator:
    """``sum_k``, ``mean_k`` or ``prod_k`` over all that follows in its term."""

    span: Span
    name: OneOf["sum", "mean", "prod"]
    binders: tuple[Binder, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Power:
    """``base**exponent``."""

    span: Span
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """A chain ``a < b <= c``."""

    span: Span
    operands: tuple[Node, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """``and``, ``or`` of two or more, ``not`` of one."""

    span: Span
    word: OneOf["and", "or", "not"]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Iverson:
    """``[condition]``: 1 or 0."""

    span: Span
    body: Node


@dataclass(frozen=True, slots=True)
class Partial:
    """``d(body)/d(wrt)``."""

    span: Span
    body: Node
    wrt: Node


Node = (
    Literal
    | Reference
    | Call
    | Bracket
    | Additive
    | Term
    | BigOperator
    | Power
    | Comparison
    | Logic
    | Iverson
    | Partial
)


def children(node: Node) -> tuple[Node, ...]:
    """The parts of an expression, in the order written."""
    match node:
        case Literal() | Reference():
            return ()
        case Call(_, _, _, _, arguments, parameters):
            return (*arguments, *(p.value for p in parameters)) if parameters else arguments
        case Bracket(_, body, _) | BigOperator(_, _, _, body) | Iverson(_, body):
            return (body,)
        case Additive(_, terms):
            return tuple(t for _, t in terms)
        case Term(_, factors, _):
            return factors
        case Power(_, base, exponent):
            return (base, exponent)
        case Comparison(_, operands, _) | Logic(_, _, operands):
            return operands
        case Partial(_, body, wrt):
            return (body, wrt)
        case _:
            assert_never(node)


@dataclass(frozen=True, slots=True)
class Mention:
    """A reference where it stands: a call's argument, in a condition, below a derivative's bar."""

    reference: Reference
    call: Call | None
    in_condition: bool
    variable: bool = False


def mentions(root: Node) -> Iterator[Mention]:
    """Every reference in the order written, those in index groups included."""
    stack: list[tuple[Node, Call | None, bool, bool]] = [(root, None, False, False)]
    while stack:
        node, call, condition, variable = stack.pop()
        if isinstance(node, Reference):
            yield Mention(node, call, condition, variable)
            yield from _looked_up(node.groups)
            continue
        if isinstance(node, Partial):
            stack.append((node.wrt, None, condition, True))
            stack.append((node.body, None, condition, False))
            continue
        inside = node if isinstance(node, Call) else None
        condition = condition or isinstance(node, Iverson | Comparison)
        stack.extend((part, inside, condition, False) for part in reversed(children(node)))
        if isinstance(node, Call) and node.groups:
            yield from _looked_up(node.groups)


def _looked_up(groups: tuple[Group, ...]) -> Iterator[Mention]:
    """The references inside index groups (``c_n`` in ``p^{c_n}``), in order."""
    stack = [e for g in reversed(groups) for e in reversed(g.entries)]
    while stack:
        entry = stack.pop()
        if isinstance(entry, Gather):
            yield Mention(entry.reference, None, False)
            stack.extend(e for g in reversed(entry.reference.groups) for e in reversed(g.entries))


def index_names(root: Node) -> set[str]:
    """Every name that stands as an index in an expression (sizes in affine indices too)."""
    found: set[str] = set()
    stack: list[Node | Entry] = [root]
    while stack:
        node = stack.pop()
        groups: tuple[Group, ...] = ()
        match node:
            case Plain(_, name):
                found.add(name)
                continue
            case AffineEntry(_, terms):
                for _, factors in terms:
                    stack.extend(f for f in factors if isinstance(f, Plain | AffineEntry))
                    stack.extend(f.body for f in factors if isinstance(f, Floor))
                continue
            case Gather(_, reference):
                stack.append(reference)
                continue
            case Reference(_, _, groups):
                pass
            case Call():
                groups = (*(b for b in node.binders if isinstance(b, Group)), *node.groups)
                found.update(b.name for b in node.binders if isinstance(b, Binder))
            case BigOperator(_, _, binders, _):
                found.update(b.name for b in binders)
            case _:
                pass
        stack.extend(e for g in groups for e in g.entries)
        stack.extend(children(node))
    return found


# Statements


@dataclass(frozen=True, slots=True)
class Definition:
    """``target = body``."""

    span: Span
    target: Reference
    body: Node


@dataclass(frozen=True, slots=True)
class Output:
    """A bare expression."""

    span: Span
    body: Node


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """``def name(arguments; parameters) = body``, or ``name = other`` (then ``alias``)."""

    span: Span
    name: str
    arguments: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: Node
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredItem:
    """One name of a declaration, with its slots and extents where they are written."""

    span: Span
    reference: Reference
    extents: tuple[AffineEntry, ...] | None


@dataclass(frozen=True, slots=True)
class Declaration:
    """``tensor A^i_j [N, M]``, ``param A``, ``symmetric S`` and their like."""

    span: Span
    keyword: str
    items: tuple[DeclaredItem, ...]


@dataclass(frozen=True, slots=True)
class IndexDeclaration:
    """``index t, u : T``."""

    span: Span
    names: tuple[Plain, ...]
    extent: AffineEntry | None


@dataclass(frozen=True, slots=True)
class Sizes:
    """``sizes i=3, N=4``; a name alone is a size whose value is open."""

    span: Span
    values: tuple[tuple[Plain, AffineEntry | None], ...]


@dataclass(frozen=True, slots=True)
class Given:
    """``given left = right``."""

    span: Span
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Setting:
    """``variance strict``, ``syntax matrix``."""

    span: Span
    keyword: str
    value: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """``output x, z``: the program's outputs, in this order."""

    span: Span
    names: tuple[Plain, ...]


Statement = (
    Definition
    | Output
    | Outputs
    | FunctionDefinition
    | Declaration
    | IndexDeclaration
    | Sizes
    | Given
    | Setting
)
