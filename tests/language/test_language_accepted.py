"""Inputs that are accepted: spellings of one program give one and the same equations."""

from __future__ import annotations

import pytest

from tensorcalc.language import parse

# Each row: a program, and other ways to write it.
SAME: list[tuple[str, list[str]]] = [
    (
        "z^i = A^i_j y^j",
        [
            "z^{i} = A^{i}_{j} y^{j}",
            "z^<i> = A^<i>_<j> y^<j>",
            "z^{ i } = A^{ i }_{ j } y^{ j }",
            "zⁱ = Aⁱⱼ yʲ",
            "z^i = A^i{}_j y^j",
            "z^i = A^i_j * y^j",
            "z^i = A^i_j · y^j",
            "z^i=(A^i_j)(y^j)",
            "z^i = A^i_j y^j  # a comment",
            "# a comment\n\n  z^i = A^i_j y^j ;\n",
            "z^i = sum_j A^i_j y^j",
            "z^i = ∑_j A^i_j y^j",
            "z^i = (A^i_j\n       y^j)",
            "`z`^i = `A`^i_j y^j",
            "z^i = +A^i_j y^j",
            "z^i = 1 A^i_j y^j",
        ],
    ),
    (
        "c = W_ij x_i y_j",
        ["c = W_{ij} x_i y_j", "c = W_{i j} x_i y_j", "c = W_{i,j} x_i y_j",
         "c = W_{i, j} x_i y_j", "c = W_i_j x_i y_j", "c = W_<i, j> x_i y_j",
         "c = W_<i j> x_i y_j", "c = Wᵢⱼ xᵢ yⱼ", "c = sum_{i j} W_ij x_i y_j",
         "c = sum_ij W_ij x_i y_j", "c = sum_i sum_j W_ij x_i y_j"],
    ),
    (
        "J^i_<j1>^<j2> = B^i_<j1> y^<j2>",
        ["J^i_j1^j2 = B^i_j1 y^j2", "J^i_{j1}^{j2} = B^i_{j1} y^{j2}",
         "J^i_{j_1}^{j_2} = B^i_{j_1} y^{j_2}"],
    ),
    (
        "index batch, head\nq_<batch, head> = w_<batch> v_<head>",
        ["index batch, head\nq_{batch, head} = w_batch v_head",
         "index batch, head\nq_{batch head} = w_{batch} v_{head}",
         "index batch, head\nq_batchhead = w_batch v_head",
         "q_<batch, head> = w_<batch> v_<head>"],
    ),
    ("y_μ = g_μν x_ν", ["y_<mu> = g_<mu, nu> x_<nu>", "y_{\\mu} = g_{\\mu \\nu} x_\\nu"]),
    ("σ_i = x_i a", ["sigma_i = x_i a", "sigma_i = xᵢ a"]),
    ("y_i' = x_i' a", ["y_{i'} = x_{i'} a"]),
    (
        "y_i = x_i**2",
        ["y_i = x_i^2", "y_i = x^2_i", "y_i = xᵢ²", "y_i = x²_i", "y_i = x_i^{2}", "y_i = (x_i)^2",
         "y_i = (x_i)**2", "y_i = pow(x_i, 2)"],
    ),
    ("y_i = x_i**(1/2)", ["y_i = x_i^{1/2}", "y_i = (x_i)^{1/2}", "y_i = x_i**0.5"]),
    ("y_i = x_i**-1", ["y_i = x_i^{-1}", "y_i = 1/x_i", "y_i = (x_i)^{-1}", "y_i = x_i^-1"]),
    ("y_i = (a + x_i)**n", ["y_i = (a + x_i)^n", "y_i = (a + x_i)^{n}"]),
    ("y = 1/2 x", ["y = 0.5 x", "y = .5 x", "y = x/2", "y = x*(1/2)", "y = 5e-1 x", "y = 2/4 x"]),
    ("y = -x", ["y = -(x)", "y = -1 x", "y = 0 - x", "y = - - - x"]),
    ("y_i = x_i/a*b", ["y_i = (x_i/a)*b", "y_i = (x_i/a) b", "y_i = x_i*(1/a)*b"]),
    ("y = a - b - c", ["y = (a - b) - c", "y = a + -b + -c", "y = a − b − c"]),
    ("L = 1/2 sum_p (x^p - t^p)**2", ["L = 1/2 sum_p((x^p - t^p)^2)", "L = 1/2 * sum_p (x^p-t^p)²"]),
    ("s = sum_k a_k b", ["s = sum_{k} a_k b", "s = sum_k (a_k b)", "s = \\sum_k a_k b",
                         "s = sum_k a_k * b"]),
    ("s = (sum_k x_k)**2", ["s = (sum_k x_k)^2"]),
    ("s = a/(sum_j b_j)*c", ["s = (a/sum_j b_j)*c"]),
    ("z^i = tanh(y^i)", ["f = tanh; z^i = f(y^i)", "z^i = tanh(y)^i",
                         "f = g\ng = tanh\nz^i = f(y^i)", "z^i = tanh (y^i)",
                         "def f(v) = tanh(v)\nz^i = f(y^i)"]),
    ("z^i = 1/(1 + exp(-5 y^i))",
     ["def phi(v; a=5) = 1/(1 + exp(-a v))\nz^i = phi(y^i)",
      "def phi(v; a=3) = 1/(1 + exp(-a v))\nz^i = phi(y^i; a=5)",
      "def phi(v; a=5) = 1/(1 + exp(-a v))\nz^i = phi(y)^i"]),
    ("z^i = leaky_relu(y^i; slope=0.2)", ["z^i = leaky_relu(y^i; slope=1/5)"]),
    ("z_i = 1 - tanh(y_i)**2", ["z_i = tanh'(y_i)"]),
    ("p_i = softmax_i(z_i)", ["p_i = softmax_{i}(z_i)", "p_i = softmax_<i> (z_i)"]),
    ("p_ni = softmax_i(z_ni)", ["p_{n i} = softmax_i(z_{n i})"]),
    ("m = max_i(x_i)", ["m = max_{i}(x_i)"]),
    ("m_i = max(x_i, 0)", ["m_i = maximum(x_i, 0)"]),
    ("y_i = x_i [i == 0]", ["y_i = x_i[i == 0]"]),
    ("M_ut = [u <= t] a_u b_t", ["M_ut = [t >= u] a_u b_t", "M_ut = [u ≤ t] a_u b_t"]),
    ("m = mean_k x_k", ["m = 1/size(k) sum_k x_k"]),
    ("tensor x_k [K]\nm = 1/K sum_k x_k", ["tensor x_k [K]\nm = mean_k x_k",
                                         "tensor x_k [K]\nm = 1/K \\sum_{k=0}^{K-1} x_k",
                                         "tensor x_k [K]\nm = 1/K sum_{k=1}^K x_k"]),
    ("tensor A^i_j [N, M]\ny^i = A^i_j x^j", ["tensor A^i_j [N, M]; y^i = A^i_j x^j",
                                             "tensor A^i_j [N , M ] # sizes\ny^i = A^i_j x^j"]),
    ("sizes i=3, j=4\ny^i = A^i_j x^j", ["tensor A^i_j [3, 4], x^j [4]\ny^i = A^i_j x^j"]),
    ("y^i = sigma'(z^i)", ["y^i = σ'(z^i)", "y^i = σ′(z^i)"]),
    ("J^i_j = [∇sigma(z)]^i_j", ["J^i_j = [∇σ(z)]^i_j"]),
    ("w = v; v = x", ["v = x; w = v"]),
]  # fmt: skip

ROWS = [(text, other) for text, others in SAME for other in others]


@pytest.mark.parametrize(("text", "other"), ROWS)
def test_spellings_of_one_program_give_one_program(text: str, other: str) -> None:
    assert parse(other).equations.definitions[-1] is parse(text).equations.definitions[-1]
