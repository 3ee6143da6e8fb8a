"""Sizes in generated source: read from the shapes of the inputs when the kernel runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tensorcalc.codegen.code import ATOM, PRODUCT, SUM
from tensorcalc.codegen.names import Names
from tensorcalc.errors import NotCompilableError
from tensorcalc.expr import Extent, FloorDivision, SizeName, Tensor

__all__ = ["SizeSource", "Sizes", "find_sizes"]


@dataclass(frozen=True, slots=True)
class SizeSource:
    """``size`` is ``(shape[axis] - offset) // factor`` of the input ``tensor``."""

    size: str
    tensor: str
    axis: int
    offset: Extent
    factor: int


class Sizes:
    """Writes extents, and remembers which named sizes they need."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.used: dict[str, str] = {}
        #: Sizes that are variables of the source: amounts of padding, numbers of steps.
        self.local: dict[str, str] = {}

    def name(self, size: str) -> str:
        """The variable that holds a named size, or the number of a loop's step."""
        if size in self.local:
            return self.local[size]
        if size not in self.used:
            self.used[size] = self._names.take(size)
        return self.used[size]

    def text(self, size: Extent, level: int = SUM) -> str:
        """``size`` as source that binds at least as tightly as ``level``."""
        number = size.number
        if number is not None:
            return str(number) if number >= 0 or level >= SUM else f"({number})"
        text, own = self._polynomial(size)
        return text if own <= level else f"({text})"

    def shape(self, sizes: Sequence[Extent]) -> str:
        """A tuple of sizes."""
        texts = [self.text(s) for s in sizes]
        return f"({', '.join(texts)}{',' * (len(texts) == 1)})"

    def product(self, sizes: Sequence[Extent]) -> str:
        """The product of sizes."""
        if len(sizes) == 1:
            return self.text(sizes[0])
        return " * ".join(self.text(s, PRODUCT) for s in sizes) or "1"

    def _polynomial(self, size: Extent) -> tuple[str, int]:
        text, level = "", SUM
        terms = list(size.terms)
        first = next((n for n, (_, c) in enumerate(terms) if c > 0), 0)
        terms.insert(0, terms.pop(first))  # no minus sign in front, if it can be helped
        for position, (monomial, coefficient) in enumerate(terms):
            factors = [self._atom(a) for a in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            body = " * ".join(factors)
            if position == 0:
                text = body if coefficient > 0 else f"-{body}"
                if len(size.terms) == 1 and coefficient > 0:
                    level = ATOM if len(factors) == 1 else PRODUCT
            else:
                text += f" - {body}" if coefficient < 0 else f" + {body}"
        return text, level

    def _atom(self, atom: SizeName | FloorDivision) -> str:
        if isinstance(atom, SizeName):
            return self.name(atom.name)
        return f"({self.text(atom.numerator, PRODUCT)} // {atom.divisor})"


def find_sizes(
    wanted: Sequence[str],
    first: Sequence[Tensor],
    others: Sequence[Tensor],
    given: Mapping[str, int],
) -> tuple[list[SizeSource], dict[str, int]]:
    """Say where each named size is read from.

    Args:
        wanted: Names of sizes.
        first: Inputs the kernel takes anyway.
        others: Further inputs of the program, taken only where they are needed.
        given: Sizes known as numbers; used where no array tells.

    Returns:
        Sources in an order in which each needs only earlier ones, and the sizes taken
        from ``given``.

    Raises:
        NotCompilableError: Nothing fixes a size.
    """
    sources: list[SizeSource] = []
    known: set[str] = set()
    numbers: dict[str, int] = {}
    missing = list(dict.fromkeys(wanted))
    while missing:
        # Exact axes first, of arrays that are taken anyway; then what has to be solved.
        found = None
        for group in (first, others):
            found = found or _exact(missing, group) or _linear(missing, group, known)
        if found is not None:
            sources.append(found)
            known.add(found.size)
            missing.remove(found.size)
            continue
        name = next((n for n in missing if n in given), None)
        if name is None:
            raise NotCompilableError(
                f"nothing fixes the size {missing[0]}: no input has an axis of it; "
                f"give sizes={{{missing[0]!r}: …}}"
            )
        numbers[name] = given[name]
        known.add(name)
        missing.remove(name)
    return sources, numbers


def _exact(wanted: Sequence[str], tensors: Sequence[Tensor]) -> SizeSource | None:
    for tensor in tensors:
        for axis, size in enumerate(tensor.extents):
            name = size.name
            if name is not None and name in wanted:
                return SizeSource(name, tensor.name, axis, size - size, 1)
    return None


def _linear(wanted: Sequence[str], tensors: Sequence[Tensor], known: set[str]) -> SizeSource | None:
    for tensor in tensors:
        for axis, size in enumerate(tensor.extents):
            unknown = size.names() - known
            if len(unknown) != 1 or not unknown & set(wanted):
                continue
            (name,) = unknown
            own = [(m, c) for m, c in size.terms if m == (SizeName(name),)]
            rest = Extent(tuple(t for t in size.terms if t not in own))
            if len(own) == 1 and own[0][1] > 0 and name not in rest.names():
                return SizeSource(name, tensor.name, axis, rest, own[0][1])
    return None
