"""Operations are records, not node kinds: what a function is, and everything known of it.

The records themselves stand in :mod:`tensorcalc.ops`, one file for each family. A record
is found by its name, so that expressions can be pickled and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeVar

from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr.interning import Node

if TYPE_CHECKING:
    from tensorcalc.expr.indices import Index
    from tensorcalc.expr.nodes import Expr, Slot, Transform

__all__ = [
    "AbstractFunction",
    "Functional",
    "Operation",
    "Pointwise",
    "no_derivative",
    "operation_named",
    "register",
    "registered",
]

#: ``partials(arguments, value)`` returns the derivative by each argument. ``value`` is an
#: expression equal to the function at these arguments: a derivative that can be written
#: by the value (``s (1 - s)``) is, so that no function is evaluated twice.
Partials = Callable[["tuple[Expr, ...]", "Expr"], "tuple[Expr, ...]"]

#: ``derivative(node, number, inner, value)`` returns the Jacobian of argument ``number``:
#: an expression whose free indices are those of ``node`` and ``inner`` (one index for each
#: bound index of the argument). ``value(slots)`` is the result at other components.
TransformDerivative = Callable[
    ["Transform", int, "tuple[Index, ...]", "Callable[[tuple[Slot, ...]], Expr]"], "Expr"
]


@dataclass(frozen=True, slots=True, eq=False)
class Pointwise:
    """A function applied to each component of its arguments.

    Attributes:
        name: The name in the notation.
        arity: Number of arguments a person writes before ``;``.
        partials: The derivative by every argument and parameter, in order.
        numpy: NumPy expression; ``{0}`` … are the arguments, each a name or a number (in
            brackets if negative).
        torch: Torch expression, in the same way; :attr:`numbers` says which may be numbers.
        latex: LaTeX, with ``{0}`` … for the arguments' LaTeX.
        parameters: Trailing arguments with a default, passed as ``f(x; slope=0.2)``.
        support: Names of helper functions (``tensorcalc.ops.support``) the NumPy code calls.
        domain: Where the function is defined, in words.
        kinks: Value or derivative at points where it is not smooth, in words.
        sample: An interval of arguments that lies in the domain and meets both sides of kinks.
        source: Where the formula is from.
        numbers: Places that may hold a Python number in the Torch code as long as another
            argument is a tensor; every other place needs a tensor.
        analytic: Whether the NumPy code continues the function to complex arguments near the
            real line, so that a complex step measures its derivative.
    """

    name: str
    arity: int
    partials: Partials
    numpy: str
    torch: str
    latex: str
    parameters: tuple[tuple[str, Fraction], ...] = ()
    support: tuple[str, ...] = ()
    domain: str = "all real numbers"
    kinks: str = ""
    sample: tuple[float, float] = (-2.0, 2.0)
    source: str = ""
    numbers: tuple[int, ...] = ()
    analytic: bool = True

    def __reduce__(self) -> tuple[Callable[[str], Operation], tuple[str]]:
        return operation_named, (self.name,)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class Functional:
    r"""A function of whole tensors: softmax, a norm, an inverse.

    Attributes:
        name: The name in the notation, without its index.
        result: ``"drop"`` bound indices vanish (``max_i``), ``"keep"`` the result has one slot
            for each bound index (``softmax_i``, ``inv``).
        bound: How many indices each argument binds; None for one or more.
        derivative: The Jacobian by an argument.
        numpy: NumPy expression of ``{0}`` … (arrays whose bound axes come last, in order)
            and ``{axes}`` (a tuple of negative numbers; ``{axes[0]}`` is the first).
        torch: Torch expression, in the same way.
        latex: LaTeX of the name with ``{0}`` for the index, e.g.
            ``\operatorname{{softmax}}_{{{0}}}``.
        torch_one: A shorter Torch expression for a single bound axis, where there is one.
        support, domain, kinks, source, analytic: As in :class:`Pointwise`.
    """

    name: str
    result: Literal["drop", "keep"]
    bound: int | None
    derivative: TransformDerivative
    numpy: str
    torch: str
    latex: str
    torch_one: str = ""
    support: tuple[str, ...] = ()
    domain: str = "all real numbers"
    kinks: str = ""
    source: str = ""
    analytic: bool = True

    def __reduce__(self) -> tuple[Callable[[str], Operation], tuple[str]]:
        return operation_named, (self.name,)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class AbstractFunction(Node):
    """A function known by name only: derivable and printable, not computable.

    ``orders`` counts the derivatives taken by each argument: ``sigma''`` is ``(2,)``.
    In an ``Apply`` it is pointwise; in a ``Transform`` it maps tensors to a tensor, and each
    derivative adds one component slot for each bound index (``[∇sigma(z)]^i_j``).
    """

    name: str
    orders: tuple[int, ...]

    def derivative(self, argument: int) -> AbstractFunction:
        """The function differentiated once more by ``argument``."""
        orders = list(self.orders)
        orders[argument] += 1
        return AbstractFunction(self.name, tuple(orders))


Operation = Pointwise | Functional | AbstractFunction

R = TypeVar("R", Pointwise, Functional)

_REGISTRY: dict[str, Pointwise | Functional] = {}


def register(record: R) -> R:
    """Add ``record`` to the catalog and return it; a name stands once."""
    assert record.name not in _REGISTRY, record.name
    _REGISTRY[record.name] = record
    return record


def registered() -> Mapping[str, Pointwise | Functional]:
    """A read-only view of the catalog."""
    return MappingProxyType(_REGISTRY)


def operation_named(name: str) -> Pointwise | Functional:
    """Return the catalog's record of that name."""
    return _REGISTRY[name]


def no_derivative(name: str) -> NotDifferentiableError:
    """The error for an operation that has no derivative."""
    return NotDifferentiableError(f"{name} has no derivative: it is constant between jumps")
