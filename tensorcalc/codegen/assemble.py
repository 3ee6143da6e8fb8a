"""Assembled results: zeros, or a dense array, into which pieces are added at their places."""

from __future__ import annotations

from collections.abc import Sequence

from tensorcalc.arrays.nodes import AffineMap, Assemble, Pick, Piece, Place
from tensorcalc.arrays.places import surely_nonnegative
from tensorcalc.codegen.code import ATOM, SUM, Code
from tensorcalc.codegen.elementwise import is_fresh
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.codegen.places import advanced, is_plain, reach
from tensorcalc.expr import Extent
from tensorcalc.plan import SizeTable

__all__ = ["assemble", "loop_labels"]


def assemble(emitter: Emitter, node: Assemble) -> Code:
    """Write the statements that fill a new array; its name is the result."""
    name = emitter.names.take(emitter.preferred(node) or emitter.names.counted("dense"))
    order = _memory_order(emitter, node)
    comment = emitter.comment(node, Code(name, ATOM, order))
    array = node
    node = Assemble(
        tuple(node.shape[k] for k in order), tuple(_turned(p, order) for p in node.pieces)
    )
    base = next((p for p in node.pieces if _covers(p, node)), None)
    result = Code(name, ATOM, order)
    rest = [p for p in node.pieces if p is not base]
    if base is not None:
        code = emitter.real(emitter.code[base.array])
        labels = [_label(p) for p in base.places]
        aligned = emitter.aligned(code, base.labels, labels)
        if is_fresh(aligned):
            text = aligned.base or aligned.text
        else:
            text = emitter.dialect.copy(aligned.at_most(ATOM))
        emitter.line(f"{name} = {text}{comment}")
        for update in aligned.updates if is_fresh(aligned) else ():
            emitter.line(update.format(name))
    else:
        shape = emitter.sizes.shape(node.shape)
        emitter.line(f"{name} = {emitter.dialect.zeros(shape)}{comment}")
    fresh = base is None and len(rest) == 1
    for piece in rest:
        _write(emitter, name, node, piece, "=" if fresh else "+=")
    emitter.code[array] = result
    return result


def _memory_order(emitter: Emitter, node: Assemble) -> tuple[int, ...]:
    """The order of axes in memory: that of slices which are added, if there is one piece."""
    order = range(len(node.shape))
    (piece, *others) = node.pieces
    code = emitter.code[piece.array]
    maps = [p for p in piece.places if isinstance(p, AffineMap)]
    if others or len(maps) < len(order) or code.kind == "python":
        return tuple(order)
    loops = loop_labels(piece, emitter.numbers)
    present = code.labels(piece.labels)
    moving = [[k for k, _ in m.terms if k in present and k not in loops] for m in maps]
    if not loops or not all(moving):
        return tuple(order)
    return tuple(sorted(order, key=lambda axis: present.index(moving[axis][0])))


def _turned(piece: Piece, order: Sequence[int]) -> Piece:
    places = tuple(piece.places[k] for k in order)
    return Piece(piece.array, piece.labels, piece.extents, places)


def _covers(piece: Piece, node: Assemble) -> bool:
    """Whether a piece is a dense array of the whole shape."""
    if not all(is_plain(p) for p in piece.places):
        return False
    labels = [_label(p) for p in piece.places]
    return (
        len(set(labels)) == len(labels)
        and sorted(piece.labels) == sorted(labels)
        and all(piece.extents[k] is size for k, size in zip(labels, node.shape, strict=True))
    )


def _label(place: Place) -> int:
    assert isinstance(place, AffineMap)
    return place.terms[0][0]


def _write(emitter: Emitter, name: str, node: Assemble, piece: Piece, how: str) -> None:
    if any(isinstance(p, Pick) for p in piece.places):
        _scatter(emitter, name, piece)
        return
    if all(
        is_plain(p) and piece.extents[_label(p)] is size
        for p, size in zip(piece.places, node.shape, strict=True)
    ):
        labels = [_label(p) for p in piece.places]
        target = f"{name}[...]"
        if len(set(labels)) < len(labels):
            contiguous = not any(_covers(p, node) for p in node.pieces)
            text, labels = _diagonal(emitter, name, labels, piece.extents, contiguous)
            target = text
        elif how == "+=":
            target = name
        code = _only(emitter, piece, labels)
        emitter.line(f"{target} {how} {code.text}")
        return
    _looped(emitter, name, node, piece)


def _diagonal(
    emitter: Emitter,
    name: str,
    labels: Sequence[int],
    extents: Sequence[Extent],
    contiguous: bool,
) -> tuple[str, list[int]]:
    """A writable diagonal, as something that can be assigned to."""
    if len(labels) == 2 and emitter.dialect.name == "numpy" and contiguous:
        size = emitter.sizes.text(extents[labels[0]])
        return f"{name}.reshape(-1)[:: {size} + 1]", [labels[0]]
    text, order = emitter.dialect.diagonal(name, labels)
    return f"{text}[...]", order


