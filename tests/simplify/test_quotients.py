"""Quotients, roots and sums multiplied at random: one form, whatever the order."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.check import NumpyBackend, evaluate, generic_point

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
