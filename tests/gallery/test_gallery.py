"""Every row of the gallery: right, as by hand, and made from its source.

The tests of one row run one after the other (``scope="module"`` orders them so), and
``make`` keeps what it has made: each row is derived and checked once in a process.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from derivations.compare import differences
from derivations.generate import TOLERANCE, Made, files_of, index_page, make
from derivations.rows import FAMILIES, FOLDER, Derive, Row, load_rows
from tensorcalc import compare
from tensorcalc.calculus.split import inline
from tensorcalc.expr import Definition, Expr, Tensor, substitute
from tensorcalc.program import Program, parse
from tensorcalc.simplify import same, simplify
from tests.support.by_hand import is_by_hand

ROWS = load_rows()
NUMBERS = {"A": 8, "B": 10, "C": 5, "D": 7, "E": 6, "F": 7, "G": 2, "H": 4}
COMPLETE = "ABCDEFGH"  #: Families of which no row is missing.
EXPECTED = [f"{letter}{n}" for letter in FAMILIES for n in range(1, NUMBERS[letter] + 1)]
of_every_row = pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.id) for row in ROWS], scope="module"
)
of_every_derivation = pytest.mark.parametrize(
    ("row", "asked"),
    [
        pytest.param(row, asked, id=f"{row.id}-{asked.name}")
        for row in ROWS
        for asked in row.derives
    ],
    scope="module",
)
of_every_formula_by_hand = pytest.mark.parametrize(
    ("row", "asked", "number"),
    [
        pytest.param(row, asked, number, id=f"{row.id}-{asked.name}-{number}")
        for row in ROWS
        for asked in row.derives
        for number in range(len(asked.by_hand))
    ],
    scope="module",
)


def test_every_row_has_its_place_in_the_list() -> None:
    ids = [row.id for row in ROWS]
    assert ids == [name for name in EXPECTED if name in ids]
    assert {name for name in EXPECTED if name[0] in COMPLETE} <= set(ids)


@of_every_derivation
def test_every_check_passes(row: Row, asked: Derive) -> None:
    made = make(asked)
    assert len(made.others) == len(asked.also)
    for report in (made.report, *made.others):
        assert report.passed, str(report)
        assert report.max_error <= TOLERANCE
        assert report.oracle.startswith("torch autograd")


@of_every_derivation
def test_every_output_is_checked_on_both_back_ends(row: Row, asked: Derive) -> None:
    made = make(asked)
    backends = ("numpy", "torch") if made.kernels else ("formula",)
    checked = {(line.output, line.backend) for line in made.report.lines}
    assert checked == {(name, b) for name in made.result.outputs for b in backends}
    for report in made.others:
        assert {line.backend for line in report.lines} == set(backends)


@of_every_formula_by_hand
def test_every_formula_is_the_one_by_hand(row: Row, asked: Derive, number: int) -> None:
    """The same up to the names of indices, their levels and the order of factors and terms.

    A line ``R… = …`` is about an output, in the names of the source; any other about the
    definition it names, in the names of the result.
    """
    made = make(asked)
    line = asked.by_hand[number]
    if not _is_of_an_output(line):
        name = max((n for n in _definitions(made) if line.startswith(n)), key=len)
        is_by_hand(made.result, name, "R" + line.removeprefix(name))
        return
    place = sum(map(_is_of_an_output, asked.by_hand[:number]))
    if f"`{asked.of}_bar`" in line:
        verdict = compare(line, made.source, of=asked.of, wrt=asked.wrt[place], mode="vjp")
        assert verdict, str(verdict)
        return
    derived = made.result[made.result.outputs[place]]
    hand = _by_hand(made, line, derived)
    assert same(hand, _closed_form(made, derived)), str(made.result)


def _is_of_an_output(line: str) -> bool:
    return line.startswith("R")


def _definitions(made: Made) -> list[str]:
    return [d.name for d in made.result.equations.definitions]


def _by_hand(made: Made, line: str, derived: Definition) -> Expr:
    """The formula by hand in normal form, in the indices of the derived one."""
    left = line.split("=")[0]
    extents = ", ".join(str(e) for e in derived.tensor.extents)
    text = made.asked.source.read_text(encoding="utf-8")
    hand = parse(f"{text}\ntensor {left} [{extents}]\n{line}").simplify()["R"]
    return substitute(hand.body, dict(zip(hand.indices, derived.indices, strict=True)))


def _closed_form(made: Made, derived: Definition) -> Expr:
    """The derived formula with every adjoint on its way written out."""
    adjoints: dict[Tensor, Definition] = {}
    for definition in made.result.equations.definitions:
        body = inline(definition.body, adjoints)
        if definition is derived:
            return simplify(body, made.source.equations.facts)
        if not made.source.equations.defines(definition.name):
            adjoints[definition.tensor] = Definition(definition.tensor, definition.indices, body)
    raise AssertionError(derived.name)


@of_every_derivation
def test_a_wrong_formula_by_hand_would_be_noticed(row: Row, asked: Derive) -> None:
    made = make(asked)
    derived = made.result[made.result.outputs[0]]
    wrong = parse(f"{asked.source.read_text(encoding='utf-8')}\nR = 1")["R"]
    assert not same(wrong.body, derived.body)


@of_every_derivation
def test_the_derivation_ends_in_the_result(row: Row, asked: Derive) -> None:
    made = make(asked)
    ends = {chain.target.name: chain.result for chain in made.derivation.chains()}
    assert ends
    for name in made.result.outputs:
        if asked.mode == "simplify" and name not in ends:  # it stands as it was written
            assert made.result[name].body is made.source[name].body
            continue
        assert ends[name] is made.result[name].body


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@of_every_derivation
def test_the_document_compiles_and_fits_the_page(row: Row, asked: Derive, tmp_path: Path) -> None:
    (tmp_path / "derivation.tex").write_text(make(asked).derivation.to_latex(), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "derivation.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


@of_every_derivation
def test_the_printed_program_parses_back(row: Row, asked: Derive) -> None:
    result = make(asked).result
    assert parse(str(result)) == Program(result.equations)


@of_every_row
def test_the_files_in_the_tree_are_what_the_sources_give(row: Row) -> None:
    assert differences(files_of(row), row) == []


def test_the_contents_list_every_row() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert page == index_page(ROWS)
    assert all(f"[{row.id}]({row.id}/README.md)" in page for row in ROWS)


def test_the_command_says_whether_anything_would_change() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "derivations", "--check", "A1"],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_change_in_the_tree_is_noticed() -> None:
    (row,) = [r for r in ROWS if r.id == "A1"]
    files = dict.fromkeys(("A1/README.md", "A1/new.txt"), "changed")
    found = differences({**files}, row)
    assert "A1/README.md" in found
    assert "A1/new.txt" in found
    assert "A1/jacobians/check.txt" in found
