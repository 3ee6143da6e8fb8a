"""What the kernels of the gallery reach when they are run: the optima known by other means."""

from __future__ import annotations

import numpy as np
import pytest

from derivations.descent import METHODS, Problem, descend, learn_component, problems, solve
from derivations.rows import FOLDER
from tensorcalc.program import Program, load

TASKS = problems()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", [pytest.param(t, id=t.name) for t in TASKS])
def test_every_optimiser_reaches_the_known_optimum(task: Problem, method: str) -> None:
    point, _ = solve(method, task)
    np.testing.assert_allclose(point, task.optimum, atol=2e-5)
    assert task.loss(point) >= task.loss(task.optimum) - 1e-12
    assert abs(task.loss(point) - task.loss(task.optimum)) < 1e-9


def test_the_known_optima_are_away_from_the_start() -> None:
    for task in TASKS:
        assert task.loss(np.zeros_like(task.optimum)) > task.loss(task.optimum) + 0.1


def test_newton_s_step_solves_a_quadratic_problem_at_once() -> None:
    assert [solve("Newton", task)[1] for task in TASKS[:2]] == [1, 1]


def test_descent_arrives_or_diverges_by_its_rate() -> None:
    for rate in (0.02, 0.05):
        np.testing.assert_allclose(descend(rate, 4000), [1, 3], atol=1e-4)
    assert np.abs(descend(0.1, 100)).max() > 1e10


def test_oja_s_rule_finds_the_leading_component() -> None:
    weights, leading = learn_component(10_000)
    assert abs(np.linalg.norm(weights) - 1) < 0.01
    assert abs(weights @ leading) > 0.999


@pytest.mark.parametrize(
    ("file", "sign", "wrt", "sizes"),
    [
        ("B3/lms.tc", -1, "w", {"w": (4,), "x": (4,)}),
        ("B3/delta_rule_tanh.tc", -1, "w", {"w": (4,), "x": (4,)}),
        ("G2/competitive.tc", -1, "C", {"C": (3, 4), "x": (4,), "h": (3,)}),
        ("G2/hebb.tc", 1, "w", {"w": (4,), "x": (4,)}),
        ("G2/damped.tc", 1, "w", {"w": (4,), "x": (4,)}),
        ("G2/centred.tc", 1, "w", {"w": (4,), "x": (4,), "mu": (4,)}),
    ],
)
def test_an_update_is_a_step_along_the_gradient(
    file: str, sign: int, wrt: str, sizes: dict[str, tuple[int, ...]]
) -> None:
    """The gradient is checked against autograd in its own derivation of the same source."""
    rng = np.random.default_rng(0)
    program = load(FOLDER / file)
    values = {name: rng.normal(size=sizes.get(name, ())) for name in program.inputs}
    if "h" in values:
        values["h"] = np.array([0.0, 1.0, 0.0])
    moved = _run(program, values)
    slope = _run(program.grad("L", wrt), values)
    expected = values[wrt] + sign * values["eta"] * slope
    np.testing.assert_allclose(moved, expected, rtol=1e-12)


def _run(program: Program, values: dict[str, np.ndarray]) -> np.ndarray:
    kernel = program.compile("numpy")
    return kernel(**{name: values[name] for name in kernel.inputs})


def test_lloyd_s_update_puts_each_centre_at_the_mean_of_its_samples() -> None:
    rng = np.random.default_rng(2)
    samples, centres = rng.normal(size=(7, 2)), rng.normal(size=(3, 2))
    owner = np.array([0, 1, 1, 2, 0, 1, 2])
    moved = _run(
        load(FOLDER / "G1" / "lloyd.tc"), {"x": samples, "C": centres, "m": np.eye(3)[owner]}
    )
    means = [samples[owner == c].mean(0) for c in range(3)]
    np.testing.assert_allclose(moved, means, rtol=1e-12)


def test_the_solution_of_ridge_regression_has_no_gradient() -> None:
    rng = np.random.default_rng(3)
    data = {"A": rng.normal(size=(5, 3)), "b": rng.normal(size=5), "lambda": np.float64(0.7)}
    solved = _run(load(FOLDER / "B2" / "solution.tc"), data)
    gradient = load(FOLDER / "B2" / "gradient.tc").grad("f", "x")
    np.testing.assert_allclose(_run(gradient, {**data, "x": solved}), 0, atol=1e-12)
    assert np.abs(_run(gradient, {**data, "x": solved + 1})).max() > 0.1


def test_the_solution_of_linear_regression_has_no_gradient() -> None:
    rng = np.random.default_rng(4)
    data = {"X": rng.normal(size=(3, 11)), "Y": rng.normal(size=(2, 11))}
    solved = _run(load(FOLDER / "B3" / "solution.tc"), data)
    gradient = load(FOLDER / "B3" / "regression.tc").grad("L", "W")
    np.testing.assert_allclose(_run(gradient, {**data, "W": solved}), 0, atol=1e-12)
    assert np.abs(_run(gradient, {**data, "W": solved + 1})).max() > 0.1
