"""Pooling, found in the graph, as Torch's native functions.

A maximum over windows is ``max_poolNd``, and a sum over windows is ``avg_poolNd`` with 1 as its
divisor: the factor of a mean stands apart in the graph. Torch pads maxima with minus infinity;
so what is read as zero beyond the edge is padded before.

The adjoint of a maximum adds a cotangent at the first largest place of each window. In the graph
that is a one-hot window times the cotangent, added at the places of the windows. ``max_poolNd``
tells these places, so no window is stored; where the maximum itself is wanted, it is pooled once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tensorcalc.arrays.nodes import AffineMap, Array, Assemble, Einsum, View, Whole
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.emitter import LONGEST_INLINE, Emitter
from tensorcalc.codegen.places import is_plain, require_inside
from tensorcalc.codegen.sliding import Fit, Slide, fitted, options
from tensorcalc.expr import Edge, extent

__all__ = ["Pooling", "Unpooling", "find_pooling", "find_unpooling", "pool", "unpool"]


@dataclass(frozen=True, slots=True)
class Pooling:
    """The view that is pooled, and how.

    Attributes:
        function: ``"max"`` or ``"sum"``.
        view: The windows.
        kept: Axes of what is viewed that are axes of the result as they are.
        sliding: The other ones, and what slides along them.
        result: For each axis of what is viewed, the axis of the result.
    """

    function: str
    view: View
    kept: tuple[int, ...]
    sliding: tuple[tuple[int, Slide], ...]
    result: tuple[int, ...]

    @property
    def operands(self) -> tuple[Array, ...]:
        """The one array that is read."""
        return (self.view.operand,)


def find_pooling(node: Array) -> Pooling | None:
    """The pooling that ``node`` computes, if it is one."""
    match node:
        case Whole(operation, (View() as view,), (labels,), batch, (bound,)) if (
            operation.name == "max"
        ):
            kept = dict(enumerate(range(len(batch))))
            gone = set(range(len(batch), len(batch) + len(bound)))
        case Einsum(coefficient, (View() as view,), (labels,), output) if coefficient == 1:
            kept = {label: axis for axis, label in enumerate(output)}
            gone = set(labels) - set(output)
        case _:
            return None
    function = "max" if isinstance(node, Whole) else "sum"
    return _pooling(function, view, labels, kept, gone)


def _pooling(
    function: str,
    view: View,
    labels: Sequence[int],
    kept: Mapping[int, int],
    gone: Collection[int],
) -> Pooling | None:
    """The windows of ``view``, if each axis is one of the result, alone or with a window's."""
    own = dict(enumerate(labels))
    read = [own[k] for m in view.maps for k, _ in m.terms]
    if sorted(read) != sorted([*kept, *gone]) or not gone:
        return None
    plain: list[int] = []
    sliding: list[tuple[int, Slide]] = []
    result: list[int] = []
    for axis, (m, edge) in enumerate(zip(view.maps, view.edges, strict=True)):
        size = view.operand.shape[axis]
        terms = {own[k]: (c, view.shape[k]) for k, c in m.terms}
        (steps, *more) = [k for k in terms if k in kept] or [-1]
        (window, *others) = [k for k in terms if k in gone] or [-1]
        if steps < 0 or more or others:
            return None
        result.append(kept[steps])
        if window < 0:
            if not is_plain(m) or terms[steps][1] is not size:
                return None
            plain.append(axis)
            continue
        (step, count), (dilation, reach) = terms[steps], terms[window]
        constant = m.constant + (reach - 1) * min(dilation, 0)  # the order inside is free
        if step < 1 or edge not in (Edge.INSIDE, Edge.ZERO):
            return None
        sliding.append((axis, Slide(size, count, reach, step, abs(dilation), constant)))
    if not 1 <= len(sliding) <= 3:
        return None
    if function == "sum" and any(s.dilation > 1 for _, s in sliding):
        return None
    return Pooling(function, view, tuple(plain), tuple(sliding), tuple(result))


