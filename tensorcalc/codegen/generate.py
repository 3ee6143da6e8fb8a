"""From an ordered graph to source text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from tensorcalc.arrays.nodes import (
    Add,
    AffineMap,
    Array,
    Assemble,
    Compare,
    Einsum,
    Gather,
    Input,
    Iota,
    Loop,
    Map,
    Pick,
    Scalar,
    Solve,
    Stacked,
    State,
    View,
    Whole,
    operands,
    topological,
)
from tensorcalc.arrays.recurrence import inside
from tensorcalc.arrays.rewrite import use_counts
from tensorcalc.codegen.assemble import assemble, loop_labels
from tensorcalc.codegen.code import ATOM, Code, Kind
from tensorcalc.codegen.contraction import contraction, is_contraction, total
from tensorcalc.codegen.dialect import Backend, dialect_of
from tensorcalc.codegen.elementwise import add, multiply, scalar
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.codegen.extents import SizeSource, find_sizes
from tensorcalc.codegen.functions import compare, pointwise, whole
from tensorcalc.codegen.lifetimes import with_deletions
from tensorcalc.codegen.loops import write_loop
from tensorcalc.codegen.names import Names
from tensorcalc.codegen.natives import find_natives, unpooled, write_native
from tensorcalc.codegen.places import gather, is_plain, view
from tensorcalc.codegen.rooms import rooms_of
from tensorcalc.codegen.solving import factored, solve
from tensorcalc.expr import Equations, Extent, Tensor
from tensorcalc.ops import support_source
from tensorcalc.plan import Ordered, SizeTable

__all__ = ["Generated", "generate"]

#: An array of this many entries is deleted after its last use,
LARGE = 2**20
#: and every array in a kernel of this many variables.
MANY = 100


@dataclass(frozen=True, slots=True)
class Generated:
    """Source of a function ``kernel``, and how to call it.

    Attributes:
        source: The text.
        inputs: The tensors it takes, in the order of its parameters.
        outputs: The names it returns, in order.
        labels: Integer inputs, and the extent that their numbers must stay below.
        fixed: Sizes that stand in the source as numbers.
        rooms: Extents that must not be negative, and what is wrong where one is.
    """

    source: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[str, ...]
    labels: tuple[tuple[str, Extent], ...]
    fixed: tuple[tuple[str, int], ...]
    rooms: tuple[tuple[Extent, str], ...]


def generate(
    ordered: Ordered,
    equations: Equations,
    backend: Backend,
    given: Mapping[str, int],
    description: str,
) -> Generated:
    """Return readable straight-line source for what ``ordered`` holds."""
    outputs = list(ordered.graph.outputs)
    roots = [array for _, array in outputs]
    dialect = dialect_of(backend)
    names = Names()
    nodes = list(topological(roots))
    stepped = {n for loop in nodes if isinstance(loop, Loop) for n in inside(loop)}
    natives = find_natives(nodes, stepped, roots, ordered.sizes, backend)

    def reads(node: Array) -> tuple[Array, ...]:
        return natives[node].operands if node in natives else operands(node)

    nodes = list(topological(roots, reads))
    uses = use_counts(roots, reads)
    read = {n.name for n in nodes if isinstance(n, Input)}
    taken = [t for t in equations.inputs if t.name in read]
    arguments = {t.name: names.take(t.name) for t in equations.inputs}
    builder = ordered.graph.builder
    wished: dict[Array, str] = {
        **builder.names,
        **{a: name for name, a in outputs if not isinstance(a, Input | Scalar)},
    }
    emitter = Emitter(
        dialect,
        names,
        ordered.sizes,
        uses,
        wished,
        builder.axis_names,
        wished_orders(
            [n for n in nodes if n not in natives], outputs, builder.orders, uses, ordered.sizes
        ),
    )
    emitter.unpooled = unpooled(natives[node] for node in nodes if node in natives)
    emitter.factored = factored((n for n in nodes if n not in stepped), backend)

    def emit(node: Array) -> None:
        native = natives.get(node)
        if native is not None:
            emitter.done(node, write_native(emitter, node, native))
        else:
            emitter.done(node, _code(emitter, node, arguments, emit))

    for node in nodes:
        if node not in stepped:
            emit(node)
    results = _results(emitter, outputs)
    labels = _label_limits(nodes)
    for _, size in labels:
        emitter.sizes.text(size)
    sources, numbers = find_sizes(
        list(emitter.sizes.used),
        taken,
        [t for t in equations.inputs if t.name not in read],
        given,
    )
    extra = {s.tensor for s in sources} - read
    inputs = tuple(t for t in equations.inputs if t.name in read or t.name in extra)
    header = _size_lines(emitter, sources, numbers, arguments, inputs)
    if any(re.search(r"\b(dtype|device)\b", line) for line in [*emitter.lines, results]):
        real = [arguments[t.name] for t in inputs if t.domain == "real"]
        header += dialect.dtype(real, [arguments[t.name] for t in inputs])
    # A long program would keep every adjoint until it returns.
    large = LARGE if len(emitter.entries) < MANY else 2
    worth = {name for name, entries in emitter.entries.items() if entries >= large}
    body = [*header, *with_deletions(emitter.lines, worth, results), results]
    parameters = ", ".join(arguments[t.name] for t in inputs)
    lines = [dialect.imports]
    if emitter.needs_strides:
        lines.append("from numpy.lib.stride_tricks import as_strided")
    if emitter.helpers:
        lines += ["", "", support_source(emitter.helpers)]
    lines += ["", "", f"def kernel({parameters}):", _docstring(description)]
    lines += [f"    {line}" for line in body]
    outer = tuple(name for name, _ in outputs)
    fixed = tuple(sorted(numbers.items()))
    rooms = tuple({**emitter.rooms, **rooms_of(equations)}.items())
    return Generated("\n".join(lines) + "\n", inputs, outer, labels, fixed, rooms)


def wished_orders(
    nodes: Sequence[Array],
    outputs: Sequence[tuple[str, Array]],
    known: Mapping[Array, tuple[int, ...]],
    uses: Mapping[Array, int],
    sizes: SizeTable,
) -> dict[Array, tuple[int, ...]]:
    """The order of axes that readers would like: that of a definition's indices.

    Pointwise nodes pass their wish on to what they alone read. A contraction wishes that its
    groups of indices stand together, an assembled array that the labels it moves along come last.
    """
    orders = dict(known)
    for _, array in outputs:
        orders[array] = tuple(range(len(array.shape)))
    for node in reversed(nodes):
        if isinstance(node, Einsum) and is_contraction(node):
            _wish_for_groups(node, orders, uses)
            continue
        if isinstance(node, Assemble):
            _wish_for_slices(node, orders, uses, sizes)
            continue
        order = orders.get(node)
        if order is None:
            continue
        if isinstance(node, Einsum):
            wish = [node.output[k] for k in order]
        elif isinstance(node, Map | Add):
            wish = list(order)
        elif isinstance(node, View) and all(map(is_plain, node.maps)):
            own = [m.terms[0][0] for m in node.maps]
            if len(set(own)) == len(own) == len(order):
                orders.setdefault(node.operand, tuple(own.index(k) for k in order))
            continue
        else:
            continue
        for operand, labels in zip(node.operands, node.labels, strict=True):
            present = [k for k in wish if k in labels]
            if uses.get(operand, 0) == 1 and len(present) == len(labels):
                orders.setdefault(operand, tuple(labels.index(k) for k in present))
    return orders


def _wish_for_groups(
    node: Einsum, orders: dict[Array, tuple[int, ...]], uses: Mapping[Array, int]
) -> None:
    one, other = node.labels
    flexible = [
        not isinstance(o, Input) and uses.get(o, 0) == 1 and o not in orders for o in node.operands
    ]
    model = other if flexible[0] else one
    summed = [k for k in model if k in one and k in other and k not in node.output]
    batch = [k for k in model if k in one and k in other and k in node.output]
    for operand, labels, free in zip(node.operands, node.labels, flexible, strict=True):
        if free and len(labels) > 2:
            own = [k for k in labels if k not in batch and k not in summed]
            wish = [*batch, *own, *summed]
            orders[operand] = tuple(labels.index(k) for k in wish)


def _wish_for_slices(
    node: Assemble,
    orders: dict[Array, tuple[int, ...]],
    uses: Mapping[Array, int],
    sizes: SizeTable,
) -> None:
    for piece in node.pieces:
        maps = [p for p in piece.places if isinstance(p, AffineMap)]
        if len(maps) < len(piece.places) or uses.get(piece.array, 0) > 1:
            continue
        loops = loop_labels(piece, sizes)
        moving = [k for m in maps for k, _ in m.terms if k not in loops]
        wish = [k for k in piece.labels if k not in moving]
        wish += [k for k in dict.fromkeys(moving) if k in piece.labels]
        if loops:
            orders.setdefault(piece.array, tuple(piece.labels.index(k) for k in wish))


def _code(
    emitter: Emitter, node: Array, arguments: Mapping[str, str], emit: Callable[[Array], None]
) -> Code:
    match node:
        case Input(name, shape, integer):
            axes = tuple(range(len(shape)))
            kind: Kind = "integer" if integer else "real"
            return Code(arguments[name], ATOM, axes, kind, owned=False)
        case Scalar():
            return scalar(emitter, node)
        case Einsum():
            return _einsum(emitter, node)
        case Map():
            return pointwise(emitter, node)
        case Add():
            return add(emitter, node)
        case Whole():
            return whole(emitter, node)
        case Solve():
            return solve(emitter, node)
        case View():
            return view(emitter, node)
        case Assemble():
            return assemble(emitter, node)
        case Gather():
            return gather(emitter, node)
        case Iota(size):
            return Code(
                emitter.dialect.arange("0", emitter.sizes.text(size)), ATOM, (0,), "integer"
            )
        case Compare():
            return compare(emitter, node)
        case Loop():
            return write_loop(emitter, node, emit)
        case Stacked(loop, number):
            return emitter.code[loop.states[number]]
        case State():
            raise AssertionError("a state is written by its loop")
        case _:
            assert_never(node)


def _einsum(emitter: Emitter, node: Einsum) -> Code:
    output = list(node.output)
    sums = {k for own in node.labels for k in own} - set(output)
    assert not sums or node.coefficient == 1, "coefficients stand alone"
    if is_contraction(node):
        first, second = (emitter.real(emitter.code[o]) for o in node.operands)
        order = emitter.order_of(node)
        wanted = None if order is None else [output[k] for k in order]
        text, level, labels, product = contraction(emitter, node, first, second, wanted)
        axes = tuple(output.index(k) for k in labels)
        return Code(text, level, axes, product=product)
    if len(node.operands) == 1 and len(set(node.labels[0])) > len(output):
        code = emitter.real(emitter.code[node.operands[0]])
        text, level, labels = total(emitter, node, code)
        return Code(text, level, tuple(output.index(k) for k in labels))
    return multiply(emitter, node)


def _results(emitter: Emitter, outputs: Sequence[tuple[str, Array]]) -> str:
    """The return statement. Outputs are new arrays, with axes in the order of their indices."""
    texts: list[str] = []
    seen: set[Array] = set()
    for _, array in outputs:
        code = emitter.code[array]
        memory: Array = array
        while isinstance(memory, View):
            memory = memory.operand
        if code.kind == "python":
            text = emitter.dialect.constant("()", code.text)
        else:
            code = emitter.real(code)
            text = emitter.permuted(code, code.axes, list(range(len(code.axes))))
            if not code.owned or isinstance(memory, Input) or memory in seen:
                text = emitter.dialect.copy(text)
            seen.add(memory)
        texts.append(text)
    if len(texts) == 1:
        return f"return {texts[0]}"
    pairs = ", ".join(f"{n!r}: {t}" for (n, _), t in zip(outputs, texts, strict=True))
    line = f"return {{{pairs}}}"
    if len(line) <= 92:
        return line
    rows = [f"        {n!r}: {t}," for (n, _), t in zip(outputs, texts, strict=True)]
    return "\n".join(["return {", *rows, "    }"])


def _size_lines(
    emitter: Emitter,
    sources: Sequence[SizeSource],
    numbers: Mapping[str, int],
    arguments: Mapping[str, str],
    inputs: Sequence[Tensor],
) -> list[str]:
    used = emitter.sizes.used
    lines = [f"{used[n]} = {v}" for n, v in numbers.items()]
    by_place = {(s.tensor, s.axis): s for s in sources if s.factor == 1 and not s.offset.terms}
    written: set[str] = set()
    for source in sources:
        if source.size in written:
            continue
        tensor = next(t for t in inputs if t.name == source.tensor)
        whole = [by_place.get((tensor.name, axis)) for axis in range(tensor.rank)]
        array = arguments[tensor.name]
        sizes = [s.size for s in whole if s is not None]
        if tensor.rank > 1 and len(sizes) == tensor.rank and not written & set(sizes):
            lines.append(f"{', '.join(used[s] for s in sizes)} = {array}.shape")
            written.update(sizes)
            continue
        text = f"{array}.shape[{source.axis}]"
        if source.offset.terms:
            text = f"{text} - ({emitter.sizes.text(source.offset)})"
        if source.factor != 1:
            text = f"({text}) // {source.factor}"
        lines.append(f"{used[source.size]} = {text}")
        written.add(source.size)
    return lines


def _docstring(description: str) -> str:
    text = description.replace("\\", "\\\\").replace('"', "'").strip()
    lines = text.splitlines() or [""]
    if len(lines) == 1:
        return f'    """{lines[0]}"""'
    inner = "\n".join(f"    {line}".rstrip() for line in lines[1:])
    return f'    """{lines[0]}\n{inner}\n    """'


def _label_limits(nodes: Sequence[Array]) -> tuple[tuple[str, Extent], ...]:
    """Which integer inputs are used as places, and of how long an axis."""
    found: dict[tuple[str, Extent], None] = {}
    for node in nodes:
        if isinstance(node, Gather):
            groups = [(node.places, node.operand.shape)]
        elif isinstance(node, Assemble):
            groups = [(p.places, node.shape) for p in node.pieces]
        else:
            continue
        for places, shape in groups:
            for place, size in zip(places, shape, strict=True):
                if isinstance(place, Pick):
                    source = place.array
                    while isinstance(source, View):
                        source = source.operand
                    if isinstance(source, Input):
                        found[source.name, size] = None
    return tuple(found)
