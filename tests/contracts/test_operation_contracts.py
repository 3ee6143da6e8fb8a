"""Every record of the catalog keeps its contract, in every way there is to measure it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from tensorcalc.calculus import differentiate
from tensorcalc.check import Check, checks_of
from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import Functional, Index, Pointwise, access, extent, reduce
from tensorcalc.ops import catalog
from tests.support.references import KINKS, REFERENCES, reference_checks

pytest.importorskip("torch", reason="one of the two codes of a record is Torch's")

#: Positions, which are integers: a derivative by what they are taken of is an error.
WITHOUT_DERIVATIVE = ("argmax", "argmin")
#: What is not smooth somewhere, but has no value of its own there.
ONLY_A_DOMAIN = ("det",)


@cache
def all_of(record: Pointwise | Functional, seed: int = 0) -> list[Check]:
    return [*checks_of(record, seed), *reference_checks(record, seed)]


@pytest.mark.parametrize("name", sorted(catalog()))
@pytest.mark.parametrize("seed", [0, 1])
def test_a_record_keeps_its_contract(name: str, seed: int) -> None:
    assert [c for c in all_of(catalog()[name], seed) if not c.passed] == []


def wanted_checks(record: Pointwise | Functional) -> set[str]:
    """Everything that has to be measured of a record."""
    wanted = {f"NumPy and Torch in {dtype}" for dtype in ("float64", "float32")}
    orders = ["value"]
    pairs: list[tuple[str, str]] = []
    if record.name not in WITHOUT_DERIVATIVE:
        orders += ["slope", "bend"]
        if isinstance(record, Pointwise):
            places = range(record.arity + len(record.parameters))
            pairs = [(f" by argument {k}", f" by {k} and {m}") for k in places for m in places]
        else:
            pairs = [("", " by 0 and 0")]
    for order in orders:
        wanted |= {f"{order} in {backend} and the definition" for backend in ("numpy", "torch")}
    for first, second in pairs:
        wanted |= {f"derivative{first} and {way}" for way in ("autograd", "central differences")}
        wanted.add(f"second derivative{second} and autograd")
        if record.name != "where" or "0" not in second:  # its condition jumps
            wanted.add(f"second derivative{second} and second differences")
    return wanted


@pytest.mark.parametrize("name", sorted(catalog()))
def test_nothing_is_left_unmeasured(name: str) -> None:
    """Values, first and second derivatives, by autograd, differences and a definition."""
    record = catalog()[name]
    assert wanted_checks(record) <= {c.what for c in all_of(record)}
    kinks = any("at a kink" in c.what for c in all_of(record))
    assert kinks == (name in KINKS)
    if record.kinks and name not in ONLY_A_DOMAIN:
        assert kinks, "its kinks are not stated in tests/support/references.py"


def test_a_new_record_without_a_definition_fails() -> None:
    stranger = replace(catalog()["tanh"], name="stranger")
    assert [c.what for c in all_of(stranger) if not c.passed] == [
        "a definition in tests/support/references.py"
    ]


def test_every_definition_is_of_a_record() -> None:
    assert REFERENCES.keys() == catalog().keys()
    assert KINKS.keys() <= catalog().keys()


@pytest.mark.parametrize("name", WITHOUT_DERIVATIVE)
def test_positions_have_no_derivative(name: str) -> None:
    i, k = (Index(c, 0, extent("n")) for c in "ik")
    with pytest.raises(NotDifferentiableError, match=name):
        differentiate(reduce(name, [i], access("x^i", i)), access("x^k", k))


def test_every_record_says_what_it_must() -> None:
    for name, record in catalog().items():
        assert record.name == name
        assert record.numpy
        assert record.torch
        assert record.latex
        assert record.domain
