"""The catalog as others use it: names, code with arguments filled in, parameters."""

import pickle
from fractions import Fraction

import pytest

from tensorcalc.expr import Pointwise, apply, number
from tensorcalc.ops import ALIASES, catalog, functionals, numpy_code, pointwise, torch_code

NAMES = """exp log sqrt abs sign sin cos tan asin acos atan sinh cosh tanh erf sigmoid relu
leaky_relu softplus gelu silu elu heaviside step huber pow maximum minimum where log1p expm1
less less_equal equal not_equal softmax log_softmax logsumexp normalize max min argmax argmin
norm prod inv det logdet cholesky pi e"""


@pytest.mark.parametrize("name", NAMES.split())
def test_the_notation_has_it(name: str) -> None:
    assert name in catalog()


def test_pointwise_and_functionals_are_all() -> None:
    assert {r.name for r in (*pointwise(), *functionals())} == catalog().keys()


def test_an_alias_names_a_record_and_hides_none() -> None:
    assert set(ALIASES.values()) <= catalog().keys()
    assert not ALIASES.keys() & catalog().keys()


def test_records_are_pickled_by_name() -> None:
    for record in catalog().values():
        assert pickle.loads(pickle.dumps(record)) is record


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [("leaky_relu", "slope", Fraction(1, 100)), ("elu", "alpha", 1), ("huber", "delta", 1)],
)
def test_defaults_are_those_of_torch(name: str, parameter: str, value: Fraction) -> None:
    record = catalog()[name]
    assert isinstance(record, Pointwise)
    assert record.parameters == ((parameter, value),)
    assert apply(name, number(2)) is apply(name, number(2), number(value))


@pytest.mark.parametrize(
    ("name", "arguments", "numpy", "torch"),
    [
        ("pow", ["x", 2], "x ** 2", "x ** 2"),
        ("pow", ["x", Fraction(-1, 2)], "x ** (-0.5)", "x ** (-0.5)"),
        ("pow", [2, 3], "2 ** 3", None),
        ("maximum", ["x", 0], "np.maximum(x, 0)", "torch.maximum(x, x.new_tensor(0))"),
        ("sin", ["x"], "np.sin(x)", "torch.sin(x)"),
        (
            "where",
            ["c", "x", float("-inf")],
            'np.where(c != 0, x, float("-inf"))',
            'torch.where(c != 0, x, x.new_tensor(float("-inf")))',
        ),
    ],
)
def test_code(name: str, arguments: list[str | int], numpy: str, torch: str | None) -> None:
    record = catalog()[name]
    assert numpy_code(record, arguments) == numpy
    if torch is not None:
        assert torch_code(record, arguments) == torch


def test_torch_code_of_numbers_alone_makes_tensors() -> None:
    import torch

    code = torch_code(catalog()["pow"], [2, Fraction(1, 2)])
    value = eval(code, {"torch": torch})
    assert value.dtype == torch.float64
    assert abs(float(value) - 2**0.5) < 1e-15


@pytest.mark.parametrize(
    ("name", "axes", "numpy", "torch"),
    [
        ("max", 1, "np.max(x, axis=(-1,))", "torch.max(x, -1).values"),
        ("max", 2, "np.max(x, axis=(-2, -1))", "torch.max(torch.flatten(x, -2), -1).values"),
        ("inv", 2, "np.linalg.inv(x)", "torch.linalg.inv(x)"),
    ],
)
def test_code_across(name: str, axes: int, numpy: str, torch: str) -> None:
    assert numpy_code(catalog()[name], ["x"], axes) == numpy
    assert torch_code(catalog()[name], ["x"], axes) == torch


@pytest.mark.parametrize(
    ("name", "uses"), [("sigmoid", "sigmoid"), ("tanh", "tanh"), ("exp", "exp")]
)
def test_derivatives_are_written_by_the_value(name: str, uses: str) -> None:
    from tensorcalc.expr import Index, access, extent, walk

    x = access("x^i", Index("i", 0, extent("n")))
    value = access("v^i", Index("i", 0, extent("n")))
    record = catalog()[name]
    assert isinstance(record, Pointwise)
    (partial,) = record.partials((x,), value)
    assert value in set(walk(partial))
    assert x not in set(walk(partial)), uses
