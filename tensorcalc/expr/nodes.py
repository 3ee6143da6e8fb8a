"""The node kinds of the index level: a small closed set.

A node is a scalar-valued formula of its free indices. Nodes are interned, so ``is`` is
equality; constructors check invariants and never rewrite. Facts derived from the fields
(``free``) are computed once, at construction.

============  =====================================================================
Number        an exact rational, or a float where the user wrote one
Size          an extent used as a number
Access        a tensor at its slots
Delta         1 where two slots hold the same component, else 0
Condition     1 where an affine relation between indices holds, else 0
Sum           of two or more terms
Product       of two or more factors
Contraction   sum of a body over bound indices
Apply         a pointwise function of arguments
Transform     a function of whole tensors, read at components
Derivative    of a body by the components of a tensor, not yet carried out
============  =====================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from tensorcalc.expr.extents import Extent
from tensorcalc.expr.indices import Affine, Edge, Index, Level
from tensorcalc.expr.interning import Node
from tensorcalc.expr.operations import AbstractFunction, Functional, Operation, Pointwise

__all__ = [
    "Access",
    "Apply",
    "Argument",
    "Condition",
    "Contraction",
    "Delta",
    "Derivative",
    "Expr",
    "IndexExpression",
    "Lookup",
    "Number",
    "Product",
    "Size",
    "Slot",
    "Sum",
    "Tensor",
    "Transform",
]

_NONE: frozenset[Index] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Tensor(Node):
    """A named array: its slots' extents and levels, and declared facts about its values.

    Attributes:
        name: Unique within a program. Greek letters are spelled out.
        extents, levels: One for each slot, in the order written.
        domain: ``"integer"`` tensors hold labels and are looked up, never differentiated.
        facts: Any of ``"positive"``, ``"mask"`` (entries 0 or 1).
        symmetry: Groups of interchangeable slots, each with its sign (1 or -1).
    """

    name: str
    extents: tuple[Extent, ...]
    levels: tuple[Level, ...]
    domain: Literal["real", "integer"] = "real"
    facts: frozenset[str] = frozenset()
    symmetry: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def __post_init__(self) -> None:
        assert len(self.extents) == len(self.levels)

    @property
    def rank(self) -> int:
        """Number of slots."""
        return len(self.extents)

    def __repr__(self) -> str:
        return f"Tensor({self.name})"


@dataclass(frozen=True, slots=True, eq=False)
class Lookup(Node):
    """An index taken from an integer tensor: a label, an embedding row."""

    source: Access


IndexExpression = Index | Affine | Lookup


@dataclass(frozen=True, slots=True, eq=False)
class Slot(Node):
    """One place of an access: an index expression on a level."""

    index: IndexExpression
    level: Level
    edge: Edge = Edge.INSIDE
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _set_free(self, free_of_index(self.index))


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """A constant. ``value`` is exact unless the user wrote a float or infinity."""

    value: Fraction | float
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert type(self.value) in (Fraction, float)
        assert self.value == self.value, "not a number"
        _set_free(self, _NONE)


@dataclass(frozen=True, slots=True, eq=False)
class Size(Node):
    """The extent as a number (``1/N_y``)."""

    extent: Extent
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _set_free(self, _NONE)


@dataclass(frozen=True, slots=True, eq=False)
class Access(Node):
    """A component of a tensor, ``A^i_j``."""

    tensor: Tensor
    slots: tuple[Slot, ...]
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(self.slots) == self.tensor.rank, self.tensor.name
        _set_free(self, _union(*(s.free for s in self.slots)))


@dataclass(frozen=True, slots=True, eq=False)
class Delta(Node):
    """1 where both slots hold the same number, else 0: ``δ^i_j``, ``δ^{i-j}_m``.

    Over indices of unequal extents it is the rectangular identity.
    """

    left: Slot
    right: Slot
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _set_free(self, self.left.free | self.right.free)


@dataclass(frozen=True, slots=True, eq=False)
class Condition(Node):
    """1 where ``left relation right``, else 0. Conjunction is a product, negation ``1 - c``."""

    relation: Literal["==", "!=", "<", "<="]
    left: IndexExpression
    right: IndexExpression
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _set_free(self, free_of_index(self.left) | free_of_index(self.right))


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Node):
    """Terms need not have the same free indices: a missing one is broadcast."""

    terms: tuple[Expr, ...]
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(self.terms) >= 2
        _set_free(self, _union(*(t.free for t in self.terms)))


@dataclass(frozen=True, slots=True, eq=False)
class Product(Node):
    """Factors in the order they are printed. A quotient is a product with a power -1."""

    factors: tuple[Expr, ...]
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(self.factors) >= 2
        _set_free(self, _union(*(f.free for f in self.factors)))


@dataclass(frozen=True, slots=True, eq=False)
class Contraction(Node):
    """The sum of ``body`` over ``bound``; an index the body lacks is a factor of its extent."""

    bound: tuple[Index, ...]
    body: Expr
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert self.bound
        assert len(set(self.bound)) == len(self.bound)
        _set_free(self, self.body.free - set(self.bound))


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Node):
    """A pointwise function; arguments are broadcast over the union of their free indices."""

    operation: Pointwise | AbstractFunction
    arguments: tuple[Expr, ...]
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        operation = self.operation
        if isinstance(operation, Pointwise):
            assert len(self.arguments) == operation.arity + len(operation.parameters)
        else:
            assert len(self.arguments) == len(operation.orders)
        _set_free(self, _union(*(a.free for a in self.arguments)))


@dataclass(frozen=True, slots=True, eq=False)
class Argument(Node):
    """A tensor as an argument: ``body`` as a function of its ``bound`` indices."""

    bound: tuple[Index, ...]
    body: Expr
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(set(self.bound)) == len(self.bound)
        _set_free(self, self.body.free - set(self.bound))


@dataclass(frozen=True, slots=True, eq=False)
class Transform(Node):
    """A function of whole tensors, read at the components ``at``.

    ``max_i(x^i)`` has no components, ``softmax_i(z^i)`` one: the bound index is inside its
    argument, the open one in ``at``. Free indices of the arguments that are not bound
    are batch indices.
    """

    operation: Functional | AbstractFunction
    arguments: tuple[Argument, ...]
    at: tuple[Slot, ...]
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        operation = self.operation
        if isinstance(operation, Functional):
            assert operation.bound is None or all(
                len(a.bound) == operation.bound for a in self.arguments
            )
            expected = len(self.arguments[0].bound) if operation.result == "keep" else 0
            assert len(self.at) == expected, operation.name
        _set_free(self, _union(*(a.free for a in self.arguments), *(s.free for s in self.at)))


@dataclass(frozen=True, slots=True, eq=False)
class Derivative(Node):
    """``∂body/∂wrt``, not carried out: everything but ``wrt``'s tensor is constant.

    The slots of ``wrt`` hold distinct plain indices that do not occur in ``body``.
    """

    body: Expr
    wrt: Access
    free: frozenset[Index] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert all(isinstance(s.index, Index) for s in self.wrt.slots)
        assert len(self.wrt.free) == len(self.wrt.slots)
        _set_free(self, self.body.free | self.wrt.free)


Expr = (
    Number
    | Size
    | Access
    | Delta
    | Condition
    | Sum
    | Product
    | Contraction
    | Apply
    | Transform
    | Derivative
)


def free_of_index(index: IndexExpression) -> frozenset[Index]:
    """The indices an index expression depends on."""
    match index:
        case Index():
            return frozenset((index,))
        case Affine(terms, _):
            return frozenset(i for i, _ in terms)
        case Lookup(source):
            return source.free


def _union(*sets: frozenset[Index]) -> frozenset[Index]:
    return _NONE.union(*sets) if sets else _NONE


def _set_free(node: Node, free: frozenset[Index]) -> None:
    object.__setattr__(node, "free", free)


__all__ += ["Operation", "free_of_index"]
