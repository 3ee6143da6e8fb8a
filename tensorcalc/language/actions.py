"""What the parser does at each rule of the grammar."""

# ruff: noqa: D102 - each method is the action of the rule of its name
from __future__ import annotations

from typing import Any

from tensorcalc.language.latex_writer import OPEN_SCOPE
from tensorcalc.language.reduction import (
    Arguments,
    Chain,
    RejectedError,
    Signed,
    added,
    as_extent,
    entry_of,
    frozen,
    index_atom,
    is_comma,
    is_function_head,
    joined,
    nest,
    one_extent,
    span_of,
    terms_of,
)
from tensorcalc.language.source import cover
from tensorcalc.language.syntax import (
    AffineEntry,
    Binder,
    Bracket,
    Call,
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
    Outputs,
    Parameter,
    Partial,
    Plain,
    Power,
    Reference,
    Setting,
    Sizes,
    Statement,
)
from tensorcalc.language.tokens import Token

__all__ = ["Actions"]

#: ``a**b**c…`` may be this long.
MAX_POWERS = 64


class Actions:
    """One method for each rule of the grammar; children arrive already transformed."""

    # Statements

    def output(self, parts: list[Any]) -> Statement:
        body = frozen(parts[0])
        return Output(span_of(body), body)

    def definition(self, parts: list[Any]) -> Statement:
        target, body = frozen(parts[0]), frozen(parts[2])
        span = cover(span_of(target), span_of(body))
        if not isinstance(target, Reference):
            raise RejectedError(
                "E115",
                "the left side of a definition is one tensor with its indices",
                span_of(target),
                "a function is defined by: def f(x) = …"
                if isinstance(target, Call)
                else "write y^i = …; a relation that is given is written: given … = …",
            )
        return Definition(span, target, body)

    def function(self, parts: list[Any]) -> Statement:
        head, body = frozen(parts[1]), frozen(parts[3])
        names: list[str] = []
        if not isinstance(head, Call) or not is_function_head(head):
            raise RejectedError(
                "E115",
                "a function is defined on plain names",
                span_of(head),
                "def phi(v; a=5) = 1/(1 + exp(-a v))",
            )
        arguments = tuple(a for a in head.arguments if isinstance(a, Reference))
        spelled = [(a.name, a.span) for a in arguments]
        spelled += [(p.name, p.span) for p in head.parameters]
        for name, place in spelled:
            if name in names:
                raise RejectedError("E301", f"the parameter {name} stands twice", place)
            names.append(name)
        span = cover(span_of(head), span_of(body))
        return FunctionDefinition(
            span, head.name, tuple(a.name for a in arguments), head.parameters, body
        )

    def given(self, parts: list[Any]) -> Statement:
        left, right = frozen(parts[1]), frozen(parts[3])
        return Given(cover(parts[0].span, right.span), left, right)

    def declaration(self, parts: list[Any]) -> Statement:
        items = tuple(p for p in parts[1:] if isinstance(p, DeclaredItem))
        span = cover(span_of(parts[0]), items[-1].span)
        return Declaration(span, parts[0].value, items)

    def item(self, parts: list[Any]) -> DeclaredItem:
        reference, extent = parts
        if extent is None:
            return DeclaredItem(reference.span, reference, None)
        extents = tuple(as_extent(e) for e in extent.value)
        return DeclaredItem(cover(reference.span, extent.span), reference, extents)

    def index_declaration(self, parts: list[Any]) -> Statement:
        names = tuple(
            Plain(p.span, p.value) for p in parts[1:] if p is not None and p.type == "NAME"
        )
        last = parts[-1]
        extent = None
        if last is not None and last.type == "EXTENT":
            extent = one_extent(last)
        return IndexDeclaration(cover(parts[0].span, names[-1].span), names, extent)

    def sizes(self, parts: list[Any]) -> Statement:
        values: list[tuple[Plain, AffineEntry | None]] = [
            p for p in parts[1:] if not isinstance(p, Token)
        ]
        return Sizes(span_of(parts[0]), tuple(values))

    def size(self, parts: list[Any]) -> tuple[Plain, AffineEntry | None]:
        name, _, extent = parts
        return Plain(name.span, name.value), None if extent is None else one_extent(extent)

    def outputs(self, parts: list[Any]) -> Statement:
        names = tuple(Plain(p.span, p.value) for p in parts[1:] if p.type == "NAME")
        return Outputs(cover(parts[0].span, names[-1].span), names)

    def setting(self, parts: list[Any]) -> Statement:
        return Setting(cover(parts[0].span, parts[1].span), parts[0].value, parts[1].value)

    # Conditions

    def disjunction(self, parts: list[Any]) -> Any:
        return joined("or", parts[0], parts[2])

    def conjunction(self, parts: list[Any]) -> Any:
        return joined("and", parts[0], parts[2])

    def logical_not(self, parts: list[Any]) -> Any:
        operand = frozen(parts[1])
        span = cover(parts[0].span, operand.span)
        if isinstance(operand, Logic) and operand.word == "not":
            return Bracket(span, operand.operands[0])
        return Logic(span, "not", (operand,))

    def chain(self, parts: list[Any]) -> Any:
        left, relation, right = parts
        if not isinstance(left, Chain):
            left = Chain([frozen(left)], [])
        left.operands.append(frozen(right))
        left.relations.append(relation.value)
        return left

    # Sums and products: collected in lists, frozen when complete

    def plus(self, parts: list[Any]) -> Any:
        return added(parts[0], 1, parts[2])

    def minus(self, parts: list[Any]) -> Any:
        return added(parts[0], -1, parts[2])

    def positive(self, parts: list[Any]) -> Any:
        return parts[1]

    def negative(self, parts: list[Any]) -> Any:
        inner: Any = parts[1]
        if isinstance(inner, list):  # a factor behind its big operators
            factor: list[Any] = [*inner]
            *operators, inner = factor
            if operators:
                word, at = operators[0].value[0], cover(parts[0].span, operators[0].span)
                hint = f"write (-{word}_… …)"
                raise RejectedError("E101", f"a sign before {word} needs brackets", at, hint)
        span = cover(parts[0].span, span_of(inner))
        if isinstance(inner, Signed):
            return Signed(span, -inner.sign, inner.body)
        return Signed(span, -1, inner)

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
                prefixed: list[Any] = [*part]
                factors.append((prefixed[:-1], frozen(prefixed[-1])))
            else:
                factors.append(([], frozen(part)))
        return nest(factors, links)

    def power(self, parts: list[Any]) -> Node:
        base, exponent = frozen(parts[0]), frozen(parts[2])
        length, link = 1, exponent
        while isinstance(link, Power):
            length, link = length + 1, link.exponent
        span = cover(span_of(base), span_of(exponent))
        if length > MAX_POWERS:
            raise RejectedError("E110", f"more than {MAX_POWERS} powers stacked", span)
        return Power(span, base, exponent)

    # Atoms

    def number(self, parts: list[Any]) -> Node:
        return Literal(parts[0].span, parts[0].value)

    def reference(self, parts: list[Any]) -> Reference:
        name, *groups = parts
        made = tuple(g.value for g in groups)
        for group in made:
            if isinstance(group, Binder):
                message = f"the range of an index of {name.value} asks for its bracket"
                raise RejectedError("E114", message, group.span, f"{name.value}_{{k=0}}^{{K-1}}(…)")
        span = cover(name.span, made[-1].span) if made else name.span
        return Reference(span, name.value, made)

    def call(self, parts: list[Any]) -> Node:
        head, *rest = parts
        opening = 0
        while rest[opening].type != "LPAR":
            opening += 1
        binders = tuple(p.value for p in rest[:opening])
        found: Arguments = rest[opening + 1]
        groups = tuple(p.value for p in rest[opening + 3 :])
        name, primes, orders = head.value
        span = cover(head.span, rest[-1].span)
        given = (found.arguments, found.parameters, groups, head.span)
        return Call(span, name, primes, binders, *given, orders=orders)

    def gradient(self, parts: list[Any]) -> Node:
        nablas: tuple[Any, ...] = tuple(
            p.value for p in parts if isinstance(p, Token) and p.type == "NABLA"
        )
        head, _, found, _, _, *rest = parts[1 + len(nablas) :]
        groups = tuple(p.value for p in rest)
        name, primes, _ = head.value
        span = cover(parts[0].span, parts[-1].span)
        given = (found.arguments, found.parameters, groups, head.span)
        return Call(span, name, primes, (), *given, gradient=nablas)

    def arguments(self, parts: list[Any]) -> Any:
        arguments = tuple(
            frozen(p) for p in parts if p is not None and not isinstance(p, Token | Parameter)
        )
        return Arguments(arguments, tuple(p for p in parts if isinstance(p, Parameter)))

    def parameter(self, parts: list[Any]) -> Parameter:
        name, _, value = parts
        return Parameter(cover(name.span, span_of(value)), name.value, frozen(value))

    def bracket(self, parts: list[Any]) -> Node:
        scope = parts[0].value == OPEN_SCOPE
        return Bracket(cover(parts[0].span, parts[2].span), frozen(parts[1]), scope)

    def condition(self, parts: list[Any]) -> Node:
        return Iverson(cover(parts[0].span, parts[2].span), frozen(parts[1]))

    def partial(self, parts: list[Any]) -> Node:
        span = cover(parts[0].span, parts[-1].span)
        return Partial(span, frozen(parts[1]), frozen(parts[5]))

    # Inside an index

    def indices(self, parts: list[Any]) -> tuple[Entry, ...]:
        first: Any = parts[0]
        rest = [entry_of(p) for p in parts[1:] if not is_comma(p)]
        before: tuple[Entry, ...] = first if isinstance(parts[0], tuple) else (entry_of(first),)
        return (*before, *rest)

    def affine(self, parts: list[Any]) -> Any:
        if len(parts) == 1:
            return parts[0]
        left, mark, right = parts
        sign = 1 if mark.type == "PLUS" else -1
        return AffineEntry(cover(left.span, right.span), (*terms_of(left), *terms_of(right, sign)))

    def signed_affine(self, parts: list[Any]) -> Any:
        if len(parts) == 3:
            return self.affine(parts)
        return AffineEntry(cover(parts[0].span, parts[1].span), tuple(terms_of(parts[1], -1)))

    def product(self, parts: list[Any]) -> Any:
        atom = index_atom(parts[-1])
        if len(parts) == 1:
            return atom
        left = parts[0]
        factors: list[Any] = []
        for part in (left, atom):
            match part:
                case AffineEntry(_, ((1, inner),)):
                    factors.extend(inner)
                case Gather():
                    raise RejectedError("E114", "a looked-up index stands alone", part.span)
                case _:
                    factors.append(part)
        return AffineEntry(cover(left.span, atom.span), ((1, tuple(factors)),))

    def floor(self, parts: list[Any]) -> Any:
        left, _, token = parts
        span = cover(left.span, token.span)
        divisor: Any = token.value
        if divisor < 1:
            raise RejectedError("E114", "a size is divided by a positive integer", token.span)
        body = AffineEntry(left.span, tuple(terms_of(left)))
        return AffineEntry(span, ((1, (Floor(span, body, divisor),)),))

    def first_index(self, parts: list[Any]) -> Any:
        return parts[0]

    def index_atom(self, parts: list[Any]) -> Any:
        return AffineEntry(
            cover(parts[0].span, parts[2].span), tuple(terms_of(index_atom(parts[1])))
        )
