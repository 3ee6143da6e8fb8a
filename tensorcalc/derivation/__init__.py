"""Derivations on paper: recorded steps as text, LaTeX, Markdown and HTML."""

from tensorcalc.derivation.assumptions import assumptions_of
from tensorcalc.derivation.chains import Chain, Line
from tensorcalc.derivation.derivation import Derivation

__all__ = ["Chain", "Derivation", "Line", "assumptions_of"]
