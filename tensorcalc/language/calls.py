"""Calls: pointwise functions, functions across an index, of matrices, abstract, one's own."""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Apply,
    Argument,
    Delta,
    Expr,
    Functional,
    Index,
    Level,
    Pointwise,
    Product,
    Slot,
    Sum,
    Tensor,
    Transform,
    add,
    contract,
    fold,
    multiply,
    number,
    operation_named,
    rebuild,
    substitute,
)
from tensorcalc.expr.indices import Edge
from tensorcalc.language.building import Builder, Part, Use, Visit, once
from tensorcalc.language.names import (
    BIG_OPERATORS,
    EDGE_CALLS,
    INDEXED_FUNCTIONS,
    MATRIX_FUNCTIONS,
    POINTWISE_FUNCTIONS,
)
from tensorcalc.language.source import Span
from tensorcalc.language.symbols import slots_of
from tensorcalc.language.unification import Place
from tensorcalc.language.syntax import Call, FunctionDefinition, Node, Parameter, Plain, Reference

__all__ = ["visit_call"]

Protected = frozenset[str]


def visit_call(builder: Builder, node: Call, protected: Protected) -> Part | Visit:
    """Return what a call stands for."""
    name = builder.symbols.function(node.name)
    if node.binders:
        return _across(builder, name, node, protected)
    if name in builder.symbols.functions:
        return _own(builder, builder.symbols.functions[name], node, protected)
    if name == "size" and not node.groups:
        return _size(builder, node)
    if name in MATRIX_FUNCTIONS:
        return _matrix(builder, name, node, protected)
    if name in EDGE_CALLS:
        return _edge(builder, name, node, protected)
    if name in POINTWISE_FUNCTIONS:
        return _pointwise(builder, POINTWISE_FUNCTIONS[name], node, protected)
    if name in INDEXED_FUNCTIONS or name in BIG_OPERATORS:
        return builder.error(
            "E107",
            f"{node.name} needs the index it runs over",
            node.name_span,
            f"write {node.name}_i(…)",
        )
    if node.groups:
        return _abstract_vector(builder, name, node, protected)
    return _abstract(builder, name, node, protected)


# Pointwise functions


