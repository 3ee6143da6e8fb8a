"""The catalog of codes: every example does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tensorcalc.language
from tensorcalc.errors import UnknownNameError
from tensorcalc.language import NotationError, explain, parse
from tensorcalc.language.codes import CODES


def codes_of(text: str) -> list[str]:
    try:
        return [n.code for n in parse(text).notes]
    except NotationError as error:
        return [d.code for d in error.diagnostics]


@pytest.mark.parametrize("code", [c for c in CODES if CODES[c].wrong])
def test_the_wrong_example_gives_its_code(code: str) -> None:
    assert code in codes_of(CODES[code].wrong)


@pytest.mark.parametrize("code", list(CODES))
def test_the_right_example_is_accepted_without_it(code: str) -> None:
    found = codes_of(CODES[code].right)
    assert code not in found
    assert not [c for c in found if c.startswith("E")]


def test_every_code_in_the_source_is_explained() -> None:
    folder = Path(tensorcalc.language.__file__).parent
    used = {
        code
        for file in folder.glob("*.py")
        if file.name != "codes.py"
        for code in re.findall(r'"([EN]\d{3})"', file.read_text("utf-8"))
    }
    assert used <= set(CODES)
    assert set(CODES) - used == set()


def test_explain_shows_wrong_and_right() -> None:
    text = explain("e102")
    assert "y^i = W^i_j x^k" in text
    assert "y^i = W^i_j x^j" in text
    with pytest.raises(UnknownNameError):
        explain("E999")
