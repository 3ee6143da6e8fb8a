"""The package that is built holds what it needs, and the layers are the ones of the design."""

import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]

LAYERS = [
    *("cli", "program", "check", "derivation", "codegen", "plan", "arrays"),
    *("calculus", "simplify", "language", "printing", "ops", "expr", "errors"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tensorcalc").rglob("*")
        if path.is_file() and path.suffix in {".py", ".typed", ".lark"}
    }
    assert "tensorcalc/py.typed" in sources
    assert any(name.endswith(".lark") for name in sources)
    assert sources <= wheel


def test_the_wheel_holds_nothing_but_the_package(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel} == {"tensorcalc", "tensorcalc-0.1.0.dist-info"}


def test_the_layers_are_those_of_the_design() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    assert contract["layers"] == LAYERS
    assert contract["exhaustive"] is True


def test_every_dependency_is_pinned_in_the_constraints() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        wanted += [line for line in extra if not line.startswith("tensorcalc")]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    names = {line.split(">=")[0].split("[")[0].lower().replace("_", "-") for line in wanted}
    assert names <= pinned


def test_the_tested_torch_is_pinned() -> None:
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
