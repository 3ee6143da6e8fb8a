"""Recorded steps, arranged as chains of equalities with one choice of names each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tensorcalc.expr import Definition, Equations, Expr, Index, Tensor, at_indices
from tensorcalc.expr.steps import Rule, Step
from tensorcalc.printing import (
    FormulaPrinter,
    IndexNames,
    distinct_names,
    indices_in_order,
    sizes_mentioned,
)
from tensorcalc.printing.style import Style
from tensorcalc.simplify.terms import term_of

__all__ = ["Chain", "ChainPrinter", "Line", "chains_of", "rules_used"]


@dataclass(frozen=True, slots=True)
class Line:
    """One link: what stands after an equals sign, and the rules that led to it."""

    expr: Expr
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """``target^{indices} = lines[0] = lines[1] = …``, a rule's name at each equals sign."""

    target: Tensor
    indices: tuple[Index, ...]
    lines: tuple[Line, ...]

    @property
    def result(self) -> Expr:
        """Where the chain ends."""
        return self.lines[-1].expr


class ChainPrinter:
    """Prints the lines of a chain with the same names from the first to the last.

    The free indices choose first, then those of the last line and of the first: they are
    read most.
    """

    def __init__(self, chain: Chain, style: Style) -> None:
        order = [*chain.indices]
        for line in (chain.lines[-1], *chain.lines):
            order += indices_in_order(line.expr)
        self._sizes = sizes_mentioned(*(line.expr for line in chain.lines))
        self._wishes = distinct_names(order, self._sizes)
        self._chain = chain
        self._style = style

    def left(self) -> str:
        """The left side of the chain."""
        return self.formula().print(at_indices(self._chain.target, self._chain.indices))

    def formula(self) -> FormulaPrinter:
        """A printer for one line."""
        names = IndexNames(self._chain.indices, self._sizes, self._wishes)
        return FormulaPrinter(self._style, names)


def chains_of(steps: Sequence[Step], result: Equations) -> tuple[Chain, ...]:
    """Group steps by their target, in the order in which the targets are first met.

    What only changes the order of factors is no step. A chain whose last step is not yet the
    definition in ``result`` gets that as its last line.
    """
    lines: dict[tuple[Tensor, tuple[Index, ...]], list[Line]] = {}
    for step in steps:
        chain = lines.setdefault((step.target, step.indices), [Line(step.before)])
        if chain[-1].expr is not step.before:
            chain.append(Line(step.before))
        if _only_in_another_order(step.before, step.after):
            chain[-1] = Line(step.after, chain[-1].rules)
        else:
            chain.append(Line(step.after, step.rules))
    made: list[Chain] = []
    for (target, indices), found in lines.items():
        final = _definition(result, target)
        if final is not None and final.indices == indices and found[-1].expr is not final.body:
            found.append(Line(final.body))
        made.append(Chain(target, indices, tuple(found)))
    return tuple(made)


def rules_used(chains: Iterable[Chain]) -> tuple[Rule, ...]:
    """Every rule of the chains once, in the order of use."""
    return tuple(dict.fromkeys(r for c in chains for line in c.lines for r in line.rules))


def _only_in_another_order(before: Expr, after: Expr) -> bool:
    one, other = term_of(before), term_of(after)
    return (
        one.coefficient == other.coefficient
        and Counter(one.bound) == Counter(other.bound)
        and Counter(one.factors) == Counter(other.factors)
    )


def _definition(equations: Equations, tensor: Tensor) -> Definition | None:
    if not equations.defines(tensor.name):
        return None
    found = equations.definition(tensor.name)
    return found if found.tensor is tensor else None
