"""Products around a circle: through the spectrum where it is cheaper, equal to the direct form."""

from __future__ import annotations

from random import Random
from typing import Any, Literal

import numpy as np
import pytest

import tensorcalc as tc

torch = pytest.importorskip("torch", reason="one of the two back ends")

BACKENDS: tuple[Literal["numpy", "torch"], ...] = ("numpy", "torch")
LARGE = {"N": 512, "M": 512, "K": 512, "B": 3, "C": 2, "O": 4}
SMALL = {"N": 6, "M": 6, "K": 3, "B": 3, "C": 2, "O": 4}

HEAD = "tensor z^i [N]\ntensor w_j [N]\ntensor x^i [N]\n"
FORMS = {
    "convolution": HEAD + "x^i = circular(z^{i-j}) w_j",
    "correlation": HEAD + "x^i = circular(z^{i+j}) w_j",
    "turned": HEAD + "x^i = circular(z^{j-i}) w_j",
    "both turned": HEAD + "x^i = circular(z^{-i-j}) w_j",
    "ahead": HEAD + "x^i = circular(z^{i-j+3}) w_j",
    "turned and behind": HEAD + "x^i = circular(z^{j-i-2}) w_j",
    "a size ahead": HEAD + "tensor v [K]\nx^i = circular(z^{i+j-K}) w_j sum_k v_k",
    "short kernel": (
        "tensor z_i [K + M - 1]\ntensor w_j [K]\ntensor x_i [K + M - 1]\n"
        "x_i = circular(z_{i-j}) w_j"
    ),
    "short result": (
        "tensor z_i [K + M]\ntensor w_j [K]\ntensor x_i [M]\nx_i = circular(z_{i-j}) w_j"
    ),
    "samples": "tensor z [B, N]\ntensor x [B, N]\ntensor w [N]\nx_ni = circular(z_{n, i-j}) w_j",
    "a kernel each": (
        "tensor z [B, N]\ntensor x [B, N]\ntensor w [B, N]\nx_ni = circular(z_{n, i-j}) w_nj"
    ),
    "channels": (
        "tensor z [B, C, N]\ntensor w [O, C, N]\ntensor x [B, O, N]\n"
        "x_noi = circular(z_{n, c, i-j}) w_ocj"
    ),
    "channels of one sample": (
        "tensor z [C, N]\ntensor w [C, N]\ntensor x [N]\nx_i = circular(z_{c, i-j}) w_cj"
    ),
    "channels last": (
        "tensor z [B, N, C]\ntensor w [N, C, O]\ntensor x [B, N, O]\n"
        "x_nio = circular(z_{n, i+j, c}) w_jco"
    ),
    "groups of channels": (
        "tensor z [O, B, C, N]\ntensor w [O, C, B, N]\ntensor x [O, B, N]\n"
        "x_oni = circular(z_{o, n, c, i-j}) w_{o, c, n, j}"
    ),
    "two channels of two kinds": (
        "tensor z [C, O, B, N]\ntensor w [K, O, C, N]\ntensor x [B, K, N]\n"
        "x_nki = circular(z_{c, o, n, i-j}) w_{k, o, c, j}"
    ),
    "two axes": (
        "tensor z [M, N]\ntensor w [M, N]\ntensor x [M, N]\nx_ik = circular(z_{i-j, k-l}) w_jl"
    ),
    "two axes, correlation, samples": (
        "tensor z [M, B, N]\ntensor w [N, M]\ntensor x [B, N, M]\n"
        "x_nki = circular(z_{i+j, n, k+l-2}) w_lj"
    ),
    "one of two axes": (
        "tensor z [M, N]\ntensor w [N]\ntensor x [N, M]\nx_ki = circular(z_{i, k-l}) w_l"
    ),
}


def sizes_of(rng: Random, text: str) -> dict[str, int]:
    """Odd and even lengths, primes among them; small other axes; the kernel the shorter one."""
    choice = {"N": rng.choice([1, 2, 5, 8, 9, 13, 30]), "M": rng.choice([3, 4, 7, 12])}
    choice |= {"K": rng.choice([1, 2, 3, 4]), "B": 3, "C": 2, "O": 4}
    return {name: size for name, size in choice.items() if f"{name}" in text}


def arrays_of(program: Any, sizes: dict[str, int], seed: int, dtype: type) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = {t.name: [e.evaluate(sizes) for e in t.extents] for t in program.equations.inputs}
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


def outputs(kernel: Any, given: dict[str, Any]) -> dict[str, Any]:
    result = kernel(**given)
    return result if len(kernel.outputs) > 1 else {kernel.outputs[0]: result}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FORMS)
