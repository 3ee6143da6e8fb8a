"""One product of two arrays as matrix code.

The indices of two operands fall into four groups: *batch* (in both and in the result),
*summed* (in both only), *rows* (first and result), *columns* (second and result). What is fastest
follows from which groups are empty. Transposes and splits of axes are views.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from tensorcalc.arrays.nodes import Array, Einsum
from tensorcalc.codegen.code import ATOM, MATMUL, UNARY, Code
from tensorcalc.codegen.emitter import LONGEST_INLINE, Emitter
from tensorcalc.expr import Extent

__all__ = ["contraction", "total"]

#: A free axis this short goes first in the result, if the other is longer by SKINNY_RATIO.
SKINNY = 16
SKINNY_RATIO = 4
#: A batched matrix-vector product of up to this many entries is multiplied and summed in Torch.
MULTIPLIED = 2**18


class _Pair:
    """The two operands of a product, their labels in the order in memory, and the sizes."""

    def __init__(self, emitter: Emitter, node: Einsum) -> None:
        self.emitter = emitter
        self.extents: dict[int, Extent] = {}
        for operand, own in zip(node.operands, node.labels, strict=True):
            self.extents.update(zip(own, operand.shape, strict=True))

    def size(self, labels: Sequence[int]) -> str:
        return self.emitter.sizes.product([self.extents[k] for k in labels])

    def number(self, labels: Sequence[int]) -> int:
        return prod(self.emitter.numbers(self.extents[k]) for k in labels)

    def grouped(
        self, code: Code, present: Sequence[int], *groups: Sequence[int]
    ) -> tuple[str, int]:
        """``code`` with one axis for each group of labels; an empty group has no axis."""
        groups = tuple(g for g in groups if g)
        flat = [k for g in groups for k in g]
        merged = any(len(g) > 1 for g in groups)
        if len(groups) == 2 and list(present) == [*groups[1], *groups[0]] and merged:
            text = f"{code.at_most(ATOM)}.reshape({self.size(groups[1])}, {self.size(groups[0])})"
            return f"{text}.T", ATOM
        if list(present) == flat and not merged:
            return code.text, code.level
        if len(groups) == 2 and self._copied_backwards(present, flat, groups):
            # A copy is fast along the axis that is contiguous in what is copied.
            text, _ = self.grouped(code, present, groups[1], groups[0])
            return f"{text}.T", ATOM
        text = self.emitter.permuted(code, present, flat)
        if merged:
            sizes = "-1" if len(groups) == 1 else ", ".join(self.size(g) for g in groups)
            text = f"{text}.reshape({sizes})"
        return text, ATOM

    def _copied_backwards(
        self, present: Sequence[int], flat: Sequence[int], groups: Sequence[Sequence[int]]
    ) -> bool:
        """Whether two groups are merged by a copy that is better made the other way round."""
        merged = any(len(g) > 1 and not _together(g, present) for g in groups)
        return merged and flat[-1] != present[-1] and groups[0][-1] == present[-1]


def contraction(
    emitter: Emitter, node: Einsum, first: Code, second: Code, wanted: Sequence[int] | None
) -> tuple[str, int, list[int], tuple[str, str] | None]:
    """Return source for a product with at least one summed index.

    Args:
        emitter: The generation.
        node: An einsum of two operands without repeated labels.
        first: The code of the first operand, real.
        second: The code of the second operand, real.
        wanted: The order of labels the result should have in memory, if it matters.

    Returns:
        The source, its level, the labels of its axes in order, and the two operands of a
        plain product of matrices.
    """
    pair = _Pair(emitter, node)
    one, other = first.labels(node.labels[0]), second.labels(node.labels[1])
    output = set(node.output)
    batch = [k for k in one if k in other and k in output]
    summed = [k for k in one if k in other and k not in output]
    rows = [k for k in one if k not in other]
    columns = [k for k in other if k not in one]
    if not _together(summed, one) and _together([k for k in other if k in summed], other):
        summed = [k for k in other if k in summed]
    if batch:
        groups = (batch, summed, rows, columns)
        return (*_batched(pair, first, second, (one, other), *groups), None)
    if not rows and not columns:
        return (*_dot(pair, first, second, one, other), None)
    if _columns_first(pair, rows, columns, wanted):
        first, second, one, other = second, first, other, one
        rows, columns = columns, rows
    left, left_level = _short(emitter, *pair.grouped(first, one, rows, summed))
    right, right_level = _short(emitter, *pair.grouped(second, other, summed, columns))
    texts = _bracket(left, left_level, MATMUL), _bracket(right, right_level, UNARY)
    product = (left, right) if len(rows) == len(columns) == 1 else None
    return (*_split(pair, f"{texts[0]} @ {texts[1]}", rows, columns), product)


def _short(emitter: Emitter, text: str, level: int) -> tuple[str, int]:
    """A long operand gets a name, so that the product can be read."""
    if len(text) <= LONGEST_INLINE:
        return text, level
    name = emitter.names.temporary()
    emitter.line(f"{name} = {text}")
    return name, ATOM


def total(emitter: Emitter, node: Einsum, code: Code) -> tuple[str, int, list[int]]:
    """Return source for the sum of one array over the labels that are not in the output."""
    present = code.labels(node.labels[0])
    gone = [n for n, k in enumerate(present) if k not in node.output]
    left = [k for k in present if k in node.output]
    base = code.at_most(ATOM)
    if not left:
        return f"{base}.sum()", ATOM, []
    axes = str(gone[0]) if len(gone) == 1 else f"({', '.join(map(str, gone))})"
    return f"{base}.sum({axes})", ATOM, left


def _together(labels: Sequence[int], present: Sequence[int]) -> bool:
    """Whether ``labels`` stand next to one another in memory, in this order."""
    places = [list(present).index(k) for k in labels]
    return places == list(range(places[0], places[0] + len(places))) if places else True


def _bracket(text: str, level: int, most: int) -> str:
    return text if level <= most else f"({text})"


def _columns_first(
    pair: _Pair, rows: Sequence[int], columns: Sequence[int], wanted: Sequence[int] | None
) -> bool:
    """Whether the result is better made with the second operand's axes in front."""
    if not rows or not columns:
        return False
    tall, wide = pair.number(rows), pair.number(columns)
    for thin, thick in ((tall, wide), (wide, tall)):
        if thin <= SKINNY and thick >= SKINNY_RATIO * thin:
            return thin == wide
    return wanted is not None and wanted[-1] in rows


