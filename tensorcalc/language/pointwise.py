"""Pointwise functions: of components, known ones and abstract ones."""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Apply,
    Delta,
    Expr,
    Index,
    Pointwise,
    Slot,
    multiply,
    number,
    operation_named,
)
from tensorcalc.language.building import Builder
from tensorcalc.language.names import (
    BUILTIN_CALLS,
    POINTWISE_FUNCTIONS,
    nearest,
)
from tensorcalc.language.parts import Part, Protected, Steps, Use, Visit, once
from tensorcalc.language.source import Span
from tensorcalc.language.symbols import slots_of
from tensorcalc.language.syntax import Call, Node, Parameter, Reference

__all__ = [
    "arguments_of",
    "bare_at",
    "check_count",
    "check_no_indices",
    "index_on_call",
    "note_near_name",
    "parameters_of",
    "visit_abstract",
    "visit_pointwise",
]


def visit_pointwise(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    """Return a known function of components, or a component of one of a bare tensor."""
    record = operation_named(name)
    assert isinstance(record, Pointwise)
    components = slots_of(node.groups)
    if node.gradient:
        return (yield from _pointwise_gradient(builder, record, node))
    if components:
        return (yield from _components(builder, node, protected, record))
    arguments, uses = yield from arguments_of(builder, node, protected)
    if not check_count(builder, node, record.arity) or len(arguments) != record.arity:
        return Part(number(1), uses)
    chosen = yield from parameters_of(builder, node, record, protected)
    made: Expr = Apply(record, (*(a for a in arguments), *chosen))
    return Part(_primed(builder, made, node), uses)


def _primed(builder: Builder, made: Expr, node: Call) -> Expr:
    """The derivative of a known function, for each prime."""
    if node.orders:
        builder.error("E306", "orders are for unknown functions", node.name_span)
    for _ in range(node.primes):
        if not isinstance(made, Apply) or not isinstance(made.operation, Pointwise):
            builder.error(
                "E306", f"only one prime can be taken of {node.name} here", node.name_span
            )
            return made
        if made.operation.arity != 1:
            builder.error("E306", "a prime needs a function of one argument", node.name_span)
            return made
        made = made.operation.partials(made.arguments, made)[0]
    return made


def arguments_of(
    builder: Builder, node: Call, protected: Protected
) -> Steps[tuple[list[Expr], tuple[Use, ...]]]:
    """The arguments, each a scope of its own, and their open indices, each once."""
    arguments: list[Expr] = []
    uses: list[Use] = []
    for argument in node.arguments:
        if _is_bare(builder, argument, node):
            continue
        part = builder.close((yield argument, protected), protected)
        arguments.append(part.expr)
        uses.extend(part.uses)
    return arguments, once(uses)


def check_count(builder: Builder, node: Call, expected: int) -> bool:
    """Report a wrong number of arguments."""
    if len(node.arguments) == expected:
        return True
    shown = "one argument" if expected == 1 else f"{expected} arguments"
    hint = ""
    if node.name in ("max", "min"):
        hint = f"over an index: {node.name}_i(…)"
    builder.error("E304", f"{node.name} takes {shown}, not {len(node.arguments)}", node.span, hint)
    return False


def parameters_of(
    builder: Builder, node: Call, record: Pointwise, protected: Protected
) -> Steps[list[Expr]]:
    """The values of a function's parameters, in its order; what is not given is the default."""
    given: dict[str, Parameter] = {}
    for parameter in node.parameters:
        if parameter.name not in dict(record.parameters):
            known = ", ".join(n for n, _ in record.parameters) or "none"
            builder.error(
                "E304",
                f"{node.name} has no parameter {parameter.name}",
                parameter.span,
                f"its parameters: {known}",
            )
        given[parameter.name] = parameter
    values: list[Expr] = []
    for name, default in record.parameters:
        if name in given:
            part = builder.close((yield given[name].value, protected), protected)
            check_no_indices(builder, part, given[name].span)
            values.append(part.expr)
        else:
            values.append(number(default))
    return values


def check_no_indices(builder: Builder, part: Part, span: Span) -> None:
    """Report open indices in a parameter."""
    if part.uses:
        builder.error("E213", "a parameter has no open index", span)


def _components(builder: Builder, node: Call, protected: Protected, record: Pointwise) -> Visit:
    """``tanh(z)^i``: a component of a pointwise function of a bare tensor."""
    slots, uses = builder.slots(node.groups)
    if not check_count(builder, node, record.arity):
        return Part(number(1), uses)
    values: list[Expr] = []
    for argument in node.arguments:
        value = bare_at(builder, argument, slots)
        if value is None:
            return index_on_call(builder, node)
        values.append(value)
    chosen = yield from parameters_of(builder, node, record, protected)
    return Part(_primed(builder, Apply(record, (*values, *chosen)), node), uses)


def index_on_call(builder: Builder, node: Call) -> Part:
    """Report an index on a function of components."""
    span = node.groups[0].span
    return builder.error(
        "E213",
        f"{node.name} of components has no index of its own",
        span,
        f"a power is written {node.name}(…)**n; a component takes a bare name: {node.name}(z)^i",
    )


def bare_at(builder: Builder, argument: Node, slots: Sequence[Slot]) -> Expr | None:
    """A bare tensor at the given slots; its places are joined with the slots' indices."""
    if not isinstance(argument, Reference) or argument.groups:
        return None
    symbol = builder.symbols.tensors.get(argument.name)
    if symbol is None or symbol.rank != len(slots):
        return None
    if builder.program.dry:
        for number_, slot in enumerate(slots):
            if isinstance(slot.index, Index):
                place = builder.place(slot.index.name)
                builder.unifier.join((symbol.name, number_), place, argument.span)
    return Access(builder.program.tensor(symbol), tuple(slots))


def _pointwise_gradient(builder: Builder, record: Pointwise, node: Call) -> Visit:
    """``[∇tanh(z)]^i_j`` is diagonal."""
    slots, uses = builder.slots(node.groups)
    if len(node.gradient) > 1:
        return builder.error("E306", f"only one ∇ can be taken of {node.name}", node.span)
    if len(slots) != 2 or record.arity != 1 or len(node.arguments) != 1:
        return builder.error(
            "E213", "the gradient of a pointwise function has two indices", node.span
        )
    value = bare_at(builder, node.arguments[0], slots[:1])
    if value is None:
        return builder.error(
            "E213", "∇ takes a bare vector", node.arguments[0].span, "[∇sigma(z)]^i_j"
        )
    if builder.program.dry and all(isinstance(s.index, Index) for s in slots):
        names = [u.name for u in uses]
        builder.unifier.join(builder.place(names[0]), builder.place(names[1]), node.span)
    chosen = yield from parameters_of(builder, node, record, frozenset())
    applied = Apply(record, (value, *chosen))
    slope = record.partials(applied.arguments, applied)[0]
    return Part(multiply((slope, Delta(slots[0], slots[1]))), uses)


def visit_abstract(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    """Return an unknown function of components."""
    if name in ("norm1", "norm2"):
        hint = "sum_i abs(x_i)" if name == "norm1" else "norm_i(x_i)"
        return builder.error(
            "E304",
            f"{name} is a function of matrix notation only",
            node.name_span,
            builder.program.reporter.or_matrix(f"write {hint}"),
        )
    note_near_name(builder, name, node)
    arguments, uses = yield from arguments_of(builder, node, protected)
    if node.parameters:
        builder.error(
            "E304", f"{node.name} is not defined, so it has no parameters", node.parameters[0].span
        )
    if not node.arguments:
        return builder.error("E304", f"{node.name} has no arguments", node.span)
    if len(arguments) < len(node.arguments):
        return Part(number(1), uses)
    orders = node.orders or (node.primes,) + (0,) * (len(arguments) - 1)
    if node.orders and len(node.orders) != len(arguments):
        message = f"{len(node.orders)} orders for {len(arguments)} arguments"
        return builder.error("E306", message, node.name_span)
    if node.primes and len(arguments) > 1 and not node.orders:
        hint = f"{node.name}'{{1{',0' * (len(arguments) - 1)}}}(…) is the derivative by the first"
        builder.error("E306", "a prime needs a function of one argument", node.name_span, hint)
    return Part(Apply(AbstractFunction(name, orders), tuple(arguments)), uses)


def note_near_name(builder: Builder, name: str, node: Call) -> None:
    """Say that a function is unknown, where its name is nearly a known one's."""
    if builder.program.dry and name not in builder.program.noted:
        builder.program.noted.add(name)
        near = nearest(name, sorted(BUILTIN_CALLS), 0.8) if len(name) > 2 else None
        if near is not None:
            message = f"{name} is read as an unknown function; did you mean {near}?"
            builder.program.reporter.note("N508", message, node.name_span)


def _is_bare(builder: Builder, argument: Node, node: Call) -> bool:
    """Report a bare tensor in a function of components: its value would need indices."""
    if not isinstance(argument, Reference) or argument.groups or argument.name in builder.local:
        return False
    symbol = builder.symbols.tensors.get(argument.name)
    if symbol is None or not symbol.rank:
        return False
    shown = "one index" if symbol.rank == 1 else f"{symbol.rank} indices"
    known = node.name in POINTWISE_FUNCTIONS
    builder.error(
        "E213",
        f"{argument.name} has {shown}",
        argument.span,
        f"pointwise: {node.name}({argument.name}^i); a component"
        f"{'' if known else ' of a vector function'}: {node.name}({argument.name})^i",
    )
    return True