def test_the_spectrum_gives_what_the_direct_form_gives(
    name: str, backend: Literal["numpy", "torch"]
) -> None:
    """Values, both adjoints and tangents; one kernel for every size, types kept."""
    text, rng = FORMS[name], Random(name)
    program = tc.parse(text)
    read = [t for t in program.inputs if t in ("z", "w")]
    for derived in (program, program.vjp("x", read), program.jvp("x", read)):
        fast, plain = (derived.compile(backend, sizes=s) for s in (LARGE, SMALL))
        assert "fft" not in plain.source
        if name != "short result" or derived is program:  # its adjoint runs around no circle
            assert "fft.rfft" in fast.source, fast.source
            assert "as_strided" not in fast.source
        for seed in range(3):
            sizes = sizes_of(rng, text)
            for dtype, tolerance in ((np.float64, 1e-13), (np.float32, 1e-5)):
                given = arrays_of(derived, sizes, seed, dtype)
                given = {n: a for n, a in given.items() if n in fast.inputs}
                if backend == "torch":
                    given = {n: torch.as_tensor(a) for n, a in given.items()}
                found, wanted = outputs(fast, given), outputs(plain, given)
                for output, value in wanted.items():
                    got, want = np.asarray(found[output]), np.asarray(value)
                    assert got.dtype == want.dtype == dtype
                    assert got.shape == want.shape
                    scale = np.abs(want).max()
                    assert np.abs(got - want).max() <= tolerance * scale * 10, (output, sizes)


def test_each_spectrum_is_computed_once() -> None:
    derived = tc.parse(FORMS["convolution"]).vjp("x", ["z", "w"])
    for backend in BACKENDS:
        source = derived.compile(backend, sizes=LARGE).source
        assert source.count(".rfft(") == 3
        assert source.count(".irfft(") == 2


def test_the_length_decides_and_the_kernel_s_too() -> None:
    """Typical sizes are small; a short kernel is cheaper without a spectrum."""
    for backend in BACKENDS:
        assert "fft" not in tc.parse(FORMS["convolution"]).compile(backend).source
        for kernel, spectrum in ((3, False), (900, True)):
            text = f"tensor x_i [1024]\ntensor z_i [1024]\ntensor w_j [{kernel}]\n"
            program = tc.parse(f"{text}x_i = circular(z_{{i-j}}) w_j")
            assert ("fft" in program.compile(backend).source) is spectrum


def test_a_kernel_that_may_be_longer_than_the_circle_is_not_cut() -> None:
    """Nothing says that ``K`` is not more than ``N``."""
    text = "tensor x_i [N]\ntensor z_i [N]\ntensor w_j [K]\nx_i = circular(z_{i-j}) w_j"
    z, w = np.arange(1.0, 4), np.arange(1.0, 6)
    wanted = [sum(z[(i - j) % 3] * w[j] for j in range(5)) for i in range(3)]
    for backend in BACKENDS:
        kernel = tc.parse(text).compile(backend, sizes={"N": 4096, "K": 2048})
        assert "fft" not in kernel.source
        np.testing.assert_allclose(np.asarray(kernel(z=z, w=w)), wanted, rtol=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "index i, j : 512\ntensor z_i [512]\nx_i = sum_j circular(z_{i-j}) [j < 3*i]",
        "index i, j : 512\ntensor z_i [512]\nx_i = circular(z_{i-2*j}) w_j",
        "index i, j : 512\ntensor z_i [512]\nx_i = sum_j circular(z_{i-j}) w_j v_{i}**2 u_{ij}",
        "index i, j, k : 48\ntensor z_i [48]\nx_i = sum_{j k} circular(z_{i-j-k}) w_j v_k",
    ],
)
def test_what_is_no_product_around_a_circle(text: str) -> None:
    """Conditions, which are 0 or 1, strides, kernels that change from place to place."""
    program = tc.parse(text)
    for backend in BACKENDS:
        source = program.compile(backend).source
        assert "fft" not in source
    assert program.check().passed


def test_gradients_of_a_loss_and_second_derivatives() -> None:
    """The whole path: simplified, planned, compiled through spectra, held against autograd."""
    text = (
        "index i, j : 300\ntensor z^i [300]\ny^i = tanh(circular(z^{i-j}) w_j)\nL = sum_i y^i t_i"
    )
    program = tc.parse(text)
    for derived in (program.grad("L", ["z", "w"]), program.hvp("L", ["z", "w"])):
        assert "rfft" in derived.compile("numpy").source
        report = derived.check()
        assert report.passed, str(report)
