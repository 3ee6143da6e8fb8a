"""A right derivative passes whatever the oracle, a wrong one never does."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tensorcalc.calculus import Mode, Request, derive
from tensorcalc.check import (
    NumpyBackend,
    OracleName,
    Report,
    available_backends,
    compared,
    evaluate,
    is_analytic,
    verify,
)
from tensorcalc.errors import VerificationError
from tensorcalc.expr import (
    AbstractFunction,
    Argument,
    Definition,
    Equations,
    Expr,
    Index,
    Level,
    Slot,
    Tensor,
    Transform,
    access,
    add,
    apply,
    at_indices,
    contract,
    extent,
    multiply,
    negate,
    number,
    power,
)

UP, LOW = Level.UPPER, Level.LOWER
N, M, K = extent("n"), extent("m"), extent("k")
i, j, p = Index("i", 0, N), Index("j", 0, M), Index("p", 0, K)
z, x, loss = Tensor("z", (N,), (UP,)), Tensor("x", (K,), (UP,)), Tensor("L", (), ())


def layer(activation: Expr) -> Equations:
    """``L = sum_p (B^p_i f(A^i_j y^j + b^i)^i)**2`` with ``activation`` reading ``z^i``."""
    A, B = access("A^i_j", i, j), access("B^p_i", p, i)
    y, b = access("y^j", j), access("b^i", i)
    return Equations(
        (A.tensor, B.tensor, y.tensor, b.tensor),
        (
            Definition(z, (i,), add((contract((j,), multiply((A, y))), b))),
            Definition(x, (p,), contract((i,), multiply((B, activation)))),
            Definition(loss, (), contract((p,), power(at_indices(x, (p,)), 2))),
        ),
        ("L",),
    )


SMALL = {"n": 3, "m": 2, "k": 4}
ZI = at_indices(z, (i,))
NET = layer(apply("tanh", ZI))
ABSTRACT = layer(Transform(AbstractFunction("sigma", (0,)), (Argument((i,), ZI),), (Slot(i, UP),)))
ASKED: list[tuple[Mode, str, tuple[str, ...]]] = [
    ("value", "L", ()),
    ("jacobian", "x", ("A", "B", "y", "b", "z")),
    ("grad", "L", ("A", "B", "z")),
    ("vjp", "x", ("A", "z")),
    ("jvp", "x", ("y", "B")),
    ("hessian", "L", ("A", "A", "A", "b")),
    ("hvp", "L", ("A", "y")),
]


def derived(request: Request) -> Equations:
    """The program to check."""
    return request.source if request.mode == "value" else derive(request)


@pytest.mark.parametrize("asked", ASKED, ids=lambda a: a[0])
@pytest.mark.parametrize("oracle", ["autograd", "complex step", "differences"])
def test_right_derivatives_pass(
    asked: tuple[Mode, str, tuple[str, ...]], oracle: OracleName
) -> None:
    request = Request(*asked, NET)
    report = verify(derived(request), request, sizes=SMALL, oracle=oracle)
    assert report.passed, str(report)
    assert oracle.split()[0] in report.oracle
    assert report.backends == ("formula",)
    wanted = {
        "value": ("L",),
        "jacobian": ("dx_dA", "dx_dB", "dx_dy", "dx_db", "dx_dz"),
        "grad": ("dL_dA", "dL_dB", "dL_dz"),
        "vjp": ("A_bar", "z_bar"),
        "jvp": ("x_dot",),
        "hessian": ("d2L_dA_dA", "d2L_dA_db"),
        "hvp": ("A_hvp", "y_hvp"),
    }
    assert report.outputs == wanted[request.mode]


@pytest.mark.parametrize("asked", ASKED[1:], ids=lambda a: a[0])
def test_abstract_functions_are_checked_by_stand_ins(
    asked: tuple[Mode, str, tuple[str, ...]],
) -> None:
    request = Request(*asked, ABSTRACT)
    report = verify(derived(request), request, seed=2)
    assert report.passed, str(report)


def corrupted(equations: Equations, name: str) -> Equations:
    """The same with the sign of one definition changed."""
    definitions = tuple(
        replace(d, body=negate(d.body)) if d.name == name else d for d in equations.definitions
    )
    return Equations(equations.inputs, definitions, equations.outputs)


@pytest.mark.parametrize("asked", ASKED[1:], ids=lambda a: a[0])
@pytest.mark.parametrize("oracle", ["autograd", "complex step", "differences"])
def test_a_wrong_sign_fails(asked: tuple[Mode, str, tuple[str, ...]], oracle: OracleName) -> None:
    request = Request(*asked, NET)
    right = derive(request)
    for name in right.outputs:
        report = verify(corrupted(right, name), request, sizes=SMALL, oracle=oracle)
        assert name in [line.output for line in report.lines if not line.passed]
        assert not report.passed
        assert not report
        assert report.max_error > 1
        assert "FAILED" in str(report)
        assert "instead of" in str(report)


def test_kernels_are_called_and_compared() -> None:
    request = Request("grad", "L", ("A", "b"), NET)
    right = derive(request)
    seen: dict[str, set[str]] = {}

    def by_numpy(**arrays: np.ndarray) -> dict[str, np.ndarray]:
        seen["numpy"] = set(arrays)
        return evaluate(right, arrays, NumpyBackend())

    def by_torch(**arrays: torch.Tensor) -> dict[str, torch.Tensor]:
        seen["torch"] = set(arrays)
        assert all(isinstance(a, torch.Tensor) for a in arrays.values())
        given = {name: array.numpy() for name, array in arrays.items()}
        result = evaluate(right, given, NumpyBackend())
        result["dL_db"] = result["dL_db"] * (1 + 1e-8)
        return {name: torch.tensor(value) for name, value in result.items()}

    report = verify(right, request, kernels={"numpy": by_numpy, "torch": by_torch})
    assert seen == {name: {"A", "B", "y", "b"} for name in ("numpy", "torch")}
    assert [(line.output, line.backend) for line in report.lines if not line.passed] == [
        ("dL_db", "torch")
    ]
    assert verify(right, request, kernels={"numpy": by_numpy}).passed
    assert verify(
        right, request, kernels={"numpy": by_numpy, "torch": by_torch}, backends=["numpy"]
    ).passed
    with pytest.raises(VerificationError, match="dL_db"):
        report.require()


def test_a_kernel_with_one_output_may_return_the_array() -> None:
    request = Request("grad", "L", ("b",), NET)
    right = derive(request)

    def kernel(**arrays: np.ndarray) -> np.ndarray:
        result: np.ndarray = evaluate(right, arrays, NumpyBackend())["dL_db"]
        return result

    assert verify(right, request, kernels={"numpy": kernel}).passed


def test_a_missing_output_or_a_wrong_shape_fails() -> None:
    request = Request("grad", "L", ("A", "b"), NET)
    right = derive(request)

    def forgets(**arrays: np.ndarray) -> dict[str, np.ndarray]:
        result = evaluate(right, arrays, NumpyBackend())
        return {"dL_dA": result["dL_dA"].T}

    report = verify(right, request, kernels={"numpy": forgets})
    assert [line.difference.split()[0] for line in report.lines] == ["shape", "no"]
    assert not report.passed


def test_not_a_number_fails() -> None:
    line = compared("f", "numpy", np.array([1.0, np.nan]), np.array([1.0, 2.0]), 1e-10)
    assert not line.passed
    assert "entry [1] is nan instead of 2" in line.difference
    assert compared("f", "numpy", np.array([0.0]), np.array([0.0]), 1e-10).passed
    assert not compared("f", "numpy", np.array([1e-9]), np.array([0.0]), 1e-10).passed


def test_nothing_compared_is_no_pass() -> None:
    assert not Report("nothing", (), "none", 1e-10, 0, {}).passed


def test_the_report_fits_a_screen_and_says_how_to_repeat_it() -> None:
    request = Request("grad", "L", ("A", "b"), NET)
    report = verify(derive(request), request, seed=5)
    text = str(report)
    assert text.isprintable() or "\n" in text
    assert "seed 5" in text
    assert "torch autograd" in text
    assert all(f"{name}={value}" in text for name, value in report.sizes.items())
    assert len(text.splitlines()) < 25
    assert report.as_dict()["passed"] is True
    again = verify(derive(request), request, seed=5)
    assert again == report


def test_the_gradient_by_a_symmetric_matrix_is_its_symmetric_part() -> None:
    s = Tensor("S", (N, N), (LOW, LOW), symmetry=((1, (0, 1)),))
    k = Index("k", 0, N)
    a, b = access("a^i", i), access("b^k", k)
    body = contract((i, k), multiply((a, at_indices(s, (i, k)), b)))
    equations = Equations((s, a.tensor, b.tensor), (Definition(loss, (), body),), ("L",))
    request = Request("grad", "L", ("S",), equations)
    outer = multiply((access("a^i", i), access("b^k", k)))
    mirrored = multiply((access("a^k", k), access("b^i", i)))
    half = multiply((number(0.5), add((outer, mirrored))))
    name = Tensor("dL_dS", (N, N), (UP, UP))

    def answer(formula: Expr) -> Equations:
        return Equations(equations.inputs, (Definition(name, (i, k), formula),), ("dL_dS",))

    assert verify(answer(half), request).passed
    assert not verify(answer(outer), request).passed


def test_without_torch_the_report_says_what_replaced_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorcalc.check import oracles

    monkeypatch.setattr(oracles, "torch_is_installed", lambda: False)
    for activation, name in (("tanh", "complex step"), ("abs", "central differences")):
        equations = layer(apply(activation, ZI))
        assert is_analytic(equations) == (activation == "tanh")
        request = Request("grad", "L", ("A", "b"), equations)
        report = verify(derive(request), request)
        assert report.passed, str(report)
        assert report.oracle.startswith(name)


def test_back_ends_here() -> None:
    assert available_backends() == ("numpy", "torch")
