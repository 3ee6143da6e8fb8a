"""Random sentences of the whole notation, and their derivatives, are printed and read back."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import assume, given, settings

from tensorcalc.calculus import Mode, Request, derive
from tensorcalc.errors import TensorcalcError
from tensorcalc.expr import Equations
from tensorcalc.language import NotationError, parse
from tensorcalc.printing import to_latex, to_text
from tests.support.read_back import is_equal
from tests.support.sentences import sentence, sentences

NIGHTLY = settings.default is not None and settings.default.max_examples >= 1000
EXAMPLES, DERIVED = (5000, 2000) if NIGHTLY else (300, 40)


def understood(text: str) -> Equations | None:
    """What a sentence means, or None where it is refused."""
    try:
        return parse(text).equations
    except NotationError:
        return None


def read_back(equations: Equations) -> None:
    """Text and LaTeX read as the same program, which is printed alike."""
    for printed in (to_text, to_latex):
        text = printed(equations)
        again = parse(text).equations
        assert is_equal(again, equations), text
        assert printed(again) == text


@settings(max_examples=EXAMPLES, deadline=None)
@given(sentences())
def test_sentences_read_back(text: str) -> None:
    equations = understood(text)
    assume(equations is not None)
    assert equations is not None
    read_back(equations)


@pytest.mark.parametrize("mode", ["jacobian", "vjp", "grad"])
def test_derivatives_of_sentences_read_back(mode: Mode) -> None:
    @settings(max_examples=DERIVED, deadline=None)
    @given(sentences(depth=2))
    def each(text: str) -> None:
        equations = understood(text)
        assume(equations is not None)
        assert equations is not None
        wrt = tuple(t.name for t in equations.inputs if t.domain == "real")
        try:
            derived = derive(Request(mode, equations.outputs[-1], wrt[:2], equations))
        except TensorcalcError:
            assume(False)
            return
        read_back(derived)

    each()


def test_almost_every_sentence_is_understood() -> None:
    """Else the test above would test little."""
    refused: Counter[str] = Counter()
    for seed in range(200):
        try:
            parse(sentence(Random(seed)))
        except NotationError as error:
            refused[error.diagnostics[0].code] += 1
    assert refused.total() <= 4, refused
