"""A whole program: statements to definitions in order, inputs, outputs, facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tensorcalc.expr import (
    Definition,
    Equations,
    Expr,
    Fact,
    Index,
    Level,
    Start,
    Tensor,
    affine,
    extent,
    substitute,
)
from tensorcalc.language import syntax
from tensorcalc.language.affine import combination
from tensorcalc.language.building import Builder, Part, Program, Use, once
from tensorcalc.language.calls import function_template
from tensorcalc.language.derivatives import inline_below_derivatives
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.ordering import ordered_definitions
from tensorcalc.language.recurrences import (
    Recurrence,
    check_recurrences,
    constant_of,
    entries_of,
    find_recurrences,
    is_fixed,
)
from tensorcalc.language.source import Span
from tensorcalc.language.symbols import RESULT, Symbols, collect
from tensorcalc.language.unification import Fixed, Place, Unifier
from tensorcalc.language.visiting import visit

__all__ = ["Resolved", "resolve"]

Equation = syntax.Definition | syntax.Output | syntax.Given


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a program's text means."""

    equations: Equations
    variance: str
    parameters: tuple[str, ...]
    data: tuple[str, ...]


@dataclass(slots=True)
class _Built:
    """One equation after a pass: its indices and both sides."""

    indices: tuple[Index, ...]
    left: Expr | None
    right: Expr


def resolve(
    statements: list[syntax.Statement],
    reporter: Reporter,
    sizes: Mapping[str, int],
    variance: str,
) -> Resolved:
    """Resolve names, indices and extents of a program and build its equations.

    Raises:
        NotationError: with everything that is wrong in the text.
    """
    known = dict(sizes)
    symbols = collect(statements, reporter, known)
    if variance != "euclidean" and symbols.variance == "euclidean":
        symbols.variance = variance
    unifier = Unifier(reporter, {n: v for n, v in known.items() if n in symbols.size_names})
    recurrences = find_recurrences(symbols.definitions, symbols.size_names, reporter)
    check_recurrences(recurrences, reporter)
    program = Program(symbols, unifier, reporter, visit, recurrences)
    equations = [
        (number, s)
        for number, s in enumerate(statements)
        if isinstance(s, syntax.Definition | syntax.Output | syntax.Given)
    ]
    _fix_declared(program, known)
    for number, statement in equations:
        _build(program, number, statement)
    for definition in symbols.functions.values():
        function_template(Builder(program, -1, frozenset()), definition)
    reporter.raise_errors()
    unifier.solve({*symbols.tensors, *symbols.size_names})
    _check_known(program)
    reporter.raise_errors()
    program.dry = False
    program.tensors.clear()
    program.templates.clear()
    built = [(s, _build(program, number, s)) for number, s in equations]
    reporter.raise_errors()
    return _assemble(program, built)


# Extents that are written


def _fix_declared(program: Program, known: Mapping[str, int]) -> None:
    symbols, unifier = program.symbols, program.unifier
    builder = Builder(program, -1, frozenset())
    none = Span(0, 0)
    for name, value in known.items():
        if name not in symbols.size_names:
            place = (-1, name, 0)
            unifier.fix(place, Fixed(extent(value), none, f"index {name}"))
    for plain, value in symbols.index_sizes:
        _, length = combination(builder, value, sizes_only=True)
        if _positive(program, length.number, value.span):
            fixed = Fixed(length, plain.span, f"index {plain.name}")
            unifier.fix((-1, plain.name, 0), fixed)
    for name, entry in symbols.index_extents.items():
        _, length = combination(builder, entry, sizes_only=True)
        fixed = Fixed(length, symbols.index_names[name], f"index {name}")
        unifier.fix((-1, name, 0), fixed)
    for name, value in symbols.size_values:
        _, length = combination(builder, value, sizes_only=True)
        number = length.number
        if number is None:
            program.reporter.error("E116", f"the size {name} is set to no number", value.span)
        elif _positive(program, number, value.span):
            before = unifier.sizes.setdefault(name, number)
            if before != number:
                message = f"the size {name} is {before} and {number}"
                program.reporter.error("E401", message, value.span)
    for symbol in symbols.tensors.values():
        if symbol.extents is None and not symbol.declared:
            continue
        program.tensor(symbol)
        for slot, entry in enumerate(symbol.extents or ()):
            _, length = combination(builder, entry, sizes_only=True)
            if _positive(program, length.number, entry.span):
                what = f"slot {slot + 1} of {symbol.name}"
                unifier.fix((symbol.name, slot), Fixed(length, entry.span, what))
        if symbol.symmetry:
            for slot in range(1, symbol.rank):
                unifier.join((symbol.name, 0), (symbol.name, slot), symbol.span)


