"""A font or a name without its letters is an error of the notation."""

from __future__ import annotations

import pytest

import tensorcalc as tc


@pytest.mark.parametrize("text", [r"\mathrm", r"\mathrm{}", r"y = \operatorname", r"\text"])
def test_an_upright_name_without_letters(text: str) -> None:
    with pytest.raises(tc.TensorcalcError, match=r"holds a name|ends too early"):
        tc.parse(text, syntax="latex")
