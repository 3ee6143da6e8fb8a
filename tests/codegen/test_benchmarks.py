"""The benchmarks' contenders agree, so that their times can be compared."""

from __future__ import annotations

import pytest

from benchmarks.cases import CASES, Case, contenders_of
from benchmarks.convolutions import CONVOLUTIONS
from benchmarks.timing import compare_results, measure


@pytest.mark.parametrize("case", [*CASES, *CONVOLUTIONS], ids=lambda case: case.name)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 1e-4)])
def test_contenders_agree(case: Case, dtype: str, tolerance: float) -> None:
    compare_results(contenders_of(case, "small", dtype), tolerance)


def test_contenders_that_differ_are_not_timed() -> None:
    with pytest.raises(AssertionError, match="result 0 of wrong differs from that of right"):
        compare_results({"right": lambda: [[1.0, 2.0]], "wrong": lambda: [[1.0, 2.1]]}, 1e-6)


def test_ratios_are_to_the_reference() -> None:
    results = measure({"a": lambda: sum(range(2000)), "b": lambda: None}, "a", 3, 0.001)
    assert [r.name for r in results] == ["a", "b"]
    assert results[0].ratio == 1
    assert results[1].ratio < 1
