"""Random programs of every kind of node, and their adjoints, read back from text and LaTeX."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings

from tensorcalc.calculus import Request, derive
from tensorcalc.expr import Definition, Equations, Expr, Number, fold, rebuild
from tensorcalc.language import parse
from tensorcalc.printing import to_latex, to_text
from tests.support.programs import programs
from tests.support.read_back import is_equal

NIGHTLY = settings.default is not None and settings.default.max_examples >= 1000
EXAMPLES, DERIVED = (5000, 1500) if NIGHTLY else (300, 40)


def exact(equations: Equations) -> Equations:
    """The program with decimals as the parser reads them: exactly."""

    def rule(node: Expr, parts: tuple[Expr, ...]) -> Expr:
        node = rebuild(node, parts)
        if isinstance(node, Number) and isinstance(node.value, float):
            return Number(Fraction(repr(node.value)))
        return node

    made = [
        Definition(d.tensor, d.indices, fold(d.body, rule), starts=d.starts)
        for d in equations.definitions
    ]
    return Equations(equations.inputs, tuple(made), equations.outputs)


def read_back(equations: Equations) -> None:
    """Text and LaTeX read as the same program, which is printed alike."""
    for printed in (to_text, to_latex):
        text = printed(equations)
        again = parse(text).equations
        assert is_equal(again, equations), text
        assert printed(again) == text


@settings(max_examples=EXAMPLES, deadline=None)
@given(programs(definitions=2))
def test_random_programs_read_back(equations: Equations) -> None:
    read_back(exact(equations))


@settings(max_examples=DERIVED, deadline=None)
@given(programs(definitions=2, depth=2))
def test_random_adjoints_read_back(equations: Equations) -> None:
    program = exact(equations)
    wrt = tuple(t.name for t in program.inputs if t.domain == "real")
    read_back(derive(Request("vjp", program.outputs[-1], wrt[:2], program)))
