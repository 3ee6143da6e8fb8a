"""A whole program: statements to definitions in order, inputs, outputs, facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tensorcalc.expr import Definition, Equations, Extent, Fact, Start, Tensor
from tensorcalc.language import syntax
from tensorcalc.language.accessing import Program
from tensorcalc.language.building import Builder
from tensorcalc.language.collecting import collect
from tensorcalc.language.declared import check_extents, fix_declared
from tensorcalc.language.derivatives import inline_below_derivatives
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.labels import join_labels
from tensorcalc.language.ordering import ordered_definitions
from tensorcalc.language.own import function_template
from tensorcalc.language.recurrences import (
    Recurrence,
    check_recurrences,
    constant_of,
    entries_of,
    find_recurrences,
)
from tensorcalc.language.source import Span
from tensorcalc.language.statements import Built, Equation, build_statement
from tensorcalc.language.symbols import RESULT, Context
from tensorcalc.language.unification import Unifier
from tensorcalc.language.visiting import visit

__all__ = ["Resolved", "resolve"]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a program's text means."""

    equations: Equations
    variance: str
    parameters: tuple[str, ...]
    data: tuple[str, ...]


def resolve(
    statements: list[syntax.Statement],
    reporter: Reporter,
    sizes: Mapping[str, int],
    variance: str,
    context: Context | None = None,
) -> Resolved:
    """Resolve names, indices and extents of a program and build its equations.

    Raises:
        NotationError: with everything that is wrong in the text.
    """
    known = dict(sizes)
    symbols = collect(statements, reporter, known, context)
    if variance != "euclidean" and symbols.variance == "euclidean":
        symbols.variance = variance
    unifier = Unifier(reporter, {n: v for n, v in known.items() if n in symbols.size_names})
    recurrences = find_recurrences(symbols.definitions, symbols.size_names, reporter)
    check_recurrences(recurrences, reporter)
    program = Program(symbols, unifier, reporter, visit, recurrences)
    for recurrence in recurrences.values():
        unifier.begins_at((recurrence.name, recurrence.slot), min(0, recurrence.earliest))
    equations = [
        (number, s)
        for number, s in enumerate(statements)
        if isinstance(s, syntax.Definition | syntax.Output | syntax.Given)
        and not _is_repeated(program, s)
        and not _reads_itself(program, s)
    ]
    fix_declared(program, known)
    for number, statement in equations:
        build_statement(program, number, statement)
    join_labels(program, equations)
    for definition in symbols.functions.values():
        function_template(Builder(program, -1, frozenset()), definition)
    reporter.raise_errors()
    if context is not None:
        _default_axes(program, context.axes)
    unifier.solve({*symbols.tensors, *symbols.size_names})
    check_extents(program)
    reporter.raise_errors()
    program.dry = False
    program.tensors.clear()
    program.templates.clear()
    built = [(s, build_statement(program, number, s)) for number, s in equations]
    reporter.raise_errors()
    return _assemble(program, built)


def _assemble(program: Program, built: list[tuple[Equation, Built]]) -> Resolved:
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
    read = _read_by_others(ordered, program.recurrences)
    if program.has_derivatives:
        ordered = _with_total_derivatives(ordered, dict(made), reporter)
    inputs = _inputs(program)
    outputs = tuple(d.name for d, _ in made if d.name not in read)
    if symbols.outputs:
        outputs = _declared_outputs(program)
        reporter.raise_errors()
    sizes = tuple(sorted(program.unifier.sizes.items()))
    roles = symbols.tensors.values()
    return Resolved(
        Equations(inputs, tuple(ordered), outputs, tuple(facts), sizes, symbols.metric or ""),
        symbols.variance,
        tuple(s.name for s in roles if s.role == "param"),
        tuple(s.name for s in roles if s.role == "data"),
    )


def _inputs(program: Program) -> tuple[Tensor, ...]:
    symbols = [s for s in program.symbols.tensors.values() if not s.defined]
    declared = [s for s in symbols if s.declared]
    others = [s for s in symbols if not s.declared]
    return tuple(program.tensor(s) for s in (*declared, *others))


def _declared_outputs(program: Program) -> tuple[str, ...]:
    """The outputs that an ``output`` line names, in its order."""
    symbols, reporter = program.symbols, program.reporter
    names: dict[str, None] = {}
    for name, span in ((p.name, p.span) for p in symbols.outputs):
        symbol = symbols.tensors.get(name)
        if symbol is None or not symbol.defined:
            what = "is not known" if symbol is None else "is an input"
            hint = symbols.suggestion(name) if symbol is None else f"write {name} = …"
            reporter.error("E310", f"the output {name} {what}", span, hint)
        elif name in names:
            reporter.error("E301", f"the output {name} is named twice", span)
        names[name] = None
    return tuple(names)


def _is_repeated(program: Program, statement: syntax.Statement) -> bool:
    """Whether a definition's name has one already, which is reported."""
    if not isinstance(statement, syntax.Definition):
        return False
    name = statement.target.name
    found = program.symbols.definitions[name]
    return name not in program.recurrences and statement is not found[0]


def _reads_itself(program: Program, statement: syntax.Statement) -> bool:
    """Whether a definition that is no recurrence reads its own name, which is reported.

    What its indices would mean is not known, so they are not looked at.
    """
    if not isinstance(statement, syntax.Definition):
        return False
    name = statement.target.name
    read = (m.reference.name for m in syntax.mentions(statement.body) if not m.variable)
    return name not in program.recurrences and name in read


def _default_axes(program: Program, axes: tuple[Extent, ...]) -> None:
    """What only a delta carries takes its extent from the result's axis."""
    symbol = program.symbols.tensors.get(RESULT)
    if symbol is not None and symbol.rank == len(axes):
        for slot, length in enumerate(axes):
            program.unifier.default_extent((RESULT, slot), length)


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


def _starts(program: Program, built: list[tuple[Equation, Built]]) -> dict[str, list[Start]]:
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
