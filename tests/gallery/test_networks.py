"""Families C and E: what their records claim, and kernels inside ``torch.autograd``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derivations.components import components
from derivations.networks import (
    DEPTHS,
    deep_network,
    learn,
    paths_through,
)
from derivations.rows import FOLDER
from tensorcalc.codegen import Kernel
from tensorcalc.program import Program, compare, load
from tests.support.by_hand import is_by_hand

torch = pytest.importorskip("torch", reason="its autograd is what the kernels are put into")


def test_work_and_text_grow_linearly_and_paths_do_not() -> None:
    lines = (FOLDER / "C1" / "depth.txt").read_text(encoding="utf-8").splitlines()[3:]
    table = np.array([[float(number) for number in line.split()] for line in lines])
    depths, paths, formulas, characters, multiplications = table.T
    assert tuple(depths) == DEPTHS
    for linear in (formulas, characters, multiplications):
        per_layer = np.diff(linear) / np.diff(depths)
        np.testing.assert_allclose(per_layer, per_layer[0], rtol=0.05)
    assert paths[-1] > 1e20


def test_the_number_of_paths_is_the_derivative_where_every_edge_is_one() -> None:
    """With weights that are the identity and values near 0, each path adds 1 to the slope."""
    layers = 6
    kernel = deep_network(layers).jvp("L", ["x"]).compile("numpy")
    values = {f"W{k}": np.eye(1) for k in range(1, layers + 1)}
    values |= {f"b{k}": np.zeros(1) for k in range(1, layers + 1)}
    slope = kernel(x=np.zeros((1, 1)), t=np.full((1, 1), -1.0), x_dot=np.ones((1, 1)), **values)
    assert float(slope) == pytest.approx(paths_through(layers), rel=1e-12)


@pytest.mark.parametrize(
    ("file", "paths"),
    [
        ("edges.tc", "u v p r + w p r + u q r + u v s + w s"),
        (
            "graph.tc",
            "(1 - a**2) w1 b d + cos(w2 x) w2 a d + (1 - a**2) w1 d w3 c + cos(w2 x) w2",
        ),
    ],
)
def test_the_sum_over_all_paths_is_the_back_propagated_derivative(file: str, paths: str) -> None:
    program = load(FOLDER / "C4" / file)
    verdict = compare(paths, program, of="L", wrt="x")
    assert verdict.reason == "equal", str(verdict)
    one_less = compare(paths.rsplit(" + ", 1)[0], program, of="L", wrt="x")
    assert not one_less.equal


@pytest.mark.parametrize("batch", [1, 10])
def test_the_printed_equations_learn_exclusive_or(batch: int) -> None:
    run = learn(batch, 4000 // batch)
    assert run.errors[-1] < 0.01 < 0.4 < run.errors[0]
    assert np.abs(run.answers - [0, 1, 1, 0]).max() < 0.1


def test_minibatches_add_up_what_single_samples_give() -> None:
    rng = np.random.default_rng(1)
    shapes = {"U": (2, 5), "c": (2,), "W": (5, 3), "b": (5,)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x, t = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    names = list(shapes)
    single = load(FOLDER / "C2" / "sigmoid.tc").grad("E", names).compile("numpy")
    several = load(FOLDER / "C2" / "minibatch.tc").grad("E", names).compile("numpy")
    whole = several(x=x, t=t, **values)
    parts = [single(x=xk, t=tk, **values) for xk, tk in zip(x, t, strict=True)]
    for name in names:
        total = sum(part[f"dE_d{name}"] for part in parts)
        np.testing.assert_allclose(whole[f"dE_d{name}"], total, rtol=1e-12)


def test_the_leading_eigenvectors_are_the_optimum() -> None:
    found = components()
    assert found.leading == pytest.approx(found.known, rel=1e-10)
    assert min(found.others) > 1.5 * found.leading
    assert found.steepest < 1e-12
    assert found.descended == pytest.approx(found.known, rel=1e-8)
    assert found.angle < 1e-4


def test_the_log_density_integrates_to_one() -> None:
    """The monotone map of one component: the density of ``x``, over all ``x``."""
    program = load(FOLDER / "E6" / "monotone.tc")
    density = program.compile("numpy")
    grid = np.linspace(-9, 9, 4001)
    a, b = 0.7, -0.3
    x = grid + np.exp(a) * np.tanh(grid) + b
    one = [density(z=np.array([z]), a=np.array([a]), b=np.array([b])) for z in grid]
    values = np.exp([float(d["l"] if isinstance(d, dict) else d) for d in one])
    total = np.sum((values[1:] + values[:-1]) / 2 * np.diff(x)) / np.sqrt(2 * np.pi)
    assert total == pytest.approx(1, rel=1e-6)


def test_a_wrong_adjoint_by_hand_would_be_noticed() -> None:
    derived = load(FOLDER / "C2" / "sigmoid.tc").grad("E", ["U", "c", "W", "b"])
    is_by_hand(derived, "dE_dz", "R_h = dE_dvf_o U_oh")
    for wrong in ("R_h = dE_df_o U_oh", "R_h = -dE_dvf_o U_oh", "R_h = 2 dE_dvf_o U_oh"):
        with pytest.raises(AssertionError, match="is not R_h"):
            is_by_hand(derived, "dE_dz", wrong)


def inside_autograd(forward: Program, of: str, wrt: tuple[str, ...]) -> Callable[..., Any]:
    """A function of ``wrt`` whose derivative is the derived kernel, and so is that one's own.

    Every kernel is compiled once; the pull-back of the pull-back is derived from its program.
    """
    value = forward.compile("torch")
    pulled = forward.vjp(of, list(wrt))
    back = pulled.compile("torch")
    bars = [f"{name}_bar" for name in wrt]
    slopes = pulled.rename({f"{name}_bar": f"{name}_slope" for name in (*wrt, of)})
    again: list[tuple[str, tuple[str, ...], Kernel]] = []
    for name in wrt:
        slope = f"{name}_slope"
        part = Program(slopes.equations.needed_for((slope,)))
        again.append((slope, part.inputs, part.vjp(slope, part.inputs).compile("torch")))

    class Backward(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *tensors: Any) -> Any:
            context.save_for_backward(*tensors)
            made = call(back, dict(zip((*wrt, f"{of}_bar"), tensors, strict=True)))
            return tuple(made[bar] for bar in bars)

        @staticmethod
        def backward(context: Any, *cotangents: Any) -> Any:
            given = dict(zip((*wrt, f"{of}_slope"), context.saved_tensors, strict=True))
            totals: dict[str, Any] = {}
            for (slope, reads, kernel), cotangent in zip(again, cotangents, strict=True):
                made = call(kernel, {**given, f"{slope}_bar": cotangent})
                for name in reads:
                    part = made[f"{name}_bar"]
                    totals[name] = totals[name] + part if name in totals else part
            return tuple(totals.get(name) for name in given)

    class Forward(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *tensors: Any) -> Any:
            context.save_for_backward(*tensors)
            return call(value, dict(zip(wrt, tensors, strict=True)))[of]

        @staticmethod
        def backward(context: Any, cotangent: Any) -> Any:
            return Backward.apply(*context.saved_tensors, cotangent)

    return Forward.apply


def call(kernel: Kernel, given: Mapping[str, Any]) -> dict[str, Any]:
    """The kernel's outputs by name, of what it accepts of ``given``."""
    made: Any = kernel(**{name: given[name] for name in kernel.inputs if name in given})
    return dict(made) if isinstance(made, dict) else {kernel.outputs[0]: made}


