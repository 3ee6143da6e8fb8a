"""What a plan says: the order of every product and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Plan", "PlanProduct", "PlanStep"]


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One pairwise contraction.

    Attributes:
        target: The array it makes.
        operands: What it is made of.
        formula: Indices of the operands and the result, ``"k i, k j -> i j"``.
        multiplications: The product of the extents of all indices, for all steps of a loop.
        elements: The number of entries of the result.
    """

    target: str
    operands: tuple[str, ...]
    formula: str
    multiplications: int
    elements: int


@dataclass(frozen=True, slots=True)
class PlanProduct:
    """A product of three factors or more, and the cost of its possible orders.

    Attributes:
        target: The array it makes.
        factors: In the order written.
        multiplications: In the order chosen.
        left_to_right: Starting at the first factor: error-first, for an adjoint.
        right_to_left: Starting at the last factor: Jacobian-first.
        naive: In one loop nest over all indices.
    """

    target: str
    factors: tuple[str, ...]
    multiplications: int
    left_to_right: int
    right_to_left: int
    naive: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The order of all contractions of a kernel. ``str()`` is a table.

    Attributes:
        steps: In the order in which they run; what several outputs share stands once.
        products: Those in which the order is a choice, with both directions counted.
        multiplications: The sum over the steps; scaling an array by a number is no step.
        naive_multiplications: Every product in one loop nest over all its indices.
        largest_intermediate: Entries of the largest array that is neither input nor output.
        sizes: The extents the counts are for, assumed ones included.
        assumed: Names among ``sizes`` that were not given.
    """

    steps: tuple[PlanStep, ...]
    products: tuple[PlanProduct, ...]
    multiplications: int
    naive_multiplications: int
    largest_intermediate: int
    sizes: tuple[tuple[str, int], ...]
    assumed: frozenset[str]

    def __str__(self) -> str:
        lines: list[str] = []
        if self.steps:
            rows = [
                (s.target, s.formula, _count(s.multiplications), _count(s.elements))
                for s in self.steps
            ]
            lines += _table(("step", "indices", "multiplications", "entries"), rows)
        else:
            lines.append("nothing to contract")
        if self.products:
            wide = [
                (
                    p.target,
                    " · ".join(p.factors),
                    _count(p.multiplications),
                    _count(p.left_to_right),
                    _count(p.right_to_left),
                    _count(p.naive),
                )
                for p in self.products
            ]
            heading = ("product", "factors", "chosen", "left to right", "right to left", "naive")
            lines += ["", *_table(heading, wide)]
        naive = f"(naive: {_count(self.naive_multiplications)})"
        lines += [
            "",
            f"multiplications       {_count(self.multiplications)}   {naive}",
            f"largest intermediate  {_count(self.largest_intermediate)} entries",
        ]
        if self.sizes:
            known = [f"{n} = {v}{' (assumed)' * (n in self.assumed)}" for n, v in self.sizes]
            lines.append("for " + ", ".join(known))
        return "\n".join(lines)


def _count(number: int) -> str:
    return f"{number:,}"


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(r[k]) for r in (heading, *rows)) for k in range(len(heading))]
    lines: list[str] = []
    for row in (heading, tuple("-" * w for w in widths), *rows):
        cells = [
            cell.rjust(width) if k >= 2 else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
