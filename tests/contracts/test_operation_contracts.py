"""Every record of the catalog keeps its contract, and a corrupted one is caught."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tensorcalc.check import problems_of
from tensorcalc.errors import NotDifferentiableError
from tensorcalc.expr import ONE, Expr, Functional, Pointwise, add, negate
from tensorcalc.ops import catalog, functionals, pointwise

WITH_DERIVATIVE = [r for r in functionals() if r.name not in ("argmax", "argmin")]


@pytest.mark.parametrize("name", sorted(catalog()))
@pytest.mark.parametrize("seed", [0, 1])
def test_code_and_derivatives_agree(name: str, seed: int) -> None:
    assert problems_of(catalog()[name], seed) == []


def corrupted(derivative: Expr) -> Expr:
    """A wrong sign, or one too many where the derivative is 0."""
    return add((negate(derivative), ONE)) if derivative.free == frozenset() else negate(derivative)


@pytest.mark.parametrize("record", [r for r in pointwise() if r.arity], ids=lambda r: r.name)
def test_a_wrong_sign_in_any_partial_is_caught(record: Pointwise) -> None:
    count = record.arity + len(record.parameters)
    for place in range(count):

        def wrong(arguments: tuple[Expr, ...], value: Expr, place: int = place) -> tuple[Expr, ...]:
            right = list(record.partials(arguments, value))
            right[place] = corrupted(right[place])
            return tuple(right)

        problems = problems_of(replace(record, partials=wrong))
        assert any(f"derivative by argument {place} and autograd" in p for p in problems)
        assert any(f"derivative by argument {place} and central" in p for p in problems)


@pytest.mark.parametrize("record", WITH_DERIVATIVE, ids=lambda r: r.name)
def test_a_wrong_sign_in_a_jacobian_is_caught(record: Functional) -> None:
    def wrong(*given: object) -> Expr:
        right: Callable[..., Expr] = record.derivative
        return corrupted(right(*given))

    problems = problems_of(replace(record, derivative=wrong))
    assert any("derivative and autograd" in p for p in problems)
    assert any("derivative and central differences" in p for p in problems)


@pytest.mark.parametrize("name", ["tanh", "softmax", "det", "where"])
def test_a_wrong_value_in_one_back_end_is_caught(name: str) -> None:
    record = catalog()[name]
    wrong = replace(record, numpy=f"1.001 * ({record.numpy})")
    assert any(p.startswith("NumPy and Torch") for p in problems_of(wrong))


def test_a_wrong_second_derivative_alone_is_caught() -> None:
    tanh = catalog()["tanh"]
    assert isinstance(tanh, Pointwise)
    frozen = replace(tanh, name="frozen")

    def by_frozen_value(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
        return tanh.partials(arguments, value)

    def blind(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
        return (negate(ONE),)

    inner = replace(frozen, partials=blind)

    def right_once(arguments: tuple[Expr, ...], value: Expr) -> tuple[Expr, ...]:
        from tensorcalc.expr import Apply

        return by_frozen_value(arguments, Apply(inner, arguments))

    problems = problems_of(replace(frozen, partials=right_once))
    assert problems
    assert all(p.startswith("second derivative") for p in problems)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_positions_have_no_derivative(name: str) -> None:
    from tensorcalc.calculus import differentiate
    from tensorcalc.expr import Index, access, extent, reduce

    i, k = (Index(c, 0, extent("n")) for c in "ik")
    with pytest.raises(NotDifferentiableError, match=name):
        differentiate(reduce(name, [i], access("x^i", i)), access("x^k", k))


def test_every_record_says_what_it_must() -> None:
    for name, record in catalog().items():
        assert record.name == name
        assert record.numpy
        assert record.torch
        assert record.latex
        assert record.domain