@pytest.mark.parametrize(
    ("file", "wrt", "shapes"),
    [
        ("linear.tc", ("x", "W"), ((4, 3), (3, 5))),
        ("convolution.tc", ("x", "w"), ((2, 3, 9), (4, 3, 3))),
    ],
)
def test_the_pair_passes_gradcheck_and_gradgradcheck(
    file: str, wrt: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]
) -> None:
    source: Path = FOLDER / "C5" / file
    function = inside_autograd(load(source), "y", wrt)
    generator = torch.Generator().manual_seed(0)
    tensors = [
        torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in shapes
    ]
    assert torch.autograd.gradcheck(function, tensors)
    assert torch.autograd.gradgradcheck(function, tensors)


def test_the_convolution_is_torch_s_forward_and_backward() -> None:
    function = inside_autograd(load(FOLDER / "C5" / "convolution.tc"), "y", ("x", "w"))
    generator = torch.Generator().manual_seed(1)
    x = torch.randn((2, 3, 9), generator=generator, dtype=torch.float64, requires_grad=True)
    w = torch.randn((4, 3, 4), generator=generator, dtype=torch.float64, requires_grad=True)
    cotangent = torch.randn((2, 4, 6), generator=generator, dtype=torch.float64)
    ours, theirs = function(x, w), torch.nn.functional.conv1d(x, w)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    for found, wanted in zip(
        torch.autograd.grad(ours, (x, w), cotangent),
        torch.autograd.grad(theirs, (x, w), cotangent),
        strict=True,
    ):
        torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)
