"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason, one of those of :class:`tensorcalc.check.compare.Verdict`, and a sentence."""

    reason: str
    message: str
