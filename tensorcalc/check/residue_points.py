"""Random points modulo a prime, at which declared facts hold."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import numpy as np

from tensorcalc.check.backends import Array
from tensorcalc.check.modular import ModularEvaluator, NotModularError
from tensorcalc.check.points import label_limits
from tensorcalc.check.residues import PoleError, Residues
from tensorcalc.expr import Equations, Fact, Tensor, accesses

__all__ = ["draw_residues", "few_values"]


def few_values(equations: Equations) -> bool:
    """Whether an input takes few values: a mask, or labels."""
    return any(t.domain == "integer" or "mask" in t.facts for t in equations.inputs)


def draw_residues(
    equations: Equations, sizes: Mapping[str, int], prime: int, generator: np.random.Generator
) -> tuple[dict[str, Array], bool]:
    """Return an array for each input, and whether every declared fact holds.

    Masks are 0 or 1 and labels are inside their range, both as arrays of NumPy; all other
    inputs are residues that are distributed evenly.
    """
    limits = label_limits(equations, sizes)
    arrays: dict[str, Array] = {}
    for tensor in equations.inputs:
        shape = tuple(e.evaluate(sizes) for e in tensor.extents)
        if tensor.domain == "integer":
            arrays[tensor.name] = generator.integers(0, limits.get(tensor.name, 3), shape)
        elif "mask" in tensor.facts:
            density = generator.choice([0.2, 0.5, 0.8, 1.0])
            arrays[tensor.name] = (generator.random(shape) < density).astype(np.int64)
        else:
            drawn = Residues(generator.integers(0, prime, shape), prime)
            arrays[tensor.name] = _symmetrised(tensor, drawn)
    holds = True
    for fact in equations.facts:
        try:
            holds &= _make_true(equations, fact, arrays, sizes, prime)
        except (PoleError, NotModularError):
            holds = False
    return arrays, holds


def _symmetrised(tensor: Tensor, array: Residues) -> Residues:
    """The sum over a tensor's declared symmetry."""
    for sign, slots in tensor.symmetry:
        total = Residues(np.zeros(array.shape, dtype=np.int64), array.prime)
        for order in permutations(range(len(slots))):
            axes = list(range(array.ndim))
            for place, source in enumerate(order):
                axes[slots[place]] = slots[source]
            odd = sum(a > b for k, a in enumerate(order) for b in order[k + 1 :]) % 2
            moved = Residues(np.transpose(array.values, axes), array.prime)
            total = total + moved * (sign if odd else 1)
        array = total
    return array


def _make_true(
    equations: Equations,
    fact: Fact,
    arrays: dict[str, Array],
    sizes: Mapping[str, int],
    prime: int,
) -> bool:
    """Scale an input of which the fact's left side is a multiple; whether it holds then."""
    inputs = {t.name for t in equations.inputs}

    def difference(factor: int) -> Residues:
        """The left side less ``factor`` times the right one."""
        evaluator = ModularEvaluator(arrays, prime, sizes)
        left = evaluator.array_of(fact.left, fact.indices)
        right = evaluator.array_of(fact.right, fact.indices)
        result: Residues = left - right * factor
        return result

    for access in accesses(fact.left):
        places = [slot.index for slot in access.slots]
        name = access.tensor.name
        original = arrays.get(name)
        if name not in inputs or not isinstance(original, Residues):
            continue
        if not set(fact.indices) <= set(places):
            continue
        left = difference(0)
        right = left - difference(1)
        factor = right * left.inverse()
        shape = [
            length if place in fact.indices else 1
            for place, length in zip(places, original.shape, strict=True)
        ]
        order = sorted(range(len(fact.indices)), key=lambda k: places.index(fact.indices[k]))
        scale = Residues(np.transpose(factor.values, order), prime).reshape(shape)
        arrays[name] = original * scale
        if not difference(1).values.any():
            return True
        arrays[name] = original
    return not difference(1).values.any()
