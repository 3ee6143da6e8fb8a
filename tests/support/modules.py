"""Programs held against functions and modules of Torch: values, and all gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import tensorcalc as tc

__all__ = ["agree", "held_against"]


def agree(found: Any, wanted: Any, what: str, tolerance: float = 1e-10) -> None:
    """Relative to the largest entry; what cancels leaves noise of some 1e-16."""
    got, want = np.asarray(found), np.asarray(wanted)
    assert got.shape == want.shape, (what, got.shape, want.shape)
    scale = float(np.abs(want).max(initial=0.0))
    error = float(np.abs(got - want).max(initial=0.0))
    assert error <= tolerance * scale + 1e-14, f"{what}: {error} off, of {scale}"


def held_against(
    text: str,
    of: str,
    arrays: Mapping[str, Any],
    reference: Callable[..., Any],
    *,
    fixed: Mapping[str, Any] | None = None,
) -> tc.Program:
    """Value and vector-Jacobian product of both backends are those of ``reference``.

    Args:
        text: The program.
        of: Its output.
        arrays: The inputs to differentiate by, in float64.
        reference: A function of them in Torch, by keyword, differentiated by autograd.
        fixed: Further inputs.

    Returns:
        The derived program, which has passed its own check.
    """
    import torch

    program = tc.parse(text)
    derived = program.vjp(of, list(arrays))
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in arrays.items()}
    value = reference(**leaves)
    rng = np.random.default_rng(99)
    cotangent = rng.normal(size=tuple(value.shape))
    value.backward(torch.as_tensor(cotangent))
    given = {**arrays, **(fixed or {})}
    needed = {n: a for n, a in given.items() if n in derived.inputs or n in program.inputs}
    for backend in ("numpy", "torch"):
        found = program.compile(backend)(**given)
        found = found[of] if isinstance(found, dict) else found
        agree(found, value.detach(), f"{of} ({backend})")
        gradients = derived.compile(backend)(**needed, **{f"{of}_bar": cotangent})
        if len(arrays) == 1:
            gradients = {f"{next(iter(arrays))}_bar": gradients}
        for name, leaf in leaves.items():
            agree(gradients[f"{name}_bar"], leaf.grad, f"{name}_bar ({backend})")
    report = derived.check()
    assert report.passed, f"{derived}\n{report}"
    return derived
