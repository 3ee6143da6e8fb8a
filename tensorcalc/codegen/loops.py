"""Recurrences: a buffer for each state, and a loop that fills them row by row."""

from __future__ import annotations

from collections.abc import Callable

from tensorcalc.arrays.nodes import Array, Loop, operands, topological
from tensorcalc.arrays.recurrence import inside
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.expr import extent

__all__ = ["write_loop"]


def write_loop(emitter: Emitter, node: Loop, emit: Callable[[Array], None]) -> Code:
    """Write the loop. What it reads from outside has a name, so that it is computed once."""
    stepped = inside(node)
    for inner in stepped:
        for operand in operands(inner):
            if operand not in stepped and emitter.code[operand].kind != "python":
                emitter.variable(operand)
    names: list[str] = []
    for state in node.states:
        extended = state.shape[0] is not node.length
        name = emitter.names.take(f"{state.name}_rows" if extended else state.name)
        names.append(name)
        zeros = emitter.dialect.zeros(emitter.sizes.shape(state.shape))
        emitter.line(f"{name} = {zeros}")
        axes = tuple(range(len(state.shape)))
        emitter.code[state] = Code(name, ATOM, axes, owned=False)
    for number, row, array in node.starts:
        emitter.line(f"{names[number]}[{row}] = {_row(emitter, array)}")
    step = emitter.names.take(node.step[1:].split(" ")[0])
    emitter.sizes.local[node.step] = step
    emitter.steps[node.step] = node.length
    length = emitter.sizes.text(node.length)
    first = min(node.first)
    if node.backward:
        emitter.line(f"for {step} in range({length} - 1, -1, -1):")
    else:
        emitter.line(f"for {step} in range({f'{first}, ' if first else ''}{length}):")
    emitter.depth += 1
    for number, body in enumerate(node.bodies):
        for inner in topological([body]):
            if inner in stepped and inner not in emitter.code:
                emit(inner)
        place = emitter.sizes.text(extent(node.step) + node.states[number].before)
        line = f"{names[number]}[{place}] = {_row(emitter, body)}"
        if node.first[number] > first:
            line = f"if {step} >= {node.first[number]}: {line}"
        emitter.line(line)
    emitter.depth -= 1
    return Code("None", ATOM, (), "python")


def _row(emitter: Emitter, array: Array) -> str:
    code = emitter.code[array]
    if code.kind == "python":
        return code.text
    return emitter.permuted(code, code.axes, list(range(len(code.axes))))
