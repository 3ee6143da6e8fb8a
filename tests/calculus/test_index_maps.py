"""Affine indices, edges, gathers, conditions: every mode against autograd, and the formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tensorcalc as tc
from tensorcalc.calculus import Request, derive
from tensorcalc.calculus.request import Mode
from tensorcalc.check import verify
from tensorcalc.check.backends import NumpyBackend
from tensorcalc.check.evaluate import evaluate
from tensorcalc.expr import (
    Access,
    Affine,
    Definition,
    Delta,
    Edge,
    Equations,
    Expr,
    Extent,
    Index,
    Level,
    Slot,
    Tensor,
    add,
    affine,
    apply,
    at_indices,
    contract,
    extent,
    multiply,
    number,
    reduce,
    walk,
)
from tensorcalc.printing import to_text

pytest.importorskip("torch", reason="the oracle of these tests is autograd")

UPPER, LOWER = Level.UPPER, Level.LOWER
N, K = extent("n"), extent("k")


def derived_line(text: str, mode: Mode, of: str, wrt: str, output: str) -> str:
    """The right side of ``output`` as it is printed."""
    program = getattr(tc.parse(text), mode)(of, wrt)
    lines = str(program).replace("`", "").splitlines()
    (line,) = [x for x in lines if x.startswith(output) and " = " in x]
    return line.split(" = ")[1]


FULL = "x^i = zeropad(z^{i-j}) w_j\ntensor x^i [N]\ntensor z^i [N]"
VALID = "x^i = z^{i+j} w_j"
CIRCULAR = "x^i = circular(z^{i-j}) w_j\ntensor x^i [N]\ntensor z^i [N]\ntensor w_i [N]"

FORMULAS = [
    (FULL, "jacobian", "x", "z", "dx_dz", "zeropad(w_{i - i1})"),
    (FULL, "jacobian", "x", "w", "dx_dw", "zeropad(z^{i-j})"),
    (FULL, "vjp", "x", "z", "z_bar", "x_bar_<i1> zeropad(w_{i1 - i})"),
    (VALID, "jacobian", "x", "z", "dx_dz", "zeropad(w_{i1 - i})"),
    (VALID, "vjp", "x", "z", "z_bar", "zeropad(x_bar_{i-j}) w_j"),
    (VALID, "vjp", "x", "w", "w_bar", "x_bar_i z^{i+j}"),
    (VALID, "jvp", "x", "z", "x_dot", "w_j z_dot^{i+j}"),
    (CIRCULAR, "jacobian", "x", "z", "dx_dz", "circular(w_{i - i1})"),
    ("g_i = x_{i+1} - x_i", "vjp", "g", "x", "x_bar", "zeropad(g_bar^{i-1}) - zeropad(g_bar^i)"),
]


@pytest.mark.parametrize(("text", "mode", "of", "wrt", "output", "wanted"), FORMULAS)
def test_formula_by_hand(
    text: str, mode: Mode, of: str, wrt: str, output: str, wanted: str
) -> None:
    assert derived_line(text, mode, of, wrt, output) == wanted


def convolution_2d() -> Equations:
    """Samples, channels, groups of one, stride 2, dilation 2 in one direction, padding 1."""
    h, w, r, s = extent("h"), extent("w"), extent("r"), extent("s")
    n, o, c = Index("n", 0, extent("b")), Index("o", 0, extent("o")), Index("c", 0, extent("c"))
    p, q = Index("p", 0, (h - r + 2) // 2 + 1), Index("q", 0, w - s * 2 + 4)
    u, v = Index("u", 0, r), Index("v", 0, s)
    image = Tensor("z", (n.extent, c.extent, h, w), (LOWER,) * 4)
    kernel = Tensor("k", (o.extent, c.extent, r, s), (LOWER,) * 4)
    out = Tensor("y", (n.extent, o.extent, p.extent, q.extent), (LOWER,) * 4)
    read = Access(
        image,
        (
            Slot(n, LOWER),
            Slot(c, LOWER),
            Slot(affine([(p, 2), (u, 1)], -1), LOWER, Edge.ZERO),
            Slot(affine([(q, 1), (v, 2)], -1), LOWER, Edge.ZERO),
        ),
    )
    body = contract([c, u, v], multiply([read, at_indices(kernel, [o, c, u, v])]))
    definition = Definition(out, (n, o, p, q), apply("tanh", body))
    return Equations((image, kernel), (definition,), ("y",))


@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
def test_convolution_in_two_dimensions(mode: Mode) -> None:
    wrt = ("z", "k") if mode != "jacobian" else ("k",)
    equations = convolution_2d()
    request = Request(mode, "y", wrt, equations)
    sizes = {"h": 4, "w": 5, "r": 3, "s": 2, "b": 2, "o": 2, "c": 3}
    derived = derive(request)
    assert verify(derived, request, sizes=sizes).passed, to_text(derived)
    if mode == "vjp":
        body = derived.definition("z_bar").body
        assert not any(isinstance(node, Delta) for node in walk(body))


@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
@pytest.mark.parametrize("edge", [Edge.CIRCULAR, Edge.REFLECT, Edge.REPLICATE])
def test_a_fold_keeps_the_range_it_folds_onto(mode: Mode, edge: Edge) -> None:
    """What is folded onto a layer's range is not solved for that layer's own formula."""
    i, j = Index("i", 0, N + 1), Index("j", 0, extent(2))
    z, x, y = (Tensor(t, (size,), (UPPER,)) for t, size in (("z", N), ("x", N + 1), ("y", N + 1)))
    v, w = (Tensor(t, (j.extent,), (LOWER,)) for t in "vw")
    below = Access(z, (Slot(affine([(i, 1), (j, -1)]), UPPER, Edge.ZERO),))
    above = Access(x, (Slot(affine([(i, 1), (j, 1)]), UPPER, edge),))
    definitions = (
        Definition(x, (i,), contract([j], multiply([below, at_indices(v, [j])]))),
        Definition(y, (i,), contract([j], multiply([above, at_indices(w, [j])]))),
    )
    equations = Equations((z, v, w), definitions, ("y",))
    request = Request(mode, "y", ("z", "v"), equations)
    assert verify(derive(request), request).passed


@st.composite
def layers(draw: st.DrawFn, name: str, below: Tensor, kernels: list[Tensor]) -> Definition:
    """A convolution, pooling or difference of ``below``, with any edge, stride, dilation."""
    length = below.extents[0]
    taps = draw(st.sampled_from((extent(2), extent(3), K)))
    stride, dilation = draw(st.sampled_from((1, 1, 2))), draw(st.sampled_from((1, 1, -1, 2)))
    edge = draw(st.sampled_from((Edge.INSIDE, *Edge)))
    j = Index("j", 0, taps)
    if edge is Edge.INSIDE:
        dilation = abs(dilation)
        size: Extent = (length - 1 - (taps - 1) * dilation) // stride + 1
        offset = 0
    else:
        size = draw(st.sampled_from((length, length + taps - 1, N)))
        offset = draw(st.sampled_from((0, 0, 1, -1, -2)))
    i = Index("i", 0, size)
    place: Index | Affine = affine([(i, stride), (j, dilation)], offset)
    read: Expr = Access(below, (Slot(place, below.levels[0], edge),))
    kind = draw(st.sampled_from(("kernel", "kernel", "kernel", "mean", "max", "square", "inner")))
    if kind == "max":
        body = reduce("max", [j], read)
    elif kind == "mean":
        body = multiply([number(0.5), contract([j], read)])
    else:
        kernel = Tensor(f"w{name}", (taps,), (LOWER,))
        kernels.append(kernel)
        if kind == "square":
            read = multiply([read, read])
        if kind == "inner":
            read = apply("sin", read)
        body = contract([j], multiply([read, at_indices(kernel, [j])]))
    if draw(st.booleans()):
        body = apply(draw(st.sampled_from(("tanh", "sin"))), body)
    return Definition(Tensor(name, (size,), (UPPER,)), (i,), body)


@st.composite
def networks(draw: st.DrawFn) -> Equations:
    """One to three layers over an input, some of which read an earlier layer too."""
    below = Tensor("z", (N,), (UPPER,))
    inputs = [below]
    definitions: list[Definition] = []
    for name in ("x", "y", "v")[: draw(st.integers(1, 3))]:
        layer = draw(layers(name, below, inputs))
        also_below = draw(st.booleans())
        if definitions and also_below and layer.tensor.extents == below.extents:
            body = add([layer.body, at_indices(below, layer.indices)])
            layer = Definition(layer.tensor, layer.indices, body)
        definitions.append(layer)
        below = layer.tensor
    return Equations(tuple(inputs), tuple(definitions), (below.name,))


def sizes_for(equations: Equations) -> dict[str, int]:
    """Sizes for which every index has a component; the kernels fit."""
    for n in (6, 9, 13, 18, 25):
        sizes = {"n": n, "k": 2}
        if all(e.evaluate(sizes) >= 1 for d in equations.definitions for e in d.tensor.extents):
            return sizes
    raise AssertionError("no sizes")


def check(equations: Equations, mode: Mode, of: str, wrt: tuple[str, ...]) -> None:
    request = Request(mode, of, wrt, equations)
    derived = derive(request)
    report = verify(derived, request, sizes=sizes_for(equations), tolerance=1e-9)
    assert report.passed, f"{to_text(equations)}\n--\n{to_text(derived)}\n{report}"


@settings(max_examples=20)
@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
@given(equations=networks(), data=st.data())
def test_random_index_maps(mode: Mode, equations: Equations, data: st.DataObject) -> None:
    names = [t.name for t in equations.inputs]
    wrt = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    check(equations, mode, equations.outputs[0], tuple(wrt))


@settings(max_examples=12)
@pytest.mark.parametrize("mode", ["hvp", "hessian"])
@given(equations=networks(), data=st.data())
def test_random_index_maps_twice(mode: Mode, equations: Equations, data: st.DataObject) -> None:
    last = equations.definition(equations.outputs[0])
    value = at_indices(last.tensor, last.indices)
    loss = Definition(Tensor("L", (), ()), (), contract(last.indices, multiply([value] * 3)))
    whole = Equations(equations.inputs, (*equations.definitions, loss), ("L",))
    names = [t.name for t in equations.inputs]
    check(whole, mode, "L", (data.draw(st.sampled_from(names)), "z"))


GATHERS = [
    ("y_t^d = tanh(E_{w_t}^d)", "y", ("E",)),
    ("y_t^d = E_{w_t}^c U_c^d + b^d", "y", ("E", "U")),
    ("s_n^c = log_softmax_c(W^c_j x_n^j)\ny_n = -s_n^{c_n}", "y", ("W", "x")),
    ("y_t^v = E_{w_t}^d E_v^d", "y", ("E",)),
    ("y_t = E_{w_t}^d E_{w_t}^d", "y", ("E",)),
]


@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
@pytest.mark.parametrize(("text", "of", "wrt"), GATHERS)
def test_gathers(text: str, of: str, wrt: tuple[str, ...], mode: Mode) -> None:
    equations = tc.parse(text).equations
    request = Request(mode, of, wrt, equations)
    assert verify(derive(request), request).passed


def test_gradient_of_a_look_up_is_a_scatter() -> None:
    wanted = "δ^i_{w_t} y_bar^t_j"
    assert derived_line("y_t^d = E_{w_t}^d", "vjp", "y", "E", "E_bar") == wanted


BRANCHES = [
    ("y_i = where([x_i > 0], log(x_i), 2 x_i)", ("x",)),
    ("y_i = where([x_i > 0], x_i sqrt(x_i), sin(x_i) sqrt(-x_i))", ("x",)),
    ("y_i = where([m_i > 0], log(A_ij x_j), A_ij x_j)", ("x", "A")),
    ("y_ij = where([j <= i], log(x_i + 2 - x_j), 0)", ("x",)),
]


@pytest.mark.parametrize("mode", ["vjp", "jvp", "jacobian"])
@pytest.mark.parametrize(("text", "wrt"), BRANCHES)
def test_nothing_leaks_from_the_branch_not_taken(
    text: str, wrt: tuple[str, ...], mode: Mode
) -> None:
    """Autograd would say 0 times infinity here; differences do not."""
    equations = tc.parse(text).equations
    request = Request(mode, "y", wrt, equations)
    derived = derive(request)
    for seed in range(3):
        with np.errstate(invalid="ignore", divide="ignore"):  # the branch not taken is computed
            report = verify(derived, request, oracle="differences", seed=seed, tolerance=1e-6)
        assert report.passed, f"{to_text(derived)}\n{report}"


def test_branches_are_joined_again() -> None:
    line = derived_line("y_i = where([x_i > 0], log(x_i), 2 x_i)", "vjp", "y", "x", "x_bar")
    assert line == "y_bar^i where([0 < x_i], 1/x_i, 2)"


ATTENTION = """
P_tu = softmax_u(where([u <= t], q_td k_ud, -inf))
y_td = P_tu v_ud
"""


def test_masked_attention_keeps_the_scores_out_of_the_mask() -> None:
    derived = tc.parse(ATTENTION).vjp("y", ["q", "k"])
    lines = str(derived).replace("`", "").splitlines()
    assert "z_bar^tu = z1_bar^tu [u <= t]" in lines
    assert "q_bar^td = z_bar^tu k_ud" in lines


def test_a_row_masked_throughout_is_not_a_number_and_spoils_no_other() -> None:
    """A softmax over nothing has no value, as in torch; masking one place less gives it one."""
    masked = "S_tu = where([m_tu > 0], a_tu, -inf)\nP_tu = softmax_u(S_tu)\ny_tu = P_tu"
    mask = np.array([[1.0, 1, 0], [0, 0, 0], [0, 1, 1]])
    arrays = {"m": mask, "a": np.arange(9.0).reshape(3, 3) / 5, "y_bar": np.ones((3, 3)).cumsum(1)}
    derived = tc.parse(masked).vjp("y", ["a"]).equations
    with np.errstate(invalid="ignore"):
        found = evaluate(derived, arrays, NumpyBackend())["a_bar"]
    assert np.isnan(found).any(axis=1).tolist() == [False, True, False]
    arrays["m"] = np.where(mask.sum(1, keepdims=True) == 0, 1.0, mask)
    filled = evaluate(derived, arrays, NumpyBackend())["a_bar"]
    assert np.array_equal(filled[[0, 2]], found[[0, 2]])
    assert np.isfinite(filled).all()
