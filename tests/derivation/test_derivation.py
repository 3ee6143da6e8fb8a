# pyright: reportPrivateUsage=false
"""Derivations on paper, from steps that the calculus recorded and from steps made by hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tensorcalc.calculus import Request, derive
from tensorcalc.derivation import Derivation
from tensorcalc.derivation.tex import text_latex
from tensorcalc.errors import TensorcalcError
from tensorcalc.expr import (
    AbstractFunction,
    Argument,
    Definition,
    Delta,
    Derivative,
    Equations,
    Index,
    Level,
    Slot,
    Tensor,
    Transform,
    access,
    add,
    apply,
    at_indices,
    contract,
    extent,
    multiply,
)
from tensorcalc.expr.steps import Recorder, Rule, Step
from tensorcalc.language import parse

UP, LOW = Level.UPPER, Level.LOWER
ROWS, COLUMNS, OUT = extent("n_i"), extent("n_j"), extent("n_p")
i, i1, q = Index("i", 0, ROWS), Index("i", 1, ROWS), Index("q", 0, ROWS)
j, j1 = Index("j", 0, COLUMNS), Index("j", 1, COLUMNS)
p = Index("p", 0, OUT)
A = Tensor("A", (ROWS, COLUMNS), (UP, LOW))
B = Tensor("B", (OUT, ROWS), (UP, LOW))
y = Tensor("y", (COLUMNS,), (UP,))
b, z, s = (Tensor(name, (ROWS,), (UP,)) for name in ("b", "z", "s"))
x = Tensor("x", (OUT,), (UP,))


def layer() -> Equations:
    """One dense layer with an unknown activation."""
    linear = contract([j], multiply([at_indices(A, (i, j)), at_indices(y, (j,))]))
    sigma = AbstractFunction("sigma", (0,))
    active = Transform(sigma, (Argument((q,), at_indices(z, (q,))),), (Slot(i, UP),))
    return Equations(
        (A, y, b, B),
        (
            Definition(z, (i,), add([linear, at_indices(b, (i,))])),
            Definition(s, (i,), active),
            Definition(
                x, (p,), contract([i], multiply([at_indices(B, (p, i)), at_indices(s, (i,))]))
            ),
        ),
        ("x",),
    )


def derivation(*wrt: str, mode: str = "jacobian") -> Derivation:
    source = layer()
    recorder = Recorder()
    request = Request(mode, "x", wrt, source)  # type: ignore[arg-type]
    result = derive(request, recorder)
    return Derivation("Jacobian of x by A", source, result, tuple(recorder.steps))


def by_hand() -> Derivation:
    """``∂(A^i_j y^j)/∂A^k_l``, three steps with a rule each."""
    k, m = i1, j1
    target = Tensor("dz_dA", (ROWS, ROWS, COLUMNS), (UP, LOW, UP))
    wrt = access("A^i_j", k, m)
    wrt = type(wrt)(A, wrt.slots)
    delta = multiply(
        [Delta(Slot(i, UP), Slot(k, LOW)), Delta(Slot(m, UP), Slot(j, LOW)), at_indices(y, (j,))]
    )
    body = contract([j], multiply([at_indices(A, (i, j)), at_indices(y, (j,))]))
    inside = multiply([Derivative(at_indices(A, (i, j)), wrt), at_indices(y, (j,))])
    formulas = [
        Derivative(body, wrt),
        contract([j], inside),
        contract([j], delta),
        multiply([Delta(Slot(i, UP), Slot(k, LOW)), at_indices(y, (m,))]),
    ]
    names = ["product rule", "derivative by itself", "delta eliminated"]
    steps = tuple(
        Step((Rule(name, r"\delta^i_j x^j = x^i"),), target, (i, k, m), before, after)
        for name, before, after in zip(names, formulas[:-1], formulas[1:], strict=True)
    )
    source = Equations((A, y), (Definition(z, (i,), body),), ("z",))
    result = Equations((A, y), (Definition(target, (i, k, m), formulas[-1]),), ("dz_dA",))
    return Derivation("A & y", source, result, steps, ("δ holds",))


def test_text_of_a_derivation_made_by_hand() -> None:
    assert by_hand().to_text() == (
        "A & y\n"
        "=====\n"
        "\n"
        "Given\n"
        "  z^i = A^i_j y^j\n"
        "\n"
        "Wanted\n"
        "  dz_dA^i_<i1>^j\n"
        "\n"
        "dz_dA^i_<i1>^j\n"
        "  = ∂(A^i_<j1> y^<j1>)/∂(A^<i1>_j)\n"
        "  = ∂(A^i_<j1>)/∂(A^<i1>_j) y^<j1>                              [product rule]\n"
        "  = δ^i_<i1> δ^j_<j1> y^<j1>                                    [derivative by itself]\n"
        "  = δ^i_<i1> y^j                                                [delta eliminated]\n"
        "\n"
        "Result\n"
        "  dz_dA^i_<i1>^j = δ^i_<i1> y^j\n"
        "\n"
        "Assuming\n"
        "  δ holds\n"
        "\n"
        "Rules\n"
        "  product rule: δ^i_j x^j = x^i\n"
        "  derivative by itself: δ^i_j x^j = x^i\n"
        "  delta eliminated: δ^i_j x^j = x^i\n"
    )


def test_a_chain_ends_in_the_result() -> None:
    made = derivation("A")
    for chain in made.chains():
        if made.result.defines(chain.target.name):
            assert chain.result is made.result.definition(chain.target.name).body


def test_names_stay_through_a_chain() -> None:
    """One index has one name from the first line of its chain to the last."""
    text = derivation("A").to_text()
    chain = text[text.index("\ndx_dA^") : text.index("\nResult")]
    assert chain.count("(A^i_j)") >= 3
    assert "B^p_<i1> [∇sigma(z)]^<i1>_i y^j" in chain


def test_rules_stand_beside_what_they_did() -> None:
    text = derivation("A", "y", mode="vjp").to_text()
    for rule in ("chain rule", "sum rule", "derivative by itself", "delta eliminated"):
        assert f"[{rule}]" in text


def test_a_line_that_looks_the_same_is_not_repeated() -> None:
    made = by_hand()
    first = made.steps[0]
    same = Step((Rule("nothing seen"),), first.target, first.indices, first.before, first.before)
    again = Derivation(made.title, made.source, made.result, (same, *made.steps))
    assert "nothing seen" not in again.to_text()


def test_another_order_of_factors_is_no_step() -> None:
    source = parse("tensor x^i [n]; tensor z^k [n]; x^i = zeropad(z^{i-j}) w_j").equations
    recorder = Recorder()
    request = Request("vjp", "x", ("z",), source)
    result = derive(request, recorder)
    text = Derivation("", source, result, tuple(recorder.steps)).to_text()
    shown = [sorted(line.split("[")[0].split()) for line in text.splitlines() if "  = " in line]
    assert len(shown) > 4
    assert all(one != other for one, other in pairwise(shown))


def test_a_gap_between_steps_is_shown() -> None:
    made = by_hand()
    short = Derivation(made.title, made.source, made.result, (made.steps[0], made.steps[2]))
    assert "  = δ^i_<i1> δ^j_<j1> y^<j1>\n" in short.to_text()


def test_latex_uses_no_macros_of_its_own() -> None:
    latex = derivation("A").to_latex()
    assert r"\newcommand" not in latex
    assert r"\def" not in latex
    assert r"\frac{\partial x^{p}}{\partial A^{i}_{j}}" in latex
    assert latex.count("{") == latex.count("}")
    packages = re.findall(r"\\usepackage(?:\[[^]]*\])?\{(\w+)\}", latex)
    assert packages == ["fontenc", "inputenc", "lmodern", "amsmath", "geometry"]


def test_markdown_has_displayed_formulas() -> None:
    text = derivation("A").to_markdown()
    assert text.startswith("# Jacobian of x by A\n")
    assert text.count("$$") % 2 == 0
    assert r"\text{chain rule}" in text


def test_html_stands_alone() -> None:
    page = by_hand().to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>A &amp; y</title>" in page
    assert "http" not in page
    assert "<script" not in page


def test_words_are_escaped() -> None:
    assert text_latex("100% of a_b & δ") == r"100\% of a\_b \& $\delta$"


@pytest.mark.parametrize("suffix", [".tex", ".md", ".html", ".txt"])
def test_saving_follows_the_suffix(tmp_path: Path, suffix: str) -> None:
    made = by_hand()
    path = made.save(tmp_path / f"d{suffix}")
    expected = {
        ".tex": made.to_latex, ".md": made.to_markdown, ".html": made.to_html, ".txt": made.to_text,
    }  # fmt: skip
    assert path.read_text(encoding="utf-8") == expected[suffix]()


def test_an_unknown_suffix_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TensorcalcError, match=r"\.tex, \.md, \.html, \.txt"):
        by_hand().save(tmp_path / "d.docx")


def test_notebooks_get_every_form() -> None:
    made = by_hand()
    bundle = made._repr_mimebundle_()
    assert bundle["text/plain"] == str(made)
    assert bundle["text/markdown"] == made._repr_markdown_()
    assert bundle["text/latex"] == made._repr_latex_()
    assert made._repr_latex_().startswith("$$\n\\begin{aligned}")


def test_the_same_derivation_gives_the_same_bytes() -> None:
    first, second = derivation("A"), derivation("A")
    assert first == second
    assert first.to_latex() == second.to_latex()


def compiled(latex: str, folder: Path) -> str:
    """Compile a document and return what TeX had to say."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed (texlive-latex-base, -recommended, lmodern)")
    (folder / "d.tex").write_text(latex, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = run.stdout.decode("latin-1")
    assert run.returncode == 0, log[-2000:]
    assert (folder / "d.pdf").stat().st_size > 1000
    return log


def test_the_document_compiles(tmp_path: Path) -> None:
    log = compiled(derivation("A", "B", "b", "y").to_latex(), tmp_path)
    assert "Overfull" not in log
    assert "undefined" not in log.lower()


def test_a_long_derivation_compiles(tmp_path: Path) -> None:
    """Long sums are broken, special characters escaped, page breaks allowed."""
    made = by_hand()
    letters = "abcdefghklmnopqrstuvw"
    terms = [multiply([access(f"{c}^i", i), apply("tanh", access("y^i", i))]) for c in letters]
    target = Tensor("w_bar", (ROWS,), (UP,))
    step = Step((Rule("50% of_all #rules"),), target, (i,), add(terms[:2]), add(terms))
    result = Equations((A, y), (Definition(target, (i,), add(terms)),), ("w_bar",))
    long = Derivation("100% of {them} ∂δ→", made.source, result, (step,) * 30, ("x_1 ≠ 0",))
    log = compiled(long.to_latex(), tmp_path)
    assert "Overfull" not in log
