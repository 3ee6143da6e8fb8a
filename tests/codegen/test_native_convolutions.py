"""Convolutions and pooling in Torch kernels are the native functions, however they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import tensorcalc as tc
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate

pytest.importorskip("torch", reason="its native functions are what is emitted")

NATIVE = re.compile(
    r"conv\dd_input|conv\dd_weight|conv\dd|max_pool\dd|avg_pool\dd|as_strided|for \w+ in|\.flip"
)


def calls(text: str, sizes: Mapping[str, int], *, backend: str = "torch") -> list[str]:
    """What a kernel of ``text`` calls; both back ends must give what the evaluator does."""
    program = tc.parse(text)
    rng = np.random.default_rng(3)
    arrays: dict[str, Any] = {
        t.name: rng.normal(size=tuple(e.evaluate(sizes) for e in t.extents))
        for t in program.equations.inputs
    }
    (wanted,) = evaluate(program.equations, arrays, NumpyBackend(), dict(sizes)).values()
    assert np.abs(wanted).max() > 0.05
    for name in ("numpy", "torch"):
        kernel = program.compile(name, sizes=sizes)
        found = np.asarray(kernel(**arrays))
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, atol=1e-12, err_msg=kernel.source)
    found = NATIVE.findall(program.compile(backend, sizes=sizes).source)
    return sorted(found)


SIZES = {"B": 2, "C": 3, "O": 4, "G": 2, "N": 9, "M": 8, "K": 3, "L": 2, "P": 5, "D": 6, "E": 2}

SUMS = {
    "one axis": (
        "tensor z [B, C, N]; tensor w [O, C, K]; tensor y [B, O, N - K + 1]",
        "y_nop = w_ock zeropad(z_{n, c, p + k})",
        ["conv1d"],
    ),
    "one axis without batch or channels": (
        "tensor z [N]; tensor w [K]; tensor y [N - K + 1]",
        "y_p = w_k z_{p + k}",
        ["conv1d"],
    ),
    "turned round": (
        "tensor z [C, N]; tensor w [O, C, K]; tensor y [O, N + K - 1]",
        "y_op = w_ock zeropad(z_{c, p - k})",
        ["conv1d_input"],
    ),
    "as long as the image": (
        "tensor z [C, N]; tensor w [O, C, K]; tensor y [O, N]",
        "y_op = w_ock zeropad(z_{c, p + k - 2})",
        ["conv1d"],
    ),
    "three axes": (
        """tensor z [C, N, M, P]; tensor w [O, C, K, L, E]
        tensor y [O, N - K + 1, (M - L + 2)//2 + 1, P - E + 1]""",
        "y_opqr = w_ockle zeropad(z_{c, p + k, 2*q + l - 1, r + e})",
        ["conv3d"],
    ),
    "four axes": (
        """tensor z [N, M, P, D]; tensor w [K, L, E, E]
        tensor y [N - K + 1, M - L + 1, P - E + 1, D - E + 1]""",
        "y_opqr = w_klef zeropad(z_{o + k, p + l, q + e, r + f})",
        ["as_strided", "as_strided", ".flip"],
    ),
    "groups, two batch indices, two of channels": (
        "tensor z [B, D, G, C, E, N]; tensor w [G, O, E, C, K]; tensor y [D, B, G, O, N - K + 1]",
        "y_dbgop = w_goeck zeropad(z_{b, d, g, c, e, p + k})",
        ["conv1d"],
    ),
    "the gradient by the kernel": (
        "tensor z [B, C, N]; tensor y [B, O, (N - K + 2)//2 + 1]; tensor w [O, C, K]",
        "w_ock = y_nop zeropad(z_{n, c, 2*p + k - 1})",
        ["conv1d_weight"],
    ),
    "the gradient by a kernel that is turned round": (
        "tensor z [B, C, N]; tensor y [B, O, N]; tensor w [O, C, K]",
        "w_ock = y_nop zeropad(z_{n, c, p - 2*k + 1})",
        ["conv1d_weight"],
    ),
    "the gradient by the image": (
        "tensor z [B, C, 2*P + K]; tensor y [B, O, P]; tensor w [O, C, K]",
        "z_nci = sum_{o p k} [i == 2*p + k] y_nop w_ock",
        ["conv1d_input"],
    ),
    "a place beyond the first": (
        "tensor z [B, C, N]; tensor y [B, O, P]; tensor w [O, C, K]",
        "z_nci = sum_{o p k} [i == p + 2*k + 3] y_nop w_ock",
        ["conv1d_input"],
    ),
    "a view along one axis and places along the other": (
        "tensor z [B, C, N, M]; tensor y [B, O, P, M - L + 1]; tensor w [O, C, K, L]",
        "z_ncij = sum_{o p l} zeropad(w_{o, c, i - 2*p + 1, l}) zeropad(y_{n, o, p, j - l})",
        ["conv2d_input"],
    ),
    "an edge that folds": (
        "tensor z [C, N]; tensor w [O, C, K]; tensor y [O, N]",
        "y_op = w_ock circular(z_{c, p - k})",
        ["as_strided", ".flip"],
    ),
    "read backwards along the result": (
        "tensor z [N]; tensor w [K]; tensor y [N]",
        "y_p = w_k zeropad(z_{8 - p + k})",
        ["conv1d"],
    ),
    "windows of one array by its own index": (
        "tensor z [N]; tensor w [K, N]; tensor y [N]",
        "y_p = w_kp zeropad(z_{p + k})",
        ["as_strided"],
    ),
    "two maxima": (
        "tensor z [B, C, N, M]; tensor y [B, C, N//2, M - 2]; sizes u=2, v=3",
        "y_bcpq = max_{u v}(zeropad(z_{b, c, 2*p + u, q + v}))",
        ["max_pool2d"],
    ),
    "maxima beyond the edge": (
        "tensor z [N]; tensor y [N]; sizes u=3",
        "y_p = max_u(zeropad(z_{p - 2*u + 2}))",
        ["max_pool1d"],
    ),
    "maxima of three batch indices": (
        "tensor z [B, C, D, N]; tensor y [C, B, D, (N - 2)//3]; sizes u=2",
        "y_cbdp = max_u(zeropad(z_{b, c, d, 3*p + u + 1}))",
        ["max_pool1d"],
    ),
    "means": (
        "tensor z [C, N, M]; tensor y [C, N//2, M//2]; sizes u=2, v=2",
        "y_cpq = 1/4 sum_{u v} zeropad(z_{c, 2*p + u, 2*q + v})",
        ["avg_pool2d"],
    ),
    "sums along one axis": (
        "tensor z [N]; tensor y [N - 1]; sizes u=2",
        "y_p = sum_u z_{p + u}",
        ["avg_pool1d"],
    ),
    "maxima over a window and an axis": (
        "tensor z [C, N]; tensor y [N - 1]; sizes u=2",
        "y_p = max_{u c}(z_{c, p + u})",
        ["as_strided"],
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_the_native_function_is_called(name: str) -> None:
    declared, text, wanted = SUMS[name]
    assert calls(f"{declared}\n{text}", SIZES) == sorted(wanted)


def random_text(rng: np.random.Generator) -> tuple[str, dict[str, int]]:
    """A convolution along one or two axes, computing any of the three arrays, any way written."""
    axes = int(rng.integers(1, 3))
    labels = {
        "batch": ["n"][: rng.integers(0, 2)],
        "channels": ["c", "e"][: rng.integers(0, 3)],
        "filters": ["o"][: rng.integers(0, 2)],
        "groups": ["g"][: rng.integers(0, 2)],
    }
    slid = [("i", "p", "r"), ("j", "q", "s")][:axes]
    extents = {k: int(rng.integers(2, 4)) for k in "nceog"}
    for i, p, r in slid:
        extents |= {i: int(rng.integers(6, 9)), p: int(rng.integers(3, 7))}
        extents |= {r: int(rng.integers(1, 4))}
    indices = {
        "x": [*labels["batch"], *labels["groups"], *labels["channels"], *(s[0] for s in slid)],
        "w": [*labels["groups"], *labels["filters"], *labels["channels"], *(s[2] for s in slid)],
        "y": [*labels["batch"], *labels["groups"], *labels["filters"], *(s[1] for s in slid)],
    }
    for own in indices.values():
        rng.shuffle(own)
    target = str(rng.choice(["x", "w", "y"]))
    one, other = (k for k in "xwy" if k != target)
    conditions: list[str] = []
    places: dict[str, str] = {}
    for i, p, r in slid:
        a, d = int(rng.integers(1, 4)), int(rng.choice([-2, -1, 1, 2]))
        c = int(rng.integers(-2, 3)) + (-d * (extents[r] - 1) if d < 0 else 0)
        place = f"{a}*{p} + {d}*{r} + {c}".replace("+ -", "- ")
        if target != "x" and rng.integers(0, 2):
            places[i] = place
        else:
            conditions.append(f"[{i} == {place}]")
    shape = {k: f"tensor {k} [{', '.join(str(extents[m]) for m in v)}]" for k, v in indices.items()}
    factors = [*conditions]
    for k in (one, other):
        read = [places.get(m, m) if k == "x" else m for m in indices[k]]
        written = f"{k}_{{{', '.join(read)}}}"
        factors.append(f"zeropad({written})" if k == "x" and places else written)
    gone = [k for k in dict.fromkeys([*indices[one], *indices[other]]) if k not in places]
    summed = [k for k in gone if k not in indices[target]]
    sums = f"sum_{{{' '.join(summed)}}} " if summed else ""
    left = f"{target}_{{{', '.join(indices[target])}}}"
    return "\n".join([*shape.values(), f"{left} = {sums}{' '.join(factors)}"]), extents


def test_random_convolutions() -> None:
    """Most are native; all are right."""
    native = 0
    for seed in range(60):
        text, extents = random_text(np.random.default_rng(seed))
        try:
            native += any("conv" in c for c in calls(text, extents))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}:\n{text}") from error
    assert native >= 40, native


def test_gradients_of_a_strided_convolution_are_native() -> None:
    text = """
tensor x [B, C, H, W]
tensor w [O, C, R, S]
tensor y [B, O, (H - R + 2)//2 + 1, W - 2*S + 2]
y_nopq = w_ocrs zeropad(x_{n, c, 2*p + r - 1, q + 2*s})
"""
    derived = tc.parse(text).vjp("y", ["x", "w"])
    found = NATIVE.findall(derived.compile("torch").source)
    assert found == ["conv2d_input", "conv2d_weight"]
    assert "functional.pad" not in derived.compile("torch").source
