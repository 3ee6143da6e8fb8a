"""What a check found, on one screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorcalc.errors import VerificationError

__all__ = ["Line", "Report", "compared"]

#: Results smaller than this are compared on its scale.
_FLOOR = 1e-3
_LINES_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One output of one backend.

    Attributes:
        output: Its name.
        backend: ``"numpy"``, ``"torch"``, or ``"formula"`` where nothing can be compiled.
        shape: Of the result.
        error: The largest difference over the largest magnitude of the result.
        passed: Whether that is within the tolerance.
        difference: On failure, the first differing entry with both values, in words.
    """

    output: str
    backend: str
    shape: tuple[int, ...]
    error: float
    passed: bool
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A derived program compared with an oracle at one generic point.

    Attributes:
        title: What was checked, in words.
        lines: One for each output and backend.
        oracle: Where the right values came from.
        tolerance: The largest relative error that passes.
        seed, sizes: What the point was drawn with.
    """

    title: str
    lines: tuple[Line, ...]
    oracle: str
    tolerance: float
    seed: int
    sizes: Mapping[str, int]

    @property
    def passed(self) -> bool:
        """Whether every output of every backend agrees; nothing compared is no pass."""
        return bool(self.lines) and all(line.passed for line in self.lines)

    def __bool__(self) -> bool:
        """As :attr:`passed`, so that ``assert program.check()`` says what it seems to say."""
        return self.passed

    @property
    def max_error(self) -> float:
        """The largest relative error of all lines; not a number if a result is."""
        return float(np.max([line.error for line in self.lines], initial=0.0))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names that were compared."""
        return tuple(dict.fromkeys(line.output for line in self.lines))

    @property
    def backends(self) -> tuple[str, ...]:
        """What was compared with the oracle."""
        return tuple(dict.fromkeys(line.backend for line in self.lines))

    def require(self) -> Report:
        """Return the report itself.

        Raises:
            VerificationError: The check failed; the text is the report.
        """
        if not self.passed:
            raise VerificationError(str(self))
        return self

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {
            "title": self.title,
            "passed": self.passed,
            "max_error": self.max_error,
            "tolerance": self.tolerance,
            "oracle": self.oracle,
            "seed": self.seed,
            "sizes": dict(self.sizes),
            "lines": [
                {
                    "output": line.output,
                    "backend": line.backend,
                    "shape": list(line.shape),
                    "error": line.error,
                    "passed": line.passed,
                    "difference": line.difference,
                }
                for line in self.lines
            ],
        }

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        sizes = ", ".join(f"{name}={value}" for name, value in sorted(self.sizes.items()))
        error = f"largest relative error {self.max_error:.1e} (allowed {self.tolerance:.0e})"
        head = [
            f"{self.title}: {verdict}, {error}",
            f"oracle: {self.oracle}; seed {self.seed}" + (f"; sizes {sizes}" if sizes else ""),
        ]
        shown = sorted(self.lines, key=lambda line: line.passed)[:_LINES_SHOWN]
        width = max((len(line.output) for line in shown), default=0)
        body: list[str] = []
        for line in shown:
            shape = "×".join(map(str, line.shape)) or "scalar"
            state = "ok" if line.passed else "DIFFERS"
            body.append(
                f"  {line.output:<{width}}  {line.backend:<7}  {shape:<12}"
                f" {line.error:8.1e}  {state}"
            )
            if line.difference:
                body.append(f"    {line.difference}")
        hidden = len(self.lines) - len(shown)
        if hidden:
            body.append(f"  and {hidden} more")
        return "\n".join([*head, *body])


def compared(
    output: str,
    backend: str,
    got: NDArray[Any],
    wanted: NDArray[np.float64],
    tolerance: float,
) -> Line:
    """Compare a result with the oracle's.

    The error is relative to the largest magnitude in ``wanted``, or to ``_FLOOR`` where all of
    it is smaller: a value that is 0 in exact arithmetic comes out as rounding noise.
    """
    if got.shape != wanted.shape:
        difference = f"shape {got.shape} instead of {wanted.shape}"
        return Line(output, backend, got.shape, float("inf"), False, difference)
    if wanted.size == 0:
        return Line(output, backend, got.shape, 0.0, True)
    largest = float(np.max(np.abs(wanted)))
    scale = max(largest, _FLOOR)
    with np.errstate(all="ignore"):
        errors = np.abs(got - wanted) / scale
    wrong = ~(errors <= tolerance)
    error = float("nan") if np.isnan(errors).any() else float(np.max(errors))
    if not wrong.any():
        return Line(output, backend, got.shape, error, True)
    place = tuple(int(k) for k in np.argwhere(wrong)[0])
    difference = (
        f"entry {list(place)} is {float(got[place]):.17g} instead of {float(wanted[place]):.17g};"
        f" {int(wrong.sum())} of {wrong.size} entries differ"
    )
    return Line(output, backend, got.shape, error, False, difference)
