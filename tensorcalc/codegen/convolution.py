"""Convolutions of two arrays, found in the graph, as Torch's native ones.

A convolution relates three indices along each of its axes: ``i = a p + d r + c``, of the image, of
the result and of the kernel. Of the three arrays that have them two are operands and one is
the result, and which it is decides the native function: the *result* array is computed by
``convNd``, the gradient by the image, which is the transposed convolution, by ``convNd_input`` and
the gradient by the kernel by ``convNd_weight``. So nothing is asked of how a formula was written or
derived: the views and places of the two operands are read as equations between labels, and
each equation must have one label in each of the three arrays.

All other labels are batch (image and result), channels (image and kernel), filters (kernel
and result) or groups (in all three).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from tensorcalc.arrays.nodes import AffineMap, Array, Assemble, Einsum, View
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.emitter import LONGEST_INLINE, Emitter
from tensorcalc.codegen.places import require_inside
from tensorcalc.codegen.sliding import Fit, Slide, fitted, options
from tensorcalc.expr import Edge, Extent, extent
from tensorcalc.plan import SizeTable

__all__ = ["Convolution", "convolve", "find_convolution"]

#: Torch has convolutions along one, two and three axes.
MOST_AXES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three arrays: what it is, None for the result, and a label for each axis."""

    array: Array | None
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sliding:
    """``image = step * result + dilation * kernel + constant`` along one axis; labels."""

    image: int
    result: int
    kernel: int
    step: int
    dilation: int
    constant: Extent


@dataclass(frozen=True, slots=True)
class Convolution:
    """What was found: the three arrays, the axes they slide along, and the labels' extents.

    Attributes:
        image, kernel, result: The three arrays; one is computed from the other two.
        slides: The equations, in the order of the image's axes.
        extents: The extent of each label.
        views: The views that are read as equations.
    """

    image: Part
    kernel: Part
    result: Part
    slides: tuple[Sliding, ...]
    extents: Mapping[int, Extent]
    views: tuple[View, ...]

    @property
    def operands(self) -> tuple[Array, ...]:
        """The two arrays that are read."""
        parts = (self.image, self.kernel, self.result)
        return tuple(p.array for p in parts if p.array is not None)


@dataclass(frozen=True, slots=True)
class _Equation:
    """``label = sum coefficient * label + constant``."""

    left: int
    terms: tuple[tuple[int, int], ...]
    constant: Extent


def find_convolution(
    node: Array, uses: Mapping[Array, int], sizes: SizeTable
) -> Convolution | None:
    """The convolution that ``node`` computes, if it is one.

    Args:
        node: A product of two arrays, or an assembled array whose one piece is one.
        uses: How often each node is read.
        sizes: Typical numbers: of two ways to read an equation the shorter kernel is taken.
    """
    found = _Reader(node, uses)
    if not found.possible or not 1 <= len(found.equations) <= MOST_AXES:
        return None
    best: tuple[int, Convolution] | None = None
    for order in permutations(found.parts):
        made = _as_roles(found, *order)
        if made is None:
            continue
        cost = sum(sizes(made.extents[s.kernel]) for s in made.slides)
        # Of like kernels the function itself is taken before its gradients, and what stands
        # side by side and forwards before what does not.
        cost *= 20 if made.result.array is None else 22
        cost *= 4 + any(abs(s.dilation) > 1 for s in made.slides)
        cost *= 4 + any(s.dilation < 0 for s in made.slides)
        if best is None or cost < best[0]:
            best = cost, made
    return None if best is None else best[1]


