"""Products around a circle, through the spectrum where that is cheaper.

``y_p = sum_r circular(v_{s p + t r + c}) w_r`` with ``s, t = ±1`` is found in the graph from its
index map. Its discrete Fourier transform is a product without a sum over ``r``: of the transforms
of ``v`` and ``w``, conjugated where ``s < 0`` or ``s t > 0``: convolution, correlation and what
either is turned around. So convolutions and both of their adjoints are one case. Real arrays
have half a spectrum, the results are real and keep their type.

The kernel must not be longer than the circle, nor the result, whatever the sizes: spectra would
be cut. Integers stay integers: they are never transformed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2, prod

from tensorcalc.arrays.nodes import Array, Compare, Einsum, Input, Iota, View
from tensorcalc.arrays.places import surely_nonnegative
from tensorcalc.codegen.code import ATOM, PRODUCT, UNARY, Code
from tensorcalc.codegen.dialect import Backend
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.codegen.places import is_plain
from tensorcalc.expr import Edge, Extent
from tensorcalc.plan import SizeTable

__all__ = ["Circular", "circulate", "find_circular"]

#: What is measured, in nanoseconds: an entry read through a window, a multiplication of a matrix
#: product, a multiplication of complex ones, an entry transformed (times the binary logarithm of
#: their number; more where the number has a large prime factor).
READ, MULTIPLIED, COMPLEX, TRANSFORMED = 0.5, 0.08, 0.8, 0.4
LARGE_PRIME, SLOWER = 11, 8
#: By how much calls through the spectrum take longer on small arrays.
CALLS: dict[Backend, int] = {"numpy": 15_000, "torch": 5_000}

MODULES: dict[Backend, str] = {"numpy": "np", "torch": "torch"}


@dataclass(frozen=True, slots=True)
class Circle:
    """``axis = sign * steps + turn * reach + constant``, around ``size`` places; labels."""

    axis: int
    steps: int
    reach: int
    sign: int
    turn: int
    constant: Extent
    size: Extent


@dataclass(frozen=True, slots=True)
class Circular:
    """What was found.

    Attributes:
        array, around: What is read around circles, and the label of each of its axes; an axis
            that is a circle has the label of the result's axis.
        other, labels: The other factor.
        circles: The circles, in the order of the array's axes.
        output: The labels of the result.
        extents: The extent of each label.
    """

    array: Array
    around: tuple[int, ...]
    other: Array
    labels: tuple[int, ...]
    circles: tuple[Circle, ...]
    output: tuple[int, ...]
    extents: Mapping[int, Extent]

    @property
    def operands(self) -> tuple[Array, ...]:
        """The two arrays that are read."""
        return self.array, self.other

    @property
    def transformed(self) -> tuple[int, ...]:
        """The other factor's labels, with those of the result where a circle is."""
        places = {c.reach: c.steps for c in self.circles}
        return tuple(places.get(k, k) for k in self.labels)


def find_circular(node: Array, sizes: SizeTable, backend: Backend) -> Circular | None:
    """The product around circles that ``node`` is, if its spectrum costs less."""
    match node:
        case Einsum(coefficient, (one, two), (own, labels), _) if coefficient == 1:
            orders = ((one, own, two, labels), (two, labels, one, own))
        case _:
            return None
    for view, around, other, rest in orders:
        if isinstance(view, View) and Edge.CIRCULAR in view.edges:
            found = _read(node, view, around, other, rest)
            if found is None:
                continue
            if CALLS[backend] + _through_spectrum(found, sizes) < _directly(found, sizes):
                return found
    return None


