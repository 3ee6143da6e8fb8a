"""Extents: the lengths of indices, known as numbers or by name.

An extent is a polynomial with integer coefficients in *size atoms*: named sizes
(``N_x``) and floor divisions (the number of steps of a stride). It is kept in one
normal form, so equal extents are one object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from tensorcalc.errors import ShapeError
from tensorcalc.expr.interning import Node

__all__ = ["Extent", "FloorDivision", "Monomial", "SizeAtom", "SizeName", "extent"]


@dataclass(frozen=True, slots=True, eq=False)
class SizeName(Node):
    """A positive integer known by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class FloorDivision(Node):
    """``numerator // divisor``, where the quotient is no polynomial."""

    numerator: Extent
    divisor: int

    def __str__(self) -> str:
        return f"(({self.numerator}) // {self.divisor})"


SizeAtom = SizeName | FloorDivision
Monomial = tuple[SizeAtom, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Extent(Node):
    """A polynomial in size atoms; ``terms`` are sorted and have no zero coefficient.

    Example:
        >>> n = extent("n")
        >>> str(n - 1), (n + 2 - n) is extent(2), (n * n).evaluate({"n": 5})
        ('n - 1', True, 25)
    """

    terms: tuple[tuple[Monomial, int], ...]

    @property
    def number(self) -> int | None:
        """The value if it is known, else None."""
        if not self.terms:
            return 0
        (monomial, coefficient), *rest = self.terms
        return coefficient if not rest and not monomial else None

    @property
    def name(self) -> str | None:
        """The name if this is a single named size, else None."""
        match self.terms:
            case (((SizeName(name),), 1),):
                return name
            case _:
                return None

    def names(self) -> frozenset[str]:
        """Every size name this extent depends on."""
        found: set[str] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                match atom:
                    case SizeName(name):
                        found.add(name)
                    case FloorDivision(numerator, _):
                        found |= numerator.names()
        return frozenset(found)

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """Return the value under ``sizes``; an unknown name is a ``ShapeError``."""
        return sum(c * prod(_atom_value(a, sizes) for a in m) for m, c in self.terms)

    def substitute(self, sizes: Mapping[str, Extent]) -> Extent:
        """Return this extent with named sizes replaced."""
        if not (self.names() & sizes.keys()):
            return self
        total = extent(0)
        for monomial, coefficient in self.terms:
            product = extent(coefficient)
            for atom in monomial:
                match atom:
                    case SizeName(name):
                        product = product * sizes.get(name, _of_atom(atom))
                    case FloorDivision(numerator, divisor):
                        product = product * (numerator.substitute(sizes) // divisor)
            total = total + product
        return total

    def __add__(self, other: Extent | int) -> Extent:
        return _collect((*self.terms, *extent(other).terms))

    def __sub__(self, other: Extent | int) -> Extent:
        return self + extent(other) * -1

    def __mul__(self, other: Extent | int) -> Extent:
        return _collect(
            (_sorted((*left, *right)), a * b)
            for left, a in self.terms
            for right, b in extent(other).terms
        )

    def __floordiv__(self, divisor: int) -> Extent:
        if divisor <= 0:
            raise ShapeError(f"an extent is divided by a positive integer only, not {divisor}")
        whole: list[tuple[Monomial, int]] = []
        rest: list[tuple[Monomial, int]] = []
        for monomial, coefficient in self.terms:
            quotient, left = divmod(coefficient, divisor)
            if left and monomial:
                rest.append((monomial, coefficient))
                continue
            if quotient:
                whole.append((monomial, quotient))
            if left:
                rest.append((monomial, left))
        outside = Extent(tuple(whole))
        if all(not monomial for monomial, _ in rest):
            return outside  # less than one divisor is left
        inside = Extent(tuple(rest))
        return outside + _of_atom(FloorDivision(inside, divisor))

    @property
    def in_reading_order(self) -> tuple[tuple[Monomial, int], ...]:
        """The terms as one writes them: no minus sign in front where it can be helped."""
        begins = any(monomial and coefficient > 0 for monomial, coefficient in self.terms)

        def place(term: tuple[Monomial, int]) -> int:
            monomial, coefficient = term
            if not monomial:
                return 2 if begins or coefficient < 0 else 0
            return int(coefficient < 0)

        return tuple(sorted(self.terms, key=place))

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for position, (monomial, coefficient) in enumerate(self.in_reading_order):
            sign = "-" if coefficient < 0 else "+"
            factors = [str(a) for a in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            body = "*".join(factors)
            if position == 0:
                text = body if sign == "+" else f"-{body}"
            else:
                text += f" {sign} {body}"
        return text


def extent(value: Extent | int | str) -> Extent:
    """Return an extent from a number, the name of a size, or an extent."""
    if isinstance(value, Extent):
        return value
    if isinstance(value, str):
        return _of_atom(SizeName(value))
    return Extent((((), value),) if value else ())


def _of_atom(atom: SizeAtom) -> Extent:
    return Extent((((atom,), 1),))


def _atom_value(atom: SizeAtom, sizes: Mapping[str, int]) -> int:
    match atom:
        case SizeName(name):
            if name not in sizes:
                raise ShapeError(f"the size {name} is not known")
            return sizes[name]
        case FloorDivision(numerator, divisor):
            return numerator.evaluate(sizes) // divisor


def _sorted(atoms: Iterable[SizeAtom]) -> Monomial:
    return tuple(sorted(atoms, key=str))


def _collect(terms: Iterable[tuple[Monomial, int]]) -> Extent:
    total: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        total[monomial] = total.get(monomial, 0) + coefficient
    kept = [(m, c) for m, c in total.items() if c]
    kept.sort(key=lambda term: (-len(term[0]), [str(a) for a in term[0]]))
    return Extent(tuple(kept))
