"""Simplification keeps the value, comes to an end, and finds the forms people write."""

from __future__ import annotations

import numpy as np
from hypothesis import given

import tensorcalc.ops  # noqa: F401
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate
from tensorcalc.check.points import generic_point
from tensorcalc.expr import (
    ONE,
    Access,
    Contraction,
    Delta,
    Equations,
    Expr,
    Fact,
    Index,
    Level,
    Product,
    Slot,
    Sum,
    access,
    add,
    apply,
    contract,
    divide,
    extent,
    fold,
    multiply,
    number,
    power,
    rebuild,
    rename_bound,
    subtract,
    transform,
    walk,
)
from tensorcalc.printing import to_text
from tensorcalc.simplify import same, signature, simplify, simplify_equations
from tests.support.programs import INDICES, programs

ROW, J, _ = INDICES
L = Index("l", 0, ROW.extent)


def vector(name: str, index: Index) -> Access:
    return access(f"{name}^i", index)


def delta(left: Index, right: Index) -> Delta:
    return Delta(Slot(left, Level.UPPER), Slot(right, Level.LOWER))


def values(equations: Equations, seed: int = 0) -> np.ndarray:
    point = generic_point(equations, seed)
    values = evaluate(equations, point.arrays, NumpyBackend(), sizes=point.sizes)
    return values[equations.outputs[0]]


@given(programs())
def test_simplification_keeps_the_value(equations: Equations) -> None:
    before, after = values(equations), values(simplify_equations(equations))
    assert np.allclose(before, after, rtol=1e-9, atol=1e-9)


@given(programs())
def test_simplification_is_idempotent(equations: Equations) -> None:
    once = simplify_equations(equations)
    assert simplify_equations(once) is once


@given(programs(definitions=1))
def test_equality_is_blind_to_names_of_summed_indices(equations: Equations) -> None:
    body = equations.definitions[0].body
    renamed = _with_other_names(body)
    assert same(body, renamed)
    assert signature(body) == signature(renamed)


def _with_other_names(body: Expr) -> Expr:
    """The same formula: other bound names, factors and terms the other way round."""

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        new = rebuild(node, parts)
        match new:
            case Contraction(bound, _):
                return rename_bound(new, new.free | set(bound))
            case Sum(terms):
                return Sum(tuple(reversed(terms)))
            case Product(factors):
                return Product(tuple(reversed(factors)))
            case _:
                return new

    return fold(body, rule)


def test_delta_is_eliminated_by_substitution() -> None:
    expr = contract([ROW], multiply([delta(ROW, L), vector("x", ROW)]))
    assert simplify(expr) is vector("x", L)


def test_delta_on_one_level_lowers_the_index() -> None:
    both_upper = Delta(Slot(ROW, Level.UPPER), Slot(L, Level.UPPER))
    lowered = Access(vector("x", ROW).tensor, (Slot(ROW, Level.LOWER),))
    assert simplify(contract([ROW], multiply([both_upper, lowered]))) is vector("x", L)


def test_closed_delta_is_its_extent() -> None:
    assert to_text(simplify(contract([ROW], delta(ROW, ROW)))) == "n_i"
    three = Index("i", 0, extent(3))
    assert simplify(contract([three], delta(three, three))) is number(3)


def test_summed_index_in_no_factor_counts_its_extent() -> None:
    counted = simplify(contract([ROW, J], vector("x", J)))
    assert to_text(counted) == "n_i sum_j x^j"


def test_terms_that_differ_by_the_joined_index_do_not_merge() -> None:
    x, y = vector("x", ROW), vector("x", L)
    one = multiply([access("A^i_j", ROW, L), x])
    other = multiply([access("A^i_j", L, ROW), y])
    assert not same(one, other)
    assert len(to_text(simplify(add([one, other]))).split("+")) == 2


def test_like_terms_are_collected_whatever_the_names_and_the_order() -> None:
    first = contract([J], multiply([access("A^i_j", ROW, J), access("y^j", J)]))
    other = Index("j", 5, J.extent)
    second = contract([other], multiply([access("y^j", other), access("A^i_j", ROW, other)]))
    assert to_text(simplify(add([first, second]))) == "2 A^i_j y^j"
    assert simplify(subtract(first, second)) is number(0)


def test_symmetric_looking_wirings_are_told_apart() -> None:
    def cycle(a: Index, b: Index, c: Index, last: tuple[Index, Index]) -> Expr:
        factors = [access("A^i_j", a, b), access("A^i_j", b, c), access("A^i_j", *last)]
        return contract([a, b, c], multiply(factors))

    m, n = Index("m", 0, ROW.extent), Index("n", 0, ROW.extent)
    assert same(cycle(L, m, n, (n, L)), cycle(n, L, m, (m, n)))
    assert not same(cycle(L, m, n, (n, L)), cycle(L, m, n, (L, n)))


def test_product_is_spread_only_where_a_delta_falls() -> None:
    s, g = vector("s", ROW), vector("g", ROW)
    kept = multiply([vector("s", L), subtract(delta(L, ROW), s)])
    assert simplify(kept) is kept
    pulled = contract([ROW], multiply([g, s, subtract(delta(ROW, L), vector("s", L))]))
    assert to_text(simplify(pulled)) == "s^l (g^l - g^i s^i)"


def test_factor_cancels_against_its_inverse() -> None:
    t, s = vector("t", ROW), vector("s", ROW)
    assert simplify(multiply([s, divide(t, s)])) is t
    assert to_text(simplify(multiply([s, add([divide(t, s), ONE])]))) == "t^i + s^i"


def test_declared_fact_is_used_only_where_the_index_is_alone() -> None:
    t = vector("t", ROW)
    fact = Fact((), contract([ROW], t), ONE)
    alone = multiply([vector("s", L), contract([ROW], t)])
    assert simplify(alone, [fact]) is vector("s", L)
    joined = contract([ROW], multiply([t, vector("s", ROW)]))
    assert simplify(joined, [fact]) is joined


def test_powers_of_numbers_and_of_powers_fold() -> None:
    x = vector("x", ROW)
    assert simplify(power(power(x, 2), 3)) is power(x, 6)
    assert simplify(power(number(2), 10)) is number(1024)
    assert simplify(multiply([power(x, 3), power(x, -2)])) is x


def test_a_formula_nested_ten_thousand_deep_simplifies() -> None:
    expr: Expr = vector("x", ROW)
    for _ in range(10_000):
        expr = apply("tanh", multiply([number(2), expr]))
    assert simplify(expr) is expr
    assert sum(1 for _ in walk(expr)) > 10_000


def test_transform_arguments_are_compared_up_to_bound_names() -> None:
    other = Index("q", 3, ROW.extent)

    def softmax(bound: Index) -> Expr:
        return transform("softmax", [((bound,), vector("z", bound))], [Slot(L, Level.UPPER)])

    assert same(softmax(ROW), softmax(other))
