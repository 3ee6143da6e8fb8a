"""Pairs of formulas made to deceive: equal near the origin, at small sizes, but for an entry.

Formulas that are defined on different parts of the line are different: ``log(x**2)`` and
``2 log(x)``. A difference at single points is none. In float64, a difference below ``1e-11`` of
an entry is not seen unless both formulas are rational.
"""

import numpy as np
import pytest

from tensorcalc.check import NumpyBackend, evaluate
from tensorcalc.check.equality import equal
from tensorcalc.errors import VerificationError
from tensorcalc.language import parse

DIFFERENT = """
y = relu(x - 5) | y = 0 x
y = relu(x - 50) | y = 0 x
y = max(x, -30) | y = x
y = min(x, 400) | y = x
y = abs(x - 9) | y = 9 - x
y = where([x < 12], x, 0) | y = x
y_i = huber(x_i) | y_i = 1/2 x_i**2
y_i = huber(x_i; delta=20) | y_i = 1/2 x_i**2
y = elu(x + 15) | y = x + 15
y = leaky_relu(x + 6) | y = x + 6
y = asin(sin(x)) | y = x
y = atan(tan(x)) | y = x
y = acos(cos(x)) | y = x
y = sqrt(x**2) | y = x
y = log(x**2) | y = 2 log(x)
y = sqrt(x**4) | y = x**2 sign(x)
y = heaviside(x - 7) | y = 0 x
y = sign(x + 11) | y = 1 + 0 x
y = x + 1e-9 | y = x
y = x + 1e-15 | y = x
y = 1e20 x | y = 1e20 x + 1
y = 1e-20 x | y = 0 x
y = exp(x) | y = exp(x) + 1e-6
y = exp(x) | y = exp(x) (1 + 1e-6)
y = tanh(x) | y = tanh(x) + 1e-8 x
y_ij = A_ij | y_ij = A_ji
y_ijk = A_ij b_k | y_ijk = A_ik b_j
y_i = A_ij x_j | y_i = A_ji x_j
f = A_ij A_ij | f = A_ij A_ji
f = A_ij B_jk C_ki | f = A_ij B_ki C_jk
y_i = sum_j A_ij | y_i = sum_j A_ji
y = sigmoid(x) | y = 1/2 + x/4
y = sigmoid(1000 x) | y = heaviside(x)
y = softplus(100 x)/100 | y = relu(x)
y = sum_i where([i < 20], x_i, 0) | y = sum_i x_i
y_i = where([i == 17], 0, x_i) | y_i = x_i
y_i = x_i (n - 3) (n - 4); tensor x_i [n] | y_i = 0 x_i; tensor x_i [n]
y_i = softmax_i(x_i) | y_i = softmax_i(2 x_i)
y = max_i(x_i) | y = logsumexp_i(x_i)
y = norm_i(x_i) | y = sum_i abs(x_i)
y_i = normalize_i(x_i) | y_i = x_i
y = prod_i(x_i) | y = exp(sum_i log(abs(x_i)))
y = det(A) | y = -det(A)
y = logdet(A) | y = log(abs(det(A)))
y_ij = inv(A)_ij | y_ij = inv(A)_ji
y = x**3 | y = abs(x)**3
y = x**(1/3) | y = x**(2/6) + 1e-7 x
y = a/(b c) | y = a/b*c
f = x**7 - x | f = 0 x
f = x**11 - x**3 | f = 0 x
f = (x - 1)(x - 2)(x - 3)(x - 4) | f = 0 x
y_t = circular(x_{t-1}) + 0 x_t | y_t = zeropad(x_{t-1}) + 0 x_t
y_t = replicate(x_{t-1}) + 0 x_t | y_t = reflect(x_{t-1}) + 0 x_t
y = erf(x) | y = tanh(1.2 x)
y = gelu(x) | y = x sigmoid(1.702 x)
y = atan2(a, b) | y = atan(a / b)
y = x / x | y = 1 + 1e-12 + 0 x
y = x**(1/2) x**(3/2) | y = x**2
y = relu(exp(x) - 1000) | y = 0 x
y = relu(x**2 - 900) | y = 0 x
y = relu(1/2 - (x - 3)**2) | y = 0 x
y = relu(1e-6 - x**2) | y = 0 x
y = relu(x - z**2 - 9) | y = 0 x + 0 z
y = relu(a x - 40) | y = 0 x + 0 a
y = max(x, y1 + 20) | y = y1 + 20 + 0 x
y = relu(x_i x_i - 300) | y = 0 x_i x_i
y = where([x + z > 60], x, z) | y = z + 0 x
y = abs(abs(x) - 17) | y = 17 - abs(x)
y_i = softmax_i(x_i) | y_i = softmax_i(x_i) (1 + 1e-9)
y = sum_i [i < 30] x_i | y = sum_i x_i
y = sum_i [i < 300] x_i | y = sum_i x_i
y = sum_i [i < 30] exp(x_i) | y = sum_i exp(x_i)
f = A_ij [i + j < 60] one_i one_j | f = A_ij one_i one_j
y_i = x_i (n - 3)(n - 4)(n - 5)(n - 7); tensor x_i [n] | y_i = 0 x_i; tensor x_i [n]
y_i = x_i + (m - n)(m - n - 1) x_i; tensor x_i [n]; tensor A_kl [m, m] | y_i = x_i; tensor x_i [n]
y_i = x_i (n - 40); tensor x_i [n] | y_i = x_i (n - 40)**2 / (n - 39); tensor x_i [n]
y = sum_i [i > 28] exp(x_i) | y = 0 exp(x_i) one_i
y_i = [i == 25] exp(x_i) | y_i = 0 exp(x_i)
integer c; y_n = x_{c_n} | integer c; y_n = x_n + 0 x_{c_n}
integer c; y_n = W_{c_n, i} x_i | integer c; y_n = W_{0, i} x_i + 0 W_{c_n, i} x_i
y = x**101 | y = x**99
y = x**40 + 1e-8 x | y = x**40
y = prod_i(x_i) | y = prod_i(abs(x_i))
y = prod_i(x_i) | y = sum_i x_i
mask m; y = m x | mask m; y = x
mask m; y = sum_i m_i | mask m; y = max_i(m_i)
mask m; y = prod_i(m_i) | mask m; y = min_i(m_i) + 0 sum_i m_i**2 + 1e-3 (1 - prod_i(m_i))
s_t = 1/2 s_{t-1} + x_t; s_{-1} = h | s_t = 1/2 s_{t-1} + x_t; s_{-1} = 2 h
s_t = relu(s_{t-1} + x_t); s_{-1} = h | s_t = s_{t-1} + x_t; s_{-1} = h
s_t = relu(s_{t-1} + x_t + 20); s_{-1} = h | s_t = s_{t-1} + x_t + 20; s_{-1} = h
y_ij = inv(A)_ij | y_ij = A_ji
f = logdet(A) | f = 1/2 logdet(A)
f = det(A) | f = abs(det(A))
f = tr(inv(A)) | f = 1/tr(A)
symmetric S; y_ij = S_ij | symmetric S; y_ij = S_ij + S_ji
f = A_ij x_i x_j | f = A_ij x_i x_j + 1e-6 (A_ij - A_ji) x_i z_j
y = sigma(x) | y = sigma(x) + 0.001
y = sigma(x) sigma(z) | y = sigma(x z)
y = sigma(x + z) | y = sigma(x) + sigma(z)
y_i = sigma(x)_i | y_i = sigma(x)_i + 1e-5 x_i
y = sqrt(x) sqrt(z) | y = sqrt(x z)
y = log(x z) | y = log(x) + log(z)
y = log(x + 5) | y = log(abs(x + 5))
y = sqrt(x - 9)**2 | y = x - 9
y = exp(log(x)) | y = x
y = 1e-20 exp(x) | y = 0 x
y = exp(x - 50) | y = 0 x
y = exp(-30) exp(x) | y = 0 x
y = sigmoid(1000 x) | y = sigmoid(1000 x)**2
y = tanh(200 x) | y = sign(x)
y = max_i(x_i) | y = max_i(abs(x_i))
y_i = argmax_j(A_ij) + 0 | y_i = argmin_j(A_ij) + 0
y = norm_i(x_i) | y = sqrt(x_i x_i + 1e-10)
y = norm_i(x_i) | y = sqrt(x_i x_i + 1e-16)
y = erf(x) | y = tanh(2/sqrt(pi) (x + 11/123 x**3))
y = sin(x) | y = x - x**3/6 + x**5/120 - x**7/5040 + x**9/362880
y = sin(pi x) | y = 0 x
y = cos(2 pi x) | y = 1 + 0 x
y = sin(1e6 x) | y = 0 x
y = floor(x) | y = 0 x
y_i = reflect(x_{i-2}) + 0 x_i | y_i = replicate(x_{i-2}) + 0 x_i
y_i = zeropad(x_{i+30}) + 0 x_i | y_i = 0 x_i
y_i = circular(x_{i+2}) + 0 x_i | y_i = circular(x_{i-2}) + 0 x_i
y = leaky_relu(x; slope=0.001) | y = relu(x)
y = elu(x) | y = where([x > 0], x, exp(x) - 1) + 1e-7
y = hardtanh(x) | y = x
y = max(-50, min(x, 50)) | y = x
y = atan2(a, b) | y = atan2(-a, -b) + pi
y_ij = cholesky(A)_ij | y_ij = A_ij
y = (x**2)**(1/4) | y = sqrt(x)
y = where([x > -1e-3], where([x < 1e-3], 1, 0), 0) | y = 0 x
y = sign(x - 1/3) | y = sign(x - 1/2)
y_i = x_i / norm_j(x_j) | y_i = normalize_i(2 x_i) + 1e-8 x_i
f = X_ii X_jj | f = X_ij X_ij
f = logdet(A) + logdet(B) | C_ij = A_ik B_kj; f = logdet(C)
a = 1e-20 exp(x); y = a | y = 0 x
y = 1e-30 sin(x) | y = 1e-30 x
y = 1e20 sin(x) | y = 1e20 sin(x) + 1e12
"""

