"""Convolution, pooling, upsampling: against torch.nn.functional, forward and backward."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import tensorcalc as tc
from tests.support.by_hand import agrees, is_by_hand, passes
from tests.support.graphs import holds_no_index_map
from tests.support.modules import agree, held_against

torch = pytest.importorskip("torch", reason="its functions are what is compared with")
functional = torch.nn.functional

NATIVE = re.compile(r"conv2d_input|conv2d_weight|as_strided\(w|(?:np|functional)\.pad\(w")

FULL = """
tensor x^i [N + K - 1]
tensor z^i [N]
tensor w_j [K]
x^i = zeropad(z^{i-j}) w_j
"""
SAME = """
tensor x^i [N]
tensor z^i [N]
x^i = zeropad(z^{i-j}) w_j
"""
CIRCULAR = """
tensor x^i [N]
tensor z^i [N]
tensor w_j [N]
x^i = circular(z^{i-j}) w_j
"""
VALID = "x^i = z^{i+j} w_j"
LAYER = """
u^i = z^{i+j} w_j + b
x^i = tanh(u^i)
"""
CHANNEL = """
y_ij = tanh(w x_ij + b)
f_ij = tanh(v y_ij + c)
"""


def conv2d_text(
    stride: tuple[int, int], dilation: tuple[int, int], padding: tuple[int, int], *, grouped: bool
) -> str:
    """A 2-D convolution as its indices say it; with groups, the channels have two indices."""
    (a, b), (d, e), (k, m) = stride, dilation, padding
    g, group = ("G, ", "g, ") if grouped else ("", "")
    return f"""
