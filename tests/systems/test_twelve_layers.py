"""Twelve transformer layers, one behind the other, against torch.nn.TransformerEncoder."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from derivations.transformers import PARAMETERS, stack, stack_gradient
from tensorcalc.expr import is_zero
from tests.support.modules import agree

torch = pytest.importorskip("torch", reason="its module is what is compared with")

LAYERS = 12
SAMPLES, STEPS, HEADS, DEPTH, INNER = 2, 4, 2, 3, 5
WIDTH = HEADS * DEPTH


def shapes() -> dict[str, tuple[int, ...]]:
    one: dict[str, tuple[int, ...]] = {
        **dict.fromkeys("QKV", (HEADS, DEPTH, WIDTH)),
        **dict.fromkeys(("qb", "kb", "vb"), (HEADS, DEPTH)),
        "O": (WIDTH, HEADS, DEPTH),
        **dict.fromkeys(("ob", "gb", "g", "b", "j", "i"), (WIDTH,)),
        "F": (INNER, WIDTH),
        "fb": (INNER,),
        "G": (WIDTH, INNER),
    }
    return {f"{name}{n}": one[name] for n in range(1, LAYERS + 1) for name in PARAMETERS}


def torchs_names(p: dict[str, Any], n: int) -> dict[str, Any]:
    heads = [p[f"{name}{n}"].reshape(WIDTH, WIDTH) for name in "QKV"]
    biases = [p[f"{name}b{n}"].reshape(WIDTH) for name in "qkv"]
    own = {
        "self_attn.in_proj_weight": torch.cat(heads),
        "self_attn.in_proj_bias": torch.cat(biases),
        "self_attn.out_proj.weight": p[f"O{n}"].reshape(WIDTH, WIDTH),
        "self_attn.out_proj.bias": p[f"ob{n}"],
        "linear1.weight": p[f"F{n}"],
        "linear1.bias": p[f"fb{n}"],
        "linear2.weight": p[f"G{n}"],
        "linear2.bias": p[f"gb{n}"],
        "norm1.weight": p[f"g{n}"],
        "norm1.bias": p[f"b{n}"],
        "norm2.weight": p[f"j{n}"],
        "norm2.bias": p[f"i{n}"],
    }
    return {f"layers.{n - 1}.{name}": value for name, value in own.items()}


def test_values_and_gradients_are_those_of_torchs_encoder() -> None:
    rng = np.random.default_rng(3)
    arrays = {name: rng.normal(size=shape) / 2 for name, shape in shapes().items()}
    arrays["x"] = rng.normal(size=(SAMPLES, STEPS, WIDTH))
    cotangent = rng.normal(size=arrays["x"].shape)
    one = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, dropout=0.0, batch_first=True)
    encoder = torch.nn.TransformerEncoder(one, LAYERS, enable_nested_tensor=False).double()
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in arrays.items()}
    weights: dict[str, Any] = {}
    for n in range(1, LAYERS + 1):
        weights |= torchs_names(leaves, n)
    value = torch.func.functional_call(encoder, weights, (leaves["x"],))
    value.backward(torch.as_tensor(cotangent))
    agree(stack(LAYERS).compile("numpy")(**arrays), value.detach(), "y")
    derived = stack_gradient(LAYERS)
    last = f"y{LAYERS}_bar"
    given = {name: arrays[name] for name in derived.inputs if name in arrays}
    for backend in ("numpy", "torch"):
        found = derived.compile(backend)(**given, **{last: cotangent})
        for name, leaf in leaves.items():
            scale = float(leaf.grad.abs().max())
            if scale > 1e-9:  # what comes back to a bias of keys is 0, and noise in torch
                agree(found[f"{name}_bar"], leaf.grad, f"{name}_bar ({backend})", 1e-9)


def test_a_bias_of_the_keys_changes_nothing() -> None:
    """A softmax does not feel what is added to all of its scores; each layer's formula says so."""
    derived = stack_gradient(3)
    assert all(is_zero(derived[f"kb{n}_bar"].body) for n in (1, 2, 3))
    assert not any(is_zero(derived[f"qb{n}_bar"].body) for n in (1, 2, 3))


def test_the_time_to_derive_grows_with_the_number_of_layers() -> None:
    """Twelve take less than 5 s of one core, and text and work are linear."""
    start = time.process_time()
    twelve = stack_gradient(12)
    assert time.process_time() - start < 5
    four, eight = stack_gradient(4), stack_gradient(8)
    counts = [len(d.equations.definitions) for d in (four, eight, twelve)]
    assert counts[2] - counts[1] == counts[1] - counts[0]
