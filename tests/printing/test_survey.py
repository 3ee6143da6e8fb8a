"""Every program that the tests and the gallery hold, and its derivatives, reads back as itself."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import pytest
from hypothesis import settings

from tensorcalc.expr import Equations
from tensorcalc.language import parse
from tensorcalc.printing import to_latex, to_text
from tests.support.read_back import is_equal
from tests.support.survey import derived_programs, written_programs

#: The nightly profile looks at all of them, otherwise at one in so many.
NIGHTLY = settings.default is not None and settings.default.max_examples >= 1000
WRITTEN, DERIVED = (1, 1) if NIGHTLY else (4, 60)
FORMS = {"text": to_text, "latex": to_latex}


def unread(equations: Equations, printed: Callable[[Equations], str]) -> str:
    """The printed program, if what it reads back as is not equal."""
    text = printed(equations)
    return "" if is_equal(parse(text).equations, equations) else text


@pytest.mark.parametrize("form", FORMS)
def test_written_programs_read_back(form: str) -> None:
    programs = [(t, e) for t, e in written_programs() if crc32(t.encode()) % WRITTEN == 0]
    assert len(programs) > 250
    failed = [t for t, equations in programs if unread(equations, FORMS[form])]
    assert not failed


def test_derived_programs_read_back() -> None:
    """Derivatives in every mode, in text and in LaTeX."""
    failed: list[str] = []
    count = 0
    for text, equations in written_programs():
        if crc32(text.encode()) % DERIVED:
            continue
        for mode, derived in derived_programs(equations):
            count += 1
            failed += [f"{form} {mode} {text}" for form in FORMS if unread(derived, FORMS[form])]
    assert not failed
    assert count > 60
