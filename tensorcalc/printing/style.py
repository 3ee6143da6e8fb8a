"""What a printed form must provide: the marks on paper, nothing about meaning.

:mod:`tensorcalc.printing.formula` decides what is said (signs, scopes, which sums are written);
a style says how: :class:`~tensorcalc.printing.text.TextStyle` in the notation,
:class:`~tensorcalc.printing.latex.LatexStyle` in LaTeX.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tensorcalc.expr import Edge, Extent, Functional, Level, Pointwise
from tensorcalc.printing.pieces import Factor, Piece

__all__ = ["Combination", "Group", "IndexText", "Name", "Style", "Taken"]


@dataclass(frozen=True, slots=True)
class Name:
    """A plain index."""

    name: str


@dataclass(frozen=True, slots=True)
class Combination:
    """An affine index: named indices with coefficients, and a constant."""

    terms: tuple[tuple[str, int], ...]
    constant: Extent


@dataclass(frozen=True, slots=True)
class Taken:
    """An index taken from an integer tensor, printed already."""

    text: str


IndexText = Name | Combination | Taken

#: Neighbouring slots on one level.
Group = tuple[Level, tuple[IndexText, ...]]


class Style(ABC):
    """The marks of one printed form. Arguments are printed parts; results are text.

    Attributes:
        needs_indices: A text without any index reads as something else, unless it declares.
    """

    needs_indices = False

    @abstractmethod
    def declared(self, keyword: str, text: str, extents: Sequence[Extent]) -> str:
        """A declaration of a tensor, with its extents where they are given."""

    @abstractmethod
    def sizes(self, values: Sequence[tuple[str, int | None]]) -> str:
        """The values of sizes, and sizes that have none."""

    @abstractmethod
    def given(self, left: str, right: str) -> str:
        """A fact."""

    @abstractmethod
    def outputs(self, names: Sequence[str]) -> str:
        """The outputs in their order."""

    @abstractmethod
    def number(self, value: Fraction | float) -> Piece:
        """A constant, with its sign set apart."""

    @abstractmethod
    def size(self, extent: Extent) -> Piece:
        """An extent as a number."""

    @abstractmethod
    def tensor(self, name: str, groups: Sequence[Group]) -> str:
        """A component of a tensor."""

    @abstractmethod
    def delta(self, groups: Sequence[Group]) -> str:
        """A Kronecker delta."""

    @abstractmethod
    def edge(self, edge: Edge, text: str) -> str:
        """A component whose affine index follows a rule at the edge."""

    @abstractmethod
    def condition(self, left: IndexText, relation: str, right: IndexText) -> str:
        """A condition on indices, in its square brackets."""

    @abstractmethod
    def comparison(self, left: str, relation: str, right: str) -> str:
        """A condition on values, in its square brackets."""

    @abstractmethod
    def brackets(self, text: str) -> str:
        """Round brackets."""

    @abstractmethod
    def sum(self, terms: Sequence[Piece]) -> str:
        """Two or more terms with their signs."""

    @abstractmethod
    def product(self, factors: Sequence[Factor], negative: bool) -> Piece:
        """One or more factors and divisors, in order."""

    @abstractmethod
    def power(self, base: Piece, exponent: Piece) -> str:
        """A power; either part gets brackets where it needs them."""

    @abstractmethod
    def summation(self, names: Sequence[str]) -> str:
        """The big operator that binds ``names``."""

    @abstractmethod
    def range_sum(self, name: str, extent: Extent) -> str:
        """The big operator that binds ``name``, with its range."""

    @abstractmethod
    def call(
        self, operation: Pointwise, arguments: Sequence[str], given: Sequence[tuple[str, str]]
    ) -> str:
        """A catalog function; ``arguments`` with all parameters, ``given`` those not at default."""

    @abstractmethod
    def abstract(self, name: str, orders: Sequence[int], arguments: Sequence[str]) -> str:
        """An unknown pointwise function or one of its derivatives."""

    @abstractmethod
    def over(self, operation: Functional, under: str, arguments: Sequence[str]) -> str:
        """A catalog function over indices, ``max_i(x^i)``."""

    @abstractmethod
    def prefix(self, operation: Functional, under: str) -> str:
        """A catalog function that is a big operator, ``prod_k``."""

    @abstractmethod
    def under(self, names: Sequence[str], ranges: Mapping[str, Extent], big: bool = False) -> str:
        """The indices at a function's name with their mark, and the ranges of some."""

    @abstractmethod
    def whole(
        self, operation: Functional, under: str, arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        """A catalog function of whole tensors, ``inv(X)^i_j``."""

    @abstractmethod
    def transposed(self, text: str) -> str:
        """A matrix with its indices in the other order."""

    @abstractmethod
    def at_slots(self, text: str, groups: Sequence[Group]) -> str:
        """A function over indices, read at components that no name can stand for."""

    @abstractmethod
    def abstract_whole(
        self, name: str, orders: Sequence[int], arguments: Sequence[str], groups: Sequence[Group]
    ) -> str:
        """An unknown function of whole tensors, ``sigma(z)^i``, ``[∇sigma(z)]^i_j``."""

    @abstractmethod
    def derivative(self, body: str, wrt: str, single: bool) -> str:
        """A derivative that has not been carried out; ``single`` if the body is a component."""
