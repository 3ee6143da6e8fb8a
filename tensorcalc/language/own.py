"""Functions that the text defines: ``def phi(v; a=5) = …``, substituted where they are called."""

from __future__ import annotations

from tensorcalc.expr import (
    Access,
    Expr,
    Product,
    Slot,
    Sum,
    Tensor,
    add,
    fold,
    multiply,
    number,
    rebuild,
)
from tensorcalc.language.building import Builder
from tensorcalc.language.parts import Part, Protected, Use, Visit
from tensorcalc.language.pointwise import (
    arguments_of,
    bare_at,
    check_count,
    check_no_indices,
    index_on_call,
)
from tensorcalc.language.syntax import Call, FunctionDefinition

__all__ = ["function_template", "visit_own"]


def visit_own(
    builder: Builder, definition: FunctionDefinition, node: Call, protected: Protected
) -> Visit:
    """Substitute the arguments in the body of a function's definition."""
    parameters = [p.name for p in definition.parameters]
    if not check_count(builder, node, len(definition.arguments)):
        return Part(number(1), ())
    values: dict[str, Expr] = {}
    slots: tuple[Slot, ...] = ()
    uses: tuple[Use, ...]
    if node.gradient or node.primes:
        return builder.error(
            "E306", f"{node.name} is defined here: write its derivative as d(…)/d(…)", node.span
        )
    if node.groups:
        slots, uses = builder.slots(node.groups)
        for name, argument in zip(definition.arguments, node.arguments, strict=True):
            value = bare_at(builder, argument, slots)
            if value is None:
                return index_on_call(builder, node)
            values[name] = value
    else:
        arguments, uses = yield from arguments_of(builder, node, protected)
        if len(arguments) < len(node.arguments):
            return Part(number(1), uses)
        values = dict(zip(definition.arguments, arguments, strict=True))
    for parameter in definition.parameters:
        part = yield parameter.value, frozenset[str]()
        values[parameter.name] = part.expr
    for given in node.parameters:
        if given.name not in parameters:
            known = ", ".join(parameters) or "none"
            builder.error(
                "E304",
                f"{node.name} has no parameter {given.name}",
                given.span,
                f"its parameters: {known}",
            )
            continue
        part = builder.close((yield given.value, protected), protected)
        check_no_indices(builder, part, given.span)
        values[given.name] = part.expr
    template = function_template(builder, definition)
    return Part(_instantiate(template, values), uses)


def function_template(builder: Builder, definition: FunctionDefinition) -> Expr:
    """The body of a definition, with scalars in place of its parameters."""
    program = builder.program
    found = program.templates.get(definition.name)
    if found is not None:
        return found.expr
    program.templates[definition.name] = Part(number(1), ())
    names = (*definition.arguments, *(p.name for p in definition.parameters))
    local = {n: _placeholder(n) for n in names}
    inner = Builder(program, builder.number, frozenset(), local=local)
    part = inner.build(definition.body, frozenset())
    if part.uses or inner.summed:
        span = part.uses[0].span if part.uses else definition.span
        builder.error("E308", "the body of a function has no indices", span)
    program.templates[definition.name] = part
    return part.expr


def _placeholder(name: str) -> Expr:
    return Access(Tensor(f"<{name}>", (), ()), ())


def _instantiate(template: Expr, values: dict[str, Expr]) -> Expr:
    places = {_placeholder(n): v for n, v in values.items()}

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        replaced = places.get(node)
        if replaced is not None:
            return replaced
        if isinstance(node, Product):
            return multiply(parts)
        return add(parts) if isinstance(node, Sum) else rebuild(node, parts)

    return fold(template, rule)
