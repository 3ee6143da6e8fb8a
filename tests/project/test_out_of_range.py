"""An access that leaves its tensor is found before anything runs, and named."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

import tensorcalc as tc
from tensorcalc.errors import ShapeError
from tensorcalc.language import NotationError

EDGES = ("zeropad", "circular", "reflect", "replicate")

#: What is written, the access, and where it is read or what is left.
KNOWN = [
    ("tensor z_i [5]\ntensor y_i [5]\ny_i = z_{i+1}", "z_{i+1}", "i runs over 0 … 4", "1 … 5"),
    ("tensor y_i [N]\ntensor z_i [N]\ny_i = z_{i+1}", "z_{i+1}", "i runs over 0 … N - 1", "1 … N"),
    ("sizes i=5, j=3\ny_i = z_{i-j} w_j", "z_{i-j}", "j runs over 0 … 2", "-2 … 4"),
    (
        "tensor z_i [8]\ntensor w_j [3]\ntensor y_i [4]\ny_i = z_{2*i+j} w_j",
        "z_{2*i+j}",
        "i runs over 0 … 3 and j runs over 0 … 2",
        "0 … 8, and slot 1 of z has 0 … 7",
    ),
    (
        "tensor X_ij [4, 6]\ny_ij = X_{i, j-1} - X_ij",
        "X_{i, j-1}",
        "j runs",
        "slot 2 of X has 0 … 5",
    ),
    ("tensor z_i [8]\ntensor w_j [9]\ny_i = z_{i+j} w_j", "z_{i+j}", "leaves z at once", "for i"),
    ("tensor z_i [8]\nL = sum_i z_{i+9}", "z_{i+9}", "slot 1 of it has 0 … 7", "for i"),
    (
        "index t : 4\ntensor x_t [4]\ns_t = x_{t+1} + s_{t-1}\ns_{-1} = h",
        "x_{t+1}",
        "t runs over 0 … 3",
        "1 … 4",
    ),
]


@pytest.mark.parametrize(("text", "access", "ranges", "places"), KNOWN)
def test_the_text_tells(text: str, access: str, ranges: str, places: str) -> None:
    """Index, range and tensor are named, and every edge rule is offered as it is written."""
    with pytest.raises(NotationError) as caught:
        tc.parse(text)
    (found,) = caught.value.diagnostics
    message = str(caught.value)
    assert found.code == "E405"
    for part in (access, ranges, places, *(f"{edge}({access})" for edge in EDGES)):
        assert part in message, message


def test_sizes_given_beside_the_text_count() -> None:
    text = "tensor z_i [N]\ntensor w_j [K]\ny_i = z_{i+j} w_j"
    tc.parse(text)
    with pytest.raises(NotationError, match=r"leaves z at once"):
        tc.parse(text, sizes={"N": 3, "K": 5})
    with pytest.raises(NotationError, match="component 5 of z is outside"):
        tc.parse("tensor z_i [N]\ny = z_{5}", sizes={"N": 5})


@pytest.mark.parametrize("offer", [*(f"{edge}(z_{{i-j}})" for edge in EDGES), "z_{i+j}"])
def test_each_offer_is_one(offer: str) -> None:
    """What the error offers parses, and is differentiated rightly."""
    program = tc.parse(f"tensor z_i [9]\ntensor w_j [3]\ntensor y_i [7]\ny_i = {offer} w_j")
    for derived in (program.vjp("y", ["z", "w"]), program.jvp("y", ["z", "w"])):
        assert derived.check().passed


#: What is written, sizes that do not fit, ones that do, and what the error says.
AT_RUN_TIME = [
    ("y_i = z_{i+j} w_j", {"z": 3, "w": 5}, {"z": 5, "w": 5}, r"z_\{i\+j\} leaves no value for i"),
    ("y_i = z_{i+j} w_j", {"z": 4, "w": 5}, {"z": 6, "w": 5}, r"slot 1 of z has 0 … n_z - 1"),
    ("y_p = max_u(x_{2*p+u})\nsizes u=3", {"x": 2}, {"x": 3}, "leaves no value for p"),
    ("y_i = x_{i+2} - x_i", {"x": 1}, {"x": 2}, r"with n_x = 1, x_\{i\+2\} leaves no value for i"),
    ("y = x_{5} + sum_i x_i", {"x": 5}, {"x": 6}, r"x_\{5\} leaves x: it is read at 5"),
    ("tensor x_i [N]\ny = x_{N-3}", {"x": 2}, {"x": 3}, r"x_\{N-3\} leaves x"),
    ("s_t = x_t + 1/2 s_{t-1}\ns_{-1} = 1\ny = s_{4}", {"x": 4}, {"x": 5}, r"s_\{4\} leaves s"),
]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("text", "wrong", "right", "message"), AT_RUN_TIME)
def test_the_arrays_tell(
    text: str,
    wrong: dict[str, int],
    right: dict[str, int],
    message: str,
    backend: Literal["numpy", "torch"],
) -> None:
    """Before the kernel runs, in both back ends alike; the smallest that fit are no error."""
    if backend == "torch":
        pytest.importorskip("torch")
    kernel = tc.parse(text).compile(backend)

    def arrays(sizes: dict[str, int]) -> dict[str, Any]:
        return {name: np.arange(1.0, size + 1) for name, size in sizes.items()}

    kernel(**arrays(right))
    with pytest.raises(ShapeError, match=message):
        kernel(**arrays(wrong))
