"""Sizes from shapes."""

from __future__ import annotations

from collections.abc import Mapping

from tensorcalc.errors import ShapeError
from tensorcalc.expr import Extent, Tensor, extent

__all__ = ["bind_sizes"]


def bind_sizes(
    shapes: Mapping[Tensor, tuple[int, ...]], known: Mapping[str, int]
) -> dict[str, int]:
    """Return every size that the shapes fix, together with ``known``.

    An extent with one unknown name in which it is linear (``2 n - 1``) fixes that name.

    Raises:
        ShapeError: Two shapes, or a shape and a known size, disagree.
    """
    sizes = dict(known)
    for tensor, shape in shapes.items():
        if len(shape) != tensor.rank:
            raise ShapeError(f"{tensor.name} has {tensor.rank} slots but {len(shape)} axes")
    pending = [
        (tensor, slot, length)
        for tensor, shape in shapes.items()
        for slot, length in enumerate(shape)
    ]
    progress = True
    while progress:
        progress = False
        for tensor, slot, length in pending:
            solved = _solve(tensor.extents[slot], length, sizes)
            if solved is not None:
                sizes[solved[0]] = solved[1]
                progress = True
    for tensor, slot, length in pending:
        wanted = tensor.extents[slot]
        if wanted.names() <= sizes.keys() and wanted.evaluate(sizes) != length:
            raise ShapeError(
                f"axis {slot} of {tensor.name} is {length} long, not {wanted} ="
                f" {wanted.evaluate(sizes)}"
            )
    return sizes


def _solve(wanted: Extent, length: int, sizes: Mapping[str, int]) -> tuple[str, int] | None:
    """The one unknown name in ``wanted`` and its value, if it can be told from ``length``."""
    unknown = wanted.names() - sizes.keys()
    if len(unknown) != 1:
        return None
    (name,) = unknown
    numbers = {n: extent(v) for n, v in sizes.items()}
    reduced = wanted.substitute(numbers)
    slope = reduced.substitute({name: extent(1)}) - reduced.substitute({name: extent(0)})
    if reduced is not extent(name) * slope + reduced.substitute({name: extent(0)}):
        return None
    constant, factor = reduced.substitute({name: extent(0)}).number, slope.number
    if constant is None or not factor or (length - constant) % factor:
        return None
    return name, (length - constant) // factor
