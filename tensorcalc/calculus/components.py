"""Derivatives by one fixed component of a tensor."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tensorcalc.calculus.request import Request
from tensorcalc.errors import ShapeError
from tensorcalc.expr import (
    Access,
    Affine,
    Definition,
    Delta,
    Edge,
    Equations,
    Expr,
    Index,
    Slot,
    Tensor,
    extent,
    substitute,
    walk,
)
from tensorcalc.simplify import simplify

__all__ = ["at_components", "read_component"]

_COMPONENT = re.compile(r"(.+?)[_^]\{\s*\[?\s*(\d+(?:\s*,\s*\d+)*)\s*\]?\s*\}")


def read_component(text: str) -> tuple[str, tuple[int, ...] | None]:
    """Return the name in ``text``, and its component if it has one.

    Example:
        >>> read_component("w_{0}"), read_component("A_{0, 2}"), read_component("b")
        (('w', (0,)), ('A', (0, 2)), ('b', None))
    """
    match = _COMPONENT.fullmatch(text)
    if match is None:
        return text, None
    return match[1], tuple(int(number) for number in match[2].split(","))


def at_components(request: Request, derived: Equations) -> Equations:
    """Return the derived program with only the components that ``request`` names.

    Raises:
        ShapeError: A component has too many or too few numbers, or is outside its tensor.
    """
    definitions = list(derived.definitions)
    outputs = list(derived.outputs)
    for name, component in request.components:
        tensor = request.source.tensor(name)
        _check(tensor, component)
        if not component:
            continue  # of a scalar: the derivative itself
        old = f"d{request.of}_d{name}"
        place = next(k for k, d in enumerate(definitions) if d.name == old)
        made = _fixed(definitions[place], component, request.output_of(name))
        if any(definitions[place].tensor in d.reads for d in (*definitions, made)):
            definitions.append(made)
        else:
            definitions[place] = made
        outputs[outputs.index(old)] = made.name
    whole = Equations(
        derived.inputs, tuple(definitions), tuple(outputs), derived.facts, derived.sizes
    )
    return whole.needed_for(whole.outputs)


def _check(tensor: Tensor, component: Sequence[int]) -> None:
    written = ", ".join(map(str, component))
    if len(component) != tensor.rank:
        raise ShapeError(f"{tensor.name} has {tensor.rank} indices, {{{written}}} not as many")
    for number, size in zip(component, tensor.extents, strict=True):
        known = size.number
        if known is not None and number >= known:
            raise ShapeError(f"component {number} of {tensor.name} is outside 0 … {known - 1}")


def _folds_onto(body: Expr, indices: Collection[Index]) -> bool:
    """Whether a place is folded at an edge, onto the range of one of the indices.

    A number in the place of that index would not tell the range.
    """
    return any(
        isinstance(node, Delta)
        and {node.left.edge, node.right.edge} - {Edge.INSIDE, Edge.ZERO}
        and not node.free.isdisjoint(indices)
        for node in walk(body)
    )


def _fixed(definition: Definition, component: Sequence[int], name: str) -> Definition:
    kept = len(definition.indices) - len(component)
    values = {
        index: Affine((), extent(number))
        for index, number in zip(definition.indices[kept:], component, strict=True)
    }
    tensor = definition.tensor
    if _folds_onto(definition.body, values.keys()):
        places = [values.get(index, index) for index in definition.indices]
        slots = [Slot(p, level) for p, level in zip(places, tensor.levels, strict=True)]
        body: Expr = Access(tensor, tuple(slots))
    else:
        body = simplify(substitute(definition.body, values))
    made = Tensor(name, tensor.extents[:kept], tensor.levels[:kept])
    return Definition(made, definition.indices[:kept], body)
