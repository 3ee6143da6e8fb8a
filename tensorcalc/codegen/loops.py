"""Recurrences: a buffer for each state, and a loop that fills them row by row."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from tensorcalc.arrays.nodes import Array, Loop, operands, topological
from tensorcalc.arrays.recurrence import inside
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.expr import extent

__all__ = ["write_loop"]


def write_loop(emitter: Emitter, node: Loop, emit: Callable[[Array], None]) -> Code:
    """Write the loop. What it reads from outside has a name, so that it is computed once."""
    stepped = inside(node)
    for inner in topological(node.bodies):
        for operand in operands(inner) if inner in stepped else ():
            if operand not in stepped and emitter.code[operand].kind != "python":
                emitter.variable(operand)
    names: list[str] = []
    for state in node.states:
        name = emitter.names.take(f"{state.name}_rows" if state.extended else state.name)
        names.append(name)
        zeros = emitter.dialect.zeros(emitter.sizes.shape(state.shape))
        emitter.line(f"{name} = {zeros}")
        axes = tuple(range(len(state.shape)))
        emitter.code[state] = Code(name, ATOM, axes, owned=False)
    for number, row, array in node.starts:
        emitter.line(f"{names[number]}[{row}] = {_row(emitter, array)}")
    wish = node.step[1:].split(" ")[0]
    step = emitter.step_names.get(wish) or emitter.names.take(wish)  # loops never nest
    emitter.step_names[wish] = step
    emitter.sizes.local[node.step] = step
    emitter.steps[node.step] = node.length
    start = min(s for s, _ in node.skipped)
    if node.backward:
        last = emitter.sizes.text(node.length - 1)
        emitter.line(f"for {step} in range({last}, {start - 1}, -1):")
    else:
        length = emitter.sizes.text(node.length)
        emitter.line(f"for {step} in range({f'{start}, ' if start else ''}{length}):")
    emitter.depth += 1
    for skipped, members in groupby(range(len(node.states)), key=lambda k: node.skipped[k]):
        test = _test(emitter, step, node, skipped[0] - start, skipped)
        known = set(emitter.code)
        if test:
            emitter.line(f"if {test}:")
            emitter.depth += 1
        for number in members:
            body, state = node.bodies[number], node.states[number]
            for inner in topological([body]):
                if inner in stepped and inner not in emitter.code:
                    emit(inner)
            place = emitter.sizes.text(extent(node.step) + (node.lags[number] + state.before))
            emitter.line(f"{names[number]}[{place}] = {_row(emitter, body)}")
        if test:
            emitter.depth -= 1
            for inner in [n for n in emitter.code if n not in known]:
                del emitter.code[inner]  # computed at some steps only
    emitter.depth -= 1
    return Code("None", ATOM, (), "python")


def _test(emitter: Emitter, step: str, node: Loop, late: int, skipped: tuple[int, int]) -> str:
    """What holds at the steps that are not skipped; "" if that is all of them."""
    parts: list[str] = []
    if late:
        parts.append(f"{step} >= {skipped[0]}")
    if skipped[1]:
        parts.append(f"{step} < {emitter.sizes.text(node.length - skipped[1])}")
    return " and ".join(parts)


def _row(emitter: Emitter, array: Array) -> str:
    code = emitter.code[array]
    if code.kind == "python":
        return code.text
    return emitter.permuted(code, code.axes, list(range(len(code.axes))))
