"""Building expressions: the light clean-up every rule wants, and nothing clever.

These functions drop zeros and ones, flatten, and multiply numbers. Real simplification is
:mod:`tensorcalc.simplify`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from tensorcalc.expr.extents import extent
from tensorcalc.expr.indices import Affine, Index, Level
from tensorcalc.expr.nodes import (
    Access,
    Apply,
    Argument,
    Contraction,
    Expr,
    Lookup,
    Number,
    Product,
    Slot,
    Sum,
    Tensor,
    Transform,
)
from tensorcalc.expr.operations import Functional, Pointwise, operation_named
from tensorcalc.expr.substitution import rename_bound

__all__ = [
    "ONE",
    "ZERO",
    "access",
    "add",
    "apply",
    "at_indices",
    "contract",
    "divide",
    "is_one",
    "is_zero",
    "multiply",
    "negate",
    "number",
    "power",
    "reduce",
    "subtract",
    "transform",
]

ZERO = Number(Fraction(0))
ONE = Number(Fraction(1))
MINUS_ONE = Number(Fraction(-1))


def number(value: Fraction | int | float) -> Number:
    """Return the constant; integers become exact fractions."""
    return Number(value if isinstance(value, float) else Fraction(value))


def is_zero(expr: Expr) -> bool:
    """Whether ``expr`` is the constant 0."""
    return isinstance(expr, Number) and expr.value == 0


def is_one(expr: Expr) -> bool:
    """Whether ``expr`` is the constant 1."""
    return isinstance(expr, Number) and expr.value == 1


def add(terms: Iterable[Expr]) -> Expr:
    """The sum of ``terms``: zeros dropped, nested sums flattened, none is 0."""
    flat: list[Expr] = []
    for term in terms:
        if isinstance(term, Sum):
            flat.extend(term.terms)
        elif not is_zero(term):
            flat.append(term)
    if not flat:
        return ZERO
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def multiply(factors: Iterable[Expr]) -> Expr:
    """The product: 0 if a factor is, ones dropped, flattened, numbers joined and in front."""
    coefficient: Fraction | float = Fraction(1)
    flat: list[Expr] = []
    for factor in factors:
        for part in factor.factors if isinstance(factor, Product) else (factor,):
            if isinstance(part, Number):
                if part.value == 0:
                    return ZERO
                if abs(part.value) == float("inf"):
                    flat.append(part)
                else:
                    coefficient = coefficient * part.value
            else:
                flat.append(part)
    if len(flat) == 1 and isinstance(flat[0], Number) and coefficient < 0:
        return Number(-flat[0].value)
    if coefficient != 1 or not flat:
        flat.insert(0, Number(coefficient))
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def negate(expr: Expr) -> Expr:
    """``-expr``."""
    return multiply((MINUS_ONE, expr))


def subtract(left: Expr, right: Expr) -> Expr:
    """``left - right``."""
    return add((left, negate(right)))


def contract(bound: Sequence[Index], body: Expr) -> Expr:
    """The sum over ``bound``: none is the body itself, a zero body is 0, nested ones merge."""
    if not bound or is_zero(body):
        return body
    if isinstance(body, Contraction):
        inner = rename_bound(body, bound)
        assert isinstance(inner, Contraction)
        return Contraction((*bound, *inner.bound), inner.body)
    return Contraction(tuple(bound), body)


def apply(name: str, *arguments: Expr) -> Expr:
    """Apply the catalog's pointwise function ``name``; missing parameters take defaults."""
    operation = operation_named(name)
    assert isinstance(operation, Pointwise)
    missing = operation.arity + len(operation.parameters) - len(arguments)
    defaults = [number(v) for _, v in operation.parameters[len(operation.parameters) - missing :]]
    return Apply(operation, (*arguments, *(defaults if missing else ())))


def power(base: Expr, exponent: Expr | Fraction | int) -> Expr:
    """``base**exponent``; exponents 0 and 1 vanish."""
    by = number(exponent) if isinstance(exponent, Fraction | int) else exponent
    if is_one(by):
        return base
    if is_zero(by):
        return ONE
    return apply("pow", base, by)


def divide(numerator: Expr, denominator: Expr) -> Expr:
    """``numerator / denominator``; a number divides exactly."""
    if isinstance(denominator, Number) and isinstance(denominator.value, Fraction):
        if denominator.value == 0:
            return multiply((numerator, power(denominator, -1)))
        return multiply((Number(1 / denominator.value), numerator))
    return multiply((numerator, power(denominator, -1)))


def transform(
    name: str, arguments: Sequence[tuple[Sequence[Index], Expr]], at: Sequence[Slot] = ()
) -> Expr:
    """Apply the catalog's function of whole tensors ``name``."""
    operation = operation_named(name)
    assert isinstance(operation, Functional)
    made = tuple(Argument(tuple(bound), body) for bound, body in arguments)
    return Transform(operation, made, tuple(at))


def reduce(name: str, bound: Sequence[Index], body: Expr) -> Expr:
    """``name`` over ``bound``, e.g. ``max_i``; nothing is left of the bound indices."""
    return transform(name, [(bound, body)])


def at_indices(tensor: Tensor, indices: Sequence[Index]) -> Access:
    """``tensor`` at plain indices, on the levels of its slots."""
    slots = (Slot(i, level) for i, level in zip(indices, tensor.levels, strict=True))
    return Access(tensor, tuple(slots))


def access(spelling: str, *indices: Index | Affine | Lookup) -> Access:
    """A tensor and its access, for tests and examples: ``access("A^i_j", i, j)``.

    Only the ``^`` and ``_`` of ``spelling`` matter, one for each index; the extents are
    those of the indices.
    """
    name = spelling.replace("^", " ").replace("_", " ").split()[0]
    levels = tuple(Level.UPPER if mark == "^" else Level.LOWER for mark in spelling if mark in "^_")
    extents = tuple(i.extent if isinstance(i, Index) else extent(f"n_{name}") for i in indices)
    tensor = Tensor(name, extents, levels)
    return Access(tensor, tuple(map(Slot, indices, levels)))
