"""Quotients, roots and sums multiplied at random: one form, whatever the order."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.check import NumpyBackend, evaluate, generic_point
from tensorcalc.printing import to_text
from tensorcalc.simplify import simplify

FACTORS = [
    *("a", "b", "1/a", "1/(a b)", "1/sqrt(a)", "sqrt(b)", "a**(-2)", "b**(-3/2)", "1/(2 a)", "3"),
    *("x_k", "1/x_k", "1/sqrt(2)", "1/sqrt(pi)", "1/n", "1/n**2", "exp(a)", "tanh(x_k)"),
    *("norm_i(x_i)", "1/norm_i(x_i)", "(sum_i x_i x_i)", "1/(sum_i x_i x_i)"),
    *("(sum_i x_i y_i)", "1/(sum_i x_i y_i)", "(sum_i x_i / y_i)", "1/(a + b)", "1/(a + b)**2"),
    *("(1 - sigmoid(-a))", "sigmoid(-a)", "(sin(a)**2 + b)", "cos(a)**2", "(1 - cos(x_k)**2)"),
]
TERMS = st.lists(st.lists(st.sampled_from(FACTORS), min_size=1, max_size=5), min_size=1, max_size=3)


def program(terms: list[list[str]]) -> tc.Program:
    body = " + ".join([*(" * ".join(term) for term in terms), "0 * x_k * y_k * a * b"])
    return tc.parse(f"positive a, b\ntensor x_i [n]\ntensor y_i [n]\nf_k = {body}")


@given(TERMS, st.randoms())
def test_one_form_of_the_same_value(terms: list[list[str]], random: Random) -> None:
    given_order = program(terms)
    simplified = given_order.simplify()
    mixed = [random.sample(term, len(term)) for term in random.sample(terms, len(terms))]
    assert str(program(mixed).simplify()) == str(simplified)
    assert str(tc.parse(str(simplified)).simplify()) == str(simplified)
    point = generic_point(given_order.equations, 1)
    wanted = evaluate(given_order.equations, point.arrays, NumpyBackend(), point.sizes)["f"]
    for back in (simplified, tc.parse(simplified.to_latex())):
        arrays = {t.name: point.arrays[t.name] for t in back.equations.inputs}
        found = evaluate(back.equations, arrays, NumpyBackend(), point.sizes)["f"]
        np.testing.assert_allclose(found, wanted, rtol=1e-9)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("f_i = 2 * v / n * d_i", "2 v d_i / n"),
        ("f_i = 1/sqrt(u_i) * d_i * v", "d_i v / sqrt(u_i)"),
        ("f_i = 2/n * d_i * v", "2/n d_i v"),
        ("f_i = d_i / n", "d_i / n"),
        ("f_i = v * u_i**(-2) * d_i", "v d_i / u_i**2"),
    ],
)
def test_a_derived_formula_keeps_its_order_but_for_quotients(written: str, wanted: str) -> None:
    body = tc.parse(f"tensor d_i [n]\n{written}").equations.definitions[-1].body
    assert to_text(simplify(body)) == wanted


def test_the_slope_of_a_quotient_is_one() -> None:
    steps = tc.parse("f = 1/x").grad("f", "x").derivation().to_text()
    assert "= -1/x**2" in steps
    assert "x**(-2)" not in steps
