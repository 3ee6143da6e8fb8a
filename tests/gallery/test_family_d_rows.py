"""Family D: the kernels of its rows against other ways to compute the same."""

from typing import Any

import numpy as np
import pytest

from derivations.rows import FOLDER
from tensorcalc.program import load
from tests.support.modules import held_against

torch = pytest.importorskip("torch", reason="its functions are what is compared with")
functional = torch.nn.functional


def test_the_spectrum_gives_circular_convolution_and_its_adjoint() -> None:
    """Row D4 with the Fourier matrix put in, against row D1's sum over the circle."""
    rng = np.random.default_rng(0)
    size = 7
    kernel, signal, cotangent = rng.normal(size=(3, size))
    angles = 2 * np.pi * np.outer(np.arange(size), np.arange(size)) / size
    spectrum = np.fft.fft(kernel)
    arrays = {
        "C": np.cos(angles) / np.sqrt(size),
        "S": -np.sin(angles) / np.sqrt(size),
        "a": spectrum.real,
        "b": spectrum.imag,
    }
    there, around = load(FOLDER / "D4" / "spectrum.tc"), load(FOLDER / "D1" / "circular.tc")
    values = there.compile("numpy")(x=signal, **arrays)
    np.testing.assert_allclose(values, around.compile("numpy")(z=signal, w=kernel), rtol=1e-12)
    back = there.vjp("y", "x").compile("numpy")(y_bar=cotangent, **arrays)
    wanted = around.vjp("x", "z").compile("numpy")(w=kernel, x_bar=cotangent)
    np.testing.assert_allclose(back, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("file", "shapes", "options"),
    [
        ("plain.tc", ((2, 3, 7, 9), (4, 3, 3, 2), (4,)), {}),
        (
            "strided.tc",
            ((2, 3, 7, 9), (4, 3, 3, 2), (4,)),
            {"stride": (2, 1), "dilation": (1, 2), "padding": (1, 2)},
        ),
    ],
)
def test_the_layers_are_torchs(
    file: str, shapes: tuple[tuple[int, ...], ...], options: dict[str, Any]
) -> None:
    rng = np.random.default_rng(1)
    arrays = {n: rng.normal(size=shape) for n, shape in zip("xwb", shapes, strict=True)}
    text = (FOLDER / "D3" / file).read_text(encoding="utf-8")

    def reference(x: Any, w: Any, b: Any) -> Any:
        return functional.conv2d(x, w, b, **options)

    held_against(text, "y", arrays, reference)


def test_the_grouped_layer_is_torchs() -> None:
    rng = np.random.default_rng(2)
    arrays = {
        "x": rng.normal(size=(2, 3, 2, 6, 7)),
        "w": rng.normal(size=(3, 4, 2, 3, 2)),
        "b": rng.normal(size=(3, 4)),
    }
    text = (FOLDER / "D3" / "grouped.tc").read_text(encoding="utf-8")

    def reference(x: Any, w: Any, b: Any) -> Any:
        y = functional.conv2d(x.flatten(1, 2), w.flatten(0, 1), b.flatten(), groups=3)
        return y.reshape(2, 3, 4, *y.shape[2:])

    held_against(text, "y", arrays, reference)


def test_bilinear_upsampling_is_torchs() -> None:
    rng = np.random.default_rng(3)
    weights = np.array([[0.25, 0.75, 0], [0, 0.75, 0.25]])
    text = (FOLDER / "D7" / "bilinear.tc").read_text(encoding="utf-8")

    def reference(x: Any) -> Any:
        y = functional.interpolate(x[None], scale_factor=2, mode="bilinear")[0]
        return y.reshape(3, 4, 2, 5, 2)

    held_against(text, "y", {"x": rng.normal(size=(3, 4, 5))}, reference, fixed={"h": weights})
