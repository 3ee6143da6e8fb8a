"""Torch source whose parts are sums, calls or one index: brackets and tuples where they belong."""

from typing import Literal

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


def test_a_fixed_component_beside_a_looked_up_one() -> None:
    program = parse("y_j = x_{0} x_j; z_k = y_{c_k} v_k; L = z_k z_k u_k; integer c")
    report = program.hessian("L", ("y", "x")).check()
    assert report.passed, str(report)


NEGATED = {
    "a condition alone": "y_i = -[c_i == 1] x_i; integer c",
    "conditions over a value": "y_i = 1 - [c_i == 1] [d_i == 1] / x_i; integer c, d",
    "a component": "y = -[c_{0} == 1] cos(x_{0} x_{1}) x_{1}; integer c",
}


@pytest.mark.parametrize("text", NEGATED, ids=str)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_sign_before_a_condition(text: str, backend: Literal["numpy", "torch"]) -> None:
    program = parse(NEGATED[text])
    assert program.jacobian("y", "x").check(backends=(backend,)).passed
    assert program.check(backends=(backend,)).passed


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_choice_reads_its_condition_as_it_stands(backend: Literal["numpy", "torch"]) -> None:
    program = parse("y_tu = where([u <= t], x_tu / sqrt(size(t)), -inf)")
    source = program.compile(backend).source
    assert "!= 0" not in source
    assert "new_tensor" not in source
    assert "n_t ** 0.5" in source


def test_a_choice_between_numbers_keeps_their_precision() -> None:
    kernel = parse("y_k = where([x_k < 0], 1, 3/10)").compile("torch")
    torch = pytest.importorskip("torch")
    for dtype in (torch.float32, torch.float64):
        y = kernel(x=torch.tensor([1.0, -1.0], dtype=dtype))
        assert y.dtype == dtype
        assert y.tolist() == torch.tensor([0.3, 1.0], dtype=dtype).tolist()
