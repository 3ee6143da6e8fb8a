"""Normal form: deltas eliminated, like terms collected, values that exist used by name."""

from tensorcalc.simplify.canonical import canonical, same, signature
from tensorcalc.simplify.digests import digest
from tensorcalc.simplify.edges import folds_onto, is_finite, may_be_looked_up, zero_outside
from tensorcalc.simplify.engine import (
    replaced,
    simplify,
    simplify_definition,
    simplify_equations,
    with_folded_functions,
)
from tensorcalc.simplify.facts import KnownFacts
from tensorcalc.simplify.positivity import Sign, is_positive, sign_of
from tensorcalc.simplify.reading_order import in_reading_order, normal_form
from tensorcalc.simplify.sums import weight

__all__ = [
    "KnownFacts",
    "Sign",
    "canonical",
    "digest",
    "folds_onto",
    "in_reading_order",
    "is_finite",
    "is_positive",
    "may_be_looked_up",
    "normal_form",
    "replaced",
    "same",
    "sign_of",
    "signature",
    "simplify",
    "simplify_definition",
    "simplify_equations",
    "weight",
    "with_folded_functions",
    "zero_outside",
]