def _only(emitter: Emitter, piece: Piece, labels: Sequence[int]) -> Code:
    """The piece's array with axes in the order of ``labels``."""
    code = emitter.code[piece.array]
    return emitter.aligned(code, piece.labels, labels)


def _scatter(emitter: Emitter, name: str, piece: Piece) -> None:
    """Add at places that integer arrays hold, which may repeat."""
    for place in piece.places:
        if isinstance(place, AffineMap) and not is_plain(place):
            assert not place.terms, "a window and a look-up in one piece"
    name, places = _at_constants(emitter, name, piece.places)
    base, indices, indexed, rest = advanced(emitter, name, places, piece.extents)
    looked = {k for p in places if isinstance(p, Pick) for k in p.labels}
    plain = {p.terms[0][0] for p in places if isinstance(p, AffineMap)}
    unseen = [k for k in range(len(piece.extents)) if k not in indexed and k not in rest]
    code = emitter.real(emitter.code[piece.array])
    text = emitter.aligned(code, piece.labels, [*unseen, *indexed, *rest]).text
    assert not unseen
    if looked <= plain:  # every target is written once
        emitter.line(f"{base}[{', '.join(indices)}] += {text}")
        return
    if code.kind == "python" and emitter.dialect.name == "torch":
        text = f"{base}.new_tensor({text})"
    positions = f"({', '.join(indices)}{',' * (len(indices) == 1)})"
    emitter.line(emitter.dialect.scatter(base, positions, text))


def _at_constants(
    emitter: Emitter, name: str, places: Sequence[Place]
) -> tuple[str, tuple[Place, ...]]:
    """The part of an array at the components that are fixed: a view, in which to add."""
    fixed = [isinstance(p, AffineMap) and not p.terms for p in places]
    if not any(fixed):
        return name, tuple(places)
    shown = [
        emitter.sizes.text(p.constant) if f and isinstance(p, AffineMap) else ":"
        for p, f in zip(places, fixed, strict=True)
    ]
    left = tuple(p for p, f in zip(places, fixed, strict=True) if not f)
    return f"{name}[{', '.join(shown)}]", left


def _looped(emitter: Emitter, name: str, node: Assemble, piece: Piece) -> None:
    """Add at affine places: slices, with a loop over all but one label of each place."""
    maps = [p for p in piece.places if isinstance(p, AffineMap)]
    loops = loop_labels(piece, emitter.numbers)
    variables = {k: emitter.names.counted("r") for k in loops}
    code = emitter.variable(piece.array) if _needs_name(emitter, piece) else None
    code = code if code is not None else emitter.code[piece.array]
    indent = ""
    for label in loops:
        size = emitter.sizes.text(piece.extents[label])
        emitter.line(f"{indent}for {variables[label]} in range({size}):")
        indent += "    "
    ranges, tests = _ranges(emitter, node, piece, maps, variables, indent)
    tests += [f"{r[0]} < {r[1]}" for r in ranges.values() if r is not None]
    if tests:
        emitter.line(f"{indent}if {' and '.join(tests)}:")
        indent += "    "
    index: list[str] = []
    left: list[int] = []
    backwards: set[int] = set()
    for m, length in zip(maps, node.shape, strict=True):
        moving = [(k, c) for k, c in m.terms if k not in variables]
        offset = _offset(emitter, m, variables)
        if not moving:
            index.append(offset or "0")
            continue
        ((label, step),) = moving
        left.append(label)
        if step < 0:
            backwards.add(label)
        index.append(_target_slice(emitter, label, step, offset, ranges, piece, length))
    text = f"{name}[{', '.join(index)}]"
    if len(set(left)) < len(left):
        text, left = emitter.dialect.diagonal(text, left)
        text += "[...]"
    value = _source(emitter, code, piece, left, variables, ranges, backwards)
    emitter.line(f"{indent}{text} += {value}")


def _needs_name(emitter: Emitter, piece: Piece) -> bool:
    return emitter.code[piece.array].kind != "python"


def loop_labels(piece: Piece, sizes: SizeTable) -> list[int]:
    """Labels to loop over, so that each place moves with one label, forwards if it can."""
    maps = [p for p in piece.places if isinstance(p, AffineMap)]
    loops: list[int] = []
    for m in maps:
        moving = sorted(
            (t for t in m.terms if t[0] not in loops),
            key=lambda t: (t[1] < 0, -sizes(piece.extents[t[0]])),
        )
        loops.extend(k for k, _ in moving[1:])
    steps: dict[int, set[bool]] = {}
    for m in maps:
        for label, step in m.terms:
            if label not in loops:
                steps.setdefault(label, set()).add(step > 0)
    loops.extend(k for k, signs in steps.items() if len(signs) > 1)
    # What a place does not depend on is summed before: it never needs a loop.
    return sorted(set(loops))


