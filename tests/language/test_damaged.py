"""Damaged input: an error of ours for each text, in time, whatever was lost or put in its place."""

from __future__ import annotations

import random
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tensorcalc.errors import TensorcalcError
from tensorcalc.language import NotationError, parse
from tests.language.test_language_accepted import LATEX, SAME
from tests.language.test_language_rejected import LATEX_REJECTED, REJECTED

_PIECES = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
_SECONDS = 5


@contextmanager
def limited(text: str) -> Iterator[None]:
    """A text that is never done with is a failure, not a test that hangs."""

    def stop(*_: object) -> None:
        raise AssertionError(f"not read within {_SECONDS} s: {text!r}")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def damaged(rng: random.Random, texts: list[str]) -> str:
    """A text cut off, with a piece lost, or with a piece of another one."""
    pieces = _PIECES.findall(rng.choice(texts))
    for _ in range(rng.randint(1, 3)):
        if not pieces:
            break
        place = rng.randrange(len(pieces))
        match rng.randrange(3):
            case 0:
                pieces = pieces[: place + 1]
            case 1:
                del pieces[place]
            case _:
                pieces.insert(place, rng.choice(_PIECES.findall(rng.choice(texts)) or ["x"]))
    return "".join(pieces)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("syntax", ["text", "latex"])
def test_damaged_text_is_read_or_refused(syntax: str, seed: int) -> None:
    texts = {
        "text": [t for t, *_ in (*REJECTED, *SAME)],
        "latex": [t for t, *_ in (*LATEX, *LATEX_REJECTED)],
    }[syntax]
    rng = random.Random(seed)
    refused = 0
    for _ in range(250):
        text = damaged(rng, texts)
        with limited(text):
            try:
                parse(text, syntax=syntax)
            except TensorcalcError:
                refused += 1
    assert refused > 25


@pytest.mark.parametrize(
    "text",
    [
        r"\mathrm", r"\begin", r"\begin{", r"\text", r"\log", r"\partial", r"y = x \mathrm",
        r"y_{j\in} = \gamma_j \hat{", r"J^i_j = \left[\nabla a(z)\right]^{",
        r"\operatorname_", r"A_{ij} \in \mathbb",
        r"y_i = \left|x_i\right", r"L = \left\| y_n - x_n \right", r"y_i = \left|x_i",
        r"g_i = x_i, \quad \text{wh(ere } g_i t\in \mathbb{R}^{n}",
    ],
)  # fmt: skip
def test_latex_that_ends_too_early(text: str) -> None:
    with limited(text), pytest.raises(NotationError):
        parse(text, syntax="latex")


@pytest.mark.parametrize("text", [r"y_i = \sum_{k=0}^{", "y = sum_{k=0}^{", "y = max_{k=0}^{"])
def test_a_range_without_its_end(text: str) -> None:
    with limited(text), pytest.raises(NotationError):
        parse(text)