def _pointwise(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    record = operation_named(name)
    assert isinstance(record, Pointwise)
    components = slots_of(node.groups)
    if node.gradient:
        return (yield from _pointwise_gradient(builder, record, node))
    if components:
        return (yield from _components(builder, node, protected, record))
    arguments, uses = yield from _arguments(builder, node, protected)
    if not _count(builder, node, record.arity) or len(arguments) != record.arity:
        return Part(number(1), uses)
    chosen = yield from _parameters(builder, node, record, protected)
    made: Expr = Apply(record, (*(a for a in arguments), *chosen))
    return Part(_primed(builder, made, node), uses)


def _primed(builder: Builder, made: Expr, node: Call) -> Expr:
    """The derivative of a known function, for each prime."""
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


def _arguments(
    builder: Builder, node: Call, protected: Protected
) -> tuple[list[Expr], tuple[Use, ...]]:  # a generator: see the callers
    arguments: list[Expr] = []
    uses: list[Use] = []
    for argument in node.arguments:
        if _is_bare(builder, argument, node):
            continue
        part = builder.close((yield argument, protected), protected)
        arguments.append(part.expr)
        uses.extend(part.uses)
    return arguments, once(uses)


def _count(builder: Builder, node: Call, expected: int) -> bool:
    if len(node.arguments) == expected:
        return True
    shown = "one argument" if expected == 1 else f"{expected} arguments"
    hint = ""
    if node.name in ("max", "min"):
        hint = f"over an index: {node.name}_i(…)"
    builder.error("E304", f"{node.name} takes {shown}, not {len(node.arguments)}", node.span, hint)
    return False


def _parameters(
    builder: Builder, node: Call, record: Pointwise, protected: Protected
) -> list[Expr]:  # a generator: see the callers
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
            _no_indices(builder, part, given[name].span)
            values.append(part.expr)
        else:
            values.append(number(default))
    return values


def _no_indices(builder: Builder, part: Part, span: Span) -> None:
    if part.uses:
        builder.error("E213", "a parameter has no open index", span)


def _components(builder: Builder, node: Call, protected: Protected, record: Pointwise) -> Visit:
    """``tanh(z)^i``: a component of a pointwise function of a bare tensor."""
    slots, uses = builder.slots(node.groups)
    if not _count(builder, node, record.arity):
        return Part(number(1), uses)
    values: list[Expr] = []
    for argument in node.arguments:
        value = _bare_at(builder, argument, slots)
        if value is None:
            return _index_on_call(builder, node)
        values.append(value)
    chosen = yield from _parameters(builder, node, record, protected)
    return Part(_primed(builder, Apply(record, (*values, *chosen)), node), uses)


def _index_on_call(builder: Builder, node: Call) -> Part:
    span = node.groups[0].span
    return builder.error(
        "E213",
        f"{node.name} of components has no index of its own",
        span,
        f"a power is written {node.name}(…)**n; a component takes a bare name: {node.name}(z)^i",
    )


def _bare_at(builder: Builder, argument: Node, slots: Sequence[Slot]) -> Expr | None:
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
    if len(slots) != 2 or record.arity != 1 or len(node.arguments) != 1:
        return builder.error(
            "E213", "the gradient of a pointwise function has two indices", node.span
        )
    value = _bare_at(builder, node.arguments[0], slots[:1])
    if value is None:
        return builder.error(
            "E213", "∇ takes a bare vector", node.arguments[0].span, "[∇sigma(z)]^i_j"
        )
    if builder.program.dry and all(isinstance(s.index, Index) for s in slots):
        names = [u.name for u in uses]
        builder.unifier.join(builder.place(names[0]), builder.place(names[1]), node.span)
    chosen = yield from _parameters(builder, node, record, frozenset())
    applied = Apply(record, (value, *chosen))
    slope = record.partials(applied.arguments, applied)[0]
    return Part(multiply((slope, Delta(slots[0], slots[1]))), uses)


# Functions across an index


def _across(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    record = operation_named(name)
    assert isinstance(record, Functional)
    names: list[str] = []
    for group in node.binders:
        for entry in group.entries:
            if not isinstance(entry, Plain):
                return builder.error("E114", f"{node.name} runs over plain indices", entry.span)
            if entry.name in names:
                return builder.error("E205", f"index {entry.name} stands twice", entry.span)
            names.append(entry.name)
            builder.see(entry.name, entry.span)
            if record.result == "drop":
                builder.check_binder(entry.name, entry.span)
    if not _count(builder, node, 1):
        return Part(number(1), ())
    if record.bound is not None and record.bound != len(names):
        return builder.error("E213", f"{node.name} runs over {record.bound} indices", node.span)
    if record.bound == 2 and builder.program.dry:
        builder.unifier.join(builder.place(names[0]), builder.place(names[1]), node.span)
    inside = protected | set(names)
    part = builder.close((yield node.arguments[0], inside), inside)
    uses = once(part.uses)
    used = {u.name: u for u in uses}
    for missing in (n for n in names if n not in used):
        return builder.error(
            "E207", f"index {missing} does not occur inside {node.name}", node.binders[0].span
        )
    outer = tuple(u for u in uses if u.name not in names)
    if node.parameters or node.groups or node.primes or node.gradient:
        where = node.parameters[0].span if node.parameters else node.span
        return builder.error("E304", f"{node.name} has no parameters and no indices", where)
    bound = tuple(builder.index(n) for n in names)
    argument = Argument(bound, part.expr)
    if record.result == "drop":
        return Part(Transform(record, (argument,), ()), outer)
    at = tuple(Slot(i, used[n].level or Level.UPPER) for n, i in zip(names, bound, strict=True))
    kept = tuple(used[n] for n in names)
    return Part(Transform(record, (argument,), at), (*outer, *kept))


# Abstract functions


def _abstract(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    arguments, uses = yield from _arguments(builder, node, protected)
    if node.parameters:
        builder.error(
            "E304", f"{node.name} is not defined, so it has no parameters", node.parameters[0].span
        )
    if not node.arguments:
        return builder.error("E304", f"{node.name} has no arguments", node.span)
    if len(arguments) < len(node.arguments):
        return Part(number(1), uses)
    if node.primes and len(arguments) > 1:
        builder.error("E306", "a prime needs a function of one argument", node.name_span)
    orders = (node.primes,) + (0,) * (len(arguments) - 1)
    return Part(Apply(AbstractFunction(name, orders), tuple(arguments)), uses)


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


def _abstract_vector(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    """``sigma(z)^i``, ``[∇sigma(z)]^i_j``: a function of whole tensors, at components."""
    slots, uses = builder.slots(node.groups)
    if node.primes or node.parameters:
        builder.error(
            "E306", f"{node.name} is a vector function: write [∇{node.name}(z)]^i_j", node.span
        )
    arguments: list[Argument] = []
    outer: list[Use] = []
    for argument in node.arguments:
        made = _whole(builder, argument, slots)
        if made is None:
            part = builder.close((yield argument, protected), protected)
            made, rest = _bound_argument(builder, part, protected, uses, argument.span)
            outer.extend(rest)
        arguments.append(made)
    if not arguments:
        return builder.error("E304", f"{node.name} has no arguments", node.span)
    if node.gradient and len(arguments) > 1:
        return builder.error("E306", "∇ needs a function of one argument", node.span)
    ranks = len(slots) - node.gradient * len(arguments[0].bound)
    if ranks < 1:
        return builder.error(
            "E213",
            f"the gradient of {node.name} needs an index of the function and one for each of "
            "its argument",
            node.span,
        )
    if builder.program.dry:
        _guess_extents(builder, node, arguments, slots, ranks)
    orders = (node.gradient,) + (0,) * (len(arguments) - 1)
    made_function = AbstractFunction(name, orders)
    return Part(Transform(made_function, tuple(arguments), slots), (*once(outer), *uses))


def _whole(builder: Builder, argument: Node, slots: Sequence[Slot]) -> Argument | None:
    """A bare tensor as an argument: all of it, with bound indices of its own."""
    if not isinstance(argument, Reference) or argument.groups or argument.name in builder.local:
        return None
    symbol = builder.symbols.tensors.get(argument.name)
    if symbol is None or not symbol.rank:
        return None
    tensor = builder.program.tensor(symbol)
    names = [s.index.name for s in slots if isinstance(s.index, Index)] or ["i"]
    bound = tuple(
        Index(names[min(n, len(names) - 1)], n + 1, length)
        for n, length in enumerate(tensor.extents)
    )
    access = Access(tensor, tuple(map(Slot, bound, tensor.levels)))
    return Argument(bound, access)


def _bound_argument(
    builder: Builder, part: Part, protected: Protected, at: tuple[Use, ...], span: Span
) -> tuple[Argument, list[Use]]:
    """An argument with open indices: those that are not free outside are bound by it."""
    opened = once(part.uses)
    named = {u.name for u in at}
    bound = [u for u in opened if u.name not in protected or u.name in named]
    rest = [u for u in opened if u not in bound]
    if not bound:
        builder.error(
            "E213", "this argument of a vector function has no index of its own", span,
            "write a bare name, or an expression with an index that is not on the left side",
        )  # fmt: skip
    return Argument(tuple(builder.index(u.name) for u in bound), part.expr), rest


def _guess_extents(
    builder: Builder, node: Call, arguments: list[Argument], slots: Sequence[Slot], ranks: int
) -> None:
    """The value of a vector function is as long as its first argument, if nothing else is
    known; the slots of its gradient are exactly as long."""
    first = arguments[0]
    places = []
    for index in first.bound:
        if isinstance(node.arguments[0], Reference) and not node.arguments[0].groups:
            places.append((node.arguments[0].name, len(places)))
        else:
            places.append(builder.place(index.name))
    for position, slot in enumerate(slots):
        if not isinstance(slot.index, Index):
            continue
        place = builder.place(slot.index.name)
        if position < ranks:
            if ranks == len(places):
                builder.unifier.join_if_possible(places[position], place)
        elif position - ranks < len(places):
            builder.unifier.join(places[position - ranks], place, node.span)


# Functions of matrices


def _matrix(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    slots, uses = builder.slots(node.groups)
    if len(slots) not in MATRIX_FUNCTIONS[name]:
        wanted = " or ".join(str(n) for n in MATRIX_FUNCTIONS[name])
        example = {"diag": "diag(x)^i_j or diag(X)^i", "tr": "tr(X)"}.get(
            name, f"{name}(X)" + ("^i_j" if MATRIX_FUNCTIONS[name] == (2,) else "")
        )
        return builder.error(
            "E213", f"the value of {name} has {wanted} indices", node.span, example
        )
    if not _count(builder, node, 1) or node.gradient or node.primes or node.parameters:
        return Part(number(1), uses)
    argument = node.arguments[0]
    rank = 1 if name == "diag" and len(slots) == 2 else 2
    made = _whole(builder, argument, slots)
    rest: list[Use] = []
    places: list[Place]
    if made is not None and isinstance(argument, Reference):
        places = [(argument.name, n) for n in range(len(made.bound))]
    else:
        part = builder.close((yield argument, protected), protected)
        bound, rest = _matrix_indices(part, protected, uses, rank)
        made = Argument(tuple(builder.index(u.name) for u in bound), part.expr)
        places = [builder.place(u.name) for u in bound]
    if len(made.bound) != rank:
        return builder.error(
            "E213",
            f"{name} takes a bare name or a bracket with {rank} open indices",
            argument.span,
            f"{name}(X) or {name}(A_ij + B_ij)",
        )
    _join_matrix(builder, name, node, places, slots)
    if name == "tr" and isinstance(argument, Reference) and not argument.groups:
        return Part(_trace(builder, made, places), (*rest, *uses))
    return Part(_matrix_value(name, made, slots), (*rest, *uses))


def _matrix_indices(
    part: Part, protected: Protected, at: tuple[Use, ...], rank: int
) -> tuple[list[Use], list[Use]]:
    opened = list(once(part.uses))
    if len(opened) == rank:
        return opened, []
    for chosen in (
        [u for u in opened if u.name not in protected],
        [u for u in opened if any(u.name == a.name for a in at)],
    ):
        if len(chosen) == rank:
            return chosen, [u for u in opened if u not in chosen]
    return opened, []


def _join_matrix(
    builder: Builder,
    name: str,
    node: Call,
    places: Sequence[Place],
    slots: Sequence[Slot],
) -> None:
    if not builder.program.dry:
        return
    if len(places) == 2 and name not in ("transpose",):
        builder.unifier.join(places[0], places[1], node.span)
    order = (1, 0) if name == "transpose" else (0, 1) if len(places) == 2 else (0, 0)
    for slot, position in zip(slots, order, strict=False):
        if isinstance(slot.index, Index):
            place = builder.place(slot.index.name)
            builder.unifier.join(places[position], place, node.span)


def _trace(builder: Builder, made: Argument, places: Sequence[Place]) -> Expr:
    """The trace of a bare name, with an index that the statement has not."""
    name = next(n for n in (*"ijklmnpqrstuv", "i'") if n not in builder.indices)
    if builder.program.dry:
        builder.unifier.join(places[0], builder.place(name), Span(0, 0))
    index = builder.index(name)
    return contract((index,), substitute(made.body, dict.fromkeys(made.bound, index)))


def _matrix_value(name: str, made: Argument, slots: Sequence[Slot]) -> Expr:
    bound = made.bound
    if name == "tr":
        first, second = bound
        return contract((first,), substitute(made.body, {second: first}))
    if name == "transpose":
        return substitute(made.body, {bound[0]: slots[1].index, bound[1]: slots[0].index})
    if name == "diag" and len(slots) == 2:
        return multiply(
            (substitute(made.body, {bound[0]: slots[0].index}), Delta(slots[0], slots[1]))
        )
    if name == "diag":
        return substitute(made.body, {b: slots[0].index for b in bound})
    record = operation_named(name)
    assert isinstance(record, Functional)
    return Transform(record, (made,), tuple(slots))


# size(i), zeropad(z^{i-j}), one's own functions


def _size(builder: Builder, node: Call) -> Part:
    if len(node.arguments) == 1 and not node.primes:
        argument = node.arguments[0]
        if isinstance(argument, Reference) and not argument.groups:
            builder.see(argument.name, argument.span)
            return Part(builder.size(builder.index(argument.name).extent), ())
    return builder.error("E304", "size takes the name of an index", node.span, "size(i)")


def _edge(builder: Builder, name: str, node: Call, protected: Protected) -> Visit:
    if not _count(builder, node, 1):
        return Part(number(1), ())
    argument = node.arguments[0]
    if not isinstance(argument, Reference) or not argument.groups or node.groups:
        return builder.error(
            "E304", f"{name} takes one tensor with its indices", node.span, f"{name}(z^{{i-j}})"
        )
    before = builder.edge
    builder.edge = Edge(name)
    try:
        part = builder.access(argument)
    finally:
        builder.edge = before
    yield from ()
    return part


def _own(
    builder: Builder, definition: FunctionDefinition, node: Call, protected: Protected
) -> Visit:
    """Substitute the arguments in the body of a function's definition."""
    parameters = [p.name for p in definition.parameters]
    if not _count(builder, node, len(definition.arguments)):
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
            value = _bare_at(builder, argument, slots)
            if value is None:
                return _index_on_call(builder, node)
            values[name] = value
    else:
        arguments, uses = yield from _arguments(builder, node, protected)
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
        _no_indices(builder, part, given.span)
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
