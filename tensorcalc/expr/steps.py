"""Steps: what a rewrite did, recorded as it is done.

A pass that rewrites takes a :class:`Recorder`. Steps hold interned expressions, so a
record costs a few references; without one, nothing is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tensorcalc.expr.indices import Index
from tensorcalc.expr.nodes import Expr, Tensor

__all__ = ["Recorder", "Rule", "Step"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rewrite: ``statement`` is the equation it applies, as LaTeX."""

    name: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """``target^{indices} = before`` became ``target^{indices} = after`` by ``rules``."""

    rules: tuple[Rule, ...]
    target: Tensor
    indices: tuple[Index, ...]
    before: Expr
    after: Expr


@dataclass(slots=True)
class Recorder:
    """Collects steps in order."""

    steps: list[Step] = field(default_factory=list[Step])

    def record(
        self,
        rules: tuple[Rule, ...],
        target: Tensor,
        indices: tuple[Index, ...],
        before: Expr,
        after: Expr,
    ) -> None:
        """Add a step, unless nothing changed."""
        if before is not after:
            self.steps.append(Step(rules, target, indices, before, after))
