"""What the texts of the project promise, and what they must not hold."""

import re
import subprocess
from pathlib import Path

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