def _split(
    pair: _Pair, text: str, rows: Sequence[int], columns: Sequence[int]
) -> tuple[str, int, list[int]]:
    labels = [*rows, *columns]
    if len(rows) > 1 or len(columns) > 1:
        sizes = ", ".join(pair.emitter.sizes.text(pair.extents[k]) for k in labels)
        return f"({text}).reshape({sizes})", ATOM, labels
    return text, MATMUL, labels


def _dot(
    pair: _Pair, first: Code, second: Code, one: Sequence[int], other: Sequence[int]
) -> tuple[str, int, list[int]]:
    left = first.at_most(UNARY)
    right = pair.emitter.permuted(second, other, one)
    if len(one) == 1:
        return f"{left} @ {second.at_most(UNARY)}", MATMUL, []
    return pair.emitter.dialect.dot(first.at_most(ATOM), right, len(one)), ATOM, []


def _batched(
    pair: _Pair,
    first: Code,
    second: Code,
    present: tuple[list[int], list[int]],
    batch: list[int],
    summed: list[int],
    rows: list[int],
    columns: list[int],
) -> tuple[str, int, list[int]]:
    dialect = pair.emitter.dialect
    one, other = present
    if dialect.name == "torch" and (not rows) is not (not columns):
        thin, full = (first, one), (second, other)
        if not columns:
            thin, full = full, thin
        entries = pair.number(full[1])
        if entries <= MULTIPLIED or full[1][: len(batch)] != batch:
            return _multiplied_and_summed(pair, thin, full, summed)
    if not rows and not columns:
        if len(batch) == len(summed) == 1 and one == other == [*summed, *batch]:
            text = dialect.column_dots(first.at_most(ATOM), second.at_most(ATOM))
            if text is not None:
                return text, ATOM, batch
        left = _rows(pair, first, one, batch, summed)
        right = _rows(pair, second, other, batch, summed)
        return dialect.row_dots(left, right), ATOM, batch
    if not rows:
        vector = _rows(pair, first, one, batch, summed)
        if other == [*batch, *columns, *summed]:
            matrix = _matrices(pair, second, other, batch, columns, summed)
            text = dialect.matrix_vector(matrix, vector)
        else:
            matrix = _matrices(pair, second, other, batch, summed, columns)
            text = dialect.vector_matrix(vector, matrix)
        return _split_batched(pair, text, ATOM, batch, rows, columns)
    if not columns:
        vector = _rows(pair, second, other, batch, summed)
        if one == [*batch, *summed, *rows]:
            matrix = _matrices(pair, first, one, batch, summed, rows)
            text = dialect.vector_matrix(vector, matrix)
        else:
            matrix = _matrices(pair, first, one, batch, rows, summed)
            text = dialect.matrix_vector(matrix, vector)
        return _split_batched(pair, text, ATOM, batch, rows, columns)
    left = _matrices(pair, first, one, batch, rows, summed)
    right = _matrices(pair, second, other, batch, summed, columns)
    return _split_batched(pair, f"{left} @ {right}", MATMUL, batch, rows, columns)