def _positive(program: Program, value: int | None, span: Span) -> bool:
    if value is not None and value < 1:
        program.reporter.error("E402", f"an extent of {value}: it has to be positive", span)
        return False
    return True


def _check_known(program: Program) -> None:
    """Every index that occurs needs an extent."""
    unifier = program.unifier
    reported: set[Place] = set()
    for place, span in unifier.spans().items():
        if len(place) == 3 and place[0] >= 0 and not unifier.known(place):
            name = place[1]
            if unifier.group_of(place) in reported:
                continue
            reported.add(unifier.group_of(place))
            program.reporter.error(
                "E402",
                f"the extent of index {name} is not known: no input has it",
                span,
                f"fix it: sizes {name}=3, index {name} : N, or declare a tensor's extents",
            )


# Single statements


def _build(program: Program, number: int, statement: Equation) -> _Built:
    match statement:
        case syntax.Definition():
            return _build_definition(program, number, statement)
        case syntax.Output(_, body):
            return _build_output(program, number, body)
        case syntax.Given(_, left, right):
            return _build_given(program, number, left, right)


def _join_declared(program: Program, builder: Builder) -> None:
    """Declared index names have one extent in every statement."""
    if not program.dry:
        return
    fixed = program.unifier.spans()
    for name in builder.indices:
        place = (-1, name, 0)
        if place in fixed:
            program.unifier.join(place, builder.place(name), fixed[place])


def _build_definition(program: Program, number: int, statement: syntax.Definition) -> _Built:
    target, body = statement.target, statement.body
    recurrence = program.recurrences.get(target.name)
    is_start = recurrence is not None and statement is not recurrence.main
    builder = Builder(program, number, None)
    builder.prepare((target, body))
    if recurrence is not None and not is_start:
        builder.recurrence = recurrence
    uses = _left_indices(builder, statement, recurrence)
    free = frozenset(uses)
    builder.free = free
    _join_declared(program, builder)
    part = builder.build(body, free)
    _check_lone(builder, part, uses, body)
    for use in once(part.uses):
        if use.name in uses:
            builder.compare_levels(uses[use.name], use)
    indices = tuple(map(builder.index, uses))
    right = part.expr
    if builder.recurrence is not None and builder.recurrence.shift and not program.dry:
        indices, right = _shifted(program, builder.recurrence, indices, right)
    return _Built(indices, None, right)


def _left_indices(
    builder: Builder, statement: syntax.Definition, recurrence: Recurrence | None
) -> dict[str, Use]:
    """The indices of a left side, in order; a recurrence's step is one of them, its start is
    none."""
    program, target = builder.program, statement.target
    reporter = program.reporter
    symbol = program.symbols.tensors[target.name]
    entries = [(e, g.upper) for g in target.groups for e in g.entries]
    fits = len(entries) == symbol.rank
    if not fits:
        reporter.error(
            "E208", f"{target.name} has {symbol.rank} indices, not {len(entries)}", target.span
        )
    elif program.dry:
        program.tensor(symbol)
    uses: dict[str, Use] = {}
    for slot, (entry, upper) in enumerate(entries):
        shift = 0
        if recurrence is not None and slot == recurrence.slot:
            if statement is not recurrence.main:
                continue
            shift = recurrence.shift
        if isinstance(entry, syntax.Plain):
            name = entry.name
        elif shift and recurrence is not None:
            name = recurrence.index
        elif recurrence is None and is_fixed(entry, program.symbols.size_names):
            continue  # reported with the recurrences
        else:
            reporter.error(
                "E115", "the left side has plain indices", entry.span, f"{target.name}^i = …"
            )
            continue
        if name in uses:
            reporter.error(
                "E205",
                f"index {name} stands twice on the left side",
                entry.span,
                "a diagonal is written with a delta: D_ij = x_i delta_ij",
            )
            continue
        uses[name] = Use(name, entry.span, Level.UPPER if upper else Level.LOWER)
        builder.see(name, entry.span)
        if program.dry and fits:
            place = builder.place(name)
            if shift:
                program.unifier.shift((target.name, slot), place, shift, entry.span)
            else:
                program.unifier.join((target.name, slot), place, entry.span)
            if recurrence is not None and slot == recurrence.slot:
                program.unifier.starts_at(place, max(0, recurrence.first - shift))
    return uses


