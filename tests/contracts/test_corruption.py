"""A record of the catalog that is wrong in any one thing is caught, whichever record it is.

Each way to spoil a record is applied to every place of every record: its derivatives (sign,
factor, a term dropped, the derivative of another function, right at first order but not at
second), the code of one back end, the code of both alike, its value where it has a kink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain

import numpy as np
import pytest

from tensorcalc.check import Check, checks_of
from tensorcalc.expr import (
    ZERO,
    Apply,
    Expr,
    Functional,
    Index,
    Pointwise,
    Product,
    Sum,
    Transform,
    add,
    apply,
    multiply,
    negate,
    number,
    power,
    substitute,
)
from tensorcalc.ops import catalog, pointwise
from tests.support.references import KINKS, reference_checks

pytest.importorskip("torch", reason="one of the two codes of a record is Torch's")

Value = Callable[..., Expr]
Record = Pointwise | Functional
#: What is done to a derivative: by the argument it is by, a wrong one, or None if it cannot be.
Change = Callable[[Expr, Expr], "Expr | None"]

SMALL = number(1 + Fraction(1, 10**6))
#: The identity with a derivative that is wrong: 0.
HELD = Pointwise("held", 1, lambda arguments, value: (ZERO,), "1 * {0}", "1 * {0}", "{0}")


def sign(right: Expr, argument: Expr) -> Expr | None:
    return negate(right) if right is not ZERO else None


def factor(right: Expr, argument: Expr) -> Expr | None:
    return multiply((SMALL, right)) if right is not ZERO else None


def constant(right: Expr, argument: Expr) -> Expr | None:
    return add((right, multiply((number(Fraction(1, 10**5)), argument))))


def nothing(right: Expr, argument: Expr) -> Expr | None:
    return ZERO if right is not ZERO else None


def term_dropped(right: Expr, argument: Expr) -> Expr | None:
    """The first sum that is found loses its last term."""
    match right:
        case Sum(terms):
            return add(terms[:-1])
        case Product(factors):
            for k, part in enumerate(factors):
                if isinstance(part, Sum):
                    return multiply((*factors[:k], add(part.terms[:-1]), *factors[k + 1 :]))
        case _:
            pass
    return None


def another(right: Expr, argument: Expr) -> Expr | None:
    """The derivative of ``sinh(x)``, or of ``sin(x)`` where it is that already."""
    other = apply("cosh", argument)
    return other if right is not other else apply("cos", argument)


def only_once(right: Expr, argument: Expr) -> Expr | None:
    """Right at the first order; its own derivative has one too much."""
    return add((right, argument, negate(Apply(HELD, (argument,)))))


CHANGES: tuple[Change, ...] = (
    *(sign, factor, constant, nothing, term_dropped, another, only_once),
)
#: Changes that not every derivative allows, and how many records they reach at least.
REACH = {sign: 45, factor: 45, nothing: 45, term_dropped: 11}


def spoiled_derivatives(record: Record, change: Change) -> Iterator[Record]:
    """The record with one of its derivatives changed, for each place where that is possible."""
    if isinstance(record, Functional):
        if record.name in ("argmax", "argmin"):
            return
        yield from _spoiled_jacobian(record, change)
        return
    for place in range(record.arity + len(record.parameters)):
        done: list[bool] = []

        def wrong(
            arguments: tuple[Expr, ...],
            value: Expr,
            place: int = place,
            done: list[bool] = done,
        ) -> tuple[Expr, ...]:
            partials = list(record.partials(arguments, value))
            changed = change(partials[place], arguments[place])
            done.append(changed is not None)
            partials[place] = partials[place] if changed is None else changed
            return tuple(partials)

        names = [apply("pi"), apply("e"), number(3)]
        wrong(tuple(names[: record.arity + len(record.parameters)]), apply("pi"))
        if done.pop():
            yield replace(record, partials=wrong)


def _spoiled_jacobian(record: Functional, change: Change) -> Iterator[Record]:
    changed: list[bool] = []

    def wrong(node: Transform, place: int, inner: tuple[Index, ...], value: Value) -> Expr:
        right = record.derivative(node, place, inner, value)
        argument = node.arguments[place]
        component = substitute(argument.body, dict(zip(argument.bound, inner, strict=True)))
        result = change(right, component)
        changed.append(result is not None)
        return right if result is None else result

    spoiled = replace(record, derivative=wrong)
    next(c for c in checks_of(spoiled) if c.what.startswith("derivative"))
    if changed[0]:
        yield spoiled


def spoiled_code(record: Record, change: str) -> Iterator[Record]:
    """Changed in NumPy, in Torch, in both alike."""
    numpy, torch = (change.replace("CODE", c) for c in (record.numpy, record.torch))
    if isinstance(record, Pointwise):
        yield replace(record, numpy=numpy)
        yield replace(record, torch=torch)
        yield replace(record, numpy=numpy, torch=torch)
        return
    one = change.replace("CODE", record.torch_one) if record.torch_one else ""
    yield replace(record, numpy=numpy)
    yield replace(record, torch=torch, torch_one=one)
    yield replace(record, numpy=numpy, torch=torch, torch_one=one)


def caught(record: Record) -> Check | None:
    """The first check that the record fails; None if it passes all."""
    checks = chain(reference_checks(record), checks_of(record))
    return next((c for c in checks if not c.passed), None)


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
@pytest.mark.parametrize("name", sorted(catalog()))
def test_a_wrong_derivative_is_caught(name: str, change: Change) -> None:
    for spoiled in spoiled_derivatives(catalog()[name], change):
        assert caught(spoiled) is not None


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_the_change_reaches_what_it_should(change: Change) -> None:
    reached = [r.name for r in catalog().values() if [*spoiled_derivatives(r, change)]]
    assert len(reached) >= REACH.get(change, len(catalog()) - 4), reached


@pytest.mark.parametrize("change", ["1.000001 * (CODE)", "(CODE) + 0.00001", "0 * (CODE)"])
@pytest.mark.parametrize("name", sorted(catalog()))
def test_wrong_code_is_caught(name: str, change: str) -> None:
    for spoiled in spoiled_code(catalog()[name], change):
        assert caught(spoiled) is not None


AT_KINKS = [r for r in pointwise() if r.name in KINKS]
FINITE_AT_KINKS = [r for r in AT_KINKS if np.isfinite(KINKS[r.name][1][0])]


@pytest.mark.parametrize("record", AT_KINKS, ids=lambda r: r.name)
def test_a_wrong_value_at_a_kink_is_caught(record: Pointwise) -> None:
    """In one back end or in both; nowhere else is it wrong."""
    arguments, _ = KINKS[record.name]
    there = f"({{{{0}}}} == {arguments[0]})".replace("{{", "{").replace("}}", "}")
    for spoiled in spoiled_code(record, f"(CODE) + 0.25 * {there}"):
        found = caught(spoiled)
        assert found is not None
        if record.name not in ("where", "pow"):  # the condition 0, the base 1 are generic
            assert "kink" in found.what


@pytest.mark.parametrize("record", FINITE_AT_KINKS, ids=lambda r: r.name)
def test_a_wrong_derivative_at_a_kink_is_caught(record: Pointwise) -> None:
    arguments, slopes = KINKS[record.name]

    def at_the_kink(right: Expr, argument: Expr) -> Expr | None:
        return add((right, apply("equal", argument, number(Fraction(arguments[0])))))

    found = [caught(spoiled) for spoiled in spoiled_derivatives(record, at_the_kink)]
    assert len(found) == len(slopes)
    assert found[0] is not None
    assert record.name == "where" or "derivative 0 at a kink" in found[0].what


def test_a_norm_without_its_rule_at_zero_is_caught() -> None:
    def careless(node: Transform, place: int, inner: tuple[Index, ...], value: Value) -> Expr:
        component = substitute(
            node.arguments[place].body, dict(zip(node.arguments[place].bound, inner, strict=True))
        )
        return multiply((component, power(value(()), -1)))

    norm = catalog()["norm"]
    assert isinstance(norm, Functional)
    found = caught(replace(norm, derivative=careless))
    assert found is not None
    assert "derivative 0 at a kink" in found.what


@pytest.mark.parametrize("name", ["max", "min", "argmax_onehot", "argmin_onehot"])
def test_the_last_extreme_in_place_of_the_first_is_caught(name: str) -> None:
    """As a position in both back ends, or as the derivative."""
    record = catalog()[name]
    assert isinstance(record, Functional)
    if name.startswith("arg"):
        backwards = replace(
            record,
            numpy=record.numpy.replace("_one_hot({0}", "_one_hot({0}[..., ::-1]") + "[..., ::-1]",
            torch_one=record.torch_one.replace("{0}", "{0}.flip(-1)") + ".flip(-1)",
        )
    else:
        last = catalog()[f"arg{name}_onehot"]
        assert isinstance(last, Functional)
        turned = replace(
            last,
            numpy=last.numpy.replace("_one_hot({0}", "_one_hot({0}[..., ::-1]") + "[..., ::-1]",
        )

        def wrong(node: Transform, place: int, inner: tuple[Index, ...], value: Value) -> Expr:
            right = record.derivative(node, place, inner, value)
            assert isinstance(right, Transform)
            return Transform(turned, right.arguments, right.at)

        backwards = replace(record, derivative=wrong)
    found = next(c for c in reference_checks(backwards) if not c.passed)
    assert "at a kink" in found.what


@pytest.mark.parametrize("name", sorted(catalog()))
def test_autograd_and_differences_each_see_it(name: str) -> None:
    """Neither way of measuring rests on the other."""
    for order, change in (("derivative", sign), ("second derivative", only_once)):
        for place, spoiled in enumerate(spoiled_derivatives(catalog()[name], change)):
            failed = {c.what for c in checks_of(spoiled) if not c.passed}
            jumps = name == "where" and not place and change is only_once
            for way in ("autograd", "differences")[: 1 if jumps else 2]:
                assert any(w.startswith(order) and w.endswith(way) for w in failed), failed