def _read(
    node: Einsum, view: View, own: Sequence[int], other: Array, labels: Sequence[int]
) -> Circular | None:
    """The circles of ``view``, if each joins one label of the result with a summed one."""
    if len(set(own)) < len(own) or len(set(labels)) < len(labels):
        return None
    if sorted(k for m in view.maps for k, _ in m.terms) != list(range(len(own))):
        return None
    if any(_holds_integers(array) for array in (view.operand, other)):
        return None
    extents = {**dict(zip(labels, other.shape, strict=True))}
    extents |= dict(zip(own, view.shape, strict=True))
    around: list[int] = []
    circles: list[Circle] = []
    for axis, (m, edge) in enumerate(zip(view.maps, view.edges, strict=True)):
        size = view.operand.shape[axis]
        terms = {own[k]: c for k, c in m.terms}
        if is_plain(m):
            (label,) = terms
            if extents[label] is not size:
                return None
            around.append(label)
            continue
        (steps, *more) = [k for k in terms if k in node.output and k not in labels] or [-1]
        (reach, *others) = [k for k in terms if k in labels and k not in node.output] or [-1]
        if min(steps, reach) < 0 or more or others or edge is not Edge.CIRCULAR:
            return None
        if any(abs(c) != 1 for c in terms.values()):
            return None
        if not all(surely_nonnegative(size - extents[k]) for k in terms):
            return None
        around.append(steps)
        circles.append(Circle(axis, steps, reach, terms[steps], terms[reach], m.constant, size))
    if not circles or len({(c.sign, c.turn) for c in circles}) > 1:
        return None
    return Circular(
        view.operand, tuple(around), other, tuple(labels), tuple(circles), node.output, extents
    )


def _holds_integers(array: Array) -> bool:
    if isinstance(array, View):
        return _holds_integers(array.operand)
    return isinstance(array, Compare | Iota) or (isinstance(array, Input) and array.integer)


def _directly(found: Circular, sizes: SizeTable) -> float:
    """Nanoseconds, about, of a product with a window."""
    number = {k: sizes(size) for k, size in found.extents.items()}
    window = {*found.around, *(c.reach for c in found.circles)}
    read = prod(number[k] for k in window)
    return READ * read + MULTIPLIED * prod(number[k] for k in {*window, *found.labels})


def _through_spectrum(found: Circular, sizes: SizeTable) -> float:
    """Nanoseconds, about, of three transforms and a product without the sum around circles."""
    number = {k: sizes(size) for k, size in found.extents.items()}
    number |= {c.steps: sizes(c.size) for c in found.circles}
    places = [number[c.steps] for c in found.circles]
    labels = (found.around, found.transformed, found.output)
    entries = sum(prod(number[k] for k in own) for own in labels)
    each = sum(log2(n) * (1 if _largest_prime(n) <= LARGE_PRIME else SLOWER) for n in places)
    product = prod(number[k] for k in {*found.around, *found.transformed}) / 2
    return TRANSFORMED * entries * each + COMPLEX * product


def _largest_prime(number: int) -> int:
    prime = 2
    while prime * prime <= number:
        if number % prime:
            prime += 1
        else:
            number //= prime
    return number


def circulate(emitter: Emitter, found: Circular) -> Code:
    """Source through the spectrum."""
    first, second = found.circles[0].sign, found.circles[0].turn
    one, own = _spectrum(emitter, found, found.array, found.around)
    other, labels = _spectrum(emitter, found, found.other, found.transformed)
    one = f"{one}.conj()" if first < 0 else one
    other = f"{other}.conj()" if first * second > 0 else other
    text, present = _product(emitter, found, (one, own), (other, labels))
    steps = [c.steps for c in found.circles]
    axes = [present.index(k) for k in steps]
    lengths = [emitter.sizes.text(c.size) for c in found.circles]
    inverse = _call(emitter, "irfft", text, lengths, axes, len(present))
    shifts = [c.constant * -c.sign for c in found.circles]
    if any(shift.terms for shift in shifts):
        by = [emitter.sizes.text(shift) for shift in shifts]
        inverse = f"{MODULES[emitter.dialect.name]}.roll({inverse}, {_few(by)}, {_few(axes)})"
    cut = {k: found.extents[k] for k in steps}
    if any(cut[c.steps] is not c.size for c in found.circles):
        index = [f":{emitter.sizes.text(cut[k])}" if k in cut else ":" for k in present]
        inverse = f"{inverse}[{', '.join(index)}]"
    return Code(inverse, ATOM, tuple(found.output.index(k) for k in present))


