"""Convolutions, against the functions of the libraries themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

import tensorcalc as tc
from benchmarks.cases import Arrays, Case, leaves_of

__all__ = ["CONVOLUTIONS"]

# -- a convolution with stride and padding: value, and gradients by image and kernel -------

CONVOLUTION = """
tensor x [N, C, H, H]
tensor w [O, C, K, K]
tensor b [O]
tensor y [N, O, (H + 2 - K)//2 + 1, (H + 2 - K)//2 + 1]
y_nopq = sum_{c r s} w_ocrs zeropad(x_{n, c, 2*p + r - 1, 2*q + s - 1}) + b_o
"""


def _convolution_shapes(s: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    n, c, o, h, k = s["n"], s["c"], s["o"], s["h"], s["k"]
    return {"x": (n, c, h, h), "w": (o, c, k, k), "b": (o,)}


def _convolution_gradient_shapes(s: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    rows = (s["h"] + 2 - s["k"]) // 2 + 1
    return {**_convolution_shapes(s), "y_bar": (s["n"], s["o"], rows, rows)}


def _convolution_torch(a: Arrays) -> Callable[[], Any]:
    x, w, b = (a[n] for n in ("x", "w", "b"))

    def call() -> Any:
        with torch.no_grad():
            return [torch.nn.functional.conv2d(x, w, b, stride=2, padding=1)]

    return call


def _convolution_backward(a: Arrays) -> Callable[[], Any]:
    x, w, y_bar = (a[n] for n in ("x", "w", "y_bar"))
    backward = torch.ops.aten.convolution_backward
    settings = [[2, 2], [1, 1], [1, 1], False, [0, 0], 1]

    def call() -> Any:
        return list(backward(y_bar, x, w, None, *settings, [True, True, False])[:2])

    return call


def _convolution_autograd(a: Arrays) -> Callable[[], Any]:
    x, w = leaves = leaves_of(a, ["x", "w"])

    def call() -> Any:
        y = torch.nn.functional.conv2d(x, w, stride=2, padding=1)
        return list(torch.autograd.grad(y, leaves, a["y_bar"]))

    return call


# -- a long kernel around a circle: gradients by the signal and by the kernel --------------

CIRCLE = """
tensor z [C, N]
tensor w [C, N]
tensor x [C, N]
x_ci = circular(z_{c, i-j}) w_cj
"""


def _circle_shapes(s: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    return dict.fromkeys(("z", "w", "x_bar"), (s["c"], s["n"]))


def _circle_through(fft: Any) -> Callable[[Arrays], Callable[[], Any]]:
    """Through the spectrum, by a library's module of transforms."""

    def peer(a: Arrays) -> Callable[[], Any]:
        z, w, x_bar = (a[n] for n in ("z", "w", "x_bar"))

        def call() -> Any:
            e = fft.rfft(x_bar)
            return [fft.irfft(fft.rfft(f).conj() * e, z.shape[1]) for f in (w, z)]

        return call

    return peer


def _circle_matrix(a: Arrays) -> Callable[[], Any]:
    """The direct form: windows of the repeated signal, times the cotangent."""
    z, w, x_bar = (a[n] for n in ("z", "w", "x_bar"))
    size = z.shape[1]

    def adjoint(f: Any) -> Any:
        twice = np.concatenate([f, f], 1)
        windows = np.lib.stride_tricks.sliding_window_view(twice, size, 1)[:, :size]
        turned = np.matvec(windows, x_bar)[:, ::-1]
        return np.roll(turned, 1, 1)

    return lambda: [adjoint(w), adjoint(z)]


CONVOLUTIONS = (
    Case(
        "convolution",
        lambda: tc.parse(CONVOLUTION),
        _convolution_shapes,
        {
            "small": {"n": 2, "c": 3, "o": 4, "h": 9, "k": 3},
            "large": {"n": 8, "c": 16, "o": 32, "h": 64, "k": 3},
        },
        {"torch by hand": _convolution_torch},
    ),
    Case(
        "convolution gradients",
        lambda: tc.parse(CONVOLUTION).vjp("y", ["x", "w"]),
        _convolution_gradient_shapes,
        {
            "small": {"n": 2, "c": 3, "o": 4, "h": 9, "k": 3},
            "large": {"n": 8, "c": 16, "o": 32, "h": 64, "k": 3},
        },
        {"torch by hand": _convolution_backward, "torch autograd": _convolution_autograd},
    ),
    Case(
        "convolution around a circle, gradients",
        lambda: tc.parse(CIRCLE).vjp("x", ["z", "w"]),
        _circle_shapes,
        {"small": {"c": 2, "n": 60}, "large": {"c": 4, "n": 1024}},
        {
            "numpy by hand": _circle_through(np.fft),
            "numpy without spectrum": _circle_matrix,
            "torch by hand": _circle_through(torch.fft),
        },
    ),
)
