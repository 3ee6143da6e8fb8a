"""A derivation: what was given, what was asked, each step by name, the result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorcalc.derivation.chains import Chain, chains_of
from tensorcalc.derivation.html import page
from tensorcalc.derivation.plain import text_of
from tensorcalc.derivation.sheet import Sheet
from tensorcalc.derivation.tex import chains_latex, document, markdown_of
from tensorcalc.errors import TensorcalcError
from tensorcalc.expr import Equations
from tensorcalc.expr.steps import Step

__all__ = ["Derivation"]


@dataclass(frozen=True, slots=True)
class Derivation:
    """The steps that lead from equations to derived equations, ready for paper.

    Attributes:
        title: What is derived, in words.
        source: The program as given.
        result: The derived program.
        steps: Every rewrite in order: its rules, the formula before and after.
        assumptions: What the result rests on, in words.
    """

    title: str
    source: Equations
    result: Equations
    steps: tuple[Step, ...]
    assumptions: tuple[str, ...] = ()

    def chains(self) -> tuple[Chain, ...]:
        """The steps as chains of equalities, one for each target."""
        return chains_of(self.steps, self.result)

    def to_text(self) -> str:
        """The derivation as plain text in the notation."""
        return text_of(self._sheet())

    def to_latex(self) -> str:
        """A LaTeX document that stands alone (amsmath, geometry, lmodern)."""
        return document(self._sheet())

    def to_markdown(self) -> str:
        """Markdown with displayed formulas between ``$$``."""
        return markdown_of(self._sheet())

    def to_html(self) -> str:
        """A page of HTML that stands alone and needs no network: formulas are Unicode text."""
        return page(self._sheet())

    def _sheet(self) -> Sheet:
        return Sheet(self.title, self.source, self.result, self.chains(), self.assumptions)

    def save(self, path: str | Path) -> Path:
        """Write the derivation as its suffix says: ``.tex``, ``.md``, ``.html`` or ``.txt``."""
        target = Path(path)
        writers = {
            ".tex": self.to_latex,
            ".md": self.to_markdown,
            ".html": self.to_html,
            ".txt": self.to_text,
        }
        writer = writers.get(target.suffix.lower())
        if writer is None:
            known = ", ".join(writers)
            raise TensorcalcError(f"cannot save a derivation as {target.name}: use {known}")
        target.write_text(writer(), encoding="utf-8", newline="\n")
        return target

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"Derivation({self.title!r}, {len(self.steps)} steps)"

    def _repr_latex_(self) -> str:
        return "\n".join(f"$$\n{block}\n$$" for block in chains_latex(self._sheet()))

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "text/plain": self.to_text(),
            "text/markdown": self.to_markdown(),
            "text/latex": self._repr_latex_(),
        }