class _Reader:
    """The two operands and the result as arrays with labels, and equations between these."""

    def __init__(self, node: Array, uses: Mapping[Array, int]) -> None:
        self.equations: list[_Equation] = []
        self.views: list[View] = []
        self.extents: dict[int, Extent] = {}
        self.parts: list[Part] = []
        self.possible = False
        product = node
        places: Sequence[AffineMap] | None = None
        if isinstance(node, Assemble):
            (piece, *others) = node.pieces
            places = [p for p in piece.places if isinstance(p, AffineMap)]
            placed = sorted(k for m in places for k, _ in m.terms)
            whole = sorted(piece.labels) == placed == list(range(len(piece.extents)))
            if others or not whole or len(places) < len(node.shape) or uses[piece.array] > 1:
                return
            product = piece.array
        if (
            not isinstance(product, Einsum)
            or len(product.operands) != 2
            or product.coefficient != 1
        ):
            return
        for operand, labels in zip(product.operands, product.labels, strict=True):
            if len(set(labels)) < len(labels):
                return
            for label, size in zip(labels, operand.shape, strict=True):
                self.extents.setdefault(label, size)
        for operand, labels in zip(product.operands, product.labels, strict=True):
            part = self._operand(operand, labels)
            if part is None:
                return
            self.parts.append(part)
        result: tuple[int, ...] | None = product.output
        if isinstance(node, Assemble) and places is not None:
            (piece,) = node.pieces
            own = {n: product.output[k] for k, n in enumerate(piece.labels)}
            result = self._axes(node.shape, places, own)
        if result is None:
            return
        self.parts.append(Part(None, result))
        self.possible = True

    def _operand(self, operand: Array, labels: Sequence[int]) -> Part | None:
        """An operand; a window view is what it views, and equations."""
        if not isinstance(operand, View) or all(len(m.terms) < 2 for m in operand.maps):
            return Part(operand, tuple(labels))
        if any(edge not in (Edge.INSIDE, Edge.ZERO) for edge in operand.edges):
            return None
        read = {k for m in operand.maps for k, _ in m.terms}
        if read != set(range(len(operand.shape))):
            return None
        self.views.append(operand)
        axes = self._axes(operand.operand.shape, operand.maps, dict(enumerate(labels)))
        return None if axes is None else Part(operand.operand, axes)

    def _axes(
        self, shape: Sequence[Extent], maps: Sequence[AffineMap], own: Mapping[int, int]
    ) -> tuple[int, ...] | None:
        """A label for each axis: the one it is, or a new one with an equation."""
        labels: list[int] = []
        for size, m in zip(shape, maps, strict=True):
            if len(m.terms) == 2:
                label = 1000 + len(self.equations)
                terms = tuple((own[k], c) for k, c in m.terms)
                self.equations.append(_Equation(label, terms, m.constant))
                self.extents[label] = size
                labels.append(label)
                continue
            if len(m.terms) != 1 or m.terms[0][1] != 1 or m.constant.terms:
                return None
            label = own[m.terms[0][0]]
            if self.extents[label] is not size:
                return None
            labels.append(label)
        return None if len(set(labels)) < len(labels) else tuple(labels)


def _as_roles(found: _Reader, image: Part, kernel: Part, result: Part) -> Convolution | None:
    """The convolution with the three arrays in these roles, if every equation allows it."""
    parts = (image, kernel, result)
    slides: list[Sliding] = []
    for equation in found.equations:
        # As ``0 = sum coefficient * label + constant``.
        terms = [(equation.left, -1), *equation.terms]
        places = [[n for n, p in enumerate(parts) if label in p.labels] for label, _ in terms]
        if sorted(places) != [[0], [1], [2]]:
            return None
        by_role = {place[0]: term for place, term in zip(places, terms, strict=True)}
        (i, one), (r, dilation), (p, step) = by_role[0], by_role[1], by_role[2]
        if abs(one) != 1 or step * -one < 1:
            return None
        slides.append(Sliding(i, p, r, step * -one, dilation * -one, equation.constant * -one))
    slid = {k for s in slides for k in (s.image, s.kernel, s.result)}
    if len(slid) < 3 * len(slides):  # one label moves along two axes
        return None
    plain = {k for part in parts for k in part.labels} - slid
    if any(sum(k in part.labels for part in parts) < 2 for k in plain):
        return None
    slides.sort(key=lambda s: image.labels.index(s.image))
    return Convolution(image, kernel, result, tuple(slides), found.extents, tuple(found.views))


def convolve(emitter: Emitter, node: Array, found: Convolution) -> Code:
    """Source for ``node`` by the native function."""
    for view in found.views:
        require_inside(emitter, view)
    text, labels = _Writer(emitter, found).source()
    position = {label: axis for axis, label in enumerate(_result(found).labels)}
    assert len(position) == len(node.shape)
    return Code(text, ATOM, tuple(position[k] for k in labels))


def _result(found: Convolution) -> Part:
    return next(p for p in (found.image, found.kernel, found.result) if p.array is None)