EQUAL = """
y = sqrt(x**2) | y = abs(x)
y = log(x**2) | y = 2 log(abs(x))
y = relu(x - 5) | y = max(x, 5) - 5
y = relu(x - 5) - relu(5 - x) | y = x - 5
y = abs(x) | y = relu(x) + relu(-x)
y = max(a, b) + min(a, b) | y = a + b
y = max(a, b) - min(a, b) | y = abs(a - b)
y = sign(x) abs(x) | y = x
y = where([x < 12], x, 12) | y = min(x, 12)
y = huber(x; delta=3) | y = where([abs(x) <= 3], 1/2 x**2, 3 (abs(x) - 3/2))
y = 0 x | y = x - x
y = 1e20 x - 1e20 x + x | y = x
y = (1e-10 x) 1e10 | y = x
y = 1/3 x + 2/3 x | y = x
y = tanh(x) | y = 2 sigmoid(2 x) - 1
y = sinh(x) + cosh(x) | y = exp(x)
y = log(exp(x) exp(a)) | y = x + a
y = sin(2 x) | y = 2 sin(x) cos(x)
y = softplus(x) - softplus(-x) | y = x
y = log_sigmoid(x) | y = -softplus(-x)
f = A_ij B_jk C_ki | f = C_pq A_qr B_rp
symmetric S; f = x_i S_ij z_j | symmetric S; f = z_i S_ij x_j
symmetric S; y_ij = S_ij | symmetric S; y_ij = S_ji
antisymmetric F; f = x_i F_ij x_j | antisymmetric F; f = 0 x_i x_i F_jj
y_i = softmax_i(x_i) | y_i = exp(x_i - logsumexp_j(x_j))
y = sum_i where([i < 20], x_i, 0) | y = sum_i [i < 20] x_i
mask m; y = m x + (1 - m) x | mask m; y = x + 0 m
y = det(A) det(B) | C_ij = A_ik B_kj; y = det(C)
y = atan(x) | y = asin(x/sqrt(1 + x**2))
y = abs(x - 9) | y = max(x - 9, 9 - x)
y = log(x) + log(z) | y = log(z) + log(x)
positive x; y = log(x**2) | positive x; y = 2 log(x)
positive x; y = x**(1/2) x**(3/2) | positive x; y = x**2
positive x; positive z; y = log(x z) | positive x; positive z; y = log(x) + log(z)
y = sin(x)**2 + cos(x)**2 | y = 1 + 0 x
y = tan(x) | y = sin(x)/cos(x)
y = cos(2 x) | y = 1 - 2 sin(x)**2
y = sin(100 x) | y = 2 sin(50 x) cos(50 x)
y = log(exp(1000 x) + exp(1000 z)) | y = 1000 max(x, z) + softplus(-1000 abs(x - z))
y = relu(x - 1e5) | y = max(x, 1e5) - 1e5
y = (x + 1000)**3 exp(a) | y = (x**3 + 3000 x**2 + 3e6 x + 1e9) exp(a)
y = relu(x) exp(a) - exp(a) relu(-x) | y = x exp(a)
y = huber(x; delta=20) | y = where([abs(x) < 20], x**2/2, 20 abs(x) - 200)
y = sqrt((x - 7)**2) | y = abs(x - 7)
y = erf(x) + erf(-x) | y = 0 x
y = sinh(x)**2 | y = cosh(x)**2 - 1
y = atan(x) + atan(1/x) | y = 1/2 pi sign(x)
y = exp(x)**3 | y = exp(3 x)
y = sqrt(2) sqrt(3) x | y = sqrt(6) x
y = sin(pi) x | y = 0 x
y_i = softmax_i(x_i) | y_i = softmax_i(x_i - max_j(x_j))
y = logsumexp_i(x_i) | y = max_j(x_j) + log(sum_i exp(x_i - max_j(x_j)))
f = det(inv(A)) | f = 1/det(A)
y_ij = A_ik inv(A)_kj | y_ij = delta_ij + 0 A_ij
f = max_i(x_i) | f = -min_i(-x_i)
y = relu(relu(x)) | y = relu(x)
y = sum_i abs(x_i) | y = sum_i (relu(x_i) + relu(-x_i))
y = max(a, max(b, c)) | y = max(max(a, b), c)
y = sign(x)**2 x | y = x
y_i = [i < 20] relu(x_i) + [20 <= i] relu(x_i) | y_i = relu(x_i)
s_t = s_{t-1} exp(x_t); s_{-1} = h | s_t = exp(x_t) s_{t-1} 2/2; s_{-1} = h
y = x**0.1 x**0.2 | y = x**0.3
y = tanh(x) | y = sinh(x)/cosh(x)
y = gelu(x) | y = 1/2 x (1 + erf(x/sqrt(2)))
y = silu(x) | y = x sigmoid(x)
y = log(1 + exp(x)) | y = softplus(x)
y = where([x > 40], x, 40) | y = max(40, x)
y = acos(x) | y = pi/2 - asin(x)
y = sigmoid(100 x) | y = 1/2 + 1/2 tanh(50 x)
y = norm_i(100 x_i) | y = 100 norm_i(x_i)
y_i = normalize_i(x_i) | y_i = x_i / norm_j(x_j)
y = (x - 30)**2 sigmoid(a) | y = (x**2 - 60 x + 900) sigmoid(a)
y = sqrt(1 + 1e-12 x) - 1 | y = 1e-12 x / (sqrt(1 + 1e-12 x) + 1)
y = 1e6 (sqrt(1 + 1e-8 x) - 1) | y = 1e-2 x / (sqrt(1 + 1e-8 x) + 1)
y = 1 - cos(1e-6 x) | y = 2 sin(5e-7 x)**2
y = cosh(1e-4 x) - 1 | y = 2 sinh(5e-5 x)**2
y = log1p(1e-9 x) 1e9 | y = log(1 + 1e-9 x) 1e9
"""