@dataclass(frozen=True, slots=True)
class Unpooling:
    """The adjoint of a maximum over windows.

    Attributes:
        pooling: The maximum.
        cotangent: What is added at the largest places.
        labels: For each axis of the cotangent, the axis of the maximum.
        axes: For each axis of the result, the axis of what is pooled.
    """

    pooling: Pooling
    cotangent: Array
    labels: tuple[int, ...]
    axes: tuple[int, ...]

    @property
    def operands(self) -> tuple[Array, ...]:
        """What is pooled, and the cotangent."""
        return self.pooling.view.operand, self.cotangent


def find_unpooling(node: Array, uses: Mapping[Array, int]) -> Unpooling | None:
    """The adjoint of a maximum over windows that ``node`` is, if it is one."""
    match node:
        case Assemble(_, (piece,)):
            product = piece.array
        case _:
            return None
    match product:
        case Einsum(coefficient, (one, two), (own, labels), output) if (
            coefficient == 1 and uses[product] == 1
        ):
            pairs = ((one, own, two, labels), (two, labels, one, own))
        case _:
            return None
    for marks, at, cotangent, rest in pairs:
        match marks:
            case Whole(operation, (View() as view,), (inner,), batch, (bound,)) if (
                operation.name == "argmax_onehot"
            ):
                pass
            case _:
                continue
        steps = at[: len(batch)]
        if len(set(at)) < len(at) or sorted(rest) != sorted(steps) or set(output) != set(at):
            return None
        kept = {n: n for n in range(len(batch))}
        gone = range(len(batch), len(batch) + len(bound))
        pooling = _pooling("max", view, inner, kept, gone)
        if pooling is None or not _as_torch(pooling, inner, len(batch)):
            return None
        of_label = {label: piece.labels[n] for n, label in enumerate(output)}
        maps = [
            AffineMap(tuple(sorted((of_label[at[inner[k]]], c) for k, c in m.terms)), m.constant)
            for m in view.maps
        ]
        if len(set(maps)) < len(maps) or set(maps) != set(piece.places):
            return None
        axes = tuple(maps.index(p) for p in piece.places if isinstance(p, AffineMap))
        shape = view.operand.shape
        if any(shape[a] is not size for a, size in zip(axes, node.shape, strict=True)):
            return None
        return Unpooling(pooling, cotangent, tuple(steps.index(k) for k in rest), axes)
    return None


def _as_torch(pooling: Pooling, inner: Sequence[int], first: int) -> bool:
    """Whether Torch finds the same of equal places, in the axis as it is.

    It goes through a window along its last axis first, forwards.
    """
    view = pooling.view
    windows = [
        [(inner[k], c) for k, c in view.maps[axis].terms if inner[k] >= first]
        for axis, _ in pooling.sliding
    ]
    flat = [pair for own in windows for pair in own]
    return (
        flat == sorted(flat)
        and all(c > 0 for _, c in flat)
        and all(fit == Fit.none(fit.size) for fit in (_fit(s) for _, s in pooling.sliding))
    )


def pool(emitter: Emitter, node: Array, found: Pooling) -> Code:
    """Source by the native function."""
    require_inside(emitter, found.view)
    slides = [s for _, s in found.sliding]
    axes = [*found.kept, *(axis for axis, _ in found.sliding)]
    marked = found.function == "max" and found.view in emitter.unpooled
    if marked:
        text, _ = _marked(emitter, found, emitter.preferred(node))
    else:
        text = _call(found.function, _image(emitter, found), slides, emitter)
    shape = [found.view.operand.shape[k] for k in found.kept]
    if _merged(found):
        whole = [*shape, *(s.steps for s in slides)]
        text = f"{text}.reshape({', '.join(emitter.sizes.text(size) for size in whole)})"
    return Code(text, ATOM, tuple(found.result[k] for k in axes), owned=not marked)


