"""Pooling, found in the graph, as Torch's native functions.

A maximum over windows is ``max_poolNd``, and a sum over windows is ``avg_poolNd`` with 1 as its
divisor: the factor of a mean stands apart in the graph. Torch pads maxima with minus infinity;
so what is read as zero beyond the edge is padded before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorcalc.arrays.nodes import Array, Einsum, View, Whole
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.emitter import LONGEST_INLINE, Emitter
from tensorcalc.codegen.places import is_plain, require_inside
from tensorcalc.codegen.sliding import Fit, Slide, fitted, options
from tensorcalc.expr import Edge, extent

__all__ = ["Pooling", "find_pooling", "pool"]


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
    if isinstance(node, Whole):
        return Pooling("max", view, tuple(plain), tuple(sliding), tuple(result))
    if any(s.dilation > 1 for _, s in sliding):
        return None
    return Pooling("sum", view, tuple(plain), tuple(sliding), tuple(result))


def pool(emitter: Emitter, found: Pooling) -> Code:
    """Source by the native function."""
    require_inside(emitter, found.view)
    operand = found.view.operand
    code = emitter.real(emitter.code[operand])
    slides = [s for _, s in found.sliding]
    axes = [*found.kept, *(axis for axis, _ in found.sliding)]
    text = emitter.permuted(code, code.axes, axes)
    text = fitted(emitter, text, [_fit(s) for s in slides])
    sizes = emitter.sizes
    shape = [operand.shape[k] for k in found.kept]
    merged = not 1 <= len(shape) <= 2
    if merged:
        lengths = [sizes.text(_fit(s).length) for s in slides]
        text = f"{text}.reshape({', '.join([sizes.product(shape), *lengths])})"
    if len(text) > LONGEST_INLINE:
        name = emitter.names.temporary()
        emitter.line(f"{name} = {text}")
        text = name
    text = f"torch.nn.functional.{_call(found.function, text, slides, emitter)}"
    if merged:
        whole = [*shape, *(s.steps for s in slides)]
        text = f"{text}.reshape({', '.join(sizes.text(size) for size in whole)})"
    return Code(text, ATOM, tuple(found.result[k] for k in axes))


def _fit(slide: Slide) -> Fit:
    """The axis as it is if all steps fit it, else exactly what is read of it."""
    padding = slide.padding
    if padding is not None and not padding.terms:
        return Fit.none(slide.size)
    return Fit(extent(0) - slide.constant, slide.size, slide.read)


def _call(function: str, text: str, slides: Sequence[Slide], emitter: Emitter) -> str:
    rank = len(slides)
    reach = emitter.sizes.shape([s.reach for s in slides])
    stride = _steps([s.step for s in slides])
    if function == "max":
        dilation = options(dilation=[str(s.dilation) for s in slides])
        return f"max_pool{rank}d({text}, {reach}, {stride}{dilation})"
    if rank == 1:
        entries = emitter.sizes.product([s.reach for s in slides])
        return f"avg_pool1d({text}, {reach}, {stride}).mul_({entries})"
    return f"avg_pool{rank}d({text}, {reach}, {stride}, divisor_override=1)"


def _steps(steps: Sequence[int]) -> str:
    return f"({', '.join(map(str, steps))}{',' * (len(steps) == 1)})"
