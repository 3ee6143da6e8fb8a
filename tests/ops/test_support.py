"""Generated helpers: accurate, stable, quiet, and of the right type."""

import numpy as np
import pytest
import scipy.special

from tensorcalc.ops import SUPPORT, catalog, support_functions, support_source


@pytest.mark.parametrize("name", sorted(SUPPORT))
def test_each_helper_stands_alone(name: str) -> None:
    scope: dict[str, object] = {"np": np}
    exec(support_source([name]), scope)
    assert callable(scope[name])


def test_what_a_helper_needs_comes_first_and_once() -> None:
    source = support_source(["_erf", "_erfc", "_erf"])
    order = [line.split("(")[0][4:] for line in source.splitlines() if line.startswith("def ")]
    assert order == ["_polynomial", "_erf_near", "_erfc_far", "_erf", "_erfc"]


def test_every_helper_that_a_record_names_exists() -> None:
    named = {name for record in catalog().values() for name in record.support}
    needed = {name for helper in SUPPORT.values() for name in helper.needs}
    assert named <= SUPPORT.keys()
    assert named | needed == SUPPORT.keys()


def test_error_function_to_the_last_digits() -> None:
    helpers = support_functions(["_erf", "_erfc"])
    x = np.concatenate([np.linspace(-30, 30, 20001), np.logspace(-300, 1, 2000)])
    np.testing.assert_allclose(helpers["_erf"](x), scipy.special.erf(x), rtol=1e-15)
    x = np.linspace(-26, 26, 20001)
    np.testing.assert_allclose(helpers["_erfc"](x), scipy.special.erfc(x), rtol=4e-15)
    z = np.linspace(-4, 4, 1001) + 1e-3j
    np.testing.assert_allclose(helpers["_erf"](z), scipy.special.erf(z), atol=1e-14)


@pytest.mark.parametrize("large", [50.0, 1000.0])
def test_stable_for_large_arguments(large: float) -> None:
    x = np.array([-large, 0.0, large])
    helpers = support_functions(["_sigmoid", "_softplus", "_softmax", "_log_softmax", "_logsumexp"])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        sigmoid = helpers["_sigmoid"](x)
        softplus = helpers["_softplus"](x)
        softmax = helpers["_softmax"](x, (-1,))
        log_softmax = helpers["_log_softmax"](x, (-1,))
        logsumexp = helpers["_logsumexp"](x, (-1,))
    np.testing.assert_allclose(sigmoid, scipy.special.expit(x), rtol=1e-15)
    np.testing.assert_allclose(softplus, np.logaddexp(x, 0), rtol=1e-15)
    np.testing.assert_allclose(softmax, scipy.special.softmax(x), rtol=1e-15)
    np.testing.assert_allclose(log_softmax, scipy.special.log_softmax(x), rtol=1e-15)
    np.testing.assert_allclose(logsumexp, large)


def test_logsumexp_of_masked_rows() -> None:
    logsumexp = support_functions(["_logsumexp"])["_logsumexp"]
    x = np.array([[-np.inf, 1.0], [-np.inf, -np.inf], [np.inf, 1.0]])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(logsumexp(x, (-1,)), [1.0, -np.inf, np.inf])


def test_one_hot_over_several_axes_takes_the_first() -> None:
    x = np.array([[[1.0, 5.0], [5.0, 0.0]]])
    got = support_functions(["_one_hot"])["_one_hot"](x, (-2, -1), np.argmax)
    np.testing.assert_array_equal(got, [[[0, 1], [0, 0]]])


def test_logdet_of_a_negative_determinant_is_not_a_number() -> None:
    logdet = support_functions(["_logdet"])["_logdet"]
    assert np.isnan(logdet(np.diag([1.0, -2.0])))
    np.testing.assert_allclose(logdet(np.diag([3.0, 2.0])), np.log(6.0))