def pairs(table: str) -> list[tuple[str, str]]:
    lines = (line.split(" | ") for line in table.strip().splitlines())
    return [(left, right) for left, right in lines]


@pytest.mark.parametrize(("left", "right"), pairs(EQUAL))
def test_equal(left: str, right: str) -> None:
    one, other = parse(left).equations, parse(right).equations
    for answer in (equal(one, other), equal(other, one)):
        assert answer, str(answer)


@pytest.mark.parametrize(("left", "right"), pairs(DIFFERENT))
def test_not_equal_by_a_counter_example_that_is_one(left: str, right: str) -> None:
    one, other = parse(left).equations, parse(right).equations
    assert not equal(other, one)
    answer = equal(one, other)
    assert not answer
    example = answer.counter_example
    if example is None:  # the shapes differ
        assert "long on the left" in answer.detail
        return
    if example.modulus is not None:
        assert example.left != example.right
        return
    assert not np.isclose(example.left, example.right, rtol=1e-12, atol=0)
    ends = (one, example.outputs[0], example.left), (other, example.outputs[1], example.right)
    for equations, name, value in ends:
        inputs = {t.name: example.inputs[t.name] for t in equations.inputs}
        with np.errstate(all="ignore"):
            found = evaluate(equations, inputs, NumpyBackend(), example.sizes)[name]
        np.testing.assert_allclose(found[example.entry], value)


def test_a_size_too_large_to_try_is_named() -> None:
    left, right = "y = sum_i [i < 5000] exp(x_i)", "y = sum_i exp(x_i)"
    answer = equal(parse(left).equations, parse(right).equations)
    assert "holds 5000, and sizes go to 1000" in str(answer)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("tensor x_i [3]; y_ij = x_i x_j", "tensor x_i [3]; y_ij = inv(x_i x_j)_ij"),
        ("y = x", "y = x + exp(1000 + x**2)"),
    ],
)
def test_where_nothing_can_be_compared_nothing_is_said(left: str, right: str) -> None:
    """A side that has no value at any point, or none within the range of floats."""
    one, other = parse(left).equations, parse(right).equations
    for sides in ((one, other), (other, one)):
        with pytest.raises(VerificationError, match="both sides"):
            equal(*sides)
