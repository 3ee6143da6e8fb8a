r"""Derived programs as LaTeX: ``\frac{\partial x}{\partial A}`` on a left side is a name."""

from __future__ import annotations

import pytest

import tensorcalc as tc

NETWORK = "z_k^i = A^i_j y_k^j + b^i\nx_k^p = B^p_i tanh(z_k^i)\nL = sum_k sum_p (x_k^p - t_k^p)**2"
QUADRATIC = "f = x_i A^i_j x^j + c x_i x_i"
DERIVED = [
    (NETWORK, "grad", "L", ["A", "b", "B"]),
    (NETWORK, "vjp", "x", ["A", "b"]),
    (NETWORK, "jvp", "x", ["A", "b"]),
    (NETWORK, "jacobian", "x", ["A"]),
    (NETWORK, "hvp", "L", ["b"]),
    (QUADRATIC, "grad", "f", ["x", "A", "c"]),
    (QUADRATIC, "hessian", "f", ("x", "x")),
    (QUADRATIC, "hessian", "f", ("x", "A")),
    ("s^i = softmax_i(z^i)", "jacobian", "s", ["z"]),
    ("f = logsumexp_i(z^i)", "hessian", "f", ("z", "z")),
]


@pytest.mark.parametrize(("text", "mode", "of", "wrt"), DERIVED)
def test_a_derived_program_is_read_back(
    text: str, mode: str, of: str, wrt: list[str] | tuple[str, str]
) -> None:
    derived = getattr(tc.parse(text), mode)(of, wrt)
    again = tc.parse(derived.to_latex(), syntax="latex")
    assert again.formulas == derived.formulas


def test_a_quotient_is_a_name_only_where_a_left_side_defines_it() -> None:
    taken = tc.parse(r"f = x_i x_i \\ y_j = \frac{\partial f}{\partial x_j}", syntax="latex")
    assert {d.name for d in taken.equations.definitions} == {"f", "y"}
    named = tc.parse(
        r"f = x_i x_i \\ \frac{\partial f}{\partial x_j} = 2 x_j"
        r" \\ y_j = 3 \frac{\partial f}{\partial x_j}",
        syntax="latex",
    )
    assert named.formulas == "f = x_i x_i\ndf_dx^j = 2 x_j\ny_j = 3 df_dx^j"


def test_a_quotient_has_the_denominators_indices_on_the_opposite_level() -> None:
    read = tc.parse(r"\frac{\partial x^{p}}{\partial A^{i}_{j}} = B^{p}_{i} y^{j}", syntax="latex")
    assert read.formulas == "dx_dA^p_i^j = B^p_i y^j"


def test_the_second_order_names_both_variables() -> None:
    read = tc.parse(r"\frac{\partial^2 L}{\partial a \, \partial b_{i}} = c^{i}", syntax="latex")
    assert [d.name for d in read.equations.definitions] == ["d2L_da_db"]
    twice = tc.parse(r"\frac{\partial^2 L}{\partial a^2} = c^{i} c_{i}", syntax="latex")
    assert [d.name for d in twice.equations.definitions] == ["d2L_da_da"]


def test_a_component_stands_in_brackets_on_the_upper_level() -> None:
    text = (
        r"\frac{\partial L}{\partial x_{i}} = y^{i}"
        r" \\ z = \frac{\partial L}{\partial x_{0}}"
    )
    assert tc.parse(text, syntax="latex").formulas.splitlines()[-1] == "z = dL_dx^{[0]}"


@pytest.mark.parametrize("row", ["+ b_i", "- b_i", r"\cdot b_i"])
def test_a_row_that_begins_with_a_sign_goes_on_with_the_formula_above(row: str) -> None:
    broken = rf"\begin{{aligned}} y_i &= a_i \\ &\quad {row} \\ z_i &= a_i \end{{aligned}}"
    whole = rf"\begin{{aligned}} y_i &= a_i {row} \\ z_i &= a_i \end{{aligned}}"
    assert tc.parse(broken) == tc.parse(whole)
    assert tc.parse(broken).equations.outputs == ("y", "z")


def test_marked_names_need_no_declaration() -> None:
    read = tc.parse(r"\bar{x}_{p} = \dot{y} a_{p}", syntax="latex")
    assert [t.name for t in read.equations.inputs] == ["y_dot", "a"]
    assert [d.name for d in read.equations.definitions] == ["x_bar"]
