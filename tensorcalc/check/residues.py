"""Numbers modulo a prime, as arrays: exact arithmetic that never overflows.

Primes are below ``2**31``, so a product of two residues and a sum of ``2**32`` of them fit into
64 bits, and NumPy's integers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PoleError", "Residues", "inverse_and_determinant", "mixed", "random_prime"]

Integers = NDArray[np.int64]
Words = NDArray[np.uint64]


class PoleError(ArithmeticError):
    """A division by 0: the point, or the prime, was chosen badly."""


class Residues:
    """An array of integers modulo ``prime``; ``+``, ``-`` and ``*`` broadcast.

    Example:
        >>> seven = Residues(np.array([3, 5]), 7)
        >>> (seven * seven + 1).values.tolist(), seven.inverse().values.tolist()
        ([3, 5], [5, 3])
    """

    __slots__ = ("prime", "values")
    __array_ufunc__ = None  # a NumPy array on the left leaves the work to this class

    def __init__(self, values: NDArray[Any], prime: int) -> None:
        self.values: Integers = np.asarray(values, dtype=np.int64) % prime
        self.prime = prime

    @classmethod
    def of(cls, number: Fraction | float, prime: int) -> Residues:
        """A single number, floats by their exact value.

        Raises:
            PoleError: The prime divides the denominator.
        """
        exact = Fraction(number)
        if exact.denominator % prime == 0:
            raise PoleError
        value = exact.numerator * pow(exact.denominator, -1, prime) % prime
        return cls(np.array(value), prime)

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.values.ndim

    def reshape(self, shape: Sequence[int]) -> Residues:
        """The same entries in another shape."""
        return Residues(self.values.reshape(tuple(shape)), self.prime)

    def __getitem__(self, key: Any) -> Residues:
        return Residues(self.values[key], self.prime)

    def _other(self, other: Residues | NDArray[Any] | float) -> Integers:
        if isinstance(other, Residues):
            assert other.prime == self.prime
            return other.values
        if isinstance(other, float):
            assert other.is_integer()
            other = int(other)
        given = np.asarray(other)
        assert given.dtype.kind in "biu", given.dtype
        return np.asarray(given.astype(np.int64) % self.prime)

    def __add__(self, other: Residues | NDArray[Any] | float) -> Residues:
        return Residues(self.values + self._other(other), self.prime)

    def __sub__(self, other: Residues | NDArray[Any] | float) -> Residues:
        return Residues(self.values - self._other(other), self.prime)

    def __mul__(self, other: Residues | NDArray[Any] | float) -> Residues:
        return Residues(self.values * self._other(other), self.prime)

    __radd__ = __add__
    __rmul__ = __mul__

    def total(self, axes: tuple[int, ...]) -> Residues:
        """The sum over ``axes``."""
        assert prod(self.shape) < 1 << 32
        return Residues(np.asarray(np.sum(self.values, axis=axes)), self.prime)

    def product(self, axes: tuple[int, ...]) -> Residues:
        """The product over ``axes``."""
        kept = [k for k in range(self.ndim) if k not in {a % self.ndim for a in axes}]
        gone = [k for k in range(self.ndim) if k not in kept]
        lengths = tuple(self.shape[k] for k in kept)
        rows = np.transpose(self.values, (*gone, *kept)).reshape(-1, *lengths)
        result = Residues(np.ones(lengths, dtype=np.int64), self.prime)
        for row in rows:
            result = result * np.asarray(row)
        return result

    def power(self, exponent: int) -> Residues:
        """Every entry to an integer power.

        Raises:
            PoleError: The exponent is negative and an entry is 0.
        """
        base = self.inverse() if exponent < 0 else self
        result = Residues(np.ones(self.shape, dtype=np.int64), self.prime)
        left = abs(exponent)
        while left:
            if left & 1:
                result = result * base
            base = base * base
            left >>= 1
        return result

    def inverse(self) -> Residues:
        """One divided by every entry.

        Raises:
            PoleError: An entry is 0.
        """
        if not self.values.all():
            raise PoleError
        return self.power(self.prime - 2)


def inverse_and_determinant(matrices: Residues) -> tuple[Residues | None, Residues]:
    """The inverses (None if a matrix has none) and determinants of a stack of matrices."""
    prime, size = matrices.prime, matrices.shape[-1]
    flat = matrices.values.reshape(-1, size, size)
    inverses: list[list[list[int]]] = []
    determinants: list[int] = []
    for matrix in flat:
        inverse, determinant = _eliminate(matrix.tolist(), prime)
        determinants.append(determinant)
        inverses.append(inverse)
    dets = np.array(determinants, dtype=np.int64).reshape(matrices.shape[:-2])
    if not dets.all():
        return None, Residues(dets, prime)
    result = np.array(inverses, dtype=np.int64).reshape(matrices.shape)
    return Residues(result, prime), Residues(dets, prime)


def _eliminate(rows: list[list[int]], prime: int) -> tuple[list[list[int]], int]:
    """Gauss-Jordan elimination; the inverse means nothing where the determinant is 0."""
    size, determinant = len(rows), 1
    wide = [[*row, *(int(k == n) for k in range(size))] for n, row in enumerate(rows)]
    for column in range(size):
        pivot = next((r for r in range(column, size) if wide[r][column]), None)
        if pivot is None:
            return rows, 0
        if pivot != column:
            wide[column], wide[pivot] = wide[pivot], wide[column]
            determinant = -determinant
        head = wide[column][column]
        determinant = determinant * head % prime
        scale = pow(head, -1, prime)
        wide[column] = [entry * scale % prime for entry in wide[column]]
        for r in range(size):
            factor = wide[r][column]
            if r != column and factor:
                wide[r] = [
                    (a - factor * b) % prime for a, b in zip(wide[r], wide[column], strict=True)
                ]
    return [row[size:] for row in wide], determinant % prime


def mixed(key: int, arrays: Sequence[NDArray[Any]], prime: int) -> Residues:
    """A number that looks random for each combination of entries, the same for equal ones.

    Args:
        key: What the number is for.
        arrays: Integer arrays that broadcast.
        prime: The modulus of the result.

    Sources:
        Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (the mixing
        of SplitMix64).
    """
    shape = np.broadcast_shapes(*(a.shape for a in arrays)) if arrays else ()
    state = np.full(shape, _scrambled(np.array(key % (1 << 64), dtype=np.uint64)))
    for place, array in enumerate(arrays):
        salt = np.array((place + 1) * 0x9E3779B97F4A7C15 % (1 << 64), dtype=np.uint64)
        state = _scrambled(state ^ (np.asarray(array).astype(np.uint64) + salt))
    return Residues((state % np.uint64(prime)).astype(np.int64), prime)


def _scrambled(state: Words) -> Words:
    with np.errstate(over="ignore"):
        state = np.asarray(state + np.uint64(0x9E3779B97F4A7C15))
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))


def random_prime(random: Random) -> int:
    """A prime between ``2**30`` and ``2**31``."""
    while True:
        candidate = random.randrange(1 << 30, 1 << 31) | 1
        if _is_prime(candidate):
            return candidate


def _is_prime(number: int) -> bool:
    """Miller and Rabin's test, which is exact below 3,215,031,751 with these bases."""
    if number % 2 == 0:
        return number == 2
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    for base in (2, 3, 5, 7):
        if number % base == 0:
            return number == base
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
