"""Single statements: the indices of the left side, the expression of the right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from tensorcalc.expr import Expr, Index, Level, affine, extent, substitute
from tensorcalc.language import syntax
from tensorcalc.language.accessing import Program
from tensorcalc.language.affine import is_size
from tensorcalc.language.building import Builder
from tensorcalc.language.parts import Part, Use, once
from tensorcalc.language.recurrences import Recurrence, constant_of, is_fixed
from tensorcalc.language.source import Span, cover
from tensorcalc.language.symbols import RESULT
from tensorcalc.language.unification import Window

__all__ = ["Built", "Equation", "build_statement"]

#: Letters that count: ``1/N_y`` is most often meant as a size.
_COUNTS = frozenset("NnKMDTBC")

Equation = syntax.Definition | syntax.Output | syntax.Given


@dataclass(slots=True)
class Built:
    """One equation after a pass: its indices and both sides."""

    indices: tuple[Index, ...]
    left: Expr | None
    right: Expr


def build_statement(program: Program, number: int, statement: Equation) -> Built:
    """Build one statement, in the dry pass or in the final one."""
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


def _build_definition(program: Program, number: int, statement: syntax.Definition) -> Built:
    target, body = statement.target, statement.body
    recurrence = program.recurrences.get(target.name)
    is_start = recurrence is not None and statement is not recurrence.main
    builder = Builder(program, number, None)
    builder.prepare((target, body))
    if recurrence is not None and not is_start:
        builder.recurrence = recurrence
    uses = _left_indices(builder, statement, recurrence)
    free = frozenset(uses)
    builder.free, builder.left_names = free, tuple(uses)
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
    return Built(indices, None, right)


def _left_indices(
    builder: Builder, statement: syntax.Definition, recurrence: Recurrence | None
) -> dict[str, Use]:
    """The indices of a left side, in order.

    A recurrence's step is one of them, the component of its start is not.
    """
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
                component = constant_of(entry)
                if program.dry and fits and component is not None and component >= 0:
                    made = Window(
                        (target.name, slot),
                        (),
                        extent(component),
                        entry.span,
                        reporter.source.slice(target.span),
                    )
                    program.unifier.window(made)
                continue
            shift = recurrence.shift
        if isinstance(entry, syntax.Plain) and is_size(builder, entry.name):
            reporter.error(
                "E302",
                f"{entry.name} is the name of a size, so it is no index",
                entry.span,
                f"give one of them another name, or declare the index: index {entry.name}",
            )
            continue
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


def _check_lone(builder: Builder, part: Part, left: dict[str, Use], body: syntax.Node) -> None:
    """Report open indices that are not on the left side."""
    reporter = builder.program.reporter
    lone = [u for u in once(part.uses) if u.name not in left]
    if not lone or reporter.found("E114", body.span):
        return
    word = _one_word(lone)
    if word is not None:
        reporter.error(
            "E102",
            f"indices {', '.join(u.name for u in lone)} appear once on the right and not on the "
            "left: neither summed nor free",
            word,
            f"for one index of that name write _<{reporter.source.slice(word)}>, or declare it: "
            f"index {reporter.source.slice(word)}",
        )
        return
    used = {u.name for u in part.uses}
    unused = [n for n in left if n not in used]
    waiting: Use | None = None
    for use in lone:
        # Two lone indices in one place are most often one index misspelt: one error, at the
        # second, which offers the first.
        later = lone[lone.index(use) + 1 :]
        if waiting is None and later and not _in_one_place(body, use, later[0]):
            waiting = use
            continue
        near = waiting.name if waiting else unused[0] if unused else None
        waiting = None
        hint = f"To sum a lone index, write sum_{use.name}"
        size = _like_a_size(builder, body, use)
        if size is not None:
            hint = (
                f"{size} is no size that is known: declare it, as in tensor x_{use.name} [{size}], "
                f"or write size({use.name}).  {hint}"
            )
        elif near is not None:
            spelled = _respelled(body, use, near)
            hint = f"did you mean {spelled}?  {hint}"
        else:
            hint = f"{hint}; to keep it, write it on the left"
        reporter.error(
            "E102",
            f"index {use.name} appears once on the right and not on the left: "
            "neither summed nor free",
            use.span,
            hint,
        )


def _one_word(lone: list[Use]) -> Span | None:
    """The place of lone indices that are the letters of one word."""
    adjacent = all(a.span.end == b.span.start for a, b in pairwise(lone))
    if len(lone) < 3 or not adjacent:
        return None
    return cover(lone[0].span, lone[-1].span)


def _like_a_size(builder: Builder, body: syntax.Node, use: Use) -> str | None:
    """``N_y`` with one lower index, of which nothing else is known, as it was written."""
    for mention in syntax.mentions(body):
        reference = mention.reference
        if use.span in (e.span for g in reference.groups for e in g.entries):
            symbol = builder.symbols.tensors.get(reference.name)
            unknown = symbol is not None and not symbol.declared and not symbol.defined
            if unknown and use.below and use.level is Level.LOWER and reference.name in _COUNTS:
                spelled = builder.program.reporter.source.slice(reference.span)
                return spelled if re.fullmatch(r"\w+", spelled) else None
    return None


def _in_one_place(body: syntax.Node, first: Use, second: Use) -> bool:
    """Whether two uses are indices of one access."""
    for mention in syntax.mentions(body):
        span = mention.reference.span
        if span.start <= first.span.start and second.span.end <= span.end:
            return True
    return False


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


def _build_output(program: Program, number: int, body: syntax.Node) -> Built:
    builder = Builder(program, number, None, alone=isinstance(body, syntax.Partial))
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
    return Built(tuple(map(builder.index, names)), None, part.expr)


def _build_given(program: Program, number: int, left: syntax.Node, right: syntax.Node) -> Built:
    """The open indices of both sides are free: the fact holds for each of their values."""
    builder = Builder(program, number, None)
    builder.prepare((left, right))
    _join_declared(program, builder)
    first = builder.build(left, frozenset())
    second = builder.build(right, frozenset())
    names = tuple(u.name for u in once((*first.uses, *second.uses)))
    return Built(tuple(map(builder.index, names)), first.expr, second.expr)
