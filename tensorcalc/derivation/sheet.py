"""What stands on the page of a derivation, before it has a form."""

from __future__ import annotations

from dataclasses import dataclass

from tensorcalc.derivation.chains import Chain, ChainPrinter
from tensorcalc.expr import Definition, Equations, Tensor, at_indices
from tensorcalc.printing import FormulaPrinter, Style, names_for

__all__ = ["Link", "Sheet", "left_side", "links"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A derivation's parts in reading order."""

    title: str
    source: Equations
    result: Equations
    chains: tuple[Chain, ...]
    assumptions: tuple[str, ...]

    def outputs(self) -> tuple[Definition, ...]:
        """The definitions that were asked for."""
        return tuple(self.result.definition(name) for name in self.result.outputs)

    def others(self) -> tuple[Definition, ...]:
        """The definitions that the outputs are written with."""
        return tuple(d for d in self.result.definitions if d.name not in self.result.outputs)

    def ranks(self) -> dict[str, int]:
        """The rank of every tensor on the page."""
        return {e.name: e.rank for eq in (self.source, self.result) for e in _tensors(eq)}


@dataclass(frozen=True, slots=True)
class Link:
    """One printed line of a chain: its parts (a long sum's terms) and the names of its rules."""

    parts: tuple[str, ...]
    rules: tuple[str, ...]


def links(chain: Chain, style: Style) -> tuple[str, tuple[Link, ...]]:
    """The chain's left side and its lines; one that looks like what it follows is left out."""
    printer = ChainPrinter(chain, style)
    left = printer.left()
    shown: list[Link] = []
    previous: tuple[str, ...] = (left,)
    for line in chain.lines:
        parts = printer.formula().terms(line.expr)
        if parts != previous:
            names = tuple(dict.fromkeys(rule.name for rule in line.rules))
            shown.append(Link(parts, names))
        previous = parts
    return left, tuple(shown)


def left_side(definition: Definition, style: Style) -> str:
    """The component that a definition defines."""
    printer = FormulaPrinter(style, names_for(definition.body, free=definition.indices))
    return printer.print(at_indices(definition.tensor, definition.indices))


def _tensors(equations: Equations) -> tuple[Tensor, ...]:
    return (*equations.inputs, *(d.tensor for d in equations.definitions))
