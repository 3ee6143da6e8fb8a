"""The adjoint of a maximum over windows in Torch: the native places, no window stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorcalc as tc

torch = pytest.importorskip("torch", reason="the functions are its own")

NATIVE = {
    "planes": "sizes u=2, v=3\ny_ncpq = max_{u v}(x_{n, c, 2*p + u, 3*q + v})",
    "overlapping": "sizes u=3, v=3\ny_ncpq = max_{u v}(x_{n, c, 2*p + u, 2*q + v})",
    "one axis": "sizes u=3\ny_cp = max_u(x_{c, 2*p + u})",
    "nothing kept": "sizes u=2, v=2\ny_pq = max_{u v}(x_{2*p + u, 2*q + v})",
    "dilated": "sizes u=2\ny_np = max_u(x_{n, 2*p + 3*u})",
    "channels last": "sizes u=2, v=2\ny_npqc = max_{u v}(x_{n, 2*p + u, 2*q + v, c})",
    "three kept": "sizes u=2\ny_nmpc = max_u(x_{n, m, 2*p + u, c})",
    "three axes": "sizes u=2, v=2, w=2\ny_npqr = max_{u v w}(x_{n, 2*p + u, 2*q + v, 2*r + w})",
}
#: Equal places in another order, zeros beyond the edge, a window that does not start at 0.
OTHER = {
    "turned order": "sizes u=2, v=3\ny_ncpq = max_{v u}(x_{n, c, 2*p + u, 2*q + v})",
    "padded": "sizes u=3\ntensor x [N]\ntensor y [N//2]\ny_p = max_u(zeropad(x_{2*p + u - 1}))",
    "moved": "sizes u=2\ny_np = max_u(x_{n, 2*p + u + 1})",
}


def held(text: str, native: bool, dtype: Any = np.float64) -> None:
    """Generic arrays, and small whole numbers, of which many are equal."""
    program = tc.parse(text)
    derived = program.vjp("y", ["x"])
    numpy_kernel, torch_kernel = derived.compile("numpy"), derived.compile("torch")
    assert ("return_indices=True" in torch_kernel.source) is native, torch_kernel.source
    assert ("torch.argmax" in torch_kernel.source) is not native
    rank = program.equations.tensor("x").rank
    rng = np.random.default_rng(5)
    for shape in ((11,) * rank, tuple(range(7, 7 + rank)), (8,) * rank):
        for x in (rng.normal(size=shape), rng.integers(0, 2, shape).astype(float)):
            x = x.astype(dtype)
            y = np.asarray(program.compile("numpy")(x=x))
            y_bar = rng.normal(size=y.shape).astype(dtype)
            wanted = numpy_kernel(x=x, y_bar=y_bar)
            given = {"x": torch.as_tensor(x), "y_bar": torch.as_tensor(y_bar)}
            found = np.asarray(torch_kernel(**given))
            assert found.dtype == wanted.dtype == dtype
            np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("name", NATIVE)
def test_the_places_are_told_by_the_native_function(name: str) -> None:
    held(NATIVE[name], native=True)
    if name == "planes":
        held(NATIVE[name], native=True, dtype=np.float32)


@pytest.mark.parametrize("name", OTHER)
def test_what_torch_would_order_or_pad_in_another_way_is_not(name: str) -> None:
    held(OTHER[name], native=False)


def test_the_maximum_and_its_places_are_computed_once() -> None:
    program = tc.parse(f"{NATIVE['planes']}\nL = sum_{{n c p q}} y_ncpq**2 t_nc")
    derived = program.grad("L", ["x", "t"])
    source = derived.compile("torch").source
    assert source.count("max_pool2d(") == 1
    assert "y, places1 = " in source
    report = derived.check()
    assert report.passed, str(report)
