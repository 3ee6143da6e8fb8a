"""Second derivatives by what formulas are written in terms of, and by definitions.

A value is replaced by the name of a definition that holds it, and a declared fact is used, to
shorten a gradient; both hold at a point, not for what is differentiated by once more.
"""

from __future__ import annotations

import numpy as np
import pytest

import tensorcalc as tc
from tensorcalc.errors import NotDifferentiableError

SUMS_TO_ONE = "given sum_c t_c = 1\n"
NAMED = "y_i = tanh(x_i); L = sum_i tanh(x_i) y_i**2"

BY = {
    "a value that has a name": (NAMED, "y"),
    "a softmax, which sums to 1": ("y_c = softmax_c(x_c); L = (sum_c y_c)**2", "y"),
    "a declared sum": (SUMS_TO_ONE + "L = (sum_c t_c)**2 x", "t"),
    "a declared sum inside a function": (
        SUMS_TO_ONE + "L = sum_c t_c log(sum_d t_d exp(z_d))",
        "t",
    ),
    "targets, of a cross-entropy": (
        SUMS_TO_ONE + "p_c = softmax_c(x_c + t_c); L = sum_c t_c log(p_c)",
        "t",
    ),
}


@pytest.mark.parametrize("case", BY)
@pytest.mark.parametrize("mode", ["grad", "hessian", "hvp"])
def test_second_derivatives_by_what_is_known_of(case: str, mode: str) -> None:
    source, wrt = BY[case]
    report = getattr(tc.parse(source), mode)("L", wrt).check()
    assert report.passed, str(report)


@pytest.mark.parametrize("mode", ["jvp", "vjp", "grad", "hvp", "hessian"])
def test_a_definition_beside_what_it_depends_on(mode: str) -> None:
    """Each moves on its own: what is added to ``y``, and ``x``, with ``y`` following it."""
    report = getattr(tc.parse(NAMED), mode)("L", ["x", "y"]).check()
    assert report.passed, str(report)


def test_the_oracle_moves_a_definition_by_what_is_added_to_it() -> None:
    """By hand: ``L(x, s) = tanh(x) (tanh(x) + s)^2``, at ``s = 0``."""
    x = np.array([0.3, -0.8, 1.1])
    y = np.tanh(x)
    slope = 1 - y**2
    program = tc.parse(NAMED)
    for pair in (("x", "y"), ("y", "x")):
        hessian = program.hessian("L", pair).compile()(x=x)
        np.testing.assert_allclose(hessian, np.diag(4 * y * slope), atol=1e-14)
    tangents = {"x_dot": np.array([1.0, 2.0, -1.0]), "y_dot": np.array([0.5, -3.0, 2.0])}
    moved = program.jvp("L", ["x", "y"]).compile()(x=x, **tangents)
    total = 3 * y**2 * slope * tangents["x_dot"] + 2 * y**2 * tangents["y_dot"]
    np.testing.assert_allclose(moved, total.sum())


@pytest.mark.parametrize("mode", ["hessian", "hvp"])
def test_a_mask_has_no_second_derivative(mode: str) -> None:
    """``m^3`` was written as ``m`` before it was differentiated again."""
    program = tc.parse("mask m\nL = m_i m_i m_i x_i")
    assert program.grad("L", "m").check().passed
    with pytest.raises(NotDifferentiableError, match="mask"):
        getattr(program, mode)("L", "m")


def test_a_power_of_a_mask_is_differentiated_as_a_power() -> None:
    """``m^3`` is ``m`` as a value only."""
    gradient = tc.parse("mask m\nL = (m_i)**3 x_i + sum_i sqrt(1 + (m_i)**2)").grad("L", "m")
    assert gradient.check().passed


IN_FORMULA = {
    "a value that has a name": (
        "y_i = tanh(x_i); P = sum_ij (d(tanh(x_i))/d(x_j))**2 + y_i y_i",
        ["x", "y"],
    ),
    "a declared sum": (SUMS_TO_ONE + "P = sum_n (d((sum_c t_c) x_n**3)/d(x_n))**2", ["x", "t"]),
}


@pytest.mark.parametrize("case", IN_FORMULA)
@pytest.mark.parametrize("mode", ["grad", "jvp", "hvp", "hessian"])
def test_a_derivative_in_a_formula_differentiated_again(case: str, mode: str) -> None:
    """By a definition whose value, or by an input whose sum, the first derivative could use."""
    source, names = IN_FORMULA[case]
    program = tc.parse(source.replace("x_n**3", "(x_n)**3"))
    for wrt in (names, *names):
        report = getattr(program, mode)("P", wrt).check()
        assert report.passed, str(report)


def test_a_derivative_in_a_formula_by_a_mask_again() -> None:
    program = tc.parse("mask m\nP = sum_i (d((m_i)**3 x_i)/d(x_i))**2")
    assert program.grad("P", "x").check().passed
    with pytest.raises(NotDifferentiableError, match="mask"):
        program.grad("P", "m")


@pytest.mark.parametrize("edge", ["circular", "reflect", "replicate", "zeropad"])
def test_a_component_of_what_is_folded_at_an_edge(edge: str) -> None:
    report = tc.parse(f"y_i = sum_u {edge}(x_{{i+u-1}}) w_u x_i").jacobian("y", "x_{1}").check()
    assert report.passed, str(report)


def test_a_component_of_an_index_of_any_extent() -> None:
    """The extent is known when the kernel runs: a component outside it is nowhere."""
    jacobian = tc.parse("y^i = x^i").jacobian("y", "x_{1}")
    for backend in ("numpy", "torch"):
        kernel = jacobian.compile(backend)
        assert kernel(x=np.ones(3)).tolist() == [0.0, 1.0, 0.0]


def test_a_choice_that_is_made_already() -> None:
    derived = tc.parse("y_ij = where([i != i], x_ij, z_j)").vjp("y", ["x", "z"])
    assert derived["x_bar"].body is tc.parse("x = 0")["x"].body
    assert derived.check().passed


@pytest.mark.parametrize("condition", ["[c_{0} == 2]", "size(i) - 4", "[1 == 1]", "[2 == 1]"])
def test_a_choice_for_all_components(condition: str) -> None:
    program = tc.parse(f"y_i = where({condition}, x_i, z_i**2)")
    for derived in (program, program.jacobian("y", ["x", "z"])):
        assert derived.check().passed
