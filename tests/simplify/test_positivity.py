"""What is claimed of a sign is true of values, at generic points and where inputs are 0."""

import numpy as np
import pytest

from tensorcalc.check import NumpyBackend, evaluate, generic_point
from tensorcalc.expr import Expr, add, apply, multiply
from tensorcalc.language import parse
from tensorcalc.simplify import Sign, sign_of

P, N, S, U = Sign.POSITIVE, Sign.NOT_NEGATIVE, Sign.POSITIVE | Sign.BELOW_ONE, Sign.UNKNOWN

CLAIMS = [
    ("y = exp(x)", P),
    ("y = sigmoid(x)", S),
    ("y = 1 - sigmoid(x)", P),
    ("y = 1 - tanh(x)**2", P),
    ("y = 1 - tanh(x)", P),
    ("y = 1 - sin(x)", N),
    ("y = 1 - cos(x)**2", N),
    ("y = 2 - tanh(x)", U),
    ("y_i = softmax_i(x_i)", P | Sign.AT_MOST_ONE),
    ("y_i = 1 - softmax_i(x_i)", N),
    ("y = x_i x_i", N),
    ("y = x_i x_i + 1/2", P),
    ("y = norm_i(x_i)", N),
    ("y = sum_i exp(x_i) z_i**2", N),
    ("y = x_i z_i", U),
    ("y = x x x", U),
    ("y = x**2 relu(z)", N),
    ("y = max(x, exp(z))", P),
    ("y = max(x, z)", U),
    ("y = min(exp(x), z)", U),
    ("y = sqrt(1 + x**2)", P),
    ("y = abs(exp(x))", P),
    ("y = relu(x)", N),
    ("y = where([x > 0], exp(z), 1)", P),
    ("y = where([x > 0], exp(z), x)", U),
    ("y = max_i(exp(x_i))", P),
    ("y = prod_i(1 + x_i**2)", P),
    ("mask m; y = m", N | Sign.AT_MOST_ONE),
    ("positive x; y = x**3 / 2", P),
    ("positive x; y_i = zeropad(x_{i-1}) + 0 z_i", N),
    ("positive x; y_i = zeropad(x_{i-1}) + z_i**2", N),
    ("positive x; y_i = circular(x_{i-1}) + z_i**2", P),
]


@pytest.mark.parametrize(("text", "claim"), CLAIMS)
def test_the_claim_is_made_and_true(text: str, claim: Sign) -> None:
    equations = parse(text).equations
    assert sign_of(equations.definitions[-1].body) is claim
    for seed in range(4):
        point = generic_point(equations, seed)
        free = [t.name for t in equations.inputs if "positive" not in t.facts]
        at_zero = {n: a * 0 if n in free else a for n, a in point.arrays.items()}
        for arrays in (point.arrays, at_zero):
            y = np.asarray(evaluate(equations, arrays, NumpyBackend(), point.sizes)["y"])
            assert Sign.NOT_NEGATIVE not in claim or (y >= 0).all()
            assert Sign.POSITIVE not in claim or (y > 0).all()
            assert Sign.AT_MOST_ONE not in claim or (y <= 1).all()
            assert Sign.BELOW_ONE not in claim or (y < 1).all()


def test_a_formula_shared_many_times_is_looked_at_once() -> None:
    body: Expr = parse("y = exp(x)").equations.definitions[0].body
    for _ in range(40):  # 2**40 paths
        body = add((multiply((body, body)), apply("sqrt", body)))
    assert sign_of(body) is P
