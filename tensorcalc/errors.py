"""The one family of errors a user of tensorcalc can meet.

``NotationError`` (bad input text, always with a place in it) lives with the other
diagnostics in :mod:`tensorcalc.language`, and derives from :class:`TensorcalcError` too.
"""

from __future__ import annotations

__all__ = [
    "KernelInputError",
    "NotCompilableError",
    "NotDifferentiableError",
    "ShapeError",
    "TensorcalcError",
    "UnknownNameError",
    "VerificationError",
]


class TensorcalcError(Exception):
    """Base of every error that tensorcalc raises on purpose."""


class ShapeError(TensorcalcError, ValueError):
    """Two extents that must be equal are not, or a shape does not fit its tensor."""


class UnknownNameError(TensorcalcError, KeyError):
    """A name that the program does not define or read."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotDifferentiableError(TensorcalcError):
    """A derivative was asked of something that has no rule for it."""


class NotCompilableError(TensorcalcError):
    """A program holds something no kernel can compute, such as an abstract function."""


class KernelInputError(TensorcalcError, TypeError):
    """Arrays given to a kernel are missing, unknown, or of the wrong kind."""


class VerificationError(TensorcalcError, AssertionError):
    """A derived value differs from its oracle."""
