"""Convolutions run through the indices that cost least, and stay the same sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import tensorcalc as tc
from tensorcalc.arrays import lower
from tensorcalc.arrays.nodes import Array, Assemble, View, topological
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate
from tensorcalc.codegen import Backend
from tensorcalc.codegen.generate import generate
from tensorcalc.expr import Equations, extent
from tensorcalc.plan import SizeTable, order

torch = pytest.importorskip("torch", reason="one of the two back ends")

LARGE = {"N": 500, "P": 400, "Q": 300, "K": 4, "L": 3, "B": 2, "C": 3, "O": 4}
SMALL = {"N": 11, "P": 5, "Q": 6, "K": 4, "L": 3, "B": 2, "C": 3, "O": 4}

#: Declarations, a sum, and whether adding at places, another window, or neither is cheapest.
SUMS = {
    "adjoint of a stride": (
        "x [B, C, N]; y [B, O, P]; w [O, C, K]",
        "x_nck = sum_{o p} y_nop zeropad(w_{o, c, k - 2*p + 1})",
        "place",
    ),
    "adjoint of a stride, backwards": (
        "x [C, N]; y [C, P]; w [K]",
        "x_ck = sum_p y_cp zeropad(w_{5 - k + 3*p})",
        "place",
    ),
    "a matrix of a window times a vector": (
        "x [N]; y [P]; w [K]",
        "x_k = sum_p zeropad(w_{k - p}) y_p",
        "place",
    ),
    "the same, inside": ("x [N]; y [P]; w [N + P - 1]", "x_k = sum_p w_{p + k} y_p", "neither"),
    "two other factors read along it": (
        "x [N]; y [P]; z [P]; w [K]",
        "x_k = sum_p zeropad(w_{k - p}) y_p z_p**2",
        "place",
    ),
    "a factor outside": (
        "x [C, N]; y [C, P]; z [C, N]; w [K]",
        "x_ck = sum_p zeropad(w_{k - 2*p}) y_cp z_ck",
        "place",
    ),
    "summed over the place": (
        "x [C]; y [C, P]; z [C, N]; w [K]",
        "x_c = sum_{k p} zeropad(w_{k - 2*p}) y_cp z_ck",
        "window",
    ),
    "read along both": (
        "x [N]; y [N, P]; w [K]",
        "x_k = sum_p zeropad(w_{k - 2*p}) y_kp",
        "neither",
    ),
    "both kept": ("x [N, P]; y [P]; w [K]", "x_kp = zeropad(w_{k - 2*p}) y_p", "neither"),
    "a window beside a place": (
        "x [N, Q]; y [P, Q]; w [K, L]",
        "x_kl = sum_{p q} zeropad(y_{p, l - 2*q}) zeropad(w_{k - 3*p, q})",
        "place",
    ),
    "two axes": (
        "x [C, N, Q]; y [P, L]; w [C, K, L]",
        "x_ckl = sum_{p q} y_pq zeropad(w_{c, k - 2*p + 1, l - 3*q})",
        "place",
    ),
    "an edge that folds": (
        "x [N]; y [P]; w [K]",
        "x_k = sum_p circular(w_{k - 2*p}) y_p",
        "neither",
    ),
    "forward": (
        "x [O, P]; z [C, N]; w [O, C, K]",
        "x_op = sum_{c k} zeropad(z_{c, 2*p + k - 1}) w_ock",
        "neither",
    ),
}


def equations_of(name: str) -> Equations:
    shapes, text, _ = SUMS[name]
    lines = [f"tensor {shape}" for shape in shapes.split("; ")]
    return tc.parse("\n".join([*lines, text])).equations


def kind(equations: Equations, sizes: Mapping[str, int]) -> str:
    """Whether the ordered graph adds at places, or reads another window than was written."""
    graph = lower(equations)

    def windows(roots: list[Array]) -> set[Array]:
        return {
            n.operand
            for n in topological(roots)
            if isinstance(n, View) and any(len(m.terms) > 1 for m in n.maps)
        }

    before = windows([a for _, a in graph.outputs])
    roots = [a for _, a in order(graph, sizes).graph.outputs]
    if any(isinstance(n, Assemble) for n in topological(roots)):
        return "place"
    return "neither" if windows(roots) == before else "window"


def computed(
    equations: Equations, backend: Backend, sizes: Mapping[str, int], arrays: Mapping[str, Any]
) -> Any:
    """The value by a kernel that is ordered for ``sizes``; arrays are small."""
    made = generate(order(lower(equations), sizes), equations, backend, SMALL, "")
    scope: dict[str, Any] = {}
    exec(made.source, scope)
    convert = torch.as_tensor if backend == "torch" else np.asarray
    return np.asarray(scope["kernel"](*(convert(arrays[t.name]) for t in made.inputs)))


@pytest.mark.parametrize("name", SUMS)
def test_the_sum_is_the_same_whichever_indices_it_runs_through(name: str) -> None:
    """The kernel is ordered for large sizes and called with small ones."""
    equations = equations_of(name)
    rng = np.random.default_rng(1)
    arrays: dict[str, Any] = {
        t.name: rng.normal(size=tuple(e.evaluate(SMALL) for e in t.extents))
        for t in equations.inputs
    }
    (wanted,) = evaluate(equations, arrays, NumpyBackend(), SMALL).values()
    assert np.abs(wanted).max() > 0.1
    assert kind(equations, LARGE) == SUMS[name][2]
    backends: tuple[Backend, ...] = ("numpy", "torch")
    for sizes in (LARGE, SMALL):
        for backend in backends:
            found = computed(equations, backend, sizes, arrays)
            np.testing.assert_allclose(found, wanted, atol=1e-13)


def test_sizes_decide() -> None:
    """With few places for every entry of the kernel a window is no worse."""
    equations = equations_of("adjoint of a stride")
    assert kind(equations, {**LARGE, "N": 8, "P": 3, "K": 6, "B": 64, "C": 64}) == "neither"
    assert kind(equations, {}) == "neither"  # nothing says that ``K`` is short


def test_a_gradient_by_the_image_costs_what_the_convolution_does() -> None:
    text = """
tensor x [B, C, H, W]
tensor w [O, C, R, S]
tensor y [B, O, (H - R)//2 + 1, (W - S)//2 + 1]
y_nopq = sum_{c r s} w_ocrs zeropad(x_{n, c, 2*p + r, 2*q + s})
"""
    program = tc.parse(text)
    sizes = {"B": 8, "C": 3, "O": 5, "H": 40, "W": 30, "R": 3, "S": 4}
    forward = program.compile("numpy", sizes=sizes).plan.multiplications
    for wrt in ("x", "w"):
        plan = program.vjp("y", [wrt]).compile("numpy", sizes=sizes).plan
        assert plan.multiplications == forward


def test_a_name_that_is_subtracted_counts_as_short() -> None:
    rows = extent("H") - extent("R")
    table = SizeTable({"W": 100}, [rows, (rows + 2) // 2, extent("W") - extent("S"), extent(-3)])
    assert table(extent("H")) > 10 * table(extent("R"))
    assert table(extent("S")) < 20
    assert SizeTable({"R": 9}, [rows])(extent("R")) == 9