def unpool(emitter: Emitter, found: Unpooling) -> Code:
    """Source that adds the cotangent at the largest places, which the native function tells."""
    pooling, sizes = found.pooling, emitter.sizes
    require_inside(emitter, pooling.view)
    _, places = _marked(emitter, pooling, None)
    axes = [*pooling.kept, *(axis for axis, _ in pooling.sliding)]
    code = emitter.real(emitter.code[found.cotangent])
    present = code.labels(found.labels)
    cotangent = emitter.permuted(code, present, [pooling.result[k] for k in axes])
    shape = [pooling.view.operand.shape[k] for k in axes]
    kept = len(pooling.kept)
    front = list(map(sizes.text, shape[:kept]))
    if _merged(pooling):
        front = [sizes.product(shape[:kept])]
        cotangent = f"{cotangent}.reshape({front[0]}, -1)"
    last = len(front)
    if len(pooling.sliding) > 1:
        places = f"{places}.flatten({last})"
        cotangent = cotangent if _merged(pooling) else f"{cotangent}.flatten({last})"
    name = emitter.names.temporary()
    flat = ", ".join([*front, sizes.product(shape[kept:])])
    emitter.line(f"{name} = {emitter.dialect.zeros(f'({flat})')}")
    emitter.line(f"{name}.scatter_add_({last}, {places}, {cotangent})")
    text = f"{name}.reshape({', '.join(map(sizes.text, shape))})"
    return Code(text, ATOM, tuple(found.axes.index(k) for k in axes))


def _marked(emitter: Emitter, found: Pooling, wished: str | None) -> tuple[str, str]:
    """Variables that hold the maximum and its places; they are computed once."""
    if found.view in emitter.pooled:
        return emitter.pooled[found.view]
    if not emitter.unpooled[found.view]:
        name = "_"
    elif wished is None or _merged(found):
        name = emitter.names.temporary()
    else:
        name = emitter.names.take(wished)
    places = emitter.names.counted("places")
    slides = [s for _, s in found.sliding]
    call = _call("max", _image(emitter, found), slides, emitter)
    emitter.line(f"{name}, {places} = {call[:-1]}, return_indices=True)")
    emitter.pooled[found.view] = name, places
    return name, places


def _merged(found: Pooling) -> bool:
    """Whether what is kept has to be merged into one axis, or to get one."""
    return not 1 <= len(found.kept) <= 2


def _image(emitter: Emitter, found: Pooling) -> str:
    """What is pooled as Torch wants it, short enough to be read in the call."""
    operand = found.view.operand
    code = emitter.real(emitter.code[operand])
    slides = [s for _, s in found.sliding]
    axes = [*found.kept, *(axis for axis, _ in found.sliding)]
    text = emitter.permuted(code, code.axes, axes)
    text = fitted(emitter, text, [_fit(s) for s in slides])
    sizes = emitter.sizes
    if _merged(found):
        shape = [operand.shape[k] for k in found.kept]
        lengths = [sizes.text(_fit(s).length) for s in slides]
        text = f"{text}.reshape({', '.join([sizes.product(shape), *lengths])})"
    if len(text) > LONGEST_INLINE:
        name = emitter.names.temporary()
        emitter.line(f"{name} = {text}")
        text = name
    return text


def _fit(slide: Slide) -> Fit:
    """The axis as it is if all steps fit it, else exactly what is read of it."""
    padding = slide.padding
    if padding is not None and not padding.terms:
        return Fit.none(slide.size)
    return Fit(extent(0) - slide.constant, slide.size, slide.read)


def _call(function: str, text: str, slides: Sequence[Slide], emitter: Emitter) -> str:
    name = "torch.nn.functional."
    rank = len(slides)
    reach = emitter.sizes.shape([s.reach for s in slides])
    stride = _steps([s.step for s in slides])
    if function == "max":
        dilation = options(dilation=[str(s.dilation) for s in slides])
        return f"{name}max_pool{rank}d({text}, {reach}, {stride}{dilation})"
    if rank == 1:
        entries = emitter.sizes.product([s.reach for s in slides])
        return f"{name}avg_pool1d({text}, {reach}, {stride}).mul_({entries})"
    return f"{name}avg_pool{rank}d({text}, {reach}, {stride}, divisor_override=1)"


def _steps(steps: Sequence[int]) -> str:
    return f"({', '.join(map(str, steps))}{',' * (len(steps) == 1)})"
