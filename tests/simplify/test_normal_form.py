"""The normal form does not depend on how a formula was written."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations, pairwise
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.expr import (
    Contraction,
    Equations,
    Expr,
    Index,
    Product,
    Sum,
    fold,
    rebuild,
    substitute,
)
from tensorcalc.simplify import digest, normal_form, replaced
from tests.support.programs import programs


def _shuffled(body: Expr, random: Random, renamed: bool) -> Expr:
    """The same formula with terms and factors (and names of summed indices) drawn anew."""

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        parts_in_order = list(parts)
        if isinstance(node, Sum | Product):
            random.shuffle(parts_in_order)
        new = rebuild(node, tuple(parts_in_order))
        if renamed and isinstance(new, Contraction):
            names = random.sample("abcdefgh", len(new.bound))
            fresh = {i: Index(n, 7, i.extent) for n, i in zip(names, new.bound, strict=True)}
            return Contraction(tuple(fresh.values()), substitute(new.body, fresh))
        return new

    return fold(body, rule)


def _written_another_way(equations: Equations, random: Random, renamed: bool) -> Equations:
    return Equations(
        equations.inputs,
        tuple(replaced(d, _shuffled(d.body, random, renamed)) for d in equations.definitions),
        equations.outputs,
        equations.facts,
        equations.sizes,
    )


def _without_names(body: Expr) -> bytes:
    """A digest that keeps the order of terms and factors, and forgets names of summed indices."""
    count = 0

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        nonlocal count
        new = rebuild(node, parts)
        if isinstance(new, Contraction):
            fresh: dict[Index, Index] = {}
            for index in new.bound:
                fresh[index] = Index("•", count, index.extent)
                count += 1
            return Contraction(tuple(fresh.values()), substitute(new.body, fresh))
        return new

    return digest(fold(body, rule))


@given(programs(), st.integers(0, 10**6))
def test_order_of_terms_and_factors_does_not_matter(equations: Equations, seed: int) -> None:
    other = _written_another_way(equations, Random(seed), renamed=False)
    assert normal_form(other).definitions == normal_form(equations).definitions


@given(programs(definitions=1), st.integers(0, 10**6))
def test_names_of_summed_indices_do_not_matter(equations: Equations, seed: int) -> None:
    other = _written_another_way(equations, Random(seed), renamed=True)
    for one, two in zip(
        normal_form(equations).definitions, normal_form(other).definitions, strict=True
    ):
        assert _without_names(one.body) == _without_names(two.body)


@given(programs())
def test_normal_form_is_idempotent(equations: Equations) -> None:
    once = normal_form(equations)
    assert normal_form(once).definitions == once.definitions


WRITTEN = [
    ("x^i = b^i + y^j A^i_j", "x^i = A^i_j y^j + b^i"),
    ("f = x^j x^i A_ij", "f = x^i A_ij x^j"),
    ("f = x_i A_ji x_j", "f = x_j A_ji x_i"),
    ("f = C_ki A_ij B_jk", "f = A_ij B_jk C_ki"),
    ("H_ij = X_nj s_n X_ni", "H_ij = X_ni s_n X_nj"),
    ("d_pq = y_kq (B_ip e_ki) 2 / K\nsizes k=K", "d_pq = 2/K B_ip e_ki y_kq"),
    ("g_i = -t_i + p_i", "g_i = p_i - t_i"),
    ("g_i = -s_i + 1", "g_i = 1 - s_i"),
    ("f = 1 - 2 w + 13 w**2", "f = 13 w**2 + 1 - 2 w"),
    ("H_ij = -(s_j s_i) + s_i delta_ij", "H_ij = s_i (δ_ij - s_j)"),
]


@pytest.mark.parametrize(("source", "wanted"), WRITTEN)
def test_reads_as_a_person_writes(source: str, wanted: str) -> None:
    assert tc.parse(source).simplify().formulas.splitlines()[0] == wanted


def _cycle(letters: str) -> list[str]:
    return [a + b for a, b in pairwise(letters + letters[0])]


SYMMETRIC = {
    "a cycle": _cycle("abcdhijklm"),
    "two cycles": _cycle("abcdh") + _cycle("ijklm"),
    "a complete graph": ["".join(pair) for pair in combinations("abcdhi", 2)],
    "ten equal factors": ["aa"] * 4 + ["bb"] * 3 + ["cc"] * 3,
}


@pytest.mark.parametrize("pairs", SYMMETRIC.values(), ids=SYMMETRIC.keys())
def test_a_very_symmetric_product_is_cheap(pairs: list[str]) -> None:
    # Trying every labelling would take years; on an idle machine each takes less than a second.
    random = Random(2)
    letters = sorted({c for pair in pairs for c in pair})
    others = dict(zip(letters, random.sample(letters, len(letters)), strict=True))
    again = [f"S_{others[b]}{others[a]}" for a, b in random.sample(pairs, len(pairs))]
    first = [f"S_{pair}" for pair in pairs]
    sums = f"sum_{{{' '.join(letters)}}}"
    start = process_time()
    difference = tc.parse(
        f"symmetric S\nf = {sums} ({' '.join(first)}) - {sums} ({' '.join(again)})"
    )
    assert difference.simplify().formulas.splitlines()[-1] == "f = 0"
    assert process_time() - start < 10


def test_hash_seeds_do_not_matter() -> None:
    source = "f = x_i A_ji B_jk B_lk y_l z_m (w_m + v_m + u_m) + x_i C_ij y_j exp(b) a"
    code = f"import tensorcalc as tc; print(tc.parse({source!r}).simplify().grad('f', 'x'))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert "df_dx" in printed.pop()
