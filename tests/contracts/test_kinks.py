"""At kinks the derivative is torch's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from tensorcalc.calculus import differentiate
from tensorcalc.check import NumpyBackend, evaluate_expr
from tensorcalc.expr import (
    Expr,
    Index,
    Level,
    Slot,
    Tensor,
    apply,
    at_indices,
    contract,
    extent,
    number,
    reduce,
    transform,
)

N = extent("n")
HERE, FIRST, SECOND = (Index(c, 0, N) for c in "ijk")
X = Tensor("x", (N,), (Level.UPPER,))
XI = at_indices(X, (HERE,))


def gradient(scalar: Expr, point: list[float], order: int = 1) -> Any:
    axes = (FIRST, SECOND)[:order]
    for index in axes:
        scalar = differentiate(scalar, at_indices(X, (index,)))
    with np.errstate(all="ignore"):
        return evaluate_expr(
            scalar, axes, {"x": np.array(point)}, NumpyBackend(), {"n": len(point)}
        )


def by_torch(function: Callable[[Any], Any], point: list[float]) -> Any:
    x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    (result,) = torch.autograd.grad(function(x).sum(), x)
    return result.numpy()


POINTWISE: list[tuple[str, Callable[[Any], Any], tuple[float, ...], list[float]]] = [
    ("relu", torch.relu, (), [0.0, 1.0, -1.0]),
    ("abs", torch.abs, (), [0.0, 1.0, -1.0]),
    ("sign", torch.sign, (), [0.0, 1.0, -1.0]),
    ("leaky_relu", lambda x: functional.leaky_relu(x, 0.01), (), [0.0, 1.0, -1.0]),
    ("leaky_relu", lambda x: functional.leaky_relu(x, 0.3), (0.3,), [0.0, 1.0, -1.0]),
    ("elu", functional.elu, (), [0.0, 1.0, -1.0]),
    ("elu", lambda x: functional.elu(x, 0.7), (0.7,), [0.0, 1.0, -1.0]),
    (
        "huber",
        lambda x: functional.huber_loss(x, torch.zeros_like(x), reduction="none"),
        (),
        [0.0, 1.0, -1.0, 2.0, -3.0, 0.5],
    ),
    ("softsign", functional.softsign, (), [0.0, 1.0, -1.0]),
]


@pytest.mark.parametrize(("name", "function", "parameters", "point"), POINTWISE)
def test_pointwise(
    name: str,
    function: Callable[[Any], Any],
    parameters: tuple[float, ...],
    point: list[float],
) -> None:
    body = apply(name, XI, *map(number, parameters))
    value = evaluate_expr(body, (HERE,), {"x": np.array(point)}, NumpyBackend(), {"n": len(point)})
    x = torch.tensor(point, dtype=torch.float64)
    np.testing.assert_allclose(value, function(x).numpy(), rtol=1e-15)
    got = gradient(contract((HERE,), body), point)
    np.testing.assert_allclose(got, by_torch(function, point), rtol=1e-15, atol=0)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("constant", [0, 1])
def test_equal_arguments_share(name: str, constant: int) -> None:
    point = [0.0, 1.0, -1.0]
    got = gradient(contract((HERE,), apply(name, XI, number(constant))), point)
    other = torch.full((3,), float(constant), dtype=torch.float64)
    wanted = by_torch(lambda x: getattr(torch, name)(x, other), point)
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(
        gradient(contract((HERE,), apply(name, XI, XI)), point), np.ones(3)
    )


@pytest.mark.parametrize("name", ["heaviside", "step"])
def test_step_at_zero(name: str) -> None:
    value = evaluate_expr(
        apply(name, XI), (HERE,), {"x": np.array([-1.0, 0.0, 1.0])}, NumpyBackend(), {"n": 3}
    )
    np.testing.assert_array_equal(value, [0, 0, 1])
    np.testing.assert_array_equal(gradient(contract((HERE,), apply(name, XI)), [-1.0, 0.0, 1.0]), 0)


@pytest.mark.parametrize("name", ["max", "min"])
def test_the_first_extreme_takes_the_derivative(name: str) -> None:
    point = [1.0, 2.0, 1.0, 2.0]
    got = gradient(reduce(name, [HERE], XI), point)
    wanted = by_torch(lambda x: getattr(torch, name)(x, 0).values, point)
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(gradient(reduce(name, [HERE], XI), point, order=2), 0)


def test_the_norm_at_zero() -> None:
    point = [0.0, 0.0, 0.0]
    np.testing.assert_array_equal(gradient(reduce("norm", [HERE], XI), point), 0)
    np.testing.assert_array_equal(by_torch(torch.linalg.vector_norm, point), 0)
    np.testing.assert_array_equal(gradient(reduce("norm", [HERE], XI), point, order=2), 0)


@pytest.mark.parametrize("point", [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]])
def test_products_with_zeros(point: list[float]) -> None:
    got = gradient(reduce("prod", [HERE], XI), point)
    np.testing.assert_array_equal(got, by_torch(torch.prod, point))
    x = torch.tensor(point, dtype=torch.float64)
    hessian: Any = torch.autograd.functional.hessian(torch.prod, x)
    np.testing.assert_array_equal(gradient(reduce("prod", [HERE], XI), point, order=2), hessian)


def test_normalize_at_zero_is_zero() -> None:
    body = transform("normalize", [((HERE,), XI)], [Slot(FIRST, Level.UPPER)])
    value = evaluate_expr(body, (FIRST,), {"x": np.zeros(3)}, NumpyBackend(), {"n": 3})
    np.testing.assert_array_equal(value, 0)