def _offset(emitter: Emitter, m: AffineMap, variables: dict[int, str]) -> str:
    """The part of a place that is fixed inside the loops."""
    text = ""
    for label, step in m.terms:
        if label not in variables:
            continue
        term = variables[label] if abs(step) == 1 else f"{abs(step)} * {variables[label]}"
        if text:
            text += f" - {term}" if step < 0 else f" + {term}"
        else:
            text = f"-{term}" if step < 0 else term
    if m.constant.terms:
        constant = emitter.sizes.text(m.constant)
        if not text:
            return constant
        text += f" - {constant[1:]}" if constant.startswith("-") else f" + {constant}"
    return text


def _ranges(
    emitter: Emitter,
    node: Assemble,
    piece: Piece,
    maps: Sequence[AffineMap],
    variables: dict[int, str],
    indent: str,
) -> tuple[dict[int, tuple[str, str] | None], list[str]]:
    """Which part of a piece is inside the result.

    Returns:
        For each label that moves the part of its range, None for all of it; and what must hold
        for the places that do not move.
    """
    found: dict[int, tuple[str, str] | None] = {}
    lows: dict[int, list[str]] = {}
    highs: dict[int, list[str]] = {}
    tests: list[str] = []
    for m, size in zip(maps, node.shape, strict=True):
        low, high = reach(m, piece.extents)
        inside = surely_nonnegative(low) and surely_nonnegative(size - 1 - high)
        moving = [(k, c) for k, c in m.terms if k not in variables]
        for label, _ in moving:
            found.setdefault(label, None)
        if inside or (is_plain(m) and piece.extents[m.terms[0][0]] is size):
            continue
        length = emitter.sizes.text(size)
        offset = _offset(emitter, m, variables)
        if not moving:
            beyond = f"{offset or '0'} < {length}"
            tests.append(beyond if surely_nonnegative(low) else f"0 <= {beyond}")
            continue
        ((label, step),) = moving
        begin, end = _bounds_text(offset, length, step)
        lows.setdefault(label, []).append(begin)
        highs.setdefault(label, []).append(end)
    for label in lows:
        first, last = emitter.names.counted("lo"), emitter.names.counted("hi")
        count = emitter.sizes.text(piece.extents[label])
        emitter.line(
            f"{indent}{first}, {last} = max(0, {', '.join(lows[label])}), "
            f"min({count}, {', '.join(highs[label])})"
        )
        found[label] = (first, last)
    return found, tests


def _bounds_text(offset: str, length: str, step: int) -> tuple[str, str]:
    """Where ``0 <= step * a + offset < length`` begins and ends to hold."""
    start = f"({offset})" if offset else "0"
    if step == 1:
        return f"-{start}", f"{length} - {start}"
    if step > 1:
        return f"-({start} // {step})", f"({length} - 1 - {start}) // {step} + 1"
    size = -step
    return f"-(({length} - 1 - {start}) // {size})", f"{start} // {size} + 1"


def _target_slice(
    emitter: Emitter,
    label: int,
    step: int,
    offset: str,
    ranges: dict[int, tuple[str, str] | None],
    piece: Piece,
    length: Extent,
) -> str:
    limits = ranges[label]
    if limits is None and step == 1 and not offset and piece.extents[label] is length:
        return ":"
    size = emitter.sizes.text(piece.extents[label])
    low, high = limits if limits is not None else ("0", size)
    plus = f" + {offset}" if offset and not offset.startswith("-") else ""
    plus = plus or (f" - {offset[1:]}" if offset else "")
    if step == 1:
        begin = f"{low}{plus}" if low != "0" else offset
        return f"{begin}:{high}{plus}" if begin else f":{high}{plus}"
    if step > 1:
        begin = f"{step} * {low}{plus}" if low != "0" else offset or "0"
        return f"{begin}:{step} * ({high} - 1){plus} + 1:{step}"
    size_text = f" - {-step} * " if step < -1 else " - "
    base = offset or "0"
    by = f":{-step}" if step < -1 else ""
    return f"{base}{size_text}({high} - 1):{base}{size_text}{low} + 1{by}"


def _source(
    emitter: Emitter,
    code: Code,
    piece: Piece,
    left: Sequence[int],
    variables: dict[int, str],
    ranges: dict[int, tuple[str, str] | None],
    backwards: set[int],
) -> str:
    """The part of the piece that is added in one turn of the loops."""
    if code.kind == "python":
        return code.text
    present = code.labels(piece.labels)
    index: list[str] = []
    kept: list[int] = []
    for label in present:
        if label in variables:
            index.append(variables[label])
            continue
        kept.append(label)
        limits = ranges.get(label)
        index.append(":" if limits is None else f"{limits[0]}:{limits[1]}")
    while index and index[-1] == ":":
        index.pop()
    text = f"{code.at_most(ATOM)}[{', '.join(index)}]" if index else code.at_most(ATOM)
    for label in backwards:
        if label in kept:
            text = emitter.dialect.flip(text, kept.index(label))
    inner = Code(text, ATOM, tuple(range(len(kept))), code.kind)
    return emitter.aligned(inner, kept, list(left)).at_most(SUM)
