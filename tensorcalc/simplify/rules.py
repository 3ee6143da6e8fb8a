"""The rewriting rules, in their order: each takes a sum or a term, and returns it simplified.

A rule that does not apply returns what it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tensorcalc.expr import (
    Access,
    Apply,
    Condition,
    Contraction,
    Delta,
    Expr,
    Fact,
    Product,
    Sum,
    Transform,
)
from tensorcalc.expr.steps import Rule
from tensorcalc.simplify.affine import (
    eliminate_affine_deltas,
)
from tensorcalc.simplify.branches import draw_out_of_branches, join_branches
from tensorcalc.simplify.decided import decide_conditions, drop_idle_edges
from tensorcalc.simplify.deltas import distribute_for_deltas, eliminate_deltas
from tensorcalc.simplify.facts import fact_rewriter, sum_of_softmax
from tensorcalc.simplify.functions import cancel_inverses, fold_functions
from tensorcalc.simplify.products import (
    distribute_to_cancel,
    merge_powers,
    powers_of_masks,
    quotients_last,
    roots_of_constants_joined,
)
from tensorcalc.simplify.roots import merge_exponentials
from tensorcalc.simplify.signs import vanish_by_antisymmetry
from tensorcalc.simplify.squares import squares_of_angles, sums_cancelled, sums_merged
from tensorcalc.simplify.stable import join_sigmoids, stable_forms
from tensorcalc.simplify.sums import (
    collect_like_terms,
    count_missing_indices,
    distribute_contraction,
    expand_where_shorter,
    positive_first,
    take_out_common,
)
from tensorcalc.simplify.terms import flatten

__all__ = ["BEFORE_DIFFERENTIATING", "RULES", "SimplificationRule", "rules_with"]


@dataclass(frozen=True, slots=True)
class SimplificationRule:
    """A named rule, the function that applies it to a sum or a term, and where it can apply.

    ``needs`` are node kinds: an expression without all of them is left as it is, unseen.
    """

    rule: Rule
    apply: Callable[[Expr], Expr]
    needs: frozenset[type] = frozenset()


def _rule(
    name: str, statement: str, apply: Callable[[Expr], Expr], *needs: type
) -> SimplificationRule:
    return SimplificationRule(Rule(name, statement), apply, frozenset(needs))


EXPANSION = _rule(
    "multiplied out and collected",
    r"a (1 - b) - b (1 - a) = a - b",
    lambda expr: expand_where_shorter(expr, merge_powers),
    Sum,
    Product,
)

FOLDED = _rule("function of a function", r"\log(e^x) = x", fold_functions, Apply)

STABLE = _rule(
    "written without overflow",
    r"\log(1 + e^x) = \operatorname{softplus}(x)",
    stable_forms,
    Apply,
)

#: Before differentiating: what these make has a derivative that is shorter, and finite.
BEFORE_DIFFERENTIATING = (FOLDED, STABLE)

#: Where ``i - m`` leaves the range of ``j``, the right side is 0.
SOLVED = r"\sum_j \delta^{i-j}_m w_j = w_{i-m}"

#: In the order in which a round applies them.
RULES: tuple[SimplificationRule, ...] = (
    _rule("products flattened", "", flatten),
    _rule(
        "sum over a sum split",
        r"\sum_i (a_i + b_i) = \sum_i a_i + \sum_i b_i",
        distribute_contraction,
        Contraction,
        Sum,
    ),
    _rule("delta eliminated", r"\sum_i \delta^i_k x_i = x_k", eliminate_deltas, Delta),
    _rule("delta solved over the integers", SOLVED, eliminate_affine_deltas, Delta),
    _rule("condition solved over the integers", SOLVED, eliminate_affine_deltas, Condition),
    _rule("condition decided by the ranges", "", decide_conditions, Condition),
    _rule("edge that is never reached dropped", "", drop_idle_edges, Access),
    _rule("branch by branch", "", draw_out_of_branches, Apply),
    _rule("branches joined", "", join_branches, Apply, Sum),
    _rule(
        "product spread over a sum, delta eliminated",
        r"a_i (\delta^i_j - b^i) = a_j - a_i b^i",
        distribute_for_deltas,
        Delta,
        Sum,
        Contraction,
    ),
    _rule(
        "factor cancelled", r"x (a / x + b) = a + x b", distribute_to_cancel, Apply, Sum, Product
    ),
    _rule(
        "summed index in no factor counted",
        r"\sum_{i=1}^{n} a = n a",
        count_missing_indices,
        Contraction,
    ),
    STABLE,
    _rule("mask, 0 or 1", r"m^2 = m", powers_of_masks, Apply),
    _rule("powers merged", r"x^a x^b = x^{a+b}", merge_powers, Product),
    _rule(
        "sum cancelled",
        r"\frac{\sum_i x_i^2}{\lVert x \rVert} = \lVert x \rVert",
        sums_cancelled,
        Apply,
        Contraction,
    ),
    _rule(
        "equal sums merged",
        r"\sum_i a_i \sum_j a_j = \left(\sum_i a_i\right)^2",
        sums_merged,
        Contraction,
    ),
    _rule(
        "roots of numbers joined",
        r"\sqrt{2} \sqrt{\pi} = \sqrt{2 \pi}",
        roots_of_constants_joined,
        Apply,
        Product,
    ),
    _rule("quotient last", r"\frac{1}{a} x = \frac{x}{a}", quotients_last, Apply, Product),
    _rule("exponentials merged", r"e^x e^y = e^{x+y}", merge_exponentials, Apply, Product),
    FOLDED,
    _rule("antisymmetric", r"F_{ij} x^i x^j = 0", vanish_by_antisymmetry, Access),
    _rule("function of an inverse", r"\det X^{-1} = 1 / \det X", fold_functions, Transform),
    _rule("inverse cancelled", r"X^{-1} X = 1", cancel_inverses, Transform, Contraction),
    _rule(
        "a softmax sums to 1",
        r"\sum_i \operatorname{softmax}_i(z) = 1",
        sum_of_softmax,
        Transform,
        Contraction,
    ),
    _rule("like terms collected", r"a x + b x = (a + b) x", collect_like_terms, Sum),
    _rule(
        "sigmoids joined",
        r"\operatorname{sigmoid}(x) + \operatorname{sigmoid}(-x) = 1",
        join_sigmoids,
        Apply,
        Sum,
    ),
    _rule("squares of sine and cosine", r"\sin^2 x + \cos^2 x = 1", squares_of_angles, Apply, Sum),
    EXPANSION,
    _rule("common factor taken out", r"a x + a y = a (x + y)", take_out_common, Sum),
    _rule("positive term first", "", positive_first, Sum),
)


def rules_with(facts: Sequence[Fact]) -> tuple[SimplificationRule, ...]:
    """The rules, with those that use ``facts``."""
    found = [rewriter for fact in facts if (rewriter := fact_rewriter(fact)) is not None]
    if not found:
        return RULES

    def use_facts(expr: Expr) -> Expr:
        for rewriter in found:
            expr = rewriter(expr)
        return expr

    def tidy(expr: Expr) -> Expr:
        return use_facts(sum_of_softmax(merge_powers(expr)))

    expansion = SimplificationRule(
        EXPANSION.rule, lambda expr: expand_where_shorter(expr, tidy), EXPANSION.needs
    )
    known = SimplificationRule(Rule("known fact used"), use_facts, frozenset((Contraction,)))
    return (*(expansion if rule is EXPANSION else rule for rule in RULES), known)
