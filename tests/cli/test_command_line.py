"""The command line: what it prints, how it ends, how it fails."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tensorcalc.cli import run

LAYER = "z^i = A^i_j y^j + b^i; x^p = B^p_i tanh(z^i)"


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = run(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tensorcalc", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


# --- answers


def test_derive_shows_the_result_and_names_the_step_that_removed_the_delta(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = answer(capsys, "derive", "z^i = A^i_j y^j", "--of", "z", "--wrt", "A")
    assert (status, err) == (0, "")
    assert "dz_dA^i_<i1>^j = δ^i_<i1> y^j" in out
    assert "[delta eliminated]" in out
    before, after = out.split("[delta eliminated]")
    assert "δ^i_<i1> δ^j_<j1> y^<j1>" in before
    assert "Result" in after


def test_derive_without_steps_is_a_program_that_parses_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import tensorcalc as tc

    status, out, _ = answer(capsys, "derive", LAYER, "--no-steps", "--wrt", "A,b")
    assert status == 0
    assert tc.parse(out).outputs == ("dx_dA", "dx_db")


def test_derive_takes_the_only_output_and_every_input_when_nothing_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = answer(capsys, "derive", LAYER, "--json")
    said = json.loads(out)
    assert (said["mode"], said["of"], said["wrt"]) == ("jacobian", "x", ["A", "y", "b", "B"])
    _, out, _ = answer(capsys, "derive", "L = x_i x^i", "--json")
    assert json.loads(out)["mode"] == "grad"


@pytest.mark.parametrize(
    ("mode", "output"),
    [
        ("jacobian", "dL_dx"),
        ("grad", "dL_dx"),
        ("vjp", "x_bar"),
        ("jvp", "L_dot"),
        ("hessian", "d2L_dx_dx"),
        ("hvp", "x_hvp"),
    ],
)
def test_every_mode(capsys: pytest.CaptureFixture[str], mode: str, output: str) -> None:
    status, out, _ = answer(
        capsys, "derive", "L = x_i A^i_j x^j", "--wrt", "x", "--mode", mode, "--json"
    )
    assert status == 0
    assert [o["name"] for o in json.loads(out)["outputs"]] == [output]


def test_json_holds_the_steps(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = answer(capsys, "derive", "z^i = A^i_j y^j", "--wrt", "y", "--json")
    said = json.loads(out)
    steps = said["steps"]
    assert all(step["rules"] and step["before"] != step["after"] for step in steps)
    assert steps[-1]["after"] == "A^i_j"
    assert said["outputs"][0]["shape"] == ["n_i", "n_j"]


@pytest.mark.parametrize(
    ("form", "mark"), [("text", "Result"), ("latex", r"\begin{document}"), ("markdown", "$$")]
)
def test_formats(capsys: pytest.CaptureFixture[str], form: str, mark: str) -> None:
    status, out, _ = answer(capsys, "derive", "z = x**2", "--format", form)
    assert status == 0
    assert mark in out


def test_check_passes(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "check", LAYER, "--wrt", "A,b")
    assert status == 0
    assert "passed" in out
    status, out, _ = answer(capsys, "check", LAYER, "--wrt", "A,b", "--json", "--seed", "7")
    said = json.loads(out)
    assert status == 0
    assert said["passed"] is True
    assert said["seed"] == 7
    assert {line["backend"] for line in said["lines"]} == {"numpy", "torch"}


def test_a_check_that_fails_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorcalc.program import Program

    honest = Program.grad
    monkeypatch.setattr(
        Program,
        "grad",
        lambda self, of, wrt: Program(
            _halved(honest(self, of, wrt).equations), honest(self, of, wrt).request
        ),
    )
    status, out, _ = answer(capsys, "check", "L = x_i x^i", "--wrt", "x", "--mode", "grad")
    assert status == 1
    assert "FAILED" in out


def _halved(equations: Any) -> Any:
    from tensorcalc.expr import Definition, Equations, multiply, number

    definitions = tuple(
        Definition(d.tensor, d.indices, multiply((number(0.5), d.body))) if d.name == "dL_dx" else d
        for d in equations.definitions
    )
    return Equations(equations.inputs, definitions, equations.outputs)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_compile_writes_a_file_that_runs_without_tensorcalc(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], backend: str
) -> None:
    target = tmp_path / "kernel.py"
    status, _, _ = answer(
        capsys, "compile", "L = x_i x^i", "--wrt", "x", "--backend", backend, "-o", str(target)
    )
    assert status == 0
    script = (
        f"import sys, {backend} as lib; sys.path.insert(0, {str(tmp_path)!r}); import kernel;"
        "wrap = getattr(lib, 'asarray'); print(kernel.kernel(wrap([1.0, 2.5])).tolist());"
        "assert 'tensorcalc' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stdout == "[2.0, 5.0]\n", done.stderr


def test_compile_without_a_derivative_compiles_the_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, _ = answer(capsys, "compile", "z^i = A^i_j y^j")
    assert status == 0
    assert "def kernel(A, y):" in out


def test_plan_counts_both_directions(capsys: pytest.CaptureFixture[str]) -> None:
    text = """z_k^i = A^i_j y_k^j; s_k^i = tanh(z_k^i); x_k^p = B^p_i s_k^i
              L = sum_k sum_p (t_k^p - x_k^p)**2"""
    sizes = "--sizes=n_k=11,n_i=7,n_j=5,n_p=3"
    status, out, _ = answer(capsys, "plan", text, "--wrt", "A", sizes)
    assert status == 0
    assert "left to right" in out
    assert "right to left" in out
    _, out, _ = answer(capsys, "plan", text, "--wrt", "A", sizes, "--json")
    said = json.loads(out)
    assert said["multiplications"] < said["naive_multiplications"]
    assert said["assumed"] == []
    for product in said["products"]:
        assert product["multiplications"] <= product["left_to_right"]


def test_latex_is_a_formula_or_a_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = answer(capsys, "latex", "z^i = A^i_j y^j")
    assert status == 0
    assert r"A^{i}_{j} y^{j}" in out.replace("{}", "")
    target = tmp_path / "out.tex"
    status, out, _ = answer(capsys, "latex", "z^i = A^i_j y^j", "--wrt", "A", "-o", str(target))
    assert status == 0
    assert target.read_text(encoding="utf-8").startswith(r"\documentclass")


def test_bench_times_every_backend(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "bench", "L = x_i x^i", "--wrt", "x", "--json")
    assert status == 0
    timings = json.loads(out)["timings"]
    assert [t["backend"] for t in timings] == ["numpy", "torch"]
    assert all(0 < t["quickest_seconds"] <= t["median_seconds"] < 0.1 for t in timings)


@pytest.mark.parametrize(
    ("formula", "status", "reason"),
    [
        ("2 A_kl X_lj", 0, "equal"),
        ("A_kl X_lj", 1, "factor"),
        ("-2 A_kl X_lj", 1, "sign"),
        ("R_{k j} = 2 A_jl X_lk", 1, "transpose"),
    ],
)
def test_compare_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], formula: str, status: int, reason: str
) -> None:
    source = "symmetric A; f = X_ij A_ik X_kj"
    got, out, _ = answer(capsys, "compare", formula, source, "--wrt", "X", "--json")
    assert (got, json.loads(out)["reason"]) == (status, reason)
    got, out, _ = answer(capsys, "compare", formula, source, "--wrt", "X")
    assert got == status
    assert out.startswith("equal" if status == 0 else f"not equal: {reason}")


def test_explain_tells_more_about_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "explain", "E102")
    assert status == 0
    assert "wrong" in out
    assert "right" in out
    assert answer(capsys, "explain", "[e102]")[1] == out


# --- where a program comes from


def test_a_file_standard_input_and_a_statement_give_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.tc"
    file.write_text(LAYER + "\n", encoding="utf-8")
    _, from_text, _ = answer(capsys, "derive", LAYER)
    _, from_file, _ = answer(capsys, "derive", str(file))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LAYER.encode())))
    _, from_input, _ = answer(capsys, "derive", "-")
    assert from_text == from_file == from_input != ""


def test_a_formula_may_begin_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert "x^i" in answer(capsys, "derive", "-x^i x_i", "--no-steps")[1]
    assert answer(capsys, "derive", "-x^i", "--no-steps")[0] == 0
    assert answer(capsys, "derive", "-h")[1].startswith("Usage")
    found = json.loads(answer(capsys, "derive", "-x^i +", "--json")[1])["diagnostics"]
    assert found[0]["line"] == 1


def test_an_error_in_a_file_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "net.tc"
    file.write_text("x^i = A^i_j y^k\n", encoding="utf-8")
    status, out, err = answer(capsys, "derive", str(file))
    assert (status, out) == (2, "")
    assert str(file) in err


# --- bad input

BAD = [
    ["derive"],
    ["derive", "z^i = A^i_j y^k"],
    ["derive", "z^i = (A^i_j y^j"],
    ["derive", ""],
    ["derive", "x = y", "--of", "q"],
    ["derive", "x = y", "--wrt", "q"],
    ["derive", "x = y", "--wrt", ","],
    ["derive", "x = y", "--mode", "sideways"],
    ["derive", "a = b; c = b"],
    ["derive", "no_such_file.tc"],
    ["derive", "."],
    ["derive", "k = argmax_i(x^i)", "--wrt", "x"],
    ["derive", "z^i = y^i", "--mode", "grad", "--wrt", "y"],
    ["derive", "__import__('os').system('echo owned')"],
    ["derive", "x = 9**9**9**9"],
    ["derive", "x = \0"],
    ["compile", "x = sigma(y)"],
    ["compile", "x = y", "-o", "/no/such/folder/kernel.py"],
    ["plan", "x = y", "--sizes", "n"],
    ["plan", "x = y", "--sizes", "n=0"],
    ["check", "x = y", "--of", "x"],
    ["compare", "x_k +", "f = x_i x_i", "--wrt", "x"],
    ["compare", "x_k", "f = x_i x_i", "--wrt", "q"],
    ["explain", "E999999"],
    ["frobnicate"],
]


@pytest.mark.parametrize("arguments", BAD, ids=[" ".join(a) for a in BAD])
def test_bad_input_ends_with_2_and_our_own_error(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    status, out, err = answer(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error")
    assert "Traceback" not in err
    assert "owned" not in err.replace("echo owned", "")


def test_bad_input_with_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = answer(capsys, "derive", "z^i = A^i_j y^k", "--json")
    assert status == 2
    (found,) = json.loads(out)["diagnostics"]
    assert (found["code"], found["line"], found["column"]) == ("E102", 1, 15)
    assert err.startswith("error[E102]")


def test_bytes_that_are_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.tc"
    file.write_bytes(b"x = \xff\xfe y")
    status, _, err = answer(capsys, "derive", str(file))
    assert status == 2
    assert "UTF-8" in err


def test_our_own_faults_show_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorcalc.program import Program

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.delenv("TENSORCALC_TRACEBACK", raising=False)
    monkeypatch.setattr(Program, "jacobian", broken)
    status, out, err = answer(capsys, "derive", "x^i = y^i", "--wrt", "y")
    assert (status, out) == (3, "")
    assert "ZeroDivisionError: a fault" in err
    assert "Traceback" not in err


# --- terminals and pipes


def test_piped_output_is_plain_and_always_the_same() -> None:
    runs = {
        process("derive", LAYER, env={**os.environ, "PYTHONHASHSEED": str(k)}).stdout
        for k in (1, 2)
    }
    (out,) = runs
    assert "\x1b" not in out
    assert "dx_dA" in out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("declined", "coloured"), [("", True), ("1", False)])
def test_errors_have_colour_on_a_terminal_only_if_wanted(declined: str, coloured: bool) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "NO_COLOR": declined, "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "tensorcalc", "derive", "z^i = y^k"], stderr=theirs, env=environment
    ) as child:
        child.wait()
    os.close(theirs)
    text = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "E102" in text
    assert ("\x1b[" in text) is coloured


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f'"{sys.executable}" -m tensorcalc derive "z^i = A^i_j y^j" | head -n 1'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Jacobian of z")
    assert done.stderr == ""


def test_a_narrow_encoding_is_no_error() -> None:
    done = process(
        "derive",
        "z^i = A^i_j y^j",
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0
    assert "\\u03b4" in done.stdout


def test_interrupting_ends_quietly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorcalc.program import Program

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Program, "jacobian", interrupted)
    status, out, err = answer(capsys, "derive", "x^i = y^i", "--wrt", "y")
    assert (status, out, err) == (130, "", "\ninterrupted\n")


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = answer(capsys, "--help")
    assert status == 0
    for verb in (
        "derive",
        "check",
        "compare",
        "compile",
        "latex",
        "plan",
        "bench",
        "explain",
        "tour",
    ):
        assert f"\n  {verb}" in out
        status, said, _ = answer(capsys, verb, "--help")
        assert status == 0
        assert "--json" in said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    import tensorcalc as tc

    status, out, _ = answer(capsys, "--version")
    assert status == 0
    assert tc.__version__ in out
