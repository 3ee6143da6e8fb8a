"""The public face: names, equality, renaming, substitution, pickling, display."""

from __future__ import annotations

import pickle

import pytest

import tensorcalc as tc

LAYER = "x^p = B^p_i tanh(A^i_j y^j + b^i)"


def test_inputs_outputs_and_definitions() -> None:
    net = tc.parse("z^i = A^i_j y^j + b^i\nx^p = B^p_i tanh(z^i)")
    assert net.inputs == ("A", "y", "b", "B")
    assert net.outputs == ("x",)
    assert net["z"].name == "z"
    with pytest.raises(tc.UnknownNameError, match="no definition of q"):
        net["q"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (r"x^{p} = B^{p}_{i} \tanh\left(A^{i}_{j} y^{j} + b^{i}\right)", {}),
        ("xᵖ = Bᵖᵢ tanh(Aⁱⱼ yʲ + bⁱ)", {}),
        ("x = B*tanh(A*y + b)", {"syntax": "matrix", "ranks": {"b": 1}}),
        ("x^q = B^q_k tanh(A^k_l y^l + b^k)", {}),
    ],
)
def test_one_program_in_every_spelling(text: str, options: dict[str, object]) -> None:
    assert tc.parse(text, **options) == tc.parse(LAYER)  # type: ignore[arg-type]
    assert hash(tc.parse(text, **options)) == hash(tc.parse(LAYER))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "x^p = B^p_i tanh(A^i_j y^j - b^i)",
        "x^p = B_i^p tanh(A^i_j y^j + b^i)",
        "x^p = B^p_i sin(A^i_j y^j + b^i)",
        "x^p = B^p_i tanh(A^i_j y^j + c^i)",
    ],
)
def test_other_programs_differ(text: str) -> None:
    assert tc.parse(text) != tc.parse(LAYER)


def test_text_reads_back_as_an_equal_program() -> None:
    for program in (tc.parse(LAYER), tc.parse(LAYER).vjp("x", ["A", "b"])):
        assert tc.parse(str(program)) == program


def test_pickled_programs_are_equal() -> None:
    program = tc.parse(LAYER).jacobian("x", "A")
    again = pickle.loads(pickle.dumps(program))
    assert again == program
    assert again.equations is program.equations


def test_renaming_keeps_the_value() -> None:
    renamed = tc.parse(LAYER).rename({"A": "W", "x": "out"})
    assert renamed.formulas == "out^p = B^p_i tanh(W^i_j y^j + b^i)"
    assert renamed.rename({"W": "A", "out": "x"}) == tc.parse(LAYER)
    with pytest.raises(tc.TensorcalcError, match="already"):
        renamed.rename({"W": "B"})
    with pytest.raises(tc.UnknownNameError, match="no tensor Q"):
        renamed.rename({"Q": "R"})


def test_substituting_numbers_and_functions() -> None:
    net = tc.parse("s^i = sigma(a z^i)")
    assert net.subs({"sigma": "tanh"}).compile()(a=0.0, z=[1.0, 2.0]).tolist() == [0.0, 0.0]
    assert net.subs({"a": 2}).inputs == ("z",)
    for values, text in (
        ({"q": 1}, "no input"),
        ({"sigma": 1}, "function"),
        ({"a": "b"}, "number"),
    ):
        with pytest.raises(tc.TensorcalcError, match=text):
            net.subs(values)  # type: ignore[arg-type]


def test_rich_display() -> None:
    program = tc.parse(LAYER)
    bundle = program._repr_mimebundle_()
    assert bundle["text/plain"] == str(program)
    assert "tanh" in bundle["text/latex"]


def test_derivation_needs_a_derived_program() -> None:
    with pytest.raises(tc.TensorcalcError, match="only a derived program"):
        tc.parse(LAYER).derivation()


def test_parse_says_where_equations_of_operators_go() -> None:
    (i,) = tc.indices("i")
    x, y = tc.tensors("x y")
    with pytest.raises(TypeError, match="are given to tensorcalc"):
        tc.parse(tc.define(y[i], 2 * x[i]))  # type: ignore[arg-type]
