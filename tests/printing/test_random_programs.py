"""Random programs of every kind of node, and their adjoints, read back from text and LaTeX."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given, settings

from tensorcalc.calculus import Request, derive
from tensorcalc.expr import (
    Access,
    Definition,
    Equations,
    Expr,
    Functional,
    Index,
    Number,
    Product,
    Transform,
    fold,
    rebuild,
    walk,
)
from tensorcalc.language import parse
from tensorcalc.printing import to_latex, to_text
from tests.support.programs import programs
from tests.support.read_back import is_equal

EXAMPLES = max(60, settings.default.max_examples if settings.default else 0)


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


def has_words(body: Expr) -> bool:
    """Whether the notation has words for it.

    It has none for a function over an index that its argument does not have, for its value at
    a component that the argument has beside, and for elementwise products inside an inverse.
    """
    for node in walk(body):
        if isinstance(node, Transform):
            matrix = isinstance(node.operation, Functional) and node.operation.bound == 2
            for argument in node.arguments:
                if matrix and any(_occurs_twice(argument.body, i) for i in argument.bound):
                    return False
                if not set(argument.bound) <= argument.body.free:
                    return False
                inside = argument.body.free - set(argument.bound)
                if any(isinstance(s.index, Index) and s.index in inside for s in node.at):
                    return False
    return True


def _occurs_twice(body: Expr, index: Index) -> bool:
    """Whether a reader would sum an index of a matrix: it is twice in a product or an access."""
    for node in walk(body):
        if isinstance(node, Product) and sum(index in f.free for f in node.factors) > 1:
            return True
        if isinstance(node, Access) and sum(index in s.free for s in node.slots) > 1:
            return True
    return False


@settings(max_examples=EXAMPLES, deadline=None)
@given(programs(definitions=2))
def test_random_programs_read_back(equations: Equations) -> None:
    program = exact(equations)
    assume(all(has_words(d.body) for d in program.definitions))
    for printed in (to_text(program), to_latex(program)):
        assert is_equal(parse(printed).equations, program), printed


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(programs(definitions=2, depth=2))
def test_random_adjoints_read_back(equations: Equations) -> None:
    program = exact(equations)
    wrt = tuple(t.name for t in program.inputs if t.domain == "real")
    derived = derive(Request("vjp", program.outputs[-1], wrt[:2], program))
    assume(all(has_words(d.body) for d in derived.definitions))
    for printed in (to_text(derived), to_latex(derived)):
        assert is_equal(parse(printed).equations, derived), printed
