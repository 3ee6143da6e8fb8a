"""Row F6: a stack of transformer layers, each written as the one of the row."""

from __future__ import annotations

import re

from derivations.rows import FOLDER
from tensorcalc.program import Program, parse

__all__ = ["PARAMETERS", "layer_files", "stack", "stack_gradient"]

#: Of one layer; in a stack the layer's number follows each name.
PARAMETERS = ("Q", "K", "V", "O", "qb", "kb", "vb", "ob", "g", "b", "F", "fb", "G", "gb", "j", "i")


def stack(layers: int) -> Program:
    """That many layers one after the other: ``y`` of the last is a function of ``x``."""
    source = (FOLDER / "F6" / "transformer.tc").read_text(encoding="utf-8")
    lines = [
        line for line in source.splitlines() if not line.startswith(("#", "index", "tensor x"))
    ]
    made = ["index t, u : T", "tensor x_btm [B, T, M]"]
    for number in range(1, layers + 1):
        read = "x" if number == 1 else f"y{number - 1}"
        made += [_numbered(line, number, read) for line in lines]
    return parse("\n".join(made))


def _numbered(line: str, number: int, read: str) -> str:
    """A line of the layer's source with the layer's number behind each name but functions'."""

    def named(found: re.Match[str]) -> str:
        name = found[1]
        if name in ("softmax", "mean"):
            return name
        return read if name == "x" else f"{name}{number}"

    return re.sub(r"\b([A-Za-z]+)(?=_)", named, line)


def stack_gradient(layers: int) -> Program:
    """What comes back to every parameter of the stack and to its input."""
    names = [f"{name}{n}" for n in range(1, layers + 1) for name in PARAMETERS]
    return stack(layers).vjp(f"y{layers}", [*names, "x"])


def layer_files() -> dict[str, str | bytes]:
    """How the derived programs grow with the number of layers, and that the largest is right."""
    lines = ["layers  definitions  adjoints  lines of the NumPy kernel"]
    for layers in (1, 2, 6, 12):
        derived = stack_gradient(layers)
        forward = len(stack(layers).equations.definitions)
        total = len(derived.equations.definitions)
        code = derived.compile("numpy").source.rpartition('"""')[2].count("\n")
        lines.append(f"{layers:6}  {forward:11}  {total - forward:8}  {code:25}")
    report = derived.check()
    assert report.passed, str(report)
    lines += ["", f"twelve layers: all {len(derived.outputs)} gradients agree with {report.oracle}"]
    return {"layers.txt": "\n".join(lines) + "\n"}
