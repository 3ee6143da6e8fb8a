"""Torch source whose parts are sums, calls or one index: brackets and tuples where they belong."""

import pytest

from tensorcalc.program import parse

PROGRAMS = {
    "a number beside a sum": ("y^k = elu(1.3 x_k + 0.137)", ["x"]),
    "one looked-up axis whose index holds a comma": (
        "tensor x_k [n], z_k [n]\ny = max_k(reflect(x_{k+1}) x_k + 0.311 + z_k)",
        ["x", "z"],
    ),
}


@pytest.mark.parametrize("text", PROGRAMS, ids=str)
def test_the_jacobian_runs_on_both_back_ends(text: str) -> None:
    source, wrt = PROGRAMS[text]
    report = parse(source).jacobian("y", wrt).check()
    assert report.passed, str(report)
    assert {line.backend for line in report.lines} == {"numpy", "torch"}