def _spectrum(
    emitter: Emitter, found: Circular, array: Array, own: Sequence[int]
) -> tuple[str, list[int]]:
    """A variable that holds the spectrum of ``array``, and its labels in the order in memory.

    Each spectrum is computed once.
    """
    code = emitter.real(emitter.code[array])
    present = code.labels(own)
    axes = [present.index(c.steps) for c in found.circles]
    sizes = tuple(c.size for c in found.circles)
    key = (array, tuple(code.axes[k] for k in axes), sizes)
    name = emitter.spectra.get(key)
    if name is None:
        whole = all(array.shape[code.axes[k]] is n for k, n in zip(axes, sizes, strict=True))
        lengths = None if whole else [emitter.sizes.text(n) for n in sizes]
        text = _call(emitter, "rfft", code.text, lengths, axes, len(present))
        name = emitter.names.counted("spectrum")
        emitter.spectra[key] = name
        emitter.line(f"{name} = {text}")
    return name, present


def _call(
    emitter: Emitter,
    function: str,
    text: str,
    lengths: Sequence[str] | None,
    axes: Sequence[int],
    rank: int,
) -> str:
    """A transform along ``axes``; of the last of them half is kept."""
    several = len(axes) > 1
    given = [text]
    if several:
        given.append("None" if lengths is None else _few(lengths, several))
        given.append(_few(axes, several))
    else:
        if lengths is not None:
            given.append(lengths[0])
        if axes[0] != rank - 1:
            name = "axis" if emitter.dialect.name == "numpy" else "dim"
            given.append(str(axes[0]) if lengths is not None else f"{name}={axes[0]}")
    module = MODULES[emitter.dialect.name]
    return f"{module}.fft.{function}{'n' * several}({', '.join(given)})"


def _few(texts: Sequence[object], several: bool | None = None) -> str:
    """One as it is, several as a tuple."""
    many = len(texts) > 1 if several is None else several
    return f"({', '.join(map(str, texts))})" if many else str(texts[0])


def _product(
    emitter: Emitter, found: Circular, first: tuple[str, list[int]], second: tuple[str, list[int]]
) -> tuple[str, list[int]]:
    """The product of two spectra, summed over labels that are not in the result.

    Functions that conjugate one of two vectors, as row-wise dots do, are of no use here.
    """
    own, labels = first[1], second[1]
    both = [k for k in own if k in labels]
    summed = [k for k in both if k not in found.output]
    batch = [k for k in both if k in found.output]
    rows = [k for k in own if k not in labels]
    columns = [k for k in labels if k not in own]
    codes = [Code(text, ATOM, tuple(range(len(at)))) for text, at in (first, second)]
    if summed and rows and columns:
        left = _matrices(emitter, found, codes[0], own, (batch, rows, summed))
        right = _matrices(emitter, found, codes[1], labels, (batch, summed, columns))
        present = [*batch, *rows, *columns]
        text = f"({left} @ {right})"
        if len(rows) > 1 or len(columns) > 1:
            text = f"{text}.reshape({', '.join(_sizes(emitter, found, present))})"
        return text, present
    order = [k for k in own if k not in summed] if len(own) >= len(labels) else []
    order = order or [k for k in labels if k not in summed]
    order = [*order, *(k for k in (*rows, *columns) if k not in order), *summed]
    texts = [
        emitter.aligned(code, at, order).at_most(UNARY)
        for code, at in zip(codes, (own, labels), strict=True)
    ]
    text = f"{texts[0]} * {texts[1]}"
    if not summed:
        return text, order
    axes = [str(len(order) - len(summed) + n) for n in range(len(summed))]
    return f"({text}).sum({_few(axes)})", order[: -len(summed)]


def _matrices(
    emitter: Emitter,
    found: Circular,
    code: Code,
    present: Sequence[int],
    groups: tuple[list[int], list[int], list[int]],
) -> str:
    batch, rows, columns = groups
    text = emitter.permuted(code, present, [*batch, *rows, *columns])
    if len(rows) > 1 or len(columns) > 1:
        sizes = _sizes(emitter, found, batch)
        sizes += [" * ".join(_sizes(emitter, found, group)) for group in (rows, columns)]
        text = f"{text}.reshape({', '.join(sizes)})"
    return text


def _sizes(emitter: Emitter, found: Circular, labels: Sequence[int]) -> list[str]:
    """The lengths of axes of a spectrum."""
    lengths = {c.steps: c.size for c in found.circles}
    last = found.circles[-1]
    lengths[last.steps] = last.size // 2 + 1
    return [emitter.sizes.text(lengths.get(k, found.extents[k]), PRODUCT) for k in labels]