def _multiplied_and_summed(
    pair: _Pair, vector: tuple[Code, list[int]], matrix: tuple[Code, list[int]], summed: list[int]
) -> tuple[str, int, list[int]]:
    """A batch of matrices times vectors, as Torch does it faster while it fits the cache."""
    code, present = vector
    plain = Code(code.text, code.level, tuple(range(len(present))))
    large, order = matrix
    left = pair.emitter.aligned(plain, present, order)
    gone = [n for n, k in enumerate(order) if k in summed]
    axes = str(gone[0]) if len(gone) == 1 else f"({', '.join(map(str, gone))})"
    text = f"({left.at_most(UNARY)} * {large.at_most(UNARY)}).sum({axes})"
    return text, ATOM, [k for k in order if k not in summed]


def _rows(pair: _Pair, code: Code, present: list[int], batch: list[int], summed: list[int]) -> str:
    """The array with batch axes first and one summed axis last."""
    text = pair.emitter.permuted(code, present, [*batch, *summed])
    if len(summed) > 1:
        sizes = [pair.size([k]) for k in batch]
        text = f"{text}.reshape({', '.join([*sizes, pair.size(summed)])})"
    return text


def _matrices(
    pair: _Pair,
    code: Code,
    present: list[int],
    batch: list[int],
    rows: list[int],
    columns: list[int],
) -> str:
    text = pair.emitter.permuted(code, present, [*batch, *rows, *columns])
    if len(rows) > 1 or len(columns) > 1:
        sizes = [*(pair.size([k]) for k in batch), pair.size(rows), pair.size(columns)]
        text = f"{text}.reshape({', '.join(sizes)})"
    return text


def _split_batched(
    pair: _Pair, text: str, level: int, batch: list[int], rows: list[int], columns: list[int]
) -> tuple[str, int, list[int]]:
    labels = [*batch, *rows, *columns]
    if len(rows) > 1 or len(columns) > 1:
        sizes = ", ".join(pair.emitter.sizes.text(pair.extents[k]) for k in labels)
        base = text if level == ATOM else f"({text})"
        return f"{base}.reshape({sizes})", ATOM, labels
    return text, level, labels


def is_contraction(node: Array) -> bool:
    """Whether ``node`` is a product of two arrays that sums."""
    if not isinstance(node, Einsum) or len(node.operands) != 2:
        return False
    return bool(set(node.labels[0]) & set(node.labels[1]) - set(node.output))


__all__ += ["is_contraction"]
