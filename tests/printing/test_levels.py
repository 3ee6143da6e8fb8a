"""Levels: a declared metric raises and lowers on paper, derivatives have the opposite level."""

from __future__ import annotations

import pytest

from tensorcalc.calculus import Request, derive
from tensorcalc.expr import Level
from tensorcalc.language import NotationError, parse
from tensorcalc.printing import to_latex, to_text
from tests.support.read_back import is_equal

# A program, and how it is printed.
METRIC = [
    ("metric g; y = g_{ij} x^j z^i", "metric g_ij\ntensor x^i\ny = x_i z^i"),
    ("metric g; y_i = g_ij x^j", "metric g_ij\ntensor x^i\ny_i = x_i"),
    ("metric g\ntensor x^i\ny_i = x_i", "metric g_ij\ntensor x^i\ny_i = x_i"),
    ("metric g\ntensor x_i\ny^i = g^ij x_j", "metric g_ij\ntensor x_i\ny^i = x^i"),
    ("metric g\ny^ij = g^ij", "metric g_ij\ny^ij = g^ij"),
    ("metric g\ny = g_ij x^i x^j", "metric g_ij\ny = x^i x_i"),
    (
        "metric g\ntensor F_mn\nU^mn = F^mn\nS = F_mn U^mn",
        "metric g_ij\ntensor F_mn\nU^mn = F^mn\nS = F_mn U^mn",
    ),
    ("metric g\ntensor x^i\nu_i = exp(x_i)", "metric g_ij\ntensor x^i\nu_i = exp(x_i)"),
    (
        "metric g\ntensor T^i_j\ny_ij = T_ij + g_ij",
        "metric g_ij\ntensor T^i_j\ny_ij = T_ij + g_ij",
    ),
]


@pytest.mark.parametrize(("text", "printed"), METRIC)
def test_a_product_with_the_metric_is_a_component_on_the_other_level(
    text: str, printed: str
) -> None:
    equations = parse(text).equations
    assert to_text(equations) == printed
    for shown in (printed, to_latex(equations)):
        assert is_equal(parse(shown).equations, equations), shown


@pytest.mark.parametrize(
    "text",
    [
        "metric g\ntensor x^i\nL = x_i x^i",
        "metric g\ntensor F_mn\nL = F_mn F^mn",
        "metric g\ntensor x^i\nL = sum_i tanh(x_i) x^i",
    ],
)
def test_a_derivative_holds_the_metric_as_a_factor(text: str) -> None:
    """It may have sums over two slots of one level, which a metric's text cannot hold."""
    equations = parse(text).equations
    wrt = tuple(t.name for t in equations.inputs)
    derived = derive(Request("grad", "L", wrt, equations))
    for shown in (to_text(derived), to_latex(derived)):
        assert is_equal(parse(shown).equations, derived), shown


def test_derivatives_have_the_opposite_level() -> None:
    equations = parse("x^i = A^i_j y^j").equations
    derived = derive(Request("jacobian", "x", ("y", "A"), equations))
    up, low = Level.UPPER, Level.LOWER
    assert [d.tensor.levels for d in derived.definitions] == [(up, low), (up, low, up)]


@pytest.mark.parametrize(
    ("text", "code"), [("y = x_i z_i", "E210"), ("y^i = x_i", "E211"), ("y = x^i z^i w_i", "E210")]
)
@pytest.mark.parametrize("mode", ["variance strict\n", "metric g\ntensor x_i\n"])
def test_strict_refuses_what_euclidean_notes(text: str, code: str, mode: str) -> None:
    """With a declared metric, too, one level cannot stand for the other."""
    parse(text)
    if mode.startswith("metric") and "x^i" in text:
        mode = "metric g\ntensor x^i\n"
    with pytest.raises(NotationError) as caught:
        parse(mode + text)
    assert [d.code for d in caught.value.diagnostics] == [code]