def _shifted(
    program: Program, recurrence: Recurrence, indices: tuple[Index, ...], body: Expr
) -> tuple[tuple[Index, ...], Expr]:
    """``s_{t+1} = f(t)`` as ``s_t = f(t - 1)``."""
    length = program.unifier.extent((recurrence.name, recurrence.slot))
    old = indices[recurrence.slot]
    new = Index(old.name, 0, length)
    replaced = tuple(new if i is old else i for i in indices)
    return replaced, substitute(body, {old: affine(((new, 1),), -recurrence.shift)})


def _check_lone(
    builder: Builder, part: Part, left: dict[str, Use], body: syntax.Node
) -> None:
    """Report open indices that are not on the left side."""
    reporter = builder.program.reporter
    lone = [u for u in once(part.uses) if u.name not in left]
    if not lone:
        return
    used = {u.name for u in part.uses}
    unused = [n for n in left if n not in used]
    waiting: Use | None = None
    for use in lone:
        # Two lone indices in one place are most often one index misspelt: one error, at the
        # second, which offers the first.
        if waiting is None and len(lone) > 1 and use is not lone[-1]:
            waiting = use
            continue
        near = waiting.name if waiting else unused[0] if unused else None
        waiting = None
        hint = f"To sum a lone index, write sum_{use.name}"
        if near is not None:
            spelled = _respelled(body, use, near)
            hint = f"did you mean {spelled}?  {hint}"
        reporter.error(
            "E102",
            f"index {use.name} appears once on the right and not on the left: "
            "neither summed nor free",
            use.span,
            hint,
        )


def _respelled(body: syntax.Node, use: Use, near: str) -> str:
    """The access at a use, with its index replaced: ``x^j`` for ``x^k``."""
    for mention in syntax.mentions(body):
        reference = mention.reference
        if reference.span.start <= use.span.start and use.span.end <= reference.span.end:
            text = reference.name
            for group in reference.groups:
                inside = [
                    near if e.span == use.span else e.name if isinstance(e, syntax.Plain) else "…"
                    for e in group.entries
                ]
                mark = "^" if group.upper else "_"
                short = len(inside) == 1 and len(inside[0].rstrip("0123456789'")) == 1
                joined = " ".join(inside)
                text += mark + (joined if short else "{" + joined + "}")
            return text
    return near


def _build_output(program: Program, number: int, body: syntax.Node) -> _Built:
    builder = Builder(program, number, None)
    builder.prepare((body,))
    _join_declared(program, builder)
    part = builder.build(body, frozenset())
    uses = once(part.uses)
    for use in uses:
        if use.name in builder.summed:
            builder.error(
                "E203",
                f"index {use.name} is summed in one place and free in another",
                use.span,
                "write a left side",
            )
    names = tuple(u.name for u in uses)
    symbol = program.symbols.tensors[RESULT]
    if symbol.levels is None:
        symbol.levels = tuple(u.level is not Level.LOWER for u in uses)
    if program.dry and symbol.rank == len(names):
        program.tensor(symbol)
        for slot, use in enumerate(uses):
            program.unifier.join((RESULT, slot), builder.place(use.name), use.span)
    return _Built(tuple(map(builder.index, names)), None, part.expr)


