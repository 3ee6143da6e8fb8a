"""Arithmetic modulo a prime, against Python's integers."""

import operator
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from tensorcalc.check.residues import (
    PoleError,
    Residues,
    inverse_and_determinant,
    mixed,
    random_prime,
)

PRIME = 2147483647


def drawn(seed: int, *shape: int) -> Residues:
    return Residues(np.random.default_rng(seed).integers(0, PRIME, shape), PRIME)


def test_products_and_sums_do_not_overflow() -> None:
    largest = Residues(np.full((1000,), PRIME - 1), PRIME)
    assert int((largest * largest).values[0]) == (PRIME - 1) ** 2 % PRIME
    assert int(largest.total((0,)).values) == 1000 * (PRIME - 1) % PRIME
    assert int(largest.product((0,)).values) == pow(PRIME - 1, 1000, PRIME)
    assert int(largest.power(10**12).values[0]) == pow(PRIME - 1, 10**12, PRIME)


def test_arithmetic_is_that_of_integers() -> None:
    a, b = drawn(0, 5), drawn(1, 3, 1)
    for got, right in ((a + b, operator.add), (a - b, operator.sub), (a * b, operator.mul)):
        assert got.shape == (3, 5)
        for k in range(3):
            for n in range(5):
                assert int(got.values[k, n]) == right(int(a.values[n]), int(b.values[k, 0])) % PRIME
    assert ((2 * a) - a - a).values.tolist() == [0] * 5
    assert (np.arange(5) + a - a).values.tolist() == [0, 1, 2, 3, 4]


def test_inverses() -> None:
    a = drawn(2, 40)
    assert (a * a.inverse()).values.tolist() == [1] * 40
    assert (a.power(-3) * a.power(3)).values.tolist() == [1] * 40
    with pytest.raises(PoleError):
        Residues(np.array([1, 0]), PRIME).inverse()
    third = Residues.of(Fraction(-1, 3), PRIME)
    assert int((third * 3 + 1).values) == 0
    with pytest.raises(PoleError):
        Residues.of(Fraction(1, PRIME), PRIME)


def test_matrices() -> None:
    matrices = drawn(3, 2, 4, 4)
    inverse, determinant = inverse_and_determinant(matrices)
    assert inverse is not None
    for k in range(2):
        product = Residues(np.zeros((4, 4), dtype=int), PRIME)
        for n in range(4):
            product = product + matrices[k, :, n].reshape((4, 1)) * inverse[k, n].reshape((1, 4))
        assert product.values.tolist() == np.eye(4, dtype=int).tolist()
    swapped = Residues(matrices.values[:, [1, 0, 2, 3]], PRIME)
    assert (inverse_and_determinant(swapped)[1] + determinant).values.tolist() == [0, 0]
    known = inverse_and_determinant(Residues(np.array([[0, 2], [3, 4]]), PRIME))[1]
    assert int((known + 6).values) == 0
    singular = inverse_and_determinant(Residues(np.array([[1, 2], [2, 4]]), PRIME))
    assert singular[0] is None
    assert int(singular[1].values) == 0


def test_mixed_numbers_depend_on_everything_and_on_nothing_else() -> None:
    a, b = drawn(4, 3, 1).values, drawn(5, 1, 4).values
    both = mixed(7, [a, b], PRIME)
    assert both.shape == (3, 4)
    assert len(set(both.values.ravel().tolist())) == 12
    assert not (both - mixed(7, [a, b], PRIME)).values.any()
    assert (both - mixed(8, [a, b], PRIME)).values.all()
    square = drawn(6, 3, 3).values
    swapped = mixed(7, [square, square.T], PRIME) - mixed(7, [square.T, square], PRIME)
    assert int(np.count_nonzero(swapped.values)) == 6


def test_primes_are_prime() -> None:
    random = Random(0)
    for _ in range(5):
        prime = random_prime(random)
        assert 1 << 30 < prime < 1 << 31
        assert all(prime % k for k in range(2, 46341))
