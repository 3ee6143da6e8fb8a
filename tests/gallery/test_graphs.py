"""No kernel of the gallery holds an index map or an identity matrix."""

from __future__ import annotations

import pytest

from derivations.rows import Derive, load_rows
from tensorcalc.errors import NotCompilableError
from tensorcalc.program import load, parse
from tests.support.graphs import holds_no_index_map

ROWS = [
    pytest.param(asked, mode, id=f"{row.id}-{asked.name}-{mode}")
    for row in load_rows()
    for asked in row.derives
    for mode in dict.fromkeys((asked.mode, *asked.also))
    if mode == asked.mode != "simplify" or mode in ("jacobian", "vjp")
]


@pytest.mark.parametrize(("asked", "mode"), ROWS)
def test_the_graph_holds_no_index_map_and_no_dense_delta(asked: Derive, mode: str) -> None:
    """Read before any kernel is written. An abstract function has no kernel."""
    source = load(asked.source)
    derived = getattr(source, mode)(asked.of, list(asked.wrt))
    try:
        holds_no_index_map(derived.equations, source.equations, dict(asked.sizes))
    except NotCompilableError as error:
        assert "has no definition, so no kernel can compute it" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "text",
    [
        "sizes i=4, j=5\ny_ij = [2*i == 3*j] x_ij",
        "sizes i=4\nz_ij = delta_ij + 1\ny_ij = tanh(z_ij) x_i",
        "sizes i=4\ny_i = [i < 2] x_i",
    ],
)
def test_a_graph_that_holds_one_is_found(text: str) -> None:
    program = parse(text)
    plain = parse("sizes i=4\ny_i = circular(x_{i-1})").equations
    with pytest.raises(AssertionError):
        holds_no_index_map(program.equations, plain)
