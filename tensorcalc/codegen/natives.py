"""What a library computes by functions of its own, found in the graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from tensorcalc.arrays.nodes import Array
from tensorcalc.arrays.rewrite import use_counts
from tensorcalc.codegen.circular import Circular, circulate, find_circular
from tensorcalc.codegen.code import Code
from tensorcalc.codegen.convolution import Convolution, convolve, find_convolution
from tensorcalc.codegen.dialect import Backend
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.codegen.pooling import (
    Pooling,
    Unpooling,
    find_pooling,
    find_unpooling,
    pool,
    unpool,
)
from tensorcalc.plan import SizeTable

__all__ = ["Native", "find_natives", "unpooled", "write_native"]

Native = Circular | Convolution | Pooling | Unpooling


def find_natives(
    nodes: Sequence[Array],
    stepped: Collection[Array],
    roots: Sequence[Array],
    sizes: SizeTable,
    backend: Backend,
) -> dict[Array, Native]:
    """The nodes that the library has a function for, found with what they read.

    Both have Fourier transforms; convolutions and pooling are Torch's.
    """
    uses = use_counts(roots)
    found: dict[Array, Native] = {}
    for node in nodes:
        if node in stepped:
            continue
        native: Native | None = find_circular(node, sizes, backend)
        if native is None and backend == "torch":
            native = (
                find_convolution(node, uses, sizes)
                or find_pooling(node)
                or find_unpooling(node, uses)
            )
        if native is not None:
            found[node] = native
    return found


def write_native(emitter: Emitter, node: Array, found: Native) -> Code:
    """Source by the library's function."""
    match found:
        case Circular():
            return circulate(emitter, found)
        case Convolution():
            return convolve(emitter, node, found)
        case Pooling():
            return pool(emitter, node, found)
        case Unpooling():
            return unpool(emitter, found)


def unpooled(natives: Iterable[Native]) -> dict[Array, bool]:
    """The windows whose largest places are wanted, and whether the maxima themselves are."""
    found = list(natives)
    maxima = {n.view for n in found if isinstance(n, Pooling) and n.function == "max"}
    places = [n.pooling.view for n in found if isinstance(n, Unpooling)]
    return {view: view in maxima for view in places}
