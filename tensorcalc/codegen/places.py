"""Views, look-ups and assembled results: everything that is about places, not values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tensorcalc.arrays.nodes import AffineMap, Gather, Input, Pick, Place, View
from tensorcalc.arrays.places import surely_nonnegative
from tensorcalc.codegen.code import ATOM, PRODUCT, SUM, Code
from tensorcalc.codegen.dialect import edge_positions
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.expr import Edge, Extent, extent

__all__ = ["advanced", "gather", "is_plain", "reach", "require_inside", "view"]


def is_plain(place: Place) -> bool:
    """Whether a place is one axis and nothing else."""
    return (
        isinstance(place, AffineMap)
        and len(place.terms) == 1
        and place.terms[0][1] == 1
        and not place.constant.terms
    )


def view(emitter: Emitter, node: View) -> Code:
    """An array read at affine places."""
    code = emitter.code[node.operand]
    if code.kind == "python":
        text = emitter.dialect.constant(emitter.sizes.shape(node.shape), code.text)
        return Code(text, ATOM, tuple(range(len(node.shape))))
    if emitter.uses.get(node.operand, 0) > 1:
        code = replace(code, owned=False)
    require_inside(emitter, node)
    code, maps, sizes = _padded(emitter, code, node)
    maps = [maps[k] for k in code.axes]
    inside = [sizes[k] for k in code.axes]
    if all(len(m.terms) <= 1 for m in maps):
        code = _sliced(emitter, code, maps, inside, node.shape)
    else:
        code = _windows(emitter, code, maps, node.shape)
    missing = [k for k in range(len(node.shape)) if k not in code.axes]
    if not missing:
        return code
    order = [k for k in range(len(node.shape)) if k in code.axes]
    text = emitter.permuted(code, code.axes, order)
    if order != list(range(len(node.shape) - len(order), len(node.shape))):
        index = ", ".join("None" if k in missing else ":" for k in range(len(node.shape)))
        text = f"{text}[{index}]"
    text = emitter.dialect.broadcast(text, emitter.sizes.shape(node.shape))
    return Code(text, ATOM, tuple(range(len(node.shape))), code.kind, owned=False)


def require_inside(emitter: Emitter, node: View) -> None:
    """Remember what the sizes must satisfy, so that no place outside an array is read."""
    what = node.operand.name if isinstance(node.operand, Input) else "a definition"
    for axis, (m, edge) in enumerate(zip(node.maps, node.edges, strict=True)):
        if edge is not Edge.INSIDE or (m.terms and is_plain(m) and _same(node, axis)):
            continue
        low, high = reach(m, node.shape)
        for room in (low, node.operand.shape[axis] - 1 - high):
            steps = any(name.startswith("%") for name in room.names())
            if not steps and not surely_nonnegative(room):
                emitter.rooms[room] = f"{what} is read outside its axis {axis}"


def _same(node: View, axis: int) -> bool:
    return node.shape[node.maps[axis].terms[0][0]] is node.operand.shape[axis]


def reach(m: AffineMap, shape: Sequence[Extent]) -> tuple[Extent, Extent]:
    """The smallest and largest place, over axes of ``shape``."""
    low = high = m.constant
    for axis, coefficient in m.terms:
        far = (shape[axis] - 1) * coefficient
        if coefficient < 0:
            low = low + far
        else:
            high = high + far
    return low, high


def _padded(
    emitter: Emitter, code: Code, node: View
) -> tuple[Code, list[AffineMap], list[Extent | None]]:
    """Extend axes that are read outside their range; places are moved to match.

    Also returns the extents, None where an axis was extended.
    """
    maps = list(node.maps)
    sizes: list[Extent | None] = list(node.operand.shape)
    amounts: list[tuple[str, str] | None] = [None] * len(maps)
    for axis, (m, edge) in enumerate(zip(node.maps, node.edges, strict=True)):
        if edge is Edge.INSIDE:
            continue
        size = node.operand.shape[axis]
        low, high = reach(m, node.shape)
        before, after = extent(0) - low, high - size + 1
        if _at_every_step(emitter, low) and _at_every_step(emitter, extent(0) - after):
            continue
        first, start = _clipped(emitter, before)
        last, _ = _clipped(emitter, after)
        maps[axis] = AffineMap(m.terms, m.constant + start)
        sizes[axis] = None
        if edge is Edge.ZERO:
            amounts[list(code.axes).index(axis)] = (first, last)
        else:
            code = _folded(emitter, code, axis, edge, (first, last), size)
    if any(a is not None for a in amounts):
        real = emitter.real(code) if code.kind == "boolean" else code
        text = emitter.dialect.pad(real.text, amounts)
        code = replace(real, text=text, level=ATOM, owned=True)
    return code, maps, sizes


def _at_every_step(emitter: Emitter, room: Extent) -> bool:
    """Whether ``room`` is 0 or more at the first and at the last step of each loop around.

    It is linear in the number of the step.
    """
    if surely_nonnegative(room):
        return True
    for step in room.names() & emitter.steps.keys():
        last = emitter.steps[step] - 1
        ends = (room.substitute({step: extent(0)}), room.substitute({step: last}))
        return all(_at_every_step(emitter, end) for end in ends)
    return False


def _clipped(emitter: Emitter, amount: Extent) -> tuple[str, Extent]:
    """``max(0, amount)`` as source, and as an extent."""
    if surely_nonnegative(amount):
        return emitter.sizes.text(amount), amount
    if surely_nonnegative(extent(0) - amount):
        return "0", extent(0)
    name = emitter.names.counted("pad")
    emitter.line(f"{name} = max(0, {emitter.sizes.text(amount)})")
    emitter.sizes.local[f"%{name}"] = name
    return name, extent(f"%{name}")


def _folded(
    emitter: Emitter, code: Code, axis: int, edge: Edge, amounts: tuple[str, str], size: Extent
) -> Code:
    place = list(code.axes).index(axis)
    length = emitter.sizes.text(size, ATOM)
    positions = emitter.names.counted("places")
    before, after = amounts
    start = f"-{before}" if before.isidentifier() or before.isdigit() else f"-({before})"
    run = emitter.dialect.arange(start, f"{length} + {after}")
    emitter.line(f"{positions} = {edge_positions(edge, run, length)}")
    text = emitter.dialect.take(code.at_most(SUM), positions, place)
    if emitter.dialect.name == "torch":
        text = emitter.dialect.take(code.at_most(ATOM), positions, place)
    return replace(code, text=text, level=ATOM, owned=True)


def _sliced(
    emitter: Emitter,
    code: Code,
    maps: Sequence[AffineMap],
    inside: Sequence[Extent | None],
    shape: Sequence[Extent],
) -> Code:
    """Components, slices with steps, and diagonals."""
    index: list[str] = []
    left: list[int] = []
    flipped: list[int] = []
    for m, size in zip(maps, inside, strict=True):
        if not m.terms:
            index.append(emitter.sizes.text(m.constant))
            continue
        ((axis, step),) = m.terms
        left.append(axis)
        whole = step == 1 and not m.constant.terms and shape[axis] is size
        index.append(":" if whole else _slice(emitter, m, shape[axis]))
        if step < 0:
            flipped.append(len(left) - 1)
    text = code.text
    level = code.level
    while index and index[-1] == ":":
        index.pop()
    if index:
        text, level = f"{code.at_most(ATOM)}[{', '.join(index)}]", ATOM
    for place in flipped:
        text = emitter.dialect.flip(text, place)
    order = left
    if len(set(left)) < len(left):
        base = text if level == ATOM else f"({text})"
        text, order = emitter.dialect.diagonal(base, left)
        level = ATOM
    owned = code.owned and text == code.text
    return Code(text, level, tuple(order), code.kind, owned)


def _slice(emitter: Emitter, m: AffineMap, size: Extent) -> str:
    ((_, step),) = m.terms
    text = emitter.sizes.text
    if step == 1:
        stop = text(m.constant + size)
        return f"{text(m.constant)}:{stop}" if m.constant.terms else f":{stop}"
    first = m.constant if step > 0 else m.constant + (size - 1) * step
    last = first + (size - 1) * abs(step) + 1
    start = text(first) if first.terms else ""
    return f"{start}:{text(last)}" + (f":{abs(step)}" if abs(step) > 1 else "")


def _windows(
    emitter: Emitter, code: Code, maps: Sequence[AffineMap], shape: Sequence[Extent]
) -> Code:
    """Overlapping windows: a strided view of the same memory.

    Torch knows no negative strides: an axis that is read backwards is turned around afterwards;
    one that is read in both directions (``x_{i-u} x_{j+u}``) needs arrays of positions.
    """
    emitter.needs_strides = emitter.dialect.name == "numpy"
    flipped: set[int] = set()
    if emitter.dialect.name == "torch":
        flipped = {a for m in maps for a, c in m.terms if c < 0}
        if flipped & {a for m in maps for a, c in m.terms if c > 0}:
            base, indices, indexed, rest = advanced(emitter, code.at_most(ATOM), maps, shape)
            return Code(f"{base}[{', '.join(indices)}]", ATOM, (*indexed, *rest), code.kind)
    starts: list[str] = []
    for m in maps:
        constant = m.constant
        for axis, coefficient in m.terms:
            if axis in flipped:
                constant = constant + (shape[axis] - 1) * coefficient
        starts.append(f"{emitter.sizes.text(constant)}:" if constant.terms else ":")
    while starts and starts[-1] == ":":
        starts.pop()
    base = code.at_most(ATOM)
    if starts:
        base = f"{base}[{', '.join(starts)}]"
    if not base.isidentifier():
        name = emitter.names.temporary()
        emitter.line(f"{name} = {base}")
        base = name
    # In the order in memory, the longer one of two last: what is copied runs along it.
    in_memory = [
        axis
        for m in maps
        for axis in sorted((a for a, _ in m.terms), key=lambda a: emitter.numbers(shape[a]))
    ]
    present = list(dict.fromkeys(in_memory))
    strides = [
        [
            (place, abs(c) if axis in flipped else c)
            for place, m in enumerate(maps)
            for a, c in m.terms
            if a == axis
        ]
        for axis in present
    ]
    sizes = emitter.sizes.shape([shape[a] for a in present])
    text = emitter.dialect.windows(base, sizes, strides)
    for axis in sorted(flipped):
        text = emitter.dialect.flip(text, present.index(axis))
    name = emitter.names.counted("windows")
    emitter.line(f"{name} = {text}")
    text = name
    return Code(text, ATOM, tuple(present), code.kind, owned=False)


def gather(emitter: Emitter, node: Gather) -> Code:
    """Components by integer arrays. Single integers give a view, arrays a new array."""
    code = emitter.code[node.operand]
    places = [node.places[k] for k in code.axes]
    picks = [(n, p) for n, p in enumerate(places) if isinstance(p, Pick)]
    plain = [p.terms[0][0] for p in places if isinstance(p, AffineMap)]
    looked = {k for _, p in picks for k in p.labels}
    if len(picks) == 1 and not looked & set(plain) and len(set(plain)) == len(plain):
        axis, pick = picks[0]
        positions = emitter.code[pick.array]
        index = ", ".join([":"] * axis + [positions.text])
        order: list[int] = []
        for place in places:
            order.extend(
                positions.labels(pick.labels) if isinstance(place, Pick) else [place.terms[0][0]]
            )
        # At one place it is a view: what it reads must not be overwritten.
        text = f"{code.at_most(ATOM)}[{index}]"
        return Code(text, ATOM, tuple(order), code.kind, owned=bool(looked))
    base, indices, indexed, rest = advanced(emitter, code.at_most(ATOM), places, node.shape)
    text = f"{base}[{', '.join(indices)}]"
    return Code(text, ATOM, (*indexed, *rest), code.kind, owned=bool(indexed))


def advanced(
    emitter: Emitter, base: str, places: Sequence[Place], shape: Sequence[Extent]
) -> tuple[str, list[str], list[int], list[int]]:
    """Index by arrays: the array with indexed axes first, the indices, and both groups of labels.

    An axis is indexed by an array where it is looked up, or where its label also stands in
    a look-up or on another axis.
    """
    plain = [k for p in places if isinstance(p, AffineMap) for k, _ in p.terms]
    looked = {k for p in places if isinstance(p, Pick) for k in p.labels}
    shared = looked | {k for k in plain if plain.count(k) > 1}
    by_array = [
        n
        for n, p in enumerate(places)
        if isinstance(p, Pick) or not is_plain(p) or p.terms[0][0] in shared
    ]
    rest = [n for n in range(len(places)) if n not in by_array]
    order = [*by_array, *rest]
    if order != list(range(len(order))):
        base = emitter.dialect.permute(base, order)
    labels: list[int] = []
    for n in by_array:
        place = places[n]
        own = place.labels if isinstance(place, Pick) else [k for k, _ in place.terms]
        labels.extend(k for k in own if k not in labels)
    texts: list[str] = []
    for n in by_array:
        place = places[n]
        if isinstance(place, Pick):
            code = emitter.aligned(emitter.code[place.array], place.labels, labels)
            texts.append(code.text)
        else:
            texts.append(_positions(emitter, place, labels, shape))
    left = [_label(places[n]) for n in rest]
    return base, texts, labels, left


def _label(place: Place) -> int:
    assert isinstance(place, AffineMap)
    return place.terms[0][0]


def _positions(
    emitter: Emitter, place: AffineMap, labels: Sequence[int], shape: Sequence[Extent]
) -> str:
    """An affine place as an integer array over ``labels``."""
    text = ""
    for label, coefficient in place.terms:
        run = emitter.dialect.arange("0", emitter.sizes.text(shape[label]))
        after = len(labels) - 1 - list(labels).index(label)
        if after:
            run += f"[:{', None' * after}]"
        sign = "-" if coefficient < 0 else "+"
        term = run if abs(coefficient) == 1 else f"{abs(coefficient)} * {run}"
        text = f"{text} {sign} {term}" if text else (f"-{term}" if sign == "-" else term)
    constant = place.constant
    if not text:
        return emitter.sizes.text(constant)
    if constant.terms:
        text += f" + {emitter.sizes.text(constant, PRODUCT)}"
    return text
