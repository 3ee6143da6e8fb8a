"""What Torch computes by one function of its own, found in the graph."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tensorcalc.arrays.nodes import Array
from tensorcalc.arrays.rewrite import use_counts
from tensorcalc.codegen.code import Code
from tensorcalc.codegen.convolution import Convolution, convolve, find_convolution
from tensorcalc.codegen.emitter import Emitter
from tensorcalc.codegen.pooling import Pooling, find_pooling, pool
from tensorcalc.plan import SizeTable

__all__ = ["Native", "find_natives", "write_native"]

Native = Convolution | Pooling


def find_natives(
    nodes: Sequence[Array], stepped: Collection[Array], roots: Sequence[Array], sizes: SizeTable
) -> dict[Array, Native]:
    """The nodes that Torch has a function for, found with what they read."""
    uses = use_counts(roots)
    found: dict[Array, Native] = {}
    for node in nodes:
        if node not in stepped:
            native = find_convolution(node, uses, sizes) or find_pooling(node)
            if native is not None:
                found[node] = native
    return found


def write_native(emitter: Emitter, node: Array, found: Native) -> Code:
    """Source by Torch's function."""
    if isinstance(found, Convolution):
        return convolve(emitter, node, found)
    return pool(emitter, found)