def _build_given(program: Program, number: int, left: syntax.Node, right: syntax.Node) -> _Built:
    """The open indices of both sides are free: the fact holds for each of their values."""
    builder = Builder(program, number, None)
    builder.prepare((left, right))
    _join_declared(program, builder)
    first = builder.build(left, frozenset())
    second = builder.build(right, frozenset())
    names = tuple(u.name for u in once((*first.uses, *second.uses)))
    return _Built(tuple(map(builder.index, names)), first.expr, second.expr)


# The program


def _assemble(program: Program, built: list[tuple[Equation, _Built]]) -> Resolved:
    symbols, reporter = program.symbols, program.reporter
    made: list[tuple[Definition, Span]] = []
    facts: list[Fact] = []
    starts = _starts(program, built)
    for statement, part in built:
        match statement:
            case syntax.Definition(_, target, _):
                recurrence = program.recurrences.get(target.name)
                if recurrence is not None and statement is not recurrence.main:
                    continue
                tensor = program.tensor(symbols.tensors[target.name])
                own = tuple(starts.get(target.name, ()))
                definition = Definition(tensor, part.indices, part.right, starts=own)
                made.append((definition, target.name_span))
            case syntax.Output(span, _):
                tensor = program.tensor(symbols.tensors[RESULT])
                made.append((Definition(tensor, part.indices, part.right), span))
            case syntax.Given():
                assert part.left is not None
                facts.append(Fact(part.indices, part.left, part.right))
    ordered = ordered_definitions(made, program.recurrences, reporter)
    reporter.raise_errors()
    ordered = _with_total_derivatives(ordered, dict(made), reporter)
    inputs = _inputs(program)
    read = _read_by_others(ordered, program.recurrences)
    outputs = tuple(d.name for d, _ in made if d.name not in read)
    sizes = tuple(sorted(program.unifier.sizes.items()))
    roles = symbols.tensors.values()
    return Resolved(
        Equations(inputs, tuple(ordered), outputs, tuple(facts), sizes),
        symbols.variance,
        tuple(s.name for s in roles if s.role == "param"),
        tuple(s.name for s in roles if s.role == "data"),
    )


def _inputs(program: Program) -> tuple[Tensor, ...]:
    symbols = [s for s in program.symbols.tensors.values() if not s.defined]
    declared = [s for s in symbols if s.declared]
    others = [s for s in symbols if not s.declared]
    return tuple(program.tensor(s) for s in (*declared, *others))


def _read_by_others(
    definitions: list[Definition], recurrences: Mapping[str, Recurrence]
) -> set[str]:
    """The names some other definition reads; earlier steps of a recurrence do not count."""
    read: set[str] = set()
    for definition in definitions:
        own = recurrences.get(definition.name)
        names = {t.name for t in definition.reads} - {definition.name}
        if own is not None:
            names = {n for n in names if n not in own.members or n in own.same_step()}
        read |= names
    return read


def _starts(
    program: Program, built: list[tuple[Equation, _Built]]
) -> dict[str, list[Start]]:
    """The starts of each recurrence, the earliest component first."""
    found: dict[str, list[Start]] = {}
    for statement, part in built:
        if not isinstance(statement, syntax.Definition):
            continue
        recurrence = program.recurrences.get(statement.target.name)
        if recurrence is None or statement is recurrence.main:
            continue
        component = constant_of(entries_of(statement.target)[recurrence.slot])
        assert component is not None
        start = Start(recurrence.slot, component, part.indices, part.right)
        found.setdefault(recurrence.name, []).append(start)
    for starts in found.values():
        starts.sort(key=lambda s: s.component)
    return found


def _with_total_derivatives(
    ordered: list[Definition], spans: Mapping[Definition, Span], reporter: Reporter
) -> list[Definition]:
    done: dict[Tensor, Definition] = {}
    for definition in ordered:
        body, without = inline_below_derivatives(definition.body, done)
        for tensor in without:
            reporter.note(
                "N506",
                f"{definition.name} takes a derivative by {tensor.name}, which takes no part: "
                "it is zero",
                spans[definition],
            )
        if body is not definition.body:
            definition = Definition(
                definition.tensor, definition.indices, body, starts=definition.starts
            )
        done[definition.tensor] = definition
    return list(done.values())
