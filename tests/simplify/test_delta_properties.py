"""Deltas and summed indices against brute force: what simplifies to one term is one number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.simplify import same

LETTERS = "ijkl"
HEADER = "index i, j, k, l : N\ntensor A_ij [N, N]\ntensor x_i [N]\nsizes N=3\n"

#: A factor: a name, and the letters of its slots.
Factor = tuple[str, str]


def _factors(name: str, slots: int) -> st.SearchStrategy[Factor]:
    letters = st.lists(st.sampled_from(LETTERS), min_size=slots, max_size=slots)
    return letters.map(lambda found: (name, "".join(found)))


TERMS = st.tuples(
    st.lists(_factors("delta", 2), min_size=1, max_size=3),
    st.lists(_factors("A", 2), max_size=2),
    st.lists(_factors("x", 1), max_size=2),
).map(lambda parts: [*parts[0], *parts[1], *parts[2]])


def _text(factors: Sequence[Factor]) -> str:
    return f"sum_kl ({' '.join(f'{name}_{slots}' for name, slots in factors)})"


def _value(factors: Sequence[Factor]) -> np.ndarray:
    """The sum over ``k`` and ``l``, with ``i`` and ``j`` free, entry by entry."""
    arrays = {**_arrays(), "delta": np.eye(3)}
    operands = [arrays[name] for name, _ in factors] + [np.ones(3)] * len(LETTERS)
    subscripts = ",".join([*(slots for _, slots in factors), *LETTERS])
    return np.einsum(f"{subscripts}->ij", *operands)


def _arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {"A": rng.normal(size=(3, 3)), "x": rng.normal(size=3)}


def _simplified(text: str) -> tc.Program:
    return tc.parse(f"{HEADER}f_ij = {text}").simplify()


@given(TERMS)
def test_a_term_with_deltas_keeps_its_value(factors: list[Factor]) -> None:
    simplified = _simplified(_text(factors))
    needed = {t.name for t in simplified.equations.inputs}
    arrays = {name: array for name, array in _arrays().items() if name in needed}
    assert np.allclose(simplified.compile()(**arrays), _value(factors))


@given(TERMS, st.data())
def test_terms_that_differ_by_what_a_delta_joins_never_merge(
    factors: list[Factor], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, sum(name == "delta" for name, _ in factors) - 1))
    joined = data.draw(_factors("delta", 2))
    others = [*factors[:place], joined, *factors[place + 1 :]]
    one, two = (_simplified(_text(f)).equations.definitions[0].body for f in (factors, others))
    if same(one, two):
        assert np.allclose(_value(factors), _value(others))
    difference = _simplified(f"{_text(factors)} - {_text(others)}")
    arrays = {t.name: _arrays()[t.name] for t in difference.equations.inputs}
    assert np.allclose(difference.compile()(**arrays), _value(factors) - _value(others))


def test_a_closed_delta_is_its_extent_and_an_index_in_no_factor_a_factor() -> None:
    assert _simplified("delta_kk x_i x_j").formulas.splitlines()[-1] == "f_ij = N x_i x_j"
    assert _simplified("sum_kl A_ij").formulas.splitlines()[-1] == "f_ij = N**2 A_ij"
    free = tc.parse("f_i = delta_kk x_i\nindex i, k : N").simplify()
    assert free.formulas.splitlines()[-1] == "f_i = N x_i"