tensor x [B, {g}C, H, W]
tensor w [{g}O, C, R, S]
tensor b [{g}O]
tensor y [B, {g}O, (H + {2 * k} - {d}*(R-1) - 1)//{a} + 1, (W + {2 * m} - {e}*(S-1) - 1)//{b} + 1]
y_{{n, {group}o, p, q}} = sum_{{c r s}} w_{{{group}o, c, r, s}} zeropad(x_{{n, {group}c, \
{a}*p + {d}*r - {k}, {b}*q + {e}*s - {m}}}) + b_{{{group}o}}
"""


GRID = [
    ((1, 1), (1, 1), (0, 0), (3, 3), 1),
    ((1, 1), (1, 1), (1, 2), (3, 2), 1),
    ((2, 2), (1, 1), (1, 1), (3, 3), 1),
    ((2, 1), (1, 2), (0, 1), (2, 3), 1),
    ((3, 2), (2, 1), (2, 0), (2, 3), 1),
    ((2, 3), (2, 2), (1, 3), (3, 2), 1),
    ((1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((4, 4), (1, 1), (0, 0), (2, 2), 1),
    ((1, 1), (1, 1), (1, 1), (3, 3), 3),
    ((2, 1), (1, 2), (1, 0), (3, 2), 3),
    ((2, 2), (2, 2), (2, 2), (3, 3), 2),
]


@pytest.mark.parametrize(("stride", "dilation", "padding", "kernel", "groups"), GRID)
def test_convolution_is_torchs_conv2d(
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int],
    kernel: tuple[int, int],
    groups: int,
) -> None:
    """Values, and gradients by image, kernel and bias."""
    rng = np.random.default_rng(0)
    samples, inside, out = 2, 3, 2
    grouped = groups > 1
    lead = (groups,) if grouped else ()
    arrays = {
        "x": rng.normal(size=(samples, *lead, inside, 7, 9)),
        "w": rng.normal(size=(*lead, out, inside, *kernel)),
        "b": rng.normal(size=(*lead, out)),
    }

    def reference(x: Any, w: Any, b: Any) -> Any:
        y = functional.conv2d(
            x.reshape(samples, groups * inside, 7, 9),
            w.reshape(groups * out, inside, *kernel),
            b.reshape(groups * out),
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )
        return y.reshape(samples, *lead, out, *y.shape[2:])

    text = conv2d_text(stride, dilation, padding, grouped=grouped)
    held_against(text, "y", arrays, reference)


KERNELS = ((1, 1), (2, 3), (3, 2), (3, 3))


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 1)])
def test_one_kernel_for_every_size(
    stride: tuple[int, int], dilation: tuple[int, int], padding: tuple[int, int], groups: int
) -> None:
    """The program is compiled once; sizes of image and kernel are read from the arrays."""
    program = tc.parse(conv2d_text(stride, dilation, padding, grouped=groups > 1))
    derived = program.vjp("y", ["x", "w", "b"])
    kernels = [(program.compile(b), derived.compile(b)) for b in ("numpy", "torch")]  # type: ignore[arg-type]
    for place, (forward, backward) in enumerate(kernels):
        found = NATIVE.findall(backward.source)
        assert found == (["conv2d_input", "conv2d_weight"] if place else [])
        assert "conv2d" in forward.source if place else "as_strided" in forward.source
    settings = {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups}
    rng = np.random.default_rng(8)
    lead = (groups,) if groups > 1 else ()
    for kernel in KERNELS:
        x = torch.tensor(rng.normal(size=(2, groups * 2, 7, 8)), requires_grad=True)
        w = torch.tensor(rng.normal(size=(groups * 2, 2, *kernel)), requires_grad=True)
        b = torch.tensor(rng.normal(size=groups * 2), requires_grad=True)
        y = functional.conv2d(x, w, b, **settings)  # type: ignore[arg-type]
        y_bar = torch.tensor(rng.normal(size=tuple(y.shape)))
        y.backward(y_bar)
        arrays = {
            "x": x.detach().reshape(2, *lead, -1, 7, 8),
            "w": w.detach().reshape(*lead, -1, 2, *kernel),
            "b": b.detach().reshape(*lead, -1),
            "y_bar": y_bar.reshape(2, *lead, -1, *y.shape[2:]),
        }
        for forward, backward in kernels:
            value = forward(**{n: arrays[n] for n in forward.inputs})
            agree(np.asarray(value).reshape(y.shape), y.detach(), "y")
            slopes = backward(**{n: arrays[n] for n in backward.inputs})
            for name, leaf in (("x", x), ("w", w), ("b", b)):
                slope = np.asarray(slopes[f"{name}_bar"]).reshape(leaf.shape)
                agree(slope, leaf.grad, f"{name}_bar with a kernel of {kernel}")


def test_convolution_agrees_with_autograd_for_other_sizes() -> None:
    text = conv2d_text((2, 3), (1, 2), (1, 1), grouped=False)
    agrees(text, "y", ["x", "w", "b"], ("vjp", "jvp"))


@pytest.mark.parametrize("text", [FULL, SAME, CIRCULAR, VALID])
def test_convolution_of_a_vector_in_every_mode(text: str) -> None:
    agrees(text, "x", ["z", "w"], ("jacobian", "vjp", "jvp"))


@pytest.mark.parametrize(
    ("text", "mode", "wrt", "name", "wanted"),
    [
        (FULL, "jacobian", "z", "dx_dz", "R^i_m = zeropad(w_{i-m})"),
        (SAME, "jacobian", "z", "dx_dz", "R^i_m = zeropad(w_{i-m})"),
        (CIRCULAR, "jacobian", "z", "dx_dz", "R^i_m = circular(w_{i-m})"),
        (VALID, "jacobian", "z", "dx_dz", "R^i_m = zeropad(w_{m-i})"),
        (FULL, "jacobian", "w", "dx_dw", "R^i_m = zeropad(z^{i-m})"),
        (SAME, "jacobian", "w", "dx_dw", "R^i_m = zeropad(z^{i-m})"),
        (CIRCULAR, "jacobian", "w", "dx_dw", "R^i_m = circular(z^{i-m})"),
        (SAME, "vjp", "z", "z_bar", "R_m = `x_bar`_i zeropad(w_{i-m})"),
    ],
)
def test_formula_by_hand(text: str, mode: str, wrt: str, name: str, wanted: str) -> None:
    is_by_hand(getattr(tc.parse(text), mode)("x", wrt), name, wanted)


def test_the_whole_kernel_slides_over_the_full_result() -> None:
    """``x`` has room for every product, so its adjoint needs no padding."""
    derived = tc.parse(FULL).vjp("x", ["z"])
    is_by_hand(derived, "z_bar", "R_i = `x_bar`_{i+j} w_j")
    for backend in ("numpy", "torch"):
        arrays = {"z": np.ones(40_000), "w": np.arange(3.0), "x_bar": np.ones(40_002)}
        assert np.asarray(derived.compile(backend)(**arrays)).tolist() == [3.0] * 40_000


def test_convolution_layer() -> None:
    rng = np.random.default_rng(1)
    arrays = {"z": rng.normal(size=9), "w": rng.normal(size=4), "b": np.array(0.3)}

    def reference(z: Any, w: Any, b: Any) -> Any:
        return torch.tanh(functional.conv1d(z[None, None], w[None, None])[0, 0] + b)

    held_against(LAYER, "x", arrays, reference)
    derived = tc.parse(LAYER).vjp("x", ["z", "w", "b"])
    is_by_hand(derived, "u_bar", "R_i = `x_bar`_i (1 - x^i**2)")
    is_by_hand(derived, "z_bar", "R_m = zeropad(`u_bar`_{m-j}) w_j")
    is_by_hand(derived, "b_bar", "R = sum_i `u_bar`_i")


def test_one_weight_for_each_channel() -> None:
    """On an image of 2 by 2, as it is done by hand, and on others."""
    rng = np.random.default_rng(2)
    derived = tc.parse(CHANNEL).vjp("f", ["w", "b", "v", "c"])
    is_by_hand(derived, "c_bar", "R = `f_bar`_ij (1 - f_ij**2)")
    is_by_hand(derived, "v_bar", "R = `f_bar`_ij (1 - f_ij**2) y_ij")
    is_by_hand(derived, "w_bar", "R = `y_bar`_ij x_ij (1 - y_ij**2)")
    passes(derived)
    x, w, b, v, c = rng.normal(size=(2, 2)), 0.7, -0.2, 1.3, 0.4
    f_bar = rng.normal(size=(2, 2))
    y = np.tanh(w * x + b)
    slope = 1 - np.tanh(v * y + c) ** 2
    y_bar = f_bar * slope * v
    for backend in ("numpy", "torch"):
        found = derived.compile(backend)(x=x, w=w, b=b, v=v, c=c, f_bar=f_bar)
        np.testing.assert_allclose(found["w_bar"], (y_bar * (1 - y**2) * x).sum(), rtol=1e-12)
        np.testing.assert_allclose(found["b_bar"], (y_bar * (1 - y**2)).sum(), rtol=1e-12)
        np.testing.assert_allclose(found["v_bar"], (f_bar * slope * y).sum(), rtol=1e-12)
        np.testing.assert_allclose(found["c_bar"], (f_bar * slope).sum(), rtol=1e-12)


POOLS = [
    ("max_{u v}(x_{n, c, 2*p + u, 2*q + v})", "max_pool2d", (2, 2), (2, 2)),
    ("max_{u v}(x_{n, c, 2*p + u, q + v})", "max_pool2d", (3, 2), (2, 1)),
    ("1/4 sum_{u v} x_{n, c, 2*p + u, 2*q + v}", "avg_pool2d", (2, 2), (2, 2)),
    ("mean_{u v}(x_{n, c, 2*p + u, 3*q + v})", "avg_pool2d", (3, 2), (2, 3)),
]


@pytest.mark.parametrize(("body", "function", "window", "stride"), POOLS)
def test_pooling_is_torchs(
    body: str, function: str, window: tuple[int, int], stride: tuple[int, int]
) -> None:
    """Overlapping windows and rows left over too."""
    text = f"sizes u={window[0]}, v={window[1]}\ny_ncpq = {body}"
    arrays = {"x": np.random.default_rng(3).normal(size=(2, 3, 7, 8))}

    def reference(x: Any) -> Any:
        return getattr(functional, function)(x, window, stride)

    held_against(text, "y", arrays, reference)
    agrees(text, "y", ["x"], ("jvp",))


LENET = """
tensor x [3, 1, 14, 14]
tensor W [10, 5, 2, 2]
sizes u=3, v=3, k=2, l=2
a_nopq = tanh(sum_{c u v} x_{n, c, p+u, q+v} A_ocuv + b_o)
h_nopq = 1/4 sum_{k l} a_{n, o, 2*p+k, 2*q+l}
c_nmpq = relu(sum_{o u v} h_{n, o, p+u, q+v} C_mouv + d_m)
g_nmpq = max_{k l}(c_{n, m, 2*p+k, 2*q+l})
z_nr = sum_{m p q} g_nmpq W_rmpq + e_r
l_nr = log_softmax_r(z_nr)
L = -1/size(n) sum_n l_{n, t_n}
"""


def test_a_small_lenet_end_to_end() -> None:
    """Convolution, averages, convolution, maxima, a dense layer, cross-entropy of labels."""
    rng = np.random.default_rng(4)
    shapes: Mapping[str, Sequence[int]] = {
        "x": (3, 1, 14, 14),
        "A": (4, 1, 3, 3),
        "b": (4,),
        "C": (5, 4, 3, 3),
        "d": (5,),
        "W": (10, 5, 2, 2),
        "e": (10,),
    }
    arrays = {name: rng.normal(size=shape) / 2 for name, shape in shapes.items()}
    labels = np.array([3, 0, 9])

    def reference(x: Any, **p: Any) -> Any:
        h = functional.avg_pool2d(torch.tanh(functional.conv2d(x, p["A"], p["b"])), 2)
        g = functional.max_pool2d(torch.relu(functional.conv2d(h, p["C"], p["d"])), 2)
        z = g.flatten(1) @ p["W"].flatten(1).T + p["e"]
        return functional.cross_entropy(z, torch.as_tensor(labels))

    held_against(LENET, "L", arrays, reference, fixed={"t": labels})


TRANSPOSED = """
tensor x [B, C, N]
tensor w [C, O, K]
tensor y [B, O, {s}*(N - 1) + K]
y_noi = sum_{{c k p}} [i == {s}*p + k] x_ncp w_cok
"""


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_transposed_convolution_is_torchs(stride: int) -> None:
    rng = np.random.default_rng(5)
    arrays = {"x": rng.normal(size=(2, 3, 6)), "w": rng.normal(size=(3, 4, 5))}
    text = TRANSPOSED.format(s=stride)

    def reference(x: Any, w: Any) -> Any:
        return functional.conv_transpose1d(x, w, stride=stride)

    held_against(text, "y", arrays, reference)


def test_the_adjoint_of_upsampling_reads_with_a_stride() -> None:
    derived = tc.parse(TRANSPOSED.format(s=2)).vjp("y", ["x"])
    is_by_hand(derived, "x_bar", "R_ncp = `y_bar`_{n, o, 2*p+k} w_cok")


NEAREST = """
tensor x [C, N]
tensor y [C, 3*N]
sizes r=3
y_ci = sum_{p r} [i == 3*p + r] x_cp
"""
BILINEAR = """
tensor x [C, N]
tensor y [C, N, 2]
sizes r=2, k=3
y_cpr = sum_k replicate(x_{c, p+k-1}) h_rk
"""


def test_nearest_upsampling_is_torchs() -> None:
    arrays = {"x": np.random.default_rng(6).normal(size=(2, 5))}

    def reference(x: Any) -> Any:
        return functional.interpolate(x[None], scale_factor=3, mode="nearest")[0]

    held_against(NEAREST, "y", arrays, reference)


def test_linear_upsampling_is_torchs() -> None:
    """Each output lies a quarter of a step beside its input; the border is repeated."""
    arrays = {"x": np.random.default_rng(7).normal(size=(2, 5))}
    weights = np.array([[0.25, 0.75, 0], [0, 0.75, 0.25]])

    def reference(x: Any) -> Any:
        y = functional.interpolate(x[None], scale_factor=2, mode="linear")[0]
        return y.reshape(2, 5, 2)

    held_against(BILINEAR, "y", arrays, reference, fixed={"h": weights})
    agrees(BILINEAR, "y", ["x", "h"], ("vjp", "jvp"))


CONVOLUTIONS = """
tensor x [B, C, H]
tensor w [O, C, R]
tensor v [P, O, S]
y_nop = sum_{c r} w_ocr x_{n, c, p+r}
z_nmp = sum_{o r} v_mor y_{n, o, p+r}
"""
POOLED = """
tensor x [B, C, H]
tensor w [O, C, R]
sizes k=2, l=3
y_nop = sum_{c r} w_ocr x_{n, c, p+r}
z_nop = 1/2 sum_k y_{n, o, 2*p+k}
u_nop = max_l(z_{n, o, p+l})
"""


@pytest.mark.parametrize(
    ("text", "of", "wrt"),
    [
        (conv2d_text((1, 1), (1, 1), (1, 1), grouped=False), "y", ["x", "w"]),
        (conv2d_text((2, 3), (2, 1), (1, 0), grouped=True), "y", ["x", "w"]),
        (FULL, "x", ["z", "w"]),
        (SAME, "x", ["z", "w"]),
        (CIRCULAR, "x", ["z", "w"]),
        (CONVOLUTIONS, "z", ["x", "w", "v"]),
        (POOLED, "u", ["x", "w"]),
        (TRANSPOSED.format(s=2), "y", ["x", "w"]),
        (NEAREST, "y", ["x"]),
        (BILINEAR, "y", ["x", "h"]),
        (LENET, "L", ["x", "A", "C", "W"]),
    ],
)
def test_the_graph_holds_no_index_map_and_no_dense_delta(
    text: str, of: str, wrt: Sequence[str]
) -> None:
    """Read before any kernel is written.

    A label's class is put at its place, in an array of samples by classes that is the result.
    """
    program = tc.parse(text)
    holds_no_index_map(program.equations, program.equations)
    for derived in (program.vjp(of, list(wrt)), program.jacobian(of, list(wrt))):
        holds_no_index_map(derived.equations, program.equations)
