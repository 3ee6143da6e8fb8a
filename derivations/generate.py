"""What tensorcalc makes of a row: every generated file as a mapping from path to content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from derivations.records import recorded_files
from derivations.rows import FAMILIES, Derive, Row
from tensorcalc.calculus import carried_out
from tensorcalc.check import Report
from tensorcalc.derivation import Derivation
from tensorcalc.errors import NotCompilableError
from tensorcalc.expr.steps import Recorder
from tensorcalc.program import Program, load
from tensorcalc.simplify import simplify_equations

__all__ = ["Made", "files_of", "index_page", "make"]

#: Every check must be at least this good, whatever the report allows.
TOLERANCE = 1e-10

#: Beyond these a result has no readable matrix form.
MATRIX_DEFINITIONS = 6
MATRIX_WIDTH = 90


@dataclass(frozen=True)
class Made:
    """One derivation, carried out."""

    asked: Derive
    source: Program
    result: Program
    derivation: Derivation
    report: Report
    others: tuple[Report, ...]  #: The same, checked in the further modes.
    kernels: tuple[tuple[str, str], ...]
    plan: str  #: Of the NumPy kernel, where there is a choice of order.


@cache
def make(asked: Derive) -> Made:
    """Derive, compile for both back ends where that is possible, and check."""
    source = load(asked.source)
    if asked.mode == "simplify":
        recorder = Recorder()
        whole = carried_out(source.equations, recorder)
        equations = simplify_equations(whole.needed_for(whole.outputs), recorder)
        result = Program(equations)
        title = f"Normal form of {asked.of}"
        derivation = Derivation(title, source.equations, equations, tuple(recorder.steps))
    else:
        result = getattr(source, asked.mode)(asked.of, list(asked.wrt))
        derivation = result.derivation()
    try:
        sizes = dict(asked.sizes)
        compiled = [result.compile(backend, sizes=sizes) for backend in ("numpy", "torch")]
    except NotCompilableError:
        compiled = []
    kernels = tuple((k.backend, k.source) for k in compiled)
    plan = str(compiled[0].plan) if compiled and compiled[0].plan.products else ""
    others = tuple(getattr(source, m)(asked.of, list(asked.wrt)).check() for m in asked.also)
    return Made(asked, source, result, derivation, result.check(), others, kernels, plan)


def files_of(row: Row) -> dict[str, str | bytes]:
    """Every generated file of ``row``, by its path below the gallery."""
    files: dict[str, str | bytes] = {f"{row.id}/README.md": _page(row)}
    for asked in row.derives:
        made = make(asked)
        folder = f"{row.id}/{asked.name}"
        files[f"{folder}/derivation.txt"] = made.derivation.to_text()
        files[f"{folder}/derivation.tex"] = made.derivation.to_latex()
        files[f"{folder}/derivation.md"] = made.derivation.to_markdown()
        reports = (made.report, *made.others)
        files[f"{folder}/check.txt"] = "\n".join(check_text(report) for report in reports)
        for backend, source in made.kernels:
            files[f"{folder}/kernel_{backend}.py"] = source
    if row.record:
        made_by_running = recorded_files(row.id)
        files |= {f"{row.id}/{name}": content for name, content in made_by_running.items()}
    return files


def check_text(report: Report) -> str:
    """The report without what differs from machine to machine: the size of rounding errors."""
    sizes = ", ".join(f"{name} = {size}" for name, size in sorted(report.sizes.items()))
    lines = [
        f"{report.title}: {'passed' if report.passed else 'FAILED'}",
        f"against {report.oracle}, relative error allowed {TOLERANCE:.0e}",
        f"seed {report.seed}; sizes {sizes or 'none'}",
        "",
    ]
    for line in report.lines:
        shape = " x ".join(map(str, line.shape)) or "scalar"
        verdict = "agrees" if line.passed and line.error <= TOLERANCE else "DIFFERS"
        lines.append(f"{line.output}  {line.backend}  {shape}  {verdict}")
    return "\n".join(lines) + "\n"


def _page(row: Row) -> str:
    return "\n".join(_page_lines(row)) + "\n"


def _page_lines(row: Row) -> Iterator[str]:
    yield f"# {row.id}. {row.title}"
    yield ""
    yield row.shows
    for asked in row.derives:
        made = make(asked)
        yield ""
        yield f"## {asked.name.replace('_', ' ')}"
        yield ""
        yield f"[`{asked.source.name}`]({asked.source.name}):"
        yield ""
        yield "```"
        yield asked.source.read_text(encoding="utf-8").rstrip("\n")
        yield "```"
        yield ""
        yield f"{made.derivation.title}:"
        yield ""
        yield _result(made)
        yield ""
        forms = _matrix_forms(made.result)
        if forms:
            yield "In matrix notation:"
            yield ""
            yield "```"
            yield from forms
            yield "```"
            yield ""
        yield _links(made)
        if made.plan:
            yield ""
            yield "Order of contraction (`kernel.plan`):"
            yield ""
            yield "```"
            yield made.plan
            yield "```"
    record = row.record
    if record:
        yield ""
        yield f"## {record.name}"
        yield ""
        if record.picture:
            yield f"![{record.caption}]({record.picture})"
            yield ""
        yield f"What the runs reached: [`{record.name}.txt`]({record.name}.txt)."


def _result(made: Made) -> str:
    """The derivation's last part: the formulas, and what they refer to."""
    return made.derivation.to_markdown().split("## Result\n")[1].split("\n## ")[0].strip()


def _matrix_forms(result: Program) -> list[str]:
    """The outputs in matrix notation, those that have such a form that fits a line.

    Every definition is put into its readers for it: beyond a few of them nobody reads the form.
    """
    if len(result.equations.definitions) > MATRIX_DEFINITIONS:
        return []
    lines = result.to_matrix().split("\n")
    return [n for n in lines if "has no matrix form" not in n and len(n) <= MATRIX_WIDTH]


def _links(made: Made) -> str:
    folder = made.asked.name
    texts = " · ".join(
        f"[{word}]({folder}/derivation.{suffix})"
        for word, suffix in (("text", "txt"), ("LaTeX", "tex"), ("Markdown", "md"))
    )
    parts = [f"Every step: {texts}."]
    if made.kernels:
        listed = " · ".join(
            f"[{'NumPy' if b == 'numpy' else 'Torch'}]({folder}/kernel_{b}.py)"
            for b, _ in made.kernels
        )
        parts.append(f"Kernels: {listed}.")
    else:
        parts.append("No kernel: the formula holds a function known by name only.")
    verdict = "passed" if all(r.passed for r in (made.report, *made.others)) else "FAILED"
    modes = f", also as {', '.join(made.asked.also)}" if made.asked.also else ""
    parts.append(f"Check: [{verdict}]({folder}/check.txt){modes}.")
    return " ".join(parts)


def index_page(rows: tuple[Row, ...]) -> str:
    """The table of contents."""
    lines = [
        "# Derivations",
        "",
        "Each folder is made from its source, the `.tc` files, by `python -m derivations`:",
        "nothing in the derivations, kernels and reports is written by hand.",
        "`python -m derivations --check` says what would change.",
    ]
    for letter, family in FAMILIES.items():
        members = [row for row in rows if row.id[0] == letter]
        if members:
            lines += ["", f"## {letter}. {family}", "", "| row | what |", "|--|--|"]
            lines += [f"| [{row.id}]({row.id}/README.md) | {row.title} |" for row in members]
    return "\n".join(lines) + "\n"
