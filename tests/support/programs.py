"""Random programs at the index level, for property tests.

Everything the calculus must handle comes up: hyperedges, traces, broadcasts, nested functions,
deltas, sums inside one operand, quotients and powers, functions across indices and of matrices,
windows with edges, gathers, components, conditions, recurrences, definitions that are read
several times. Every program is valid by construction: arguments are kept inside the domain of
their function, windows inside their tensor, labels inside their range, and values moderate.

:func:`random_program` takes any ``random.Random``, so that a failure is a number and a sweep
needs no framework; :func:`programs` is the same as a Hypothesis strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

from hypothesis import strategies as st

from tensorcalc.expr import (
    Access,
    Affine,
    Condition,
    Definition,
    Delta,
    Edge,
    Equations,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Slot,
    Start,
    Tensor,
    add,
    affine,
    apply,
    at_indices,
    contract,
    divide,
    extent,
    fresh,
    multiply,
    number,
    power,
    reduce,
    substitute,
    subtract,
    transform,
)

__all__ = ["programs", "random_program", "scalar"]

INDICES = tuple(Index(name, 0, extent(f"n_{name}")) for name in "ijk")
WINDOW = Index("u", 0, extent("n_u"))
STEP = Index("t", 0, extent("n_t"))

#: Functions that are smooth, defined everywhere and grow at most linearly.
SMOOTH = (
    *("tanh", "sin", "cos", "sigmoid", "softplus", "atan", "erf", "gelu", "silu"),
    *("log_sigmoid", "asinh", "softsign"),
)
#: Functions with kinks, which generic arguments keep away from.
KINKED = ("relu", "abs", "leaky_relu", "elu", "huber")
#: A Hessian by a tensor of more indices is larger than memory.
MOST_INDICES = 4
EDGES = (Edge.ZERO, Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE)


@dataclass
class _Maker:
    """Makes expressions over tensors that are known; leaves may add inputs."""

    random: Random
    inputs: list[Tensor] = field(default_factory=list[Tensor])
    tensors: list[Tensor] = field(default_factory=list[Tensor])
    kinds: Sequence[str] | None = None

    def expression(self, free: tuple[Index, ...], depth: int) -> Expr:
        """An expression whose free indices are among ``free``."""
        if depth <= 0 or len(free) > MOST_INDICES:
            return self.leaf(free)
        choices = [(name, weight) for name, weight, needs, _ in KINDS if len(free) >= needs]
        names, weights = zip(*choices, strict=True)
        kind = self.random.choices(names, weights)[0]
        if self.kinds is not None and kind not in self.kinds:
            return self.leaf(free)
        make = next(make for name, _, _, make in KINDS if name == kind)
        return make(self, free, depth - 1)

    # ---- leaves -------------------------------------------------------------------------

    def level(self) -> Level:
        return self.random.choice((Level.UPPER, Level.LOWER))

    def tensor(self, extents: tuple[Extent, ...], known: float = 0.75) -> Tensor:
        """A tensor of that shape: one that is known, often, or a new input."""
        fitting = [t for t in self.tensors if t.extents == extents]
        if fitting and self.random.random() < known:
            return self.random.choice(fitting)
        tensor = Tensor(f"x{len(self.inputs)}", extents, (Level.UPPER,) * len(extents))
        self.inputs.append(tensor)
        self.tensors.append(tensor)
        return tensor

    def slot(self, index: IndexExpression, edge: Edge = Edge.INSIDE) -> Slot:
        return Slot(index, self.level(), edge)

    def leaf(self, free: tuple[Index, ...]) -> Expr:
        chosen = [i for i in free if self.random.random() < 0.6 or len(free) == 1]
        self.random.shuffle(chosen)
        chosen = chosen[:MOST_INDICES]
        tensor = self.tensor(tuple(i.extent for i in chosen))
        return Access(tensor, tuple(self.slot(i) for i in chosen))

    # ---- algebra ------------------------------------------------------------------------

    def sum(self, free: tuple[Index, ...], depth: int) -> Expr:
        sign = number(self.random.choice((1, -1, 2, Fraction(1, 3), 0.3)))
        return add([self.expression(free, depth), multiply([sign, self.expression(free, depth)])])

    def product(self, free: tuple[Index, ...], depth: int) -> Expr:
        return multiply([self.expression(free, depth), self.expression(free, depth)])

    def contraction(self, free: tuple[Index, ...], depth: int) -> Expr:
        summed = fresh(self.random.choice(INDICES), free)
        inner = (*free, summed)
        count = self.random.choice((1, 2, 2, 3))
        return contract([summed], multiply([self.expression(inner, depth) for _ in range(count)]))

    def square(self, free: tuple[Index, ...], depth: int) -> Expr:
        exponent = self.random.choice((2, 2, 3))
        return power(apply("tanh", self.expression(free, depth)), Fraction(exponent))

    def positive(self, free: tuple[Index, ...], depth: int) -> Expr:
        """An expression above 0, moderate."""
        inner = self.expression(free, depth)
        match self.random.randrange(3):
            case 0:
                return apply("exp", apply("sin", inner))
            case 1:
                return add([number(Fraction(3, 2)), apply("cos", inner)])
            case _:
                return add([number(1), power(apply("tanh", inner), 2)])

    def quotient(self, free: tuple[Index, ...], depth: int) -> Expr:
        return divide(self.expression(free, depth), self.positive(free, depth))

    def root(self, free: tuple[Index, ...], depth: int) -> Expr:
        base = self.positive(free, depth)
        match self.random.randrange(4):
            case 0:
                exponents = (Fraction(1, 2), Fraction(-1, 2), Fraction(-2), Fraction(3, 2))
                return power(base, self.random.choice(exponents))
            case 1:
                return power(base, apply("sin", self.expression(free, depth)))
            case 2:
                return apply(self.random.choice(("sqrt", "log", "log1p")), base)
            case _:
                return apply("exp", apply("tanh", self.expression(free, depth)))

    # ---- functions ----------------------------------------------------------------------

    def smooth(self, free: tuple[Index, ...], depth: int) -> Expr:
        return apply(self.random.choice(SMOOTH), self.expression(free, depth))

    def kinked(self, free: tuple[Index, ...], depth: int) -> Expr:
        return apply(self.random.choice(KINKED), self.generic(free, depth))

    def generic(self, free: tuple[Index, ...], depth: int) -> Expr:
        """Nowhere 0 for every input: a random constant is added."""
        offset = number(self.random.choice((0.137, -0.223, 0.311)))
        return add([self.expression(free, depth), offset])

    def binary(self, free: tuple[Index, ...], depth: int) -> Expr:
        left, right = self.generic(free, depth), self.expression(free, depth)
        match self.random.randrange(5):
            case 0 | 1:
                return apply(self.random.choice(("maximum", "minimum")), left, right)
            case 2:
                return apply("atan2", left, self.positive(free, depth))
            case _:
                test = apply(self.random.choice(("less", "less_equal")), left, right)
                branches = self.expression(free, depth), self.expression(free, depth)
                return apply("where", test, *branches)

    def inner(self, index: Index, free: tuple[Index, ...]) -> Index:
        return fresh(Index(index.name, 1, index.extent), free)

    def vector(self, free: tuple[Index, ...], depth: int) -> Expr:
        """Softmax and its like, over one index or two."""
        name = self.random.choice(("softmax", "log_softmax", "normalize", "argmax_onehot"))
        count = 2 if len(free) > 1 and self.random.random() < 0.25 else 1
        kept = self.random.sample(free, count)
        bound: tuple[Index, ...] = ()
        for i in kept:
            bound += (self.inner(i, (*free, *bound)),)
        rest = tuple(i for i in free if i not in kept)
        body = self.generic((*rest, *bound), depth)
        if name == "argmax_onehot":
            body = add([body, self.fresh_leaf(bound)])
        level = self.level()
        return transform(name, [(bound, body)], [Slot(i, level) for i in kept])

    def fresh_leaf(self, indices: tuple[Index, ...]) -> Expr:
        """An input of its own, so that no two entries are equal."""
        tensor = self.tensor(tuple(i.extent for i in indices), known=0.0)
        return at_indices(tensor, indices)

    def reduction(self, free: tuple[Index, ...], depth: int) -> Expr:
        name = self.random.choice(("logsumexp", "norm", "max", "min", "prod"))
        bound = tuple(
            fresh(i, free) for i in self.random.sample(INDICES, self.random.choice((1, 1, 1, 2)))
        )
        body = self.generic((*free, *bound), depth)
        if name in ("max", "min"):
            body = add([body, self.fresh_leaf(bound)])
        if name == "prod":
            body = apply("tanh", body)
        return reduce(name, bound, body)

    def matrix(self, free: tuple[Index, ...], depth: int) -> Expr:
        """Functions of a matrix whose diagonal dominates."""
        name = self.random.choice(("inv", "inv", "det", "logdet", "cholesky"))
        index = self.random.choice(free if name in ("inv", "cholesky") and free else INDICES)
        row = fresh(Index(index.name, 1, index.extent), free)
        column = fresh(row, {*free, row})
        scale = number(Fraction(1, 3))
        if name == "cholesky":
            summed = fresh(INDICES[0], {*free, row, column})
            body = apply("tanh", self.expression((row, summed), depth))
            both = multiply([body, substitute(body, {row: column})])
            added = multiply([scale, contract([summed], both)])
        else:
            added = multiply([scale, apply("tanh", self.expression((*free, row, column), depth))])
        levels = self.level(), self.level()
        diagonal = Delta(Slot(row, levels[0]), Slot(column, levels[1]))
        argument = ((row, column), add([multiply([number(2), diagonal]), added]))
        if name in ("det", "logdet"):
            value = transform(name, [argument])
            return value if name == "logdet" else apply("log1p", value)
        result_row = index if index in free else fresh(index, free)
        other = fresh(Index(index.name, 0, index.extent), {*free, result_row})
        at = [self.slot(result_row), self.slot(other)]
        if self.random.random() < 0.5:
            at.reverse()
        whole = transform(name, [argument], at)
        missing = (other,) if result_row in free else (result_row, other)
        return contract(missing, multiply([whole, self.leaf(missing)]))

    # ---- structure ----------------------------------------------------------------------

    def delta(self, free: tuple[Index, ...], depth: int) -> Expr:
        if len(free) > 1 and self.random.random() < 0.3:
            left, right = self.random.sample(free, 2)  # rectangular, where extents differ
            pair = Delta(self.slot(left), self.slot(right))
            return multiply([pair, self.expression(free, depth)])
        index = self.random.choice(free)
        summed = self.inner(index, free)
        pair = Delta(self.slot(index), self.slot(summed))
        return contract([summed], multiply([pair, self.expression((*free, summed), depth)]))

    def diagonal(self, free: tuple[Index, ...], depth: int) -> Expr:
        index = self.random.choice(free)
        other = self.inner(index, free)
        return substitute(self.expression((*free, other), depth), {other: index})

    def trace(self, free: tuple[Index, ...], depth: int) -> Expr:
        index = fresh(self.random.choice(INDICES), free)
        other = fresh(index, {*free, index})
        body = substitute(self.expression((*free, index, other), depth), {other: index})
        return contract([index], body)

    def condition(self, free: tuple[Index, ...], depth: int) -> Expr:
        left = self.random.choice(free)
        right: IndexExpression = self.random.choice([i for i in INDICES if i not in free] or free)
        bound = [right] if right not in free else []
        if self.random.random() < 0.4:
            right = affine([(right, 1)], 1) if right is not left else Affine((), extent(1))
        relation = self.random.choice(("==", "!=", "<", "<="))
        holds = Condition(relation, left, right)
        inner = (*free, *bound)
        if self.random.random() < 0.4:
            branch = apply("where", holds, self.expression(inner, depth), self.leaf(free))
            return contract(bound, branch)
        return contract(bound, multiply([holds, self.expression(inner, depth)]))

    def window(self, free: tuple[Index, ...], depth: int) -> Expr:
        """``z_{i+u} w_u`` and its like, with any edge, strides and flips."""
        index = self.random.choice(free)
        u = fresh(WINDOW, free)
        step = self.random.choice((1, 1, 2))
        rest = tuple(i for i in free if i is not index and self.random.random() < 0.4)
        if self.random.random() < 0.4:
            back = self.random.random() < 0.4
            place = affine([(index, step), (u, -1 if back else 1)], u.extent - 1 if back else 0)
            length, edge = index.extent * step + u.extent - step, Edge.INSIDE
        else:
            place = affine([(index, step), (u, self.random.choice((1, -1)))])
            length, edge = index.extent, self.random.choice(EDGES)
        tensor = self.tensor((length, *(i.extent for i in rest)))
        read = Access(tensor, (self.slot(place, edge), *map(self.slot, rest)))
        return contract([u], multiply([read, self.expression((*free, u), depth)]))

    def shifted(self, free: tuple[Index, ...], depth: int) -> Expr:
        """One place further, with an edge; or one fixed component."""
        index = self.random.choice(free)
        tensor = self.tensor((index.extent,))
        if self.random.random() < 0.4:
            component = self.random.choice((extent(0), index.extent - 1))
            read = Access(tensor, (self.slot(Affine((), component)),))
        else:
            place = affine([(index, 1)], self.random.choice((1, -1)))
            read = Access(tensor, (self.slot(place, self.random.choice(EDGES)),))
        return multiply([read, self.expression(free, depth)])

    def gather(self, free: tuple[Index, ...], depth: int) -> Expr:
        index, row = self.random.choice(free), self.random.choice(INDICES)
        known = [t for t in self.inputs if t.domain == "integer" and t.extents == (index.extent,)]
        name = f"c{row.name}{index.name}"
        labels = next((t for t in known if t.name == name), None)
        if labels is None:
            labels = Tensor(name, (index.extent,), (Level.LOWER,), "integer")
            self.inputs.append(labels)
        rest = tuple(i for i in free if self.random.random() < 0.4)
        tensor = self.tensor((row.extent, *(i.extent for i in rest)))
        looked_up = self.slot(Lookup(at_indices(labels, (index,))))
        read = Access(tensor, (looked_up, *map(self.slot, rest)))
        return multiply([read, self.expression(free, depth)])

    def again(self, free: tuple[Index, ...], depth: int) -> Expr:
        """One part read several times."""
        part = self.expression(free, depth)
        other = self.expression(free, depth)
        match self.random.randrange(3):
            case 0:
                return multiply([part, apply("tanh", add([part, other]))])
            case 1:
                return subtract(multiply([part, part, other]), part)
            case _:
                return add([apply("sin", part), multiply([part, apply("sigmoid", part), other])])

    # ---- definitions --------------------------------------------------------------------

    def definition(self, name: str, depth: int) -> Definition:
        random = self.random
        if random.random() < 0.12 and self.kinds is None:
            return self.recurrence(name)
        free = tuple(random.sample(INDICES, random.choice((0, 1, 1, 2, 2))))
        tensor = Tensor(name, tuple(i.extent for i in free), (Level.UPPER,) * len(free))
        return Definition(tensor, free, self.expression(free, depth))

    def recurrence(self, name: str) -> Definition:
        """``s_t^i = tanh(W^i_k s_{t-1}^k + x_t^i)`` and its like, from a start."""
        i = self.random.choice(INDICES)
        k = Index("k", 5, i.extent)
        tensor = Tensor(name, (STEP.extent, i.extent), (Level.LOWER, Level.UPPER))
        before = affine([(STEP, 1)], -1)
        earlier = Access(tensor, (Slot(before, Level.LOWER), Slot(k, Level.UPPER)))
        weights, driven = self.leaf((i, k)), self.tensor((STEP.extent, i.extent))
        read = contract([k], multiply([weights, earlier]))
        if k not in weights.free or self.random.random() < 0.3:
            same = Access(tensor, (Slot(before, Level.LOWER), Slot(i, Level.UPPER)))
            read = multiply([number(Fraction(1, 2)), same])
        body = apply("tanh", add([read, at_indices(driven, (STEP, i))]))
        start = Start(0, -1, (i,), self.leaf((i,)))
        return Definition(tensor, (STEP, i), body, starts=(start,))


Make = Callable[[_Maker, tuple[Index, ...], int], Expr]

#: Name, how often, how many free indices it needs, and how it is made.
KINDS: tuple[tuple[str, float, int, Make], ...] = (
    ("leaf", 2, 0, lambda maker, free, depth: maker.leaf(free)),
    ("sum", 2, 0, _Maker.sum),
    ("product", 2, 0, _Maker.product),
    ("contraction", 3, 0, _Maker.contraction),
    ("square", 1, 0, _Maker.square),
    ("quotient", 1, 0, _Maker.quotient),
    ("root", 1, 0, _Maker.root),
    ("smooth", 2, 0, _Maker.smooth),
    ("kinked", 1, 0, _Maker.kinked),
    ("binary", 1, 0, _Maker.binary),
    ("vector", 1.5, 1, _Maker.vector),
    ("reduction", 1.5, 0, _Maker.reduction),
    ("matrix", 0.7, 0, _Maker.matrix),
    ("delta", 1, 1, _Maker.delta),
    ("diagonal", 1, 1, _Maker.diagonal),
    ("trace", 1, 0, _Maker.trace),
    ("condition", 1, 1, _Maker.condition),
    ("window", 1, 1, _Maker.window),
    ("shifted", 0.7, 1, _Maker.shifted),
    ("gather", 1, 1, _Maker.gather),
    ("again", 1, 0, _Maker.again),
)


def random_program(
    random: Random, *, definitions: int = 3, depth: int = 3, kinds: Sequence[str] | None = None
) -> Equations:
    """A program of a few definitions; its last output is its last definition.

    Args:
        random: Where every choice comes from.
        definitions: At most so many.
        depth: How deep formulas are nested.
        kinds: Names of :data:`KINDS` to use, where not all are wanted.
    """
    maker = _Maker(random, kinds=kinds)
    made: list[Definition] = []
    for place in range(random.randint(1, definitions)):
        made.append(maker.definition(f"y{place}", depth))
        maker.tensors.append(made[-1].tensor)
    others = [d.name for d in made[:-1] if random.random() < 0.25]
    # An input that nothing reads has an axis of every size: sums over plain numbers need it.
    every = tuple(i.extent for i in (*INDICES, WINDOW, STEP))
    sized = Tensor("sized", every, (Level.UPPER,) * len(every))
    return Equations((*maker.inputs, sized), tuple(made), (*others, made[-1].name))


@st.composite
def programs(
    draw: st.DrawFn,
    *,
    definitions: int = 3,
    depth: int = 3,
    kinds: Sequence[str] | None = None,
) -> Equations:
    """Strategy for :func:`random_program`; what fails gets as few definitions, as flat, as can be.

    What is drawn is a seed: drawing every choice takes longer than all that is tested with it.
    """
    count, levels = draw(st.integers(1, definitions)), draw(st.integers(1, depth))
    random = Random(draw(st.integers(0, 2**32 - 1)))
    return random_program(random, definitions=count, depth=levels, kinds=kinds)


def scalar(equations: Equations) -> Equations:
    """The program with a random-looking scalar of its last output as the output ``L``."""
    last = equations.definition(equations.outputs[-1])
    weights = Tensor("w", last.tensor.extents, (Level.LOWER,) * last.tensor.rank)
    value = at_indices(last.tensor, last.indices)
    body = contract(last.indices, multiply([at_indices(weights, last.indices), value, value]))
    total = Definition(Tensor("L", (), ()), (), body)
    return Equations((*equations.inputs, weights), (*equations.definitions, total), ("L",))
