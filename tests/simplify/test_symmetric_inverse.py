"""The inverse of a symmetric matrix is symmetric; that of another is not."""

from __future__ import annotations

import pytest

import tensorcalc as tc
from tensorcalc.simplify import same, simplify


@pytest.mark.parametrize(
    "source",
    [
        "symmetric S\nf_ij = inv(S)_ij - inv(S)_ji",
    ],
)
def test_transposed_inverses_of_symmetric_matrices_cancel(source: str) -> None:
    assert str(tc.parse(source).simplify()["f"].body.value) == "0"  # type: ignore[union-attr]


@pytest.mark.parametrize("declared", ["", "antisymmetric S\n", "sizes i=3\n"])
def test_transposed_inverses_of_other_matrices_do_not_cancel(declared: str) -> None:
    program = tc.parse(f"{declared}f_ij = inv(S)_ij\ng_ij = inv(S)_ji")
    first, second = program["f"], program["g"]
    assert not same(simplify(first.body), simplify(second.body))


def test_the_terms_of_a_gaussian_s_score_are_collected() -> None:
    source = "r_i = x_i - mu_i\nl = -1/2 r_i inv(S)_ij r_j\nsymmetric S"
    assert "dl_dr^i = -inv(S)_ij r_j" in tc.parse(source).grad("l", "mu").formulas
