"""A translated text that knows where each of its characters came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tensorcalc.language.latex_writer import CLOSE_SCOPE, OPEN_SCOPE
from tensorcalc.language.source import Source, Span

__all__ = ["MappedSource", "Translation", "counts_as_sizes"]

_COUNT = re.compile(r"(?<![\w`])n_<([^\W_]+)>(?![_^<])")


class MappedSource(Source):
    """A translated text that knows where each of its characters came from.

    ``slice`` gives the translation, positions and lines are those of the original.
    """

    __slots__ = ("_origin", "_translated")

    def __init__(self, original: str, translation: Translation, filename: str | None) -> None:
        super().__init__(original, filename)
        self._translated = translation.text
        self._origin = translation.origin

    def original(self, span: Span) -> Span:
        """The place in the original text of a place in the translation."""
        origin = self._origin
        if not origin:
            return Span(0, 1)
        last = len(origin) - 1
        if span.start > last:
            return Span(len(self.text), len(self.text) + 1)
        start = origin[span.start][0]
        end = max(origin[min(n, last)][1] for n in (span.start, max(span.start, span.end - 1)))
        return Span(start, max(start + 1, end))

    def slice(self, span: Span) -> str:
        """Return the translated text of ``span``."""
        text = self._translated[span.start : span.end]
        return text.replace(OPEN_SCOPE, "(").replace(CLOSE_SCOPE, ")")


@dataclass(frozen=True, slots=True)
class Translation:
    """The notation's text for a LaTeX one; ``origin`` is the place each character is from."""

    text: str
    origin: list[tuple[int, int]]
    matrix: bool
    problems: list[tuple[str, str, Span, str]]


def counts_as_sizes(made: Translation) -> Translation | None:
    """Read ``n_k`` as the extent of index k, as sizes are printed; None if there is none."""
    text = made.text
    found = list(_COUNT.finditer(text))
    if made.matrix or made.problems or not found:
        return None
    parts: list[str] = []
    origin: list[tuple[int, int]] = []
    last = 0
    for match in found:
        first, second = made.origin[match.start()][0], made.origin[match.end() - 1][1]
        spelled = f"size({match.group(1)})"
        parts += [text[last : match.start()], spelled]
        origin += made.origin[last : match.start()]
        origin += [(first, second)] * len(spelled)
        last = match.end()
    parts.append(text[last:])
    origin += made.origin[last:]
    return Translation("".join(parts), origin, False, [])
