"""Certificates: derived programs against an oracle that shares no rule with them."""

from __future__ import annotations

from tensorcalc.check.backends import Backend, NumpyBackend, TorchBackend, torch_is_installed
from tensorcalc.check.compare import Reason, Verdict, compare
from tensorcalc.check.contracts import Check, checks_of, problems_of
from tensorcalc.check.equality import CounterExample, Equality, equal
from tensorcalc.check.evaluate import evaluate, evaluate_expr
from tensorcalc.check.oracles import Oracle, OracleName, is_analytic, oracle_for
from tensorcalc.check.points import Point, draw, draw_like, generic_point
from tensorcalc.check.report import Line, Report, compared
from tensorcalc.check.sizes import bind_sizes
from tensorcalc.check.verify import available_backends, expected, verify

__all__ = [
    "Backend",
    "Check",
    "CounterExample",
    "Equality",
    "Line",
    "NumpyBackend",
    "Oracle",
    "OracleName",
    "Point",
    "Reason",
    "Report",
    "TorchBackend",
    "Verdict",
    "available_backends",
    "bind_sizes",
    "checks_of",
    "compare",
    "compared",
    "draw",
    "draw_like",
    "equal",
    "evaluate",
    "evaluate_expr",
    "expected",
    "generic_point",
    "is_analytic",
    "oracle_for",
    "problems_of",
    "torch_is_installed",
    "verify",
]