class _Writer:
    """The call, and its operands in the shape Torch wants."""

    def __init__(self, emitter: Emitter, found: Convolution) -> None:
        self.emitter = emitter
        self.found = found
        image, kernel, result = (set(p.labels) for p in (found.image, found.kernel, found.result))
        self.groups = [k for k in found.image.labels if k in kernel and k in result]
        self.batch = [k for k in found.image.labels if k in result and k not in kernel]
        self.channels = [k for k in found.image.labels if k in kernel and k not in result]
        self.filters = [k for k in found.kernel.labels if k in result and k not in image]
        self.slides = [self.slide(s) for s in found.slides]
        #: Zeros on both sides that the native function adds by itself.
        self.padding = [s.padding for s in self.slides]

    def slide(self, sliding: Sliding) -> Slide:
        """An axis with the kernel turned round where it is read backwards."""
        extents = self.found.extents
        constant, dilation = sliding.constant, sliding.dilation
        if dilation < 0:
            constant = constant + (extents[sliding.kernel] - 1) * dilation
            dilation = -dilation
        return Slide(
            extents[sliding.image],
            extents[sliding.result],
            extents[sliding.kernel],
            sliding.step,
            dilation,
            constant,
        )

    def source(self) -> tuple[str, list[int]]:
        """The source of the result, and the labels of its axes."""
        found, slides = self.found, self.found.slides
        rank = len(slides)
        shapes = {
            "image": (self.batch, [*self.groups, *self.channels], *([s.image] for s in slides)),
            "kernel": ([*self.groups, *self.filters], self.channels, *([s.kernel] for s in slides)),
            "result": (self.batch, [*self.groups, *self.filters], *([s.result] for s in slides)),
        }
        call = options(
            stride=[str(s.step) for s in self.slides],
            padding=[self.emitter.sizes.text(p) if p is not None else "0" for p in self.padding],
            dilation=[str(s.dilation) for s in self.slides],
        )
        if self.groups:
            call += f", groups={self.size(self.groups)}"
        if found.result.array is None:
            image = fitted(self.emitter, self.operand(found.image, shapes["image"]), self.exact())
            kernel = self.turned(self.operand(found.kernel, shapes["kernel"]))
            text = f"torch.nn.functional.conv{rank}d({image}, {kernel}{call})"
            return self.split(text, shapes["result"])
        result = self.operand(found.result, shapes["result"])
        if found.kernel.array is None:
            image = fitted(self.emitter, self.operand(found.image, shapes["image"]), self.exact())
            sizes = ", ".join(map(self.size, shapes["kernel"]))
            text = f"torch.nn.grad.conv{rank}d_weight({image}, ({sizes}), {result}{call})"
            return self.split(self.turned(text), shapes["kernel"])
        kernel = self.turned(self.operand(found.kernel, shapes["kernel"]))
        sizes = ", ".join(map(self.size, shapes["image"][:2]))
        for slide, padding in zip(self.slides, self.padding, strict=True):
            sizes += f", {self.emitter.sizes.text(slide.read if padding is None else slide.size)}"
        text = f"torch.nn.grad.conv{rank}d_input(({sizes}), {kernel}, {result}{call})"
        fits = [
            Fit(s.constant, s.read, s.size) if p is None else Fit.none(s.size)
            for s, p in zip(self.slides, self.padding, strict=True)
        ]
        return self.split(fitted(self.emitter, text, fits), shapes["image"])

    def exact(self) -> list[Fit]:
        """The image's axes, as long as what is read of them."""
        return [
            Fit(extent(0) - s.constant, s.size, s.read)
            if p is None
            else Fit(extent(0), s.size, s.size)
            for s, p in zip(self.slides, self.padding, strict=True)
        ]

    def operand(self, part: Part, shape: Sequence[Sequence[int]]) -> str:
        """An operand with one axis for each group of labels."""
        assert part.array is not None
        code = self.emitter.real(self.emitter.code[part.array])
        flat = [k for group in shape for k in group]
        text = self.emitter.permuted(code, code.labels(part.labels), flat)
        if any(len(group) != 1 for group in shape):
            text = f"{text}.reshape({', '.join(map(self.size, shape))})"
        if len(text) <= LONGEST_INLINE:
            return text
        return self.emitter.shared(text, part.array)

    def turned(self, kernel: str) -> str:
        """The kernel with the axes that are read backwards turned round."""
        axes = [n + 2 for n, s in enumerate(self.found.slides) if s.dilation < 0]
        if not axes:
            return kernel
        return f"torch.flip({kernel}, ({', '.join(map(str, axes))}{',' * (len(axes) == 1)}))"

    def split(self, text: str, shape: Sequence[Sequence[int]]) -> tuple[str, list[int]]:
        """The result with an axis for each label."""
        flat = [k for group in shape for k in group]
        if any(len(group) != 1 for group in shape):
            text = f"{text}.reshape({', '.join(self.size([k]) for k in flat)})"
        return text, flat

    def size(self, labels: Sequence[int]) -> str:
        return self.emitter.sizes.product([self.found.extents[k] for k in labels])
