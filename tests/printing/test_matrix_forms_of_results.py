"""Matrix forms of what is derived in the gallery and in the Cookbook, read back as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import tensorcalc as tc
from derivations.rows import load_rows
from tensorcalc.expr import Equations
from tensorcalc.printing import matrix_form
from tests.calculus.test_cookbook import IDENTITIES, WRITTEN_AS_MATRICES, declared
from tests.printing.test_matrix_form import agree

#: A result of more definitions is not printed as matrices.
MOST_DEFINITIONS = 6


def forms(equations: Equations, sizes: Mapping[str, int]) -> int:
    found = sum(matrix_form(d) is not None for d in equations.definitions)
    if found:
        agree(equations, given_sizes=sizes)
    return found


def test_identities_of_the_cookbook() -> None:
    printed = 0
    for row in IDENTITIES:
        program = tc.parse(f"{declared(row, True)}\n{row.source}")
        printed += forms(getattr(program, row.mode)("f", row.wrt).equations, {})
    for _, source, wrt, _ in WRITTEN_AS_MATRICES:
        printed += forms(tc.parse(source, syntax="matrix").grad("f", wrt).equations, {})
    assert printed > 120


def test_rows_of_the_gallery() -> None:
    printed = 0
    for row in load_rows():
        for asked in row.derives:
            if asked.mode == "simplify":
                continue
            result = getattr(tc.load(asked.source), asked.mode)(asked.of, list(asked.wrt))
            if len(result.equations.definitions) <= MOST_DEFINITIONS:
                printed += forms(result.written_out().equations, dict(asked.sizes))
    assert printed > 60
