"""Single products: generated code beside opt_einsum's expression of the same order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import opt_einsum
import torch

import tensorcalc as tc

__all__ = ["CONTRACTIONS", "contraction_contenders"]

#: Einsum strings and extents: layers, their gradients, decompositions, single steps.
CONTRACTIONS: dict[str, tuple[str, dict[str, int]]] = {
    "first weights of a network": (
        "bc,co,bo,oh,bh,bi->hi",
        {"b": 64, "c": 10, "o": 64, "h": 64, "i": 128},
    ),
    "bilinear layer": ("bi,ijk,bj->bk", {"b": 32, "i": 24, "j": 24, "k": 16}),
    "Tucker": ("abc,ai,bj,ck->ijk", {"a": 30, "b": 30, "c": 30, "i": 8, "j": 8, "k": 8}),
    "Tucker factor": ("ijk,bj,ck,abc->ai", {"a": 30, "b": 30, "c": 30, "i": 8, "j": 8, "k": 8}),
    "MTTKRP": ("ijk,jr,kr->ir", {"i": 40, "j": 40, "k": 40, "r": 8}),
    "attention scores": ("bqhd,bkhd->bhqk", {"b": 4, "q": 32, "k": 32, "h": 4, "d": 16}),
    "attention values": ("bhqk,bkhd->bqhd", {"b": 4, "q": 32, "k": 32, "h": 4, "d": 16}),
    "low-rank adapter": ("bi,ir,ro,bo->ir", {"b": 64, "i": 256, "r": 8, "o": 256}),
    "quadratic forms": ("bi,ij,bj->b", {"b": 128, "i": 32, "j": 32}),
    "dots of rows": ("bk,bk->b", {"b": 256, "k": 64}),
    "dots of columns": ("kb,kb->b", {"b": 64, "k": 256}),
    "outer products": ("bi,bj->bij", {"b": 64, "i": 32, "j": 32}),
    "Gauss-Newton diagonal": ("bp,pi,bi,bp->i", {"b": 64, "p": 10, "i": 64}),
    "tensor train": (
        "ai,ibj,jck,kd->abcd",
        {"a": 12, "b": 12, "c": 12, "d": 12, "i": 6, "j": 6, "k": 6},
    ),
    "three small matrices": ("ij,jk,kl->il", {"i": 4, "j": 4, "k": 4, "l": 4}),
    "matrices times vectors": ("bmk,bk->bm", {"b": 64, "m": 32, "k": 32}),
    "trace of three": ("ij,jk,ki->", {"i": 50, "j": 50, "k": 50}),
}  # fmt: skip


def contraction_contenders(spec: str, sizes: dict[str, int]) -> dict[str, Callable[[], Any]]:
    """Calls of tensorcalc and of opt_einsum, NumPy and Torch, on the same data."""
    groups, output = spec.split("->")
    words = groups.split(",")
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=[sizes[c] for c in word]) for word in words]
    text = " ".join(f"A{n}_{word}" for n, word in enumerate(words))
    left = f"result_{output}" if output else "result"
    program = tc.parse(f"{left} = {text}")
    named_sizes = {f"n_{c}": size for c, size in sizes.items()}
    optimizer = opt_einsum.DynamicProgramming(minimize="flops", search_outer=True)
    shapes = [a.shape for a in arrays]
    path, _ = opt_einsum.contract_path(spec, *arrays, optimize=optimizer)
    expression = opt_einsum.contract_expression(spec, *shapes, optimize=path)
    made: dict[str, Callable[[], Any]] = {}
    for backend, given in (("numpy", arrays), ("torch", [torch.as_tensor(a) for a in arrays])):
        named = {f"A{n}": array for n, array in enumerate(given)}
        kernel = program.compile("numpy" if backend == "numpy" else "torch", sizes=named_sizes)
        made[f"tensorcalc {backend}"] = _kernel_call(kernel, named)
        made[f"opt_einsum {backend}"] = _expression_call(expression, given)
    return made


def _kernel_call(kernel: Any, given: dict[str, Any]) -> Callable[[], Any]:
    return lambda: [kernel(**given)]


def _expression_call(expression: Any, given: list[Any]) -> Callable[[], Any]:
    return lambda: [expression(*given)]
