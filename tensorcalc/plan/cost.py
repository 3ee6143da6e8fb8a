"""What a product costs in its best order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorcalc.arrays.builder import Label, Value
from tensorcalc.plan.order import best_path, path_cost

__all__ = ["product_cost"]


def product_cost(
    product: Sequence[Value], kept: Sequence[Label], size: Callable[[Label], int]
) -> int:
    """The multiplications of a product in its best order.

    Args:
        product: The factors.
        kept: The labels of the result.
        size: The number of each label's extent.
    """
    arrays = [f for f in product if f.labels]
    numbers: dict[Label, int] = {}
    for factor in arrays:
        for label in factor.labels:
            numbers.setdefault(label, len(numbers))
    sets = [frozenset(numbers[k] for k in f.labels) for f in arrays]
    output = frozenset(numbers[k] for k in kept if k in numbers)
    sizes = {n: size(k) for k, n in numbers.items()}
    seen: dict[int, int] = {}
    for labels in sets:
        for label in labels:
            seen[label] = seen.get(label, 0) + 1
    sets = [frozenset(k for k in s if k in output or seen[k] > 1) for s in sets]
    sets = [s for s in sets if s]
    return path_cost(sets, output, sizes, best_path(sets, output, sizes))
