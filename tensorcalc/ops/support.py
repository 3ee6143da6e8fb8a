"""Helper functions that generated NumPy code calls, as source text.

A generated kernel imports nothing of this library, so what it needs is printed into it.
The helpers keep float32, continue to complex arguments where :attr:`analytic` of their
record says so (comparisons of complex numbers go by the real part first), and raise no
floating-point warning for finite arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["SUPPORT", "Helper", "support_functions", "support_source"]


@dataclass(frozen=True, slots=True)
class Helper:
    """``source`` defines one function; ``needs`` names the helpers it calls."""

    source: str
    needs: tuple[str, ...] = ()


def support_source(names: Iterable[str]) -> str:
    """Return the source of the named helpers and of what they need, each once, callees first.

    Example:
        >>> print(support_source(["_softplus"]))
        def _softplus(x):
            top = np.maximum(x, 0)
            return top + np.log1p(np.exp(x - 2 * top))
    """
    ordered: dict[str, None] = {}
    for name in names:
        for needed in (*SUPPORT[name].needs, name):
            ordered.setdefault(needed)
    return "\n\n\n".join(SUPPORT[name].source for name in ordered)


def support_functions(names: Iterable[str]) -> dict[str, Callable[..., Any]]:
    """Return the helpers as functions, by name."""
    import numpy

    scope: dict[str, Any] = {"np": numpy}
    exec(support_source(names), scope)  # our own constant text
    return {name: scope[name] for name in SUPPORT if name in scope}


def _coefficients(*values: float) -> str:
    lines = "".join(f"        {value!r},\n" for value in values)
    return f"(\n{lines}    )"


# Chebyshev expansions computed with 40 digits and converted to powers, highest first.
# erf(x)/x in u = x**2 on [0, 1], and erfc(x) exp(x**2) (1 + 2 x) in the variable
# r = (4 (x - 3)/(x + 3) - 1)/3, which takes [1, infinity) to [-1, 1].
_NEAR = _coefficients(
    5.958930743134941e-11,
    -1.1373902296430911e-09,
    1.4660051998394848e-08,
    -1.6350354461959655e-07,
    1.6461004480962034e-06,
    -1.4925595519506043e-05,
    0.00012055331122299266,
    -0.0008548326981129666,
    0.005223977624823223,
    -0.026866170645077334,
    0.11283791670954882,
    -0.3761263890318375,
    1.1283791670955126,
)
_FAR = _coefficients(
    3.830545729855475e-12,
    -1.3876238768895287e-10,
    -8.117152674116291e-11,
    1.8134336656798991e-09,
    8.010206464965495e-10,
    -1.6383192298646447e-08,
    -3.0763949424906206e-09,
    1.4471938012490688e-07,
    -6.772703361333696e-08,
    -1.3083047451827833e-06,
    2.3581741718833306e-06,
    9.950055489984596e-06,
    -4.8730846823289696e-05,
    1.4613631866024991e-05,
    0.0006022571917391477,
    -0.003042218575843134,
    0.008834602509000339,
    -0.017203840518228795,
    0.01943509794132386,
    0.008036606418313885,
    -0.10601129557561727,
    1.217751015063755,
)

SUPPORT: dict[str, Helper] = {
    "_indicator": Helper(
        """\
def _indicator(condition, *like):
    dtype = np.result_type(*like)
    return np.asarray(condition, dtype if dtype.kind in "fc" else np.float64)"""
    ),
    "_reciprocal_or_zero": Helper(
        """\
def _reciprocal_or_zero(x):
    zero = np.equal(x, 0)
    return np.where(zero, 0, 1 / np.where(zero, 1, x))"""
    ),
    "_sigmoid": Helper(
        """\
def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)"""
    ),
    "_softplus": Helper(
        """\
def _softplus(x):
    top = np.maximum(x, 0)
    return top + np.log1p(np.exp(x - 2 * top))"""
    ),
    "_polynomial": Helper(
        """\
def _polynomial(x, coefficients):
    total = x * coefficients[0]
    for c in coefficients[1:-1]:
        total += c
        total *= x
    return total + coefficients[-1]"""
    ),
    "_erf_near": Helper(
        f"""\
def _erf_near(x):
    # erf(x) for |x| <= 1: a polynomial in x**2, to a relative 1e-16
    coefficients = {_NEAR}
    return x * _polynomial(x * x, coefficients)""",
        ("_polynomial",),
    ),
    "_erfc_far": Helper(
        f"""\
def _erfc_far(x):
    # erfc(x) for x >= 1: exp(-x**2) / (1 + 2 x) times a polynomial, to a relative 1e-15
    coefficients = {_FAR}
    r = (4 * (x - 3) / (x + 3) - 1) / 3
    return np.exp(-x * x) / (1 + 2 * x) * _polynomial(r, coefficients)""",
        ("_polynomial",),
    ),
    "_erf": Helper(
        """\
def _erf(x):
    near = np.maximum(np.minimum(x, 1), -1)
    far = np.minimum(np.maximum(np.maximum(x, -x), 1), 27)
    beyond = np.where(x < 0, -1, 1) * (1 - _erfc_far(far))
    return np.where((x < 1) & (x > -1), _erf_near(near), beyond.astype(near.dtype))""",
        ("_polynomial", "_erf_near", "_erfc_far"),
    ),
    "_erfc": Helper(
        """\
def _erfc(x):
    near = np.maximum(np.minimum(x, 1), -1)
    far = np.minimum(np.maximum(np.maximum(x, -x), 1), 27)
    tail = _erfc_far(far)
    beyond = np.where(x < 0, 2 - tail, tail)
    return np.where((x < 1) & (x > -1), 1 - _erf_near(near), beyond)""",
        ("_polynomial", "_erf_near", "_erfc_far"),
    ),
    "_softmax": Helper(
        """\
def _softmax(x, axes):
    e = np.exp(x - np.max(x, axis=axes, keepdims=True))
    e /= np.sum(e, axis=axes, keepdims=True)
    return e"""
    ),
    "_log_softmax": Helper(
        """\
def _log_softmax(x, axes):
    shifted = x - np.max(x, axis=axes, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))"""
    ),
    "_logsumexp": Helper(
        """\
def _logsumexp(x, axes):
    top = np.max(x, axis=axes, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.sum(np.exp(x - top), axis=axes)
    return np.squeeze(top, axes) + np.log(total)"""
    ),
    "_norm": Helper(
        """\
def _norm(x, axes, keepdims=False):
    return np.sqrt(np.sum(x * x, axis=axes, keepdims=keepdims))"""
    ),
    "_normalize": Helper(
        """\
def _normalize(x, axes):
    return x / np.maximum(_norm(x, axes, keepdims=True), 1e-12)""",
        ("_norm",),
    ),
    "_one_hot": Helper(
        """\
def _one_hot(x, axes, position):
    flat = x.reshape(x.shape[: axes[0]] + (-1,))
    result = np.zeros_like(flat)
    np.put_along_axis(result, position(flat, axis=-1)[..., None], 1, axis=-1)
    return result.reshape(x.shape)"""
    ),
    "_logdet": Helper(
        """\
def _logdet(x):
    sign, logarithm = np.linalg.slogdet(x)
    if np.iscomplexobj(x):
        return logarithm + np.log(sign)
    return np.where(sign < 0, np.nan, logarithm)"""
    ),
}
