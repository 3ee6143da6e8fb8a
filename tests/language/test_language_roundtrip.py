"""What is printed is read back: random programs from the notation's own grammar."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorcalc.expr import Equations
from tensorcalc.language import NotationError, parse
from tensorcalc.printing import to_latex
from tensorcalc.printing.program import program_lines
from tensorcalc.printing.text import TextStyle
from tests.support.read_back import is_equal

#: A few hundred programs; the nightly profile asks for thousands.
EXAMPLES = max(300, settings.default.max_examples if settings.default else 0)
NAMES = {1: ["x", "y", "v"], 2: ["A", "B"], 0: ["a", "c"]}
INDICES = "ijk"
FUNCTIONS = ["exp", "tanh", "sin", "sigma", "sigma'", "relu"]


@st.composite
def accesses(draw: st.DrawFn) -> str:
    """A tensor at plain indices, on any levels that its name always has."""
    rank = draw(st.integers(0, 2))
    name = draw(st.sampled_from(NAMES[rank]))
    marks = {"x": "^", "y": "_", "v": "_", "A": "^_", "B": "__"}.get(name, "")
    return name + "".join(m + draw(st.sampled_from(INDICES)) for m in marks)


@st.composite
def terms(draw: st.DrawFn, depth: int = 2) -> str:
    """A term: factors, with sums, functions, brackets, powers and divisions."""
    factors: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 7 if depth else 2))
        if kind <= 2:
            factor = draw(accesses())
        elif kind == 3:
            factor = f"{draw(st.sampled_from(FUNCTIONS))}({draw(sums(depth - 1))})"
        elif kind == 4:
            factor = f"({draw(sums(depth - 1))})"
        elif kind == 5:
            factor = (
                f"({draw(sums(depth - 1))})**{draw(st.sampled_from(['2', '3', '(1/2)', '-1']))}"
            )
        elif kind == 6:
            index = draw(st.sampled_from(INDICES))
            factor = f"(sum_{index} {draw(terms(depth - 1))})"
        else:
            index = draw(st.sampled_from(INDICES))
            name = draw(st.sampled_from(["softmax", "max", "norm", "logsumexp"]))
            factor = f"{name}_{index}({draw(sums(depth - 1))} + x^{index})"
        link = draw(st.sampled_from([" ", " ", " * ", " / "])) if number else ""
        if link == " " and factors and draw(st.booleans()):
            link = " * "
        factors.append(link + factor)
    front = draw(st.sampled_from(["", "", "2 ", "1/3 ", "0.5 "]))
    return front + "".join(factors)


@st.composite
def sums(draw: st.DrawFn, depth: int = 1) -> str:
    """A sum of terms with signs."""
    parts = [draw(terms(depth)) for _ in range(draw(st.integers(1, 3)))]
    text = draw(st.sampled_from(["", "-"])) + parts[0]
    for part in parts[1:]:
        text += draw(st.sampled_from([" + ", " - "])) + part
    return text


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program with one or two definitions and fixed sizes."""
    left = "".join(draw(st.lists(st.sampled_from(INDICES), unique=True, max_size=3)))
    text = "tensor x^i [n], y_i [n], v_i [n], A^i_j [n, n], B_ij [n, n], a, c\n"
    first = draw(sums(2))
    text += f"z{'_' + left if left else ''} = {first}"
    if draw(st.booleans()):
        indices = {0: "", 1: "_i", 2: "_ij", 3: "_ijk"}[len(left)]
        text += f"\nw_ijk = z{indices} + {draw(terms(1))}"
    return text


def understood(text: str) -> Equations | None:
    try:
        return parse(text).equations
    except NotationError:
        return None


@settings(max_examples=EXAMPLES, deadline=None)
@given(programs())
def test_printed_text_is_read_back(text: str) -> None:
    equations = understood(text)
    if equations is None:
        return
    printed = "\n".join(program_lines(equations, TextStyle()))
    again = parse(printed).equations
    assert is_equal(again, equations), printed


@settings(max_examples=EXAMPLES, deadline=None)
@given(programs())
def test_printed_latex_is_read_back(text: str) -> None:
    equations = understood(text)
    if equations is None:
        return
    printed = to_latex(equations)
    again = parse(printed).equations
    assert is_equal(again, equations), printed


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.text(alphabet="xyAB_^{}<>()[]ijk+-*/= 12.,;'\\\n#`∂∇σδ²ᵢsumdef", max_size=40))
def test_any_text_is_understood_or_refused(text: str) -> None:
    for syntax in ("text", "latex", "matrix"):
        with suppress(NotationError):
            parse(text, syntax=syntax)


@pytest.mark.parametrize("syntax", ["text", "latex", "matrix"])
def test_the_same_text_gives_the_same_errors(syntax: str) -> None:
    texts = []
    for _ in range(2):
        with pytest.raises(NotationError) as caught:
            parse("y = x_i @\nz = (a + b_j", syntax=syntax)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]
