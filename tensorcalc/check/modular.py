"""Values modulo a prime: exact for rational formulas, with unknowns for everything else.

A rational function that is not 0 has few zeros modulo a large prime (Schwartz and Zippel), so two
rational formulas that agree at random points are equal but for a tiny probability.

What is not rational becomes an *unknown*: a number that looks random, the same wherever the same
function has the same arguments. Formulas that agree whatever the unknowns are, are equal. Formulas
that do not may still be, because functions are related (``sin² + cos² = 1``); the simplest
relations are built in (``exp(-x) exp(x) = 1``, ``tanh`` by ``exp``, odd and even functions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorcalc.check.backends import Array
from tensorcalc.check.evaluate import Evaluator
from tensorcalc.check.labelled import Labelled, combine
from tensorcalc.check.residues import PoleError, Residues, inverse_and_determinant, mixed
from tensorcalc.errors import TensorcalcError
from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Apply,
    Condition,
    Contraction,
    Definition,
    Delta,
    Expr,
    Functional,
    Index,
    IndexExpression,
    Number,
    Pointwise,
    Product,
    Size,
    Sum,
    Transform,
    children,
    walk,
)

__all__ = ["ModularBackend", "ModularEvaluator", "NotModularError"]

#: Functions with ``f(-x) = -f(x)`` and with ``f(-x) = f(x)``.
_ODD = frozenset({"sin", "erf", "asin", "atan", "asinh", "atanh", "sign"})
_EVEN = frozenset({"cos", "abs"})


class NotModularError(TensorcalcError):
    """Something that has no value modulo a prime, such as an infinity."""


class ModularBackend:
    """The oracle's array library over the integers modulo a prime.

    Positions and conditions are integer arrays of NumPy, numbers are :class:`Residues`.
    """

    name = "modular"

    def __init__(self, prime: int) -> None:
        self.prime = prime

    def array(self, value: Array) -> Array:
        """See :class:`Backend`."""
        if isinstance(value, Residues):
            return value
        if isinstance(value, float | Fraction):
            return Residues.of(value, self.prime)
        given = np.asarray(value)
        assert given.dtype.kind in "iu", given.dtype
        return given

    def positions(self, length: int) -> Array:
        """See :class:`Backend`."""
        return np.arange(length)

    def real(self, value: Array) -> Array:
        """See :class:`Backend`."""
        return value if isinstance(value, Residues) else Residues(value, self.prime)

    def transpose(self, value: Array, axes: Sequence[int]) -> Array:
        """See :class:`Backend`."""
        if isinstance(value, Residues):
            return Residues(np.transpose(value.values, axes), self.prime)
        return np.transpose(value, axes)

    def expand(self, value: Array, shape: Sequence[int]) -> Array:
        """See :class:`Backend`."""
        if isinstance(value, Residues):
            return Residues(np.broadcast_to(value.values, tuple(shape)), self.prime)
        return np.broadcast_to(value, tuple(shape))

    def total(self, value: Array, axes: tuple[int, ...]) -> Array:
        """See :class:`Backend`."""
        return self.real(value).total(axes)

    def where(self, condition: Array, left: Array, right: Array) -> Array:
        """See :class:`Backend`."""
        choose: Callable[..., Array] = np.where
        if isinstance(left, Residues) or isinstance(right, Residues):
            left, right = self.real(left).values, self.real(right).values
            return Residues(choose(condition, left, right), self.prime)
        return choose(condition, left, right)

    def clip(self, value: Array, low: int, high: int) -> Array:
        """See :class:`Backend`."""
        return np.clip(value, low, high)

    def stack(self, values: Sequence[Array]) -> Array:
        """See :class:`Backend`."""
        return Residues(np.stack([self.real(v).values for v in values]), self.prime)

    def sin(self, value: Array) -> Array:
        """See :class:`Backend`."""
        raise NotModularError("a sine has no value modulo a prime")

    def function(
        self, operation: Pointwise | Functional, count: int, axes: int
    ) -> Callable[..., Array]:
        """See :class:`Backend`."""
        raise NotModularError(f"the code of {operation.name} has no value modulo a prime")


class ModularEvaluator(Evaluator):
    """The oracle's evaluator over the integers modulo a prime.

    Attributes:
        hidden: Names of definitions that depend on an unknown.
    """

    def __init__(
        self, arrays: Mapping[str, Array], prime: int, sizes: Mapping[str, int], seed: int = 0
    ) -> None:
        super().__init__(arrays, ModularBackend(prime), sizes)
        self.prime = prime
        self.hidden: set[str] = set()
        self._seed = seed
        #: Masks and labels: inputs that take few values.
        self._discrete = {n for n, a in self.arrays.items() if not isinstance(a, Residues)}
        self._unknowns = 0

    def define(self, group: Sequence[Definition]) -> None:
        """Compute a definition, or a group that reads one another."""
        if any(d.tensor.domain == "integer" for d in group):
            raise NotModularError("which component is the largest has no answer modulo a prime")
        before = self._unknowns
        super().define(group)
        if self._unknowns > before:
            self.hidden.update(d.name for d in group)

    def array_of(self, expr: Expr, axes: Sequence[Index]) -> Array:
        """``expr`` with exactly these axes; one it lacks is broadcast."""
        return self.backend.real(super().array_of(expr, axes))

    def _value(self, node: Expr, done: Mapping[Expr, Labelled]) -> Labelled:
        match node:
            case Number(value):
                if abs(value) == float("inf"):
                    raise NotModularError("an infinity has no value modulo a prime")
                return Labelled((), Residues.of(value, self.prime))
            case Access(tensor, _):
                if tensor.name in self.hidden:
                    self._unknowns += 1
                return super()._value(node, done)
            case Sum() | Product():
                return super()._value(node, self._residues(children(node), done))
            case Contraction(_, body):
                factors = body.factors if isinstance(body, Product) else (body,)
                return super()._value(node, self._residues(factors, done))
            case Apply():
                return self._apply(node, self._residues(node.arguments, done))
            case _:
                return super()._value(node, done)

    def _residues(
        self, parts: Sequence[Expr], done: Mapping[Expr, Labelled]
    ) -> dict[Expr, Labelled]:
        return {p: Labelled(done[p].axes, self.backend.real(done[p].array)) for p in parts}

    # Pointwise functions

    def _apply(self, node: Apply, done: Mapping[Expr, Labelled]) -> Labelled:
        operation, arguments = node.operation, node.arguments
        values = [done[argument] for argument in arguments]

        def compute(*given: Residues) -> Residues:
            if isinstance(operation, AbstractFunction):
                name = f"function {operation.name} {operation.orders}"
                return self.unknown(name, *given)
            return self._pointwise(node, operation.name, given)

        if not values:
            return Labelled((), compute())
        return combine(self.backend, compute, values)

    def _pointwise(self, node: Apply, name: str, given: tuple[Residues, ...]) -> Residues:
        match name, given:
            case "pow", (base, exponent):
                by = node.arguments[1]
                if isinstance(by, Number):
                    return self._rational_power(base, Fraction(by.value))
                return self.unknown("pow", base, exponent)
            case "sqrt", (x,):
                return self._rational_power(x, Fraction(1, 2))
            case "reciprocal_or_zero", (x,):
                held = Residues(np.where(x.values == 0, 1, x.values), self.prime)
                chosen = np.where(x.values == 0, 0, held.inverse().values)
                return Residues(chosen, self.prime)
            case "where", (condition, left, right) if self._takes_few_values(node.arguments[0]):
                chosen = np.where(condition.values != 0, left.values, right.values)
                return Residues(chosen, self.prime)
            case _:
                return self._related(name, given)

    def _related(self, name: str, given: tuple[Residues, ...]) -> Residues:
        """Functions by others, as far as it is simple; else an unknown."""
        one = Residues(np.array(1), self.prime)

        def exp(x: Residues) -> Residues:
            return self.exp(x)

        def log(x: Residues) -> Residues:
            return self.unknown("log", x)

        def minus(x: Residues) -> Residues:
            return x * -1

        match name, given:
            case "e", ():
                return exp(one)
            case "exp", (x,):
                return exp(x)
            case "expm1", (x,):
                return exp(x) - 1
            case "log1p", (x,):
                return log(x + 1)
            case "sigmoid", (x,):
                return (exp(minus(x)) + 1).inverse()
            case "log_sigmoid", (x,):
                return minus(log(exp(minus(x)) + 1))
            case "softplus", (x,):
                return log(exp(x) + 1)
            case "silu", (x,):
                return x * (exp(minus(x)) + 1).inverse()
            case "sinh", (x,):
                return (exp(x) - exp(minus(x))) * Residues.of(Fraction(1, 2), self.prime)
            case "cosh", (x,):
                return (exp(x) + exp(minus(x))) * Residues.of(Fraction(1, 2), self.prime)
            case "tanh", (x,):
                up, down = exp(x), exp(minus(x))
                return (up - down) * (up + down).inverse()
            case "tan", (x,):
                return self._related("sin", (x,)) * self._related("cos", (x,)).inverse()
            case "less", (a, b):
                return self.unknown("less", b - a)
            case "less_equal", (a, b):
                return minus(self.unknown("less", a - b)) + 1
            case "equal", (a, b):
                return self._even("equal", a - b)
            case "not_equal", (a, b):
                return minus(self._even("equal", a - b)) + 1
            case "maximum", (a, b):
                return self._maximum(a, b)
            case "minimum", (a, b):
                return a + b - self._maximum(a, b)
            case _, (x,) if name in _ODD:
                return self.unknown(name, x) - self.unknown(name, minus(x))
            case _, (x,) if name in _EVEN:
                return self._even(name, x)
            case _:
                return self.unknown(name, *given)

    def _even(self, name: str, x: Residues) -> Residues:
        return self.unknown(name, x) + self.unknown(name, x * -1)

    def _maximum(self, a: Residues, b: Residues) -> Residues:
        return self.unknown("maximum", a, b) + self.unknown("maximum", b, a)

    def exp(self, x: Residues) -> Residues:
        """An unknown whose values at ``x`` and ``-x`` are inverse to one another."""
        below = self.unknown("exp", x * -1)
        return self.unknown("exp", x) * below.inverse()

    def _rational_power(self, base: Residues, exponent: Fraction) -> Residues:
        """``x**(n + a/b) = x**n root_b(x)**a``: only the root is an unknown."""
        whole = exponent.numerator // exponent.denominator
        result = base.power(whole)
        rest = exponent - whole
        if rest:
            root = self.unknown(f"root {rest.denominator}", base)
            result = result * root.power(rest.numerator)
        return result

    def unknown(self, name: str, *arguments: Residues) -> Residues:
        """What the function ``name`` is at these arguments, for lack of its value."""
        self._unknowns += 1
        return mixed(self._key(name), [a.values for a in arguments], self.prime)

    def _key(self, name: str) -> int:
        return int.from_bytes(blake2b(f"{self._seed} {name}".encode(), digest_size=8).digest())

    def _takes_few_values(self, condition: Expr) -> bool:
        """Whether masks, labels and indices decide: a generic real number is never 0."""
        kinds = Number | Size | Delta | Condition | Sum | Product | Contraction
        return all(
            node.tensor.name in self._discrete
            if isinstance(node, Access)
            else isinstance(node, kinds)
            for node in walk(condition)
        )

    # Functions of whole tensors

    def _transform(
        self,
        node: Transform,
        done: Mapping[Expr, Labelled],
        positions: Callable[[IndexExpression], Labelled],
    ) -> Labelled:
        bodies = self._residues([a.body for a in node.arguments], done)
        operation = node.operation
        if isinstance(operation, AbstractFunction):
            return self._abstract(node, operation, bodies, positions)
        argument = node.arguments[0]
        value = bodies[argument.body]
        batch = tuple(axis for axis in value.axes if axis not in argument.bound)
        array = self._over(value, (*batch, *argument.bound))
        axes = tuple(range(-len(argument.bound), 0))
        result = self._functional(node, operation.name, array, axes)
        if operation.result == "drop":
            return Labelled(batch, result)
        return self._read(result, batch, node.at, (0,) * len(axes), positions, operation.name)

    def _functional(
        self, node: Transform, name: str, x: Residues, axes: tuple[int, ...]
    ) -> Residues:
        def kept(value: Residues) -> Residues:
            return value.reshape((*value.shape, *(1 for _ in axes)))

        def norm() -> Residues:
            return self._rational_power((x * x).total(axes), Fraction(1, 2))

        match name:
            case "prod":
                return x.product(axes)
            case "softmax":
                raised = self.exp(x)
                return raised * kept(raised.total(axes).inverse())
            case "log_softmax":
                total = self.exp(x).total(axes)
                return x - kept(self.unknown("log", total))
            case "logsumexp":
                return self.unknown("log", self.exp(x).total(axes))
            case "norm":
                return norm()
            case "normalize":
                return x * kept(norm().inverse())
            case "inv":
                inverse, _ = inverse_and_determinant(x)
                if inverse is None:
                    raise PoleError
                return inverse
            case "det":
                return inverse_and_determinant(x)[1]
            case "logdet":
                return self.unknown("log", inverse_and_determinant(x)[1])
            case _:
                whole = self._whole(name, x, axes)
                if not isinstance(node.operation, Functional) or node.operation.result == "drop":
                    return whole
                places = np.arange(int(np.prod([x.shape[a] for a in axes])))
                places = places.reshape([x.shape[a] for a in axes])
                read = Residues(places, self.prime)
                return self.unknown(f"{name} at", kept(whole), read)

    def _whole(self, name: str, x: Residues, axes: tuple[int, ...]) -> Residues:
        """An unknown for the whole of ``x`` along ``axes``."""
        lengths = x.shape[: x.ndim - len(axes)]
        flat = x.reshape((*lengths, -1))
        entries = [flat[..., k] for k in range(flat.shape[-1])]
        return self.unknown(f"{name} {[x.shape[a] for a in axes]}", *entries)

    def _abstract(
        self,
        node: Transform,
        function: AbstractFunction,
        bodies: Mapping[Expr, Labelled],
        positions: Callable[[IndexExpression], Labelled],
    ) -> Labelled:
        arguments: list[Labelled] = []
        for number, argument in enumerate(node.arguments):
            value = bodies[argument.body]
            batch = tuple(axis for axis in value.axes if axis not in argument.bound)
            array = self._over(value, (*batch, *argument.bound))
            axes = tuple(range(-len(argument.bound), 0))
            name = f"argument {number} of {function.name}"
            arguments.append(Labelled(batch, self._whole(name, array, axes)))
        components = [positions(slot.index) for slot in node.at]
        groups = _interchangeable(function, [len(a.bound) for a in node.arguments], len(components))
        count = len(arguments)

        def compute(*arrays: Any) -> Residues:
            places = _sorted_in_groups([np.asarray(a) for a in arrays[count:]], groups)
            read = [Residues(place, self.prime) for place in places]
            name = f"components of {function.name} {function.orders}"
            return self.unknown(name, *arrays[:count], *read)

        return combine(self.backend, compute, [*arguments, *components])


def _interchangeable(
    function: AbstractFunction, bound: Sequence[int], components: int
) -> list[list[int]]:
    """Component slots of repeated derivatives by one vector: their order does not matter."""
    place = components - sum(o * b for o, b in zip(function.orders, bound, strict=True))
    groups: list[list[int]] = []
    for order, slots in zip(function.orders, bound, strict=True):
        if slots == 1 and order > 1:
            groups.append(list(range(place, place + order)))
        place += order * slots
    return groups


def _sorted_in_groups(
    places: list[NDArray[Any]], groups: Sequence[Sequence[int]]
) -> list[NDArray[Any]]:
    for group in groups:
        stacked = np.sort(np.stack(np.broadcast_arrays(*(places[k] for k in group))), axis=0)
        for k, row in zip(group, stacked, strict=True):
            places[k] = np.asarray(row)
    return places
