"""Whatever a file or standard input holds ends in an error of ours, soon, and is not run."""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path

import pytest

import tensorcalc as tc
from tensorcalc.cli import run

HOSTILE: dict[str, tuple[bytes, str]] = {
    "deep brackets": (b"y = " + b"(" * 100_000 + b"x" + b")" * 100_000, "E110"),
    "deep brackets in LaTeX": (rb"y = \frac" + b"{" * 50_000, "E104"),
    "deep brackets in matrix notation": (b"syntax matrix\ny = " + b"(" * 100_000, "E110"),
    "ten megabytes": (b"x" * 10_000_000, "E111"),
    "NUL": (b"\x00" * 1000, "E103"),
    "Python": (b"y = __import__('os').system('touch ran')", "E114"),
    "a power tower": (b"y = 9**9**9**9", "E112"),
    "nothing": (b"", "E106"),
    "white space": (b" \t\r\n \r\n", "E106"),
    "no UTF-8": (b"y = \xff\xfe x", ""),
    "Latin-1": ("y = é".encode("latin-1"), ""),
    "UTF-16": ("y = x_i x_i".encode("utf-16"), ""),
    "a surrogate": (b"y = \xed\xa0\x80", ""),
    "Windows line ends": (b"y_i = x_i\r\nz_i = W_ij x_k\r\n", "E102"),
    "tabs": (b"\ty\t=\tx_i\t\n", "E102"),
    "many errors": (b"y = (a\n" * 20_000, "E104"),
    "a byte order mark": (b"\xef\xbb\xbfy = x_i", "E102"),
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "program.tc"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_load(name: str, path: Path) -> None:
    data, code = HOSTILE[name]
    path.write_bytes(data)
    start = time.process_time()
    with pytest.raises(tc.NotationError) as caught:
        tc.load(path)
    assert time.process_time() - start < 2
    assert caught.value.diagnostics[0].code == (code or "E103")
    assert str(path) in str(caught.value)
    assert not Path("ran").exists()


@pytest.mark.parametrize("way", ["file", "standard input"])
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_by_the_command_line(
    name: str,
    options: tuple[str, ...],
    way: str,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, code = HOSTILE[name]
    path.write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    source = str(path) if way == "file" else "-"
    start = time.process_time()
    status = run(["derive", source, *options])
    assert time.process_time() - start < 2
    captured = capsys.readouterr()
    assert status == 2
    assert "Traceback" not in captured.err
    if options:
        assert (code or "UTF-8") in json.dumps(json.loads(captured.out))
    else:
        assert (code or "UTF-8") in captured.err
        assert captured.out == ""
    assert not Path("ran").exists()


def test_line_ends_of_windows_and_old_macs_and_tabs_are_read(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf\tz_i\t= A_ij x_j\r\ny_i = z_i z_i\r")
    assert tc.load(path) == tc.parse("z_i = A_ij x_j\ny_i = z_i z_i")


def test_a_file_that_is_no_text_shows_the_place(path: Path) -> None:
    path.write_bytes("y_i = é x_i\nz_i = ".encode() + b"\xe9 x_i\n")
    with pytest.raises(tc.NotationError) as caught:
        tc.load(path)
    (found,) = caught.value.diagnostics
    assert (found.code, found.line, found.column) == ("E103", 2, 7)
    with pytest.raises(OSError, match="missing"):
        tc.load(path.parent / "missing.tc")
