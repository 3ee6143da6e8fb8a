"""What the texts of the project promise, and what they must not hold."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from docs.update import PAGES_MADE
from tensorcalc.cli import run

ROOT = Path(__file__).parents[2]

# Spelled apart, so that this file does not hold them itself.
FORBIDDEN = [
    "/" + "work/",
    "/" + "farm/",
    "py" + "pi.org",
    "files.python" + "hosted",
    "debian" + ".org",
    "registry" + ".npmjs",
]
ISSUE_NUMBER = re.compile(r"\bissue #?\d+\b", re.IGNORECASE)


def _text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [p for p in paths if p.is_file() and p.suffix not in {".png", ".pdf"}]


def test_no_text_names_machines_registries_or_issue_numbers() -> None:
    found: list[str] = []
    for path in _text_files():
        text = path.read_text(encoding="utf-8")
        lowered = text.lower()
        found += [f"{path}: {word}" for word in FORBIDDEN if word in lowered]
        found += [f"{path}: {match[0]}" for match in ISSUE_NUMBER.finditer(text)]
    assert found == []


def _shell_blocks() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)


def test_the_first_two_shell_blocks_run_the_tour_and_the_tests() -> None:
    tour, tests = _shell_blocks()[:2]
    for block in (tour, tests):
        assert block.startswith("python3 -m venv .venv\n")
        assert "pip install -c constraints.txt" in block
    assert tour.splitlines()[-1] == ".venv/bin/tensorcalc tour"
    assert ".venv/bin/python -m pytest" in tests.splitlines()[-1]


def test_ci_runs_the_tests_by_the_block_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_block 2" in script
    assert "-m pytest" not in script


def _console_examples() -> list[tuple[str, str]]:
    """Every ``$ tensorcalc …`` of the documentation, with what is printed below it."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found: list[tuple[str, str]] = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, printed = example.partition("\n")
                found.append((command, printed))
    return found


def test_the_documentation_shows_the_command_line() -> None:
    assert len(_console_examples()) >= 2


@pytest.mark.parametrize(("command", "printed"), _console_examples())
def test_every_command_of_the_documentation_prints_what_it_says(
    command: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *arguments = shlex.split(command)
    assert name == "tensorcalc"
    run(arguments)
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize("name", sorted(PAGES_MADE))
def test_pages_of_errors_and_grammar_are_made_from_the_library(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES_MADE[name]()
