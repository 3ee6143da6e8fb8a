"""Exponentials become softplus, sigmoid, logsumexp and softmax, and then nothing overflows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorcalc as tc

RECOGNISED = [
    ("f = log(1 + exp(z))", "f = softplus(z)"),
    ("f = log(exp(-z) + 1)", "f = softplus(-z)"),
    ("f = log1p(exp(2 z))", "f = softplus(2 z)"),
    ("L = sum_n log(1 + exp(-y_n w_i X_ni))", "L = sum_n softplus(-y_n X_ni w_i)"),
    ("f = 1/(1 + exp(-z))", "f = sigmoid(z)"),
    ("f = 1/(1 + exp(b - a))", "f = sigmoid(a - b)"),
    ("f = exp(z)/(1 + exp(z))", "f = sigmoid(z)"),
    ("f = exp(z)/(1 + exp(z))**2", "f = sigmoid(z) sigmoid(-z)"),
    ("f = exp(2 z)/(1 + exp(z))**2", "f = sigmoid(z)**2"),
    ("f = w/(exp(z) + 1)", "f = w sigmoid(-z)"),
    ("f = log(1/(1 + exp(-z)))", "f = log_sigmoid(z)"),
    ("f = log(sum_i exp(x_i))", "f = logsumexp_i(x_i)"),
    ("f_n = log(sum_ij exp(X_nij))", "f_n = logsumexp_{i j}(X_nij)"),
    ("f = log(2 * sum_i exp(x_i))", "f = log(2) + logsumexp_i(x_i)"),
    ("f = log(1/3 sum_i exp(x_i))", "f = logsumexp_i(x_i) - log(3)"),
    ("f = log(1/K sum_i exp(x_i))", "f = logsumexp_i(x_i) - log(K)"),
    ("p_i = exp(x_i) / sum_j exp(x_j)", "p_i = softmax_i(x_i)"),
    ("p_ni = exp(b X_ni) / sum_j exp(b X_nj)", "p_ni = softmax_i(b X_ni)"),
    ("p_ij = exp(X_ij) / sum_kl exp(X_kl)", "p_ij = softmax_{i j}(X_ij)"),
    ("p_ij = exp(x_i) exp(x_j) / (sum_k exp(x_k))**2", "p_ij = softmax_i(x_i) softmax_j(x_j)"),
    ("f = sum_i v_i exp(x_i) / sum_j exp(x_j)", "f = softmax_i(x_i) v_i"),
    ("p_i = exp(X_ii) / sum_j exp(X_ij)", "p_i = softmax_j(X_ij)_i"),
]

UNTOUCHED = [
    "f = log(2 + exp(z))",
    "f = log(1 - exp(z))",
    "f = log(1 + 2 exp(z))",
    "f = exp(y) / (1 + exp(z))**(1/2)",
    "f = log(sum_i w_i exp(x_i))",
    "p_i = exp(x_i) / sum_j exp(y_j)",
]


def _arrays(program: tc.Program, scale: float, dtype: Any = np.float64) -> dict[str, Any]:
    """Arrays of distinct sizes, with entries around ``scale`` and around ``-scale``."""
    rng = np.random.default_rng(3)
    names = sorted({n for t in program.equations.inputs for e in t.extents for n in e.names()})
    sizes = {name: 3 + place for place, name in enumerate(names)}
    arrays: dict[str, Any] = {}
    for tensor in program.equations.inputs:
        shape = [extent.evaluate(sizes) for extent in tensor.extents]
        signs = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.8, 1.0, shape)
        arrays[tensor.name] = np.asarray(scale * signs, dtype)
    return arrays


@pytest.mark.parametrize(("source", "wanted"), RECOGNISED)
def test_is_recognised_and_keeps_its_value(source: str, wanted: str) -> None:
    program = tc.parse(source + ("\nsizes i=K" if "/K" in source else ""))
    simplified = program.simplify()
    assert simplified.formulas.splitlines()[0] == wanted
    arrays = _arrays(program, 0.7)
    assert np.allclose(simplified.compile()(**arrays), program.compile()(**arrays), rtol=1e-12)


@pytest.mark.parametrize("source", UNTOUCHED)
def test_what_is_none_of_these_keeps_its_exponentials(source: str) -> None:
    formulas = tc.parse(source).simplify().formulas
    assert "exp(" in formulas
    assert not any(name in formulas for name in ("sigmoid", "soft", "logsum"))


LOSSES = [
    ("L = log(1 + exp(z))", "z"),
    ("L = -log(1/(1 + exp(-z)))", "z"),
    ("L = exp(z)/(1 + exp(z))", "z"),
    ("L = sum_n log(1 + exp(-y_n w_i X_ni))", "w"),
    ("L = log(sum_i exp(x_i))", "x"),
    ("L = sum_n t_n log(1 + exp(-z_n)) + (1 - t_n) log(1 + exp(z_n))", "z"),
    ("L = -(y_k log(p_k))\np_k = exp(z_k) / sum_j exp(z_j)", "z"),
]


@pytest.mark.parametrize(("source", "wrt"), LOSSES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_value_gradient_and_hessian_stay_finite(
    source: str, wrt: str, dtype: Any, backend: Any
) -> None:
    program = tc.parse(source)
    for scale in (1e3, -1e3):
        arrays = _arrays(program, scale, dtype)
        torch = pytest.importorskip("torch") if backend == "torch" else None
        given = {n: torch.as_tensor(a) for n, a in arrays.items()} if torch else arrays
        for derived in (program.grad("L", wrt), program.hessian("L", wrt)):
            found = np.asarray(derived.compile(backend)(**given))
            assert found.dtype == dtype
            assert np.all(np.isfinite(found))


def test_gradient_and_hessian_of_the_logistic_loss_as_a_person_writes_them() -> None:
    program = tc.parse("L = sum_n log(1 + exp(-y_n w_i X_ni))")
    gradient = program.grad("L", "w")
    assert "dL_dz^n = sigmoid(z_n)\ndL_dw^i = -dL_dz^n y_n X_ni" in gradient.formulas
    assert "`dL_dz`_n (1 - `dL_dz`_n)" in program.hessian("L", "w").formulas
    first = gradient.derivation().steps[0]
    assert first.rules[0].name == "written without overflow"
    for derived in (gradient, program.hessian("L", "w"), program.hvp("L", "w")):
        assert derived.check().passed
