"""A corrupted rule of differentiation is caught by the check: the check can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tensorcalc as tc
from tensorcalc.calculus import rules
from tensorcalc.expr import Expr, Sum, multiply, negate, number

LAYER = """
z^i = A^i_j y^j + b^i
s^i = softmax_i(tanh(z^i) * y_k c^{k i})
L = sum_i (s^i - t^i)**2
"""


def corrupted(original: Callable[..., Any], change: Callable[[Expr], Expr]) -> Callable[..., Any]:
    def rule(*arguments: Any) -> Any:
        result = original(*arguments)
        return change(result)

    return rule


CORRUPTIONS = {
    "_by_itself": lambda e: multiply([number(2), e]),
    "_through_pointwise": negate,
    "_through_transform": negate,
}


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("mode", ["grad", "vjp", "jvp", "hvp"])
def test_a_corrupted_rule_fails_the_check(
    name: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, name, corrupted(getattr(rules, name), CORRUPTIONS[name]))
    derived = getattr(tc.parse(LAYER), mode)("L", ["A", "y"])
    assert not derived.check().passed


def test_a_product_rule_that_forgets_a_term_fails_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = rules.apply_rule

    def forgetful(*arguments: Any) -> Any:
        rule, result = original(*arguments)
        if rule is rules.PRODUCT and isinstance(result, Sum):
            return rule, result.terms[0]
        return rule, result

    monkeypatch.setattr(rules, "apply_rule", forgetful)
    assert not tc.parse("f = x_i A^i_j x^j").grad("f", "x").check().passed


def test_the_rules_as_they_are_pass_the_check() -> None:
    for mode in ("grad", "vjp", "jvp", "hvp"):
        assert getattr(tc.parse(LAYER), mode)("L", ["A", "y"]).check().passed
