"""What a program means: extents, order, outputs, facts, notes, recurrences, formulas about it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from tensorcalc.expr import Delta, Edge, Index, Level, Lookup, accesses, extent, walk
from tensorcalc.language import NotationError, einsum, parse, parse_expression, parse_formula
from tensorcalc.language import python as py
from tensorcalc.program import Program
from tensorcalc.program import parse as program

EXTENTS: list[tuple[str, str, str]] = [
    ("z^i = A^i_j y^j", "A", "n_i n_j"),
    ("tensor A^i_j [N, M]; z^i = A^i_j y^j", "y", "M"),
    ("sizes i=3; z^i = A^i_j y^j", "A", "3 n_j"),
    ("index i : N; z^i = A^i_j y^j; w_i = q_i", "q", "N"),
    ("x_i = z_{i+j} w_j", "x", "n_z - n_j + 1"),
    ("x_i = z_{2*i+j} w_j", "x", "((n_z - n_j) // 2) + 1"),
    ("g_i = x_{i+1} - x_i", "g", "n_x - 1"),
    ("x_i = circular(z_{i-j}) w_j", "x", "n_z"),
    ("C_ij = delta_ij - 1/n; y_i = C_ij x_j", "C", "n_i n_i"),
    ("x_i = z_{i+j} w_j; y_i = x_{i+k} v_k", "y", "n_z - n_j - n_k + 2"),
    ("s_{t+1} = a s_t + x_t; s_{0} = h", "s", "n_t + 1"),
    ("y = eps^{ijk} a_i b_j c_k", "a", "3"),
    ("symmetric S; y = S_ij a_i", "S", "n_j n_j"),
    ("x^p = B^p_i sigma(z)^i; z^i = A^i_j y^j", "z", "n_i"),
    ("m = \\frac{1}{K} \\sum_{k=1}^{K} x_k", "x", "K"),
    ("L = sum_n p_{n, c_n}", "c", "n_n"),
    ("s_t^i = tanh(W^i_j s_{t-1}^j + x_t^i); s_{-1}^i = h^i", "s", "n_t n_i"),
]


@pytest.mark.parametrize(("text", "name", "expected"), EXTENTS)
def test_extents_follow_from_the_whole_program(text: str, name: str, expected: str) -> None:
    if name == "S":
        text = text.replace("y =", "y_j =")
    found = parse(text).equations.tensor(name).extents
    shown = " | ".join(map(str, found))
    words = expected if " + " in expected or " - " in expected else expected.replace(" ", " | ")
    assert shown == words


def test_statements_may_stand_in_any_order() -> None:
    equations = parse("w = v b; v = u a; u = x").equations
    assert [d.name for d in equations.definitions] == ["u", "v", "w"]
    assert equations.outputs == ("w",)


def test_inputs_are_declared_ones_first_then_by_appearance() -> None:
    equations = parse("param c, b; y = a b c").equations
    assert [t.name for t in equations.inputs] == ["c", "b", "a"]


def test_outputs_are_the_definitions_nobody_reads() -> None:
    assert parse("a = x; b = a; c = a").equations.outputs == ("b", "c")
    assert parse("x_i x_i").equations.outputs == ("result",)


def test_declared_facts_are_kept() -> None:
    parsed = parse(
        "positive v; mask m; symmetric S; antisymmetric F; param w; data x\n"
        "given sum_i m_i = 1\n"
        "y_j = w v_i m_i S_ij F_ij x_i"
    )
    tensor = parsed.equations.tensor
    assert tensor("v").facts == {"positive"}
    assert tensor("m").facts == {"mask"}
    assert tensor("S").symmetry == ((1, (0, 1)),)
    assert tensor("F").symmetry == ((-1, (0, 1)),)
    assert (parsed.parameters, parsed.data) == (("w",), ("x",))
    assert len(parsed.equations.facts) == 1


def test_a_fact_holds_for_every_free_index() -> None:
    (fact,) = parse("given sum_c Y_nc = 1; y = Y_nc Y_nc").equations.facts
    assert [i.name for i in fact.indices] == ["n"]


def test_levels_belong_to_occurrences() -> None:
    body = parse_expression("x^i x_i")
    levels = {s.level for a in accesses(body) for s in a.slots}
    assert levels == {Level.UPPER, Level.LOWER}


def test_a_swapped_access_is_read_by_position() -> None:
    equations = parse("tensor A^i_j [N, M]; y_j = A_j^i x_i").equations
    (access,) = [a for a in accesses(equations.definitions[0].body) if a.tensor.name == "A"]
    assert [s.index.name for s in access.slots if isinstance(s.index, Index)] == ["i", "j"]


def test_a_gather_reads_an_input_of_integers() -> None:
    equations = parse("y_n = p_{n, c_n}").equations
    assert equations.tensor("c").domain == "integer"
    (access,) = [a for a in accesses(equations.definitions[0].body) if a.tensor.name == "p"]
    assert isinstance(access.slots[1].index, Lookup)


def test_edges_are_kept_in_the_slot() -> None:
    body = parse("sizes i=5; x_i = reflect(z_{i-1})").equations.definitions[0].body
    (access,) = accesses(body)
    assert access.slots[0].edge is Edge.REFLECT


def test_mutual_recurrences_stand_together_in_an_order_of_one_step() -> None:
    equations = parse(
        "h_t = tanh(c_t) o_t; o_t = sigmoid(h_{t-1} + x_t)\n"
        "c_t = c_{t-1} o_t + x_t; c_{-1} = 0; h_{-1} = 0"
    ).equations
    names = [d.name for d in equations.definitions]
    assert sorted(names) == ["c", "h", "o"]
    assert names.index("o") < names.index("c") < names.index("h")
    starts = {d.name: [s.component for s in d.starts] for d in equations.definitions}
    assert starts == {"h": [-1], "o": [], "c": [-1]}
    assert equations.outputs == ("h",)


def test_a_recurrence_that_reads_a_later_step_runs_backward() -> None:
    x = np.array([3.0, 5.0, 7.0])
    backward = program("y_t = x_t + 1/2 zeropad(y_{t+1})").compile("numpy")
    assert backward(x=x).tolist() == [3 + 2.5 + 1.75, 5 + 3.5, 7]
    forward = program("y_t = x_t + 1/2 zeropad(y_{t-1})").compile("numpy")
    assert forward(x=x).tolist() == [3, 5 + 1.5, 7 + 2.5 + 0.75]


def test_the_start_of_a_recurrence_is_read_from_outside_too() -> None:
    text = "s_{-1} = h; s_t = x_t + s_{t-1}; y_t = s_{t-1} x_t"
    y = program(text).compile("numpy")(x=np.array([3.0, 5.0, 7.0]), h=np.array(2.0))
    assert y.tolist() == [2 * 3, (2 + 3) * 5, (2 + 3 + 5) * 7]


def test_adjoints_of_recurrences_read_back() -> None:
    text = "s_{-1}^i = h^i; s_t^i = tanh(U^i_j x_t^j + W^i_k s_{t-1}^k); y_t^p = V^p_i s_t^i"
    for mode in ("vjp", "jvp", "jacobian"):
        derived = getattr(program(text), mode)("y", ["U", "W", "V", "h", "x"])
        assert program(str(derived)) == Program(derived.equations), mode


def test_a_recurrence_written_forward_is_the_same() -> None:
    forward = parse("s_{t+1} = a s_t; s_{0} = h; index t : T").equations.definition("s")
    back = parse("s_t = a s_{t-1}; s_{0} = h; index t : K").equations.definition("s")
    assert str(forward.tensor.extents[0]) == "T + 1"
    assert forward.starts[0].component == back.starts[0].component == 0
    (one,) = [a for a in accesses(forward.body) if a.tensor.name == "s"]
    (other,) = [a for a in accesses(back.body) if a.tensor.name == "s"]
    assert repr(one.slots[0].index).replace("T + 1", "K") == repr(other.slots[0].index)


NOTES: list[tuple[str, list[str]]] = [
    ("y = a_i b_i", ["N501"]),
    ("y = a^i b_i", []),
    ("y = sum_i a_i b_i", []),
    ("y^i = x_i", ["N503"]),
    ("y = a(b + c) + a", ["N502"]),
    ("y_i = i x_i [i == 0]", ["N510", "N504"]),
    ("y = d(a)/d(x) + x", ["N506"]),
    ("syntax matrix; y = A*x", ["N505"]),
    ("syntax matrix; matrix A; vector x; y = A*x", []),
]


@pytest.mark.parametrize(("text", "codes"), NOTES)
def test_what_a_reader_should_know_is_noted(text: str, codes: list[str]) -> None:
    assert [n.code for n in parse(text).notes] == codes


def test_equal_notes_are_one_message_with_its_lines() -> None:
    text = "p = a_i b_i\nq = a_j b_j\nr = a_i c_i; s = b_i c_i\nt = u_i w_i"
    of_i = "index i is summed over two lower slots: the metric is 1 (lines 1, 3, 4)"
    of_j = "index j is summed over two lower slots: the metric is 1"
    assert parse(text).messages == (of_i, of_j)


def test_a_derivative_has_a_delta_only_where_an_index_stands_in_both_places() -> None:
    def deltas(text: str) -> int:
        body = parse(text).equations.definitions[-1].body
        return sum(isinstance(node, Delta) for node in walk(body))

    assert deltas("tensor x_j [N]; f_i = A_ij x_j; J_ij = d(f_i)/d(x_j)") == 0
    assert deltas("s_ni = softmax_i(X_ni); J_nij = d(s_ni)/d(X_nj)") == 1


def test_ranks_of_matrix_notation_are_shown_and_can_be_given() -> None:
    (note,) = parse("f = b'*x", syntax="matrix", ranks={"b": 1}).notes
    assert note.message == "ranks taken from the letters: vector x"
    with pytest.raises(NotationError, match="E601"):
        parse("f = b'*x + A", syntax="matrix")


def test_a_metric_raises_and_lowers_by_explicit_factors() -> None:
    equations = parse("metric g; tensor x^i [N]; y = x_i x^i").equations
    same = parse("symmetric g_ij [N, N]; tensor x^i [N]; y = g_ij x^j x^i").equations
    assert equations.tensor("g") is same.tensor("g")
    read = [a.tensor.name for a in accesses(equations.definitions[0].body)]
    assert sorted(read) == ["g", "x", "x"]


def test_sizes_are_numbers_in_expressions() -> None:
    assert parse_expression("size(i) x_i y_i", sizes={"i": 4}) is parse_expression(
        "4 x_i y_i", sizes={"i": 4}
    )


def test_numbers_are_exact() -> None:
    assert parse_expression("0.1 x") is parse_expression("1/10 x")
    assert parse_expression("2**10 x") is parse_expression("1024 x")


def test_a_formula_may_read_a_program() -> None:
    program = parse("z^i = A^i_j y^j; s^i = tanh(z^i)").equations
    formula = parse_formula("ds_dz^{i p} = delta^ip (1 - s^i**2)", program)
    assert [str(i.extent) for i in formula.definition.indices] == ["n_i", "n_i"]
    assert program.tensor("s") in formula.equations.inputs
    with pytest.raises(NotationError, match="E208"):
        parse_formula("s_ij", program)


def test_indices_of_a_delta_take_their_extents_from_the_result() -> None:
    program = parse("z^i = A^i_j y^j").equations
    axes = (extent("n_i"), extent("n_i"), extent("n_j"))
    formula = parse_formula("δ^i_<j1> y^<j2>", program, axes=axes)
    assert tuple(i.extent for i in formula.definition.indices) == axes
    with pytest.raises(NotationError, match="E402"):
        parse_formula("δ^i_<j1> y^<j2>", program)


def test_of_several_lines_the_last_is_the_formula() -> None:
    program = parse("f = x_i A_ij x_j").equations
    formula = parse_formula("v_i = A_ij x_j\nw_i = A_ji x_j\ng_i = v_i + w_i", program)
    assert [d.name for d in formula.equations.definitions] == ["v", "w", "result"]


def test_einsum_strings_follow_einsums_rules() -> None:
    same = parse("result_bik = sum_j X_bij W_jk").equations
    assert einsum("bij,jk->bik", "X", "W").equations is same
    assert einsum("ij->i", "X").equations is parse("result_i = sum_j X_ij").equations
    assert einsum("ji", "X").equations is parse("result_ij = X_ji").equations
    for wrong, operands in [("ij,jk->il", "AB"), ("ij", "AB"), ("i.j", "A"), ("ij->ii", "A")]:
        with pytest.raises(NotationError):
            einsum(wrong, *operands)


def test_python_operators_give_the_program_of_the_text() -> None:
    i, j, p, t = py.indices("i j p t")
    A, B, y, b, x, c = py.tensors("A B y b x c")
    tanh, softmax = py.function("tanh"), py.over("softmax", i)
    made = py.program(py.define(x[p], B[p, -i] * tanh(A[i, -j] * y[j] + b[i])))
    assert made.equations is parse("x^p = B^p_i tanh(A^i_j y^j + b^i)").equations
    for formula, text in [
        (softmax(y[i]), "softmax_i(y^i)"),
        (y[i] / (1 + c**2) - 3, "y^i/(1 + c**2) - 3"),
        (py.sum(j, (y[j] - b[j]) ** 2) / 2, "(sum_j (y^j - b^j)**2)/2"),
        (py.sum(i, y[i]) * 2, "(sum_i y^i) 2"),
        (y[i] - (b[i] - c), "y^i - (b^i - c)"),
        (-(y[i] + b[i]) * c, "-(y^i + b^i) c"),
        (py.where(i < j, A[i, -j], 0), "where([i < j], A^i_j, 0)"),
        (x[i + j] * y[j], "x^{i+j} y^j"),
        (x[2 * i + 1], "x^{2*i+1}"),
        (py.delta(i, -j) * A[i, -j], "delta^i_j A^i_j"),
        (py.function("leaky_relu")(y[i], slope=0.2), "leaky_relu(y^i; slope=0.2)"),
        (py.function("sigma")(y)[i], "sigma(y)^i"),
        (py.equal(i, j) * A[i, -j], "[i == j] A^i_j"),
        (x[c[t]] * y[t], "x_{c^t} y^t"),
        (1 - y[i], "1 - y^i"),
        (2 / y[i], "2/y^i"),
    ]:
        assert py.program(formula).equations is parse(text).equations, formula.text


def test_results_can_be_pickled() -> None:
    parsed = parse("s_t = a s_{t-1} + x_t; s_{-1} = h; y = softmax_t(s_t) w_t")
    assert pickle.loads(pickle.dumps(parsed)).equations is parsed.equations
    with pytest.raises(NotationError) as caught:
        parse("y = x_i")
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.diagnostics == caught.value.diagnostics


def test_the_same_text_gives_the_same_object() -> None:
    text = "y_i = A_ij x_j + b_i; L = 1/2 sum_i (y_i - t_i)**2"
    assert parse(text).equations is parse(text).equations


def test_a_long_program_needs_no_recursion() -> None:
    lines = [f"z{n}_i = tanh(W{n}_ij z{n - 1}_j)" for n in range(1, 1001)]
    assert len(parse("\n".join(reversed(lines))).equations.definitions) == 1000
    assert parse("y = " + " + ".join(["x"] * 5000)).equations.outputs == ("y",)
    assert parse("y = " + "(" * 399 + "x" + ")" * 399).equations.outputs == ("y",)
