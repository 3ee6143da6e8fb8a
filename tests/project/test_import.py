"""Importing tensorcalc is quick and brings nothing heavy along."""

import json
import subprocess
import sys

HEAVY = ("torch", "sympy", "scipy", "matplotlib", "sklearn")

PROBE = """
import json, sys, time
start = time.process_time()
import tensorcalc
print(json.dumps([time.process_time() - start, sorted(sys.modules)]))
"""


def _import_in_a_fresh_process() -> tuple[float, list[str]]:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout)
    return seconds, modules


def test_import_brings_no_heavy_library() -> None:
    _, modules = _import_in_a_fresh_process()
    assert "tensorcalc" in modules
    assert [name for name in HEAVY if name in modules] == []


def test_import_takes_less_than_half_a_second() -> None:
    # Of the processor, the best of five: what else runs on the machine is not what is measured.
    assert min(_import_in_a_fresh_process()[0] for _ in range(5)) < 0.5
