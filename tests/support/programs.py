"""Random programs at the index level, for property tests.

Everything the calculus must handle may come up: hyperedges, traces, broadcasts, nested
functions, deltas, sums inside one operand, definitions that are read several times.
"""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from tensorcalc.expr import (
    Access,
    Definition,
    Delta,
    Equations,
    Expr,
    Index,
    Level,
    Slot,
    Tensor,
    add,
    apply,
    contract,
    extent,
    fresh,
    multiply,
    number,
    power,
    substitute,
    transform,
)

INDICES = tuple(Index(name, 0, extent(f"n_{name}")) for name in "ijk")
SMOOTH = ("tanh", "sin", "sigmoid", "softplus", "atan")


@st.composite
def slots(draw: st.DrawFn, indices: tuple[Index, ...]) -> tuple[Slot, ...]:
    return tuple(Slot(i, draw(st.sampled_from(Level))) for i in indices)


@st.composite
def expressions(
    draw: st.DrawFn,
    free: tuple[Index, ...],
    tensors: list[Tensor],
    inputs: list[Tensor],
    depth: int,
) -> Expr:
    """An expression whose free indices are among ``free``; may add to ``inputs``."""
    kinds = ["leaf", "leaf"]
    if depth > 0:
        kinds = ["leaf", "sum", "product", "product", "contract", "contract", "apply", "square"]
        if free:
            kinds += ["delta", "softmax", "diagonal"]
        kinds += ["logsumexp"]
    kind = draw(st.sampled_from(kinds))

    def part(inner: tuple[Index, ...]) -> Expr:
        return draw(expressions(inner, tensors, inputs, depth - 1))

    if kind == "sum":
        return add([part(free), multiply([number(draw(st.sampled_from((1, -1, 2)))), part(free)])])
    if kind == "product":
        return multiply([part(free), part(free)])
    if kind == "contract":
        summed = fresh(draw(st.sampled_from(INDICES)), free)
        inner = (*free, summed)
        return contract([summed], multiply([part(inner), part(inner)]))
    if kind == "apply":
        return apply(draw(st.sampled_from(SMOOTH)), part(free))
    if kind == "square":
        return power(part(free), Fraction(2))
    if kind == "delta":
        index = draw(st.sampled_from(free))
        summed = fresh(Index(index.name, 1, index.extent), free)
        left, right = (Slot(i, draw(st.sampled_from(Level))) for i in (index, summed))
        return contract([summed], multiply([Delta(left, right), part((*free, summed))]))
    if kind == "diagonal":
        index = draw(st.sampled_from(free))
        other = fresh(Index(index.name, 1, index.extent), free)
        return substitute(part((*free, other)), {other: index})
    if kind == "softmax":
        index = draw(st.sampled_from(free))
        inner = fresh(Index(index.name, 1, index.extent), free)
        rest = tuple(i for i in free if i is not index)
        body = part((*rest, inner))
        return transform("softmax", [((inner,), body)], [Slot(index, Level.UPPER)])
    if kind == "logsumexp":
        inner = fresh(draw(st.sampled_from(INDICES)), free)
        return transform("logsumexp", [((inner,), part((*free, inner)))])
    return draw(leaves(free, tensors, inputs))


@st.composite
def leaves(
    draw: st.DrawFn, free: tuple[Index, ...], tensors: list[Tensor], inputs: list[Tensor]
) -> Expr:
    chosen = tuple(i for i in free if draw(st.booleans()) or len(free) == 1)
    wanted = tuple(i.extent for i in chosen)
    fitting = [t for t in tensors if t.extents == wanted]
    if fitting and draw(st.integers(0, 3)):
        tensor = draw(st.sampled_from(fitting))
    else:
        tensor = Tensor(f"x{len(inputs)}", wanted, (Level.UPPER,) * len(wanted))
        inputs.append(tensor)
        tensors.append(tensor)
    return Access(tensor, draw(slots(chosen)))


@st.composite
def programs(draw: st.DrawFn, *, definitions: int = 3, depth: int = 3) -> Equations:
    """A program of a few definitions; the last one is the output."""
    inputs: list[Tensor] = []
    tensors: list[Tensor] = []
    made: list[Definition] = []
    for number_ in range(draw(st.integers(1, definitions))):
        free = tuple(draw(st.lists(st.sampled_from(INDICES), max_size=2, unique=True)))
        body = draw(expressions(free, tensors, inputs, depth))
        name = f"y{number_}"
        tensor = Tensor(name, tuple(i.extent for i in free), (Level.UPPER,) * len(free))
        made.append(Definition(tensor, free, body))
        tensors.append(tensor)
    last = made[-1].name
    return Equations(tuple(inputs), tuple(made), (last,))
