"""What is measured: gradients and a Jacobian, each against code a careful person would write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import tensorcalc as tc

__all__ = ["CASES", "Arrays", "Case", "contenders_of", "leaves_of"]

Arrays = dict[str, Any]
Peer = Callable[[Arrays], Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """A derived program and its peers.

    Attributes:
        derive: Makes the derived program.
        shapes: The inputs' shapes at a size.
        sizes: Named settings, small first.
        peers: Each makes, from the arrays, a call that returns the same results.
    """

    name: str
    derive: Callable[[], tc.Program]
    shapes: Callable[[Mapping[str, int]], dict[str, tuple[int, ...]]]
    sizes: dict[str, dict[str, int]]
    peers: dict[str, Peer]
    positive: tuple[str, ...] = ()


def contenders_of(case: Case, size: str, dtype: str) -> dict[str, Callable[[], Any]]:
    """Calls of all contenders on the same data; each returns a list of arrays."""
    values = case.sizes[size]
    rng = np.random.default_rng(0)
    arrays: Arrays = {}
    for name, shape in case.shapes(values).items():
        array = rng.normal(size=shape) / max(1, shape[-1]) ** 0.5
        if name in case.positive:
            array = np.abs(array) + 0.1
            array /= array.sum(-1, keepdims=True)
        arrays[name] = array.astype(dtype)
    tensors = {name: torch.as_tensor(array) for name, array in arrays.items()}
    program = case.derive()
    made: dict[str, Callable[[], Any]] = {}
    known = {f"n_{k}": v for k, v in values.items()} | {k.upper(): v for k, v in values.items()}
    made["tensorcalc numpy"] = _call(program.compile("numpy", sizes=known), arrays)
    made["tensorcalc torch"] = _call(program.compile("torch", sizes=known), tensors)
    for name, peer in case.peers.items():
        made[name] = peer(arrays if "numpy" in name else tensors)
    return made


def _call(kernel: Any, given: Arrays) -> Callable[[], Any]:
    given = {name: given[name] for name in kernel.inputs}

    several = len(kernel.outputs) > 1

    def call() -> Any:
        result = kernel(**given)
        return list(result.values()) if several else [result]

    return call


def leaves_of(tensors: Arrays, names: list[str]) -> list[Any]:
    """Copies that autograd differentiates by."""
    return [tensors[n].clone().requires_grad_(True) for n in names]


# -- one dense layer, mean squared error ---------------------------------------------------

LAYER = """
index k : K
z_k^i = A^i_j y_k^j + b^i
x_k^p = B^p_i tanh(z_k^i)
L = 1/K sum_k sum_p (t_k^p - x_k^p)**2
"""


def _layer_shapes(s: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    k, i, j, p = s["k"], s["i"], s["j"], s["p"]
    return {"A": (i, j), "y": (k, j), "b": (i,), "B": (p, i), "t": (k, p)}


def _layer_numpy(a: Arrays) -> Callable[[], Any]:
    A, y, b, B, t = (a[n] for n in ("A", "y", "b", "B", "t"))

    def call() -> Any:
        s = y @ A.T
        s += b
        np.tanh(s, out=s)
        e = s @ B.T
        e -= t
        e *= 2 / len(y)
        g = s * s
        np.subtract(1, g, out=g)
        g *= e @ B
        return [g.T @ y, g.sum(0), e.T @ s]

    return call


def _layer_torch(a: Arrays) -> Callable[[], Any]:
    A, y, b, B, t = (a[n] for n in ("A", "y", "b", "B", "t"))

    def call() -> Any:
        with torch.no_grad():
            s = torch.addmm(b, y, A.T).tanh_()
            e = (s @ B.T).sub_(t).mul_(2 / len(y))
            g = torch.ops.aten.tanh_backward(e @ B, s)
            return [g.T @ y, g.sum(0), e.T @ s]

    return call


def _layer_autograd(a: Arrays) -> Callable[[], Any]:
    A, b, B = leaves_of(a, ["A", "b", "B"])
    y, t = a["y"], a["t"]

    def call() -> Any:
        x = torch.tanh(torch.nn.functional.linear(y, A, b)) @ B.T
        loss = ((t - x) ** 2).sum() / len(y)
        return list(torch.autograd.grad(loss, [A, b, B]))

    return call


# -- three layers with ReLU and softmax cross-entropy --------------------------------------

MLP = """
index n : N
z_n^h = W^h_i x_n^i + a^h
y_n^g = V^g_h relu(z_n^h) + c^g
u_n^p = U^p_g relu(y_n^g) + d^p
L = -1/N sum_n sum_p t_n^p log(softmax_p(u_n^p))
given sum_p t_n^p = 1
"""


def _mlp_shapes(s: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    n, i, h, p = s["n"], s["i"], s["h"], s["p"]
    return {
        "W": (h, i), "x": (n, i), "a": (h,), "V": (h, h), "c": (h,),
        "U": (p, h), "d": (p,), "t": (n, p),
    }  # fmt: skip


def _mlp_numpy(q: Arrays) -> Callable[[], Any]:
    W, x, a, V, c, U, d, t = (q[n] for n in ("W", "x", "a", "V", "c", "U", "d", "t"))

    def call() -> Any:
        r1 = x @ W.T
        r1 += a
        np.maximum(r1, 0, out=r1)
        r2 = r1 @ V.T
        r2 += c
        np.maximum(r2, 0, out=r2)
        u = r2 @ U.T
        u += d
        u -= u.max(1, keepdims=True)
        np.exp(u, out=u)
        u /= u.sum(1, keepdims=True)
        u -= t
        u /= len(x)
        g2 = u @ U
        g2 *= r2 > 0
        g1 = g2 @ V
        g1 *= r1 > 0
        return [g1.T @ x, g1.sum(0), g2.T @ r1, g2.sum(0), u.T @ r2, u.sum(0)]

    return call


def _mlp_torch(q: Arrays) -> Callable[[], Any]:
    W, x, a, V, c, U, d, t = (q[n] for n in ("W", "x", "a", "V", "c", "U", "d", "t"))
    back = torch.ops.aten.threshold_backward

    def call() -> Any:
        with torch.no_grad():
            r1 = torch.addmm(a, x, W.T).relu_()
            r2 = torch.addmm(c, r1, V.T).relu_()
            u = torch.softmax(torch.addmm(d, r2, U.T), 1).sub_(t).div_(len(x))
            g2 = back(u @ U, r2, 0)
            g1 = back(g2 @ V, r1, 0)
            return [g1.T @ x, g1.sum(0), g2.T @ r1, g2.sum(0), u.T @ r2, u.sum(0)]

    return call


def _mlp_autograd(q: Arrays) -> Callable[[], Any]:
    leaves = leaves_of(q, ["W", "a", "V", "c", "U", "d"])
    W, a, V, c, U, d = leaves
    x, t = q["x"], q["t"]
    linear = torch.nn.functional.linear

    def call() -> Any:
        u = linear(torch.relu(linear(torch.relu(linear(x, W, a)), V, c)), U, d)
        loss = torch.nn.functional.cross_entropy(u, t)
        return list(torch.autograd.grad(loss, leaves))

    return call


# -- softmax cross-entropy of one linear layer ---------------------------------------------

SOFTMAX = """
index n : N
z_n^c = W^c_i x_n^i + b^c
L = -1/N sum_n sum_c t_n^c log(softmax_c(z_n^c))
given sum_c t_n^c = 1
"""


def _softmax_shapes(s: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    n, i, c = s["n"], s["i"], s["c"]
    return {"W": (c, i), "x": (n, i), "b": (c,), "t": (n, c)}


def _softmax_numpy(q: Arrays) -> Callable[[], Any]:
    W, x, b, t = (q[n] for n in ("W", "x", "b", "t"))

    def call() -> Any:
        u = x @ W.T
        u += b
        u -= u.max(1, keepdims=True)
        np.exp(u, out=u)
        u /= u.sum(1, keepdims=True)
        u -= t
        u /= len(x)
        return [u.T @ x, u.sum(0)]

    return call


def _softmax_torch(q: Arrays) -> Callable[[], Any]:
    W, x, b, t = (q[n] for n in ("W", "x", "b", "t"))

    def call() -> Any:
        with torch.no_grad():
            u = torch.softmax(torch.addmm(b, x, W.T), 1).sub_(t).div_(len(x))
            return [u.T @ x, u.sum(0)]

    return call


def _softmax_autograd(q: Arrays) -> Callable[[], Any]:
    W, b = leaves_of(q, ["W", "b"])
    x, t = q["x"], q["t"]

    def call() -> Any:
        u = torch.nn.functional.linear(x, W, b)
        loss = torch.nn.functional.cross_entropy(u, t)
        return list(torch.autograd.grad(loss, [W, b]))

    return call


# -- the dense Jacobian of a layer by its weights ------------------------------------------


def _jacobian_shapes(s: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    i, j, p = s["i"], s["j"], s["p"]
    return {"A": (i, j), "y": (j,), "b": (i,), "B": (p, i)}


def _jacobian_numpy(q: Arrays) -> Callable[[], Any]:
    A, y, b, B = (q[n] for n in ("A", "y", "b", "B"))

    def call() -> Any:
        s = np.tanh(A @ y + b)
        return [(B * (1 - s * s))[:, :, None] * y]

    return call


def _jacobian_torch(q: Arrays) -> Callable[[], Any]:
    A, y, b, B = (q[n] for n in ("A", "y", "b", "B"))

    def call() -> Any:
        with torch.no_grad():
            s = torch.tanh(A @ y + b)
            return [(B * (1 - s * s))[:, :, None] * y]

    return call


def _jacobian_func(q: Arrays) -> Callable[[], Any]:
    A, y, b, B = (q[n] for n in ("A", "y", "b", "B"))

    def layer(weights: torch.Tensor) -> torch.Tensor:
        return torch.mv(B, torch.tanh(torch.mv(weights, y) + b))

    jacobian = torch.func.jacrev(layer)
    return lambda: [jacobian(A)]


CASES = (
    Case(
        "layer gradient",
        lambda: tc.parse(LAYER).grad("L", ["A", "b", "B"]),
        _layer_shapes,
        {
            "small": {"k": 16, "i": 32, "j": 24, "p": 8},
            "large": {"k": 512, "i": 512, "j": 384, "p": 64},
        },
        {
            "numpy by hand": _layer_numpy,
            "torch by hand": _layer_torch,
            "torch autograd": _layer_autograd,
        },
    ),
    Case(
        "MLP gradient",
        lambda: tc.parse(MLP).grad("L", ["W", "a", "V", "c", "U", "d"]),
        _mlp_shapes,
        {
            "small": {"n": 16, "i": 20, "h": 32, "p": 10},
            "large": {"n": 256, "i": 784, "h": 256, "p": 10},
        },
        {
            "numpy by hand": _mlp_numpy,
            "torch by hand": _mlp_torch,
            "torch autograd": _mlp_autograd,
        },
        ("t",),
    ),
    Case(
        "softmax cross-entropy gradient",
        lambda: tc.parse(SOFTMAX).grad("L", ["W", "b"]),
        _softmax_shapes,
        {
            "small": {"n": 16, "i": 20, "c": 10},
            "large": {"n": 1024, "i": 256, "c": 100},
        },
        {
            "numpy by hand": _softmax_numpy,
            "torch by hand": _softmax_torch,
            "torch autograd": _softmax_autograd,
        },
        ("t",),
    ),
    Case(
        "layer Jacobian by its weights",
        lambda: tc.parse("z^i = A^i_j y^j + b^i; x^p = B^p_i tanh(z^i)").jacobian("x", "A"),
        _jacobian_shapes,
        {
            "small": {"i": 16, "j": 12, "p": 8},
            "large": {"i": 128, "j": 100, "p": 32},
        },
        {
            "numpy by hand": _jacobian_numpy,
            "torch by hand": _jacobian_torch,
            "torch.func.jacrev": _jacobian_func,
        },
    ),
)
