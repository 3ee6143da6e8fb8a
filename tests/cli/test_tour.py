"""The tour: the whole path at once, on real digits."""

import json
from pathlib import Path

import pytest

from derivations.rows import FOLDER
from tensorcalc.cli import run
from tensorcalc.cli.training import DIGITS_NETWORK


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Path]:
    """Status, what was printed and the picture, of one run for all tests."""
    import contextlib
    import io

    picture = tmp_path_factory.mktemp("tour") / "loss.png"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = run(["tour", "--json", "-o", str(picture)])
    return status, printed.getvalue(), picture


def test_the_tour_passes_every_check(toured: tuple[int, str, Path]) -> None:
    status, out, _ = toured
    said = json.loads(out)
    assert status == 0
    assert len(said["checks"]) == 3
    assert all(check["passed"] for check in said["checks"])


def test_the_derived_kernels_learn_the_digits(toured: tuple[int, str, Path]) -> None:
    said = json.loads(toured[1])
    assert said["test_accuracy"] >= 0.95
    for done in said["runs"]:
        assert done["losses"][-1] < done["losses"][0] / 2


def test_the_loss_curves_are_a_picture(toured: tuple[int, str, Path]) -> None:
    assert toured[2].read_bytes().startswith(b"\x89PNG")


def test_training_uses_no_automatic_differentiation(tmp_path: Path) -> None:
    """Deriving, compiling and training do not as much as import Torch."""
    import subprocess
    import sys

    script = """
import sys
from tensorcalc.cli.training import *
import tensorcalc as tc
from dataclasses import replace
kernels = network_kernels(tc.parse(DIGITS_NETWORK))
history = train(kernels, load_digits(), replace(SCHEDULES[2], epochs=30))
assert "torch" not in sys.modules
print(history.test_accuracy)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) >= 0.95


def test_the_gallery_trains_the_same_network() -> None:
    assert (FOLDER / "A8" / "digits.tc").read_text(encoding="utf-8") == DIGITS_NETWORK


def test_without_scikit_learn_the_tour_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run(["tour"]) == 2
    assert "tensorcalc[examples]" in capsys.readouterr().err
