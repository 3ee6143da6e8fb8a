"""Inputs that are accepted: spellings of one program give one and the same equations."""

from __future__ import annotations

import pytest

from tensorcalc.expr import (
    Access,
    Apply,
    Contraction,
    Definition,
    Equations,
    Expr,
    Index,
    Number,
    Product,
    Sum,
    Transform,
    accesses,
    children,
)
from tensorcalc.language import parse

# Each row: a program, and other ways to write it.
SAME: list[tuple[str, list[str]]] = [
    ("y = -a g", ["y = a * -g", "y = a*-g", "y = -a * - -g", "y = a * (-g)"]),
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
    ("y_i = x_i**(5/2)", ["y_i = x_i^2.5", "y_i = x_i^{2.5}", "y_i = (x_i)^2.5", "y_i = x^2.5_i",
                          "y_i = x_i^25e-1"]),
    ("y_i = x_i**(-5/2)", ["y_i = x_i^-2.5", "y_i = (x_i)^-2.5", "y_i = (x_i)^{-2.5}"]),
    ("y_i = x_i**2 / 3", ["y_i = x_i^2/3", "y_i = (x_i)^2/3", "y_i = x_i²/3"]),
    ("y_i = x_i**2 x_i", ["y_i = x_i^2x_i", "y_i = (x_i)^2x_i", "y_i = x_i² x_i"]),
    ("y_i = x_i**2 e", ["y_i = x_i^2e", "y_i = (x_i)^2e"]),
    ("y_i = x_i**(1/2)", ["y_i = x_i^.5", "y_i = x_i^{.5}", "y_i = (x_i)^.5",
                          "y_i = x_i^{1/2}", "y_i = (x_i)^{1/2}", "y_i = x_i**0.5"]),
    ("y_i = x_i**-1", ["y_i = x_i^{-1}", "y_i = 1/x_i", "y_i = (x_i)^{-1}", "y_i = x_i^-1"]),
    ("y_i = (a + x_i)**n", ["y_i = (a + x_i)^n", "y_i = (a + x_i)^{n}"]),
    ("y = 1/2 x", ["y = 0.5 x", "y = .5 x", "y = x/2", "y = x*(1/2)", "y = 5e-1 x", "y = 2/4 x"]),
    ("y = -x", ["y = -(x)", "y = -1 x", "y = 0 - x", "y = - - - x"]),
    ("y_i = x_i/a*b", ["y_i = (x_i/a)*b", "y_i = (x_i/a) b", "y_i = x_i*(1/a)*b"]),
    ("y = a - b - c", ["y = (a - b) - c", "y = a + -b + -c", "y = a − b − c"]),
    ("L = 1/2 sum_p (x^p - t^p)**2",
     ["L = 1/2 sum_p((x^p - t^p)^2)", "L = 1/2 * sum_p (x^p-t^p)²"]),
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
    # Components, affine indices, gathers
    (
        "tensor x_i [n], y_i [n]; y_i = x_{n-1-i}",
        ["tensor x_i [n]; y_i = x_{n-1-i}", "tensor x_i [n]; y_i = x_{-i + n - 1}"],
    ),
    (
        "tensor x_i [n], y_i [n//2]; y_i = x_{n-2-2*i}",
        ["tensor x_i [n]; y_i = x_{n - 2*i - 2}", "tensor x_i [n]; y_i = x_{n-2i-2}"],
    ),
    ("L_nk = δ_{k,c_n} x_nk", ["L_nk = [k == c_n] x_nk", "integer c_n; L_nk = [c_n == k] x_nk"]),
    ("L_nk = (1 - δ_{k,c_n}) x_nk", ["L_nk = [k != c_n] x_nk"]),
    ("z_i = W1_ij x_j + b1_i", ["z_i = W^{(1)}_ij x_j + b^{(1)}_i", "z_i = W_{(1)}_ij x_j + b1_i"]),
    ("y_i = x_i**2 + 1/z_i", ["y_i = x²ᵢ + z⁻¹ᵢ", "y_i = x^2_i + z^-1_i"]),
    ("y_i = x_{2*i + 1}", ["y_i = x_{2i+1}", "y_i = x_{1 + 2*i}",
                           "y_i = x_{i + i + 1}",
                           "y_i = x_{3*i - i + 1}", "y_i = x_{2*(i+1) - 1}"]),
    ("x_i = z_{i+j} w_j", ["x_i = z_{j+i} w_j", "x_i = zᵢ₊ⱼ wⱼ", "x_i = sum_j z_{i + j} w_j"]),
    ("y = x_{0}", ["y = x_0", "y = x_{[0]}", "y = x₀", "y = x_{1-1}"]),
    ("y^i = x^{[0], i}", ["y^i = x^{[0] i}", "y^{i} = x^{ [0], i }"]),
    ("tensor x_i [T]\ny = x_{T-1}", ["tensor x_i [T]; y = x_{T - 1}"]),
    ("y_n = p_{n, c_n}", ["y_n = p_{n, c_{n}}", "y_n = p_{n c_n}", "y_n = p_<n, c_n>"]),
    ("sizes i=5\nx_i = zeropad(z_{i-j}) w_j", ["tensor x_i [5]; x_i = zeropad(z_{i-j}) w_j"]),
    ("x_i = circular(z_{i-j}) w_j", ["x_i = circular (z_{i-j}) w_j"]),
    # Conditions
    ("M_ij = [i == j] a_i b_j", ["M_ij = [i==j] a_i b_j"]),
    ("M_ij = [i < j] a_i b_j", ["M_ij = [j > i] a_i b_j"]),
    ("M_ij = [i <= j] a_i b_j", ["M_ij = [j >= i] a_i b_j", "M_ij = [i ≤ j] a_i b_j"]),
    ("M_ij = [i != j] a_i b_j", ["M_ij = [i ≠ j] a_i b_j"]),
    ("M_ijk = [i < j] [j < k] a_i b_j c_k", ["M_ijk = [i < j < k] a_i b_j c_k",
                                             "M_ijk = [i < j and j < k] a_i b_j c_k",
                                             "M_ijk = [(i < j) and (j < k)] a_i b_j c_k"]),
    ("M_ij = (1 - [i == j]) a_i b_j", ["M_ij = [not i == j] a_i b_j"]),
    ("y_i = where([0 < x_i], x_i, 0)", ["y_i = where([x_i > 0], x_i, 0)"]),
    # Functions across an index, of matrices
    ("n = norm_{i j}(X_ij)", ["n = norm_ij(X_ij)", "n = norm_{i, j}(X_ij)"]),
    ("p_i = log_softmax_i(z_i)", ["p_i = log_softmax_{i}(z_i)"]),
    ("y = inv(X)^i_j a_i b^j", ["y = inv (X)^i_j a_i b^j"]),
    ("T_ij = X_ji", ["T_ij = transpose(X)_ij"]),
    ("D^ij = x^i delta^ij", ["D^ij = diag(x)^ij", "D^ij = x^i δ^ij"]),
    ("d_i = X_ii", ["d_i = diag(X)_i"]),
    ("t = tr(inv(X)^i_j)", ["t = tr(inv(X))", "t = tr((inv(X)))"]),
    ("d = det(inv(X)^i_j)", ["d = det(inv(X))"]),
    ("d = logdet(inv(A_ki A_kj)^l_m)", ["d = logdet(inv(A_ki A_kj))"]),
    ("d = det(transpose(X)^i_j)", ["d = det(transpose(X))"]),
    ("d = det(inv(inv(X)^k_l)^i_j)", ["d = det(inv(inv(X)))"]),
    ("tensor X_ij [3, 3], Y_ij [4, 4]; t = X_ii + Y_jj",
     ["tensor X_ij [3, 3], Y_ij [4, 4]; t = tr(X) + tr(Y)"]),
    ("t = X_ii", ["t = tr(X)", "t = tr(X_ij)", "t = sum_i X_ii"]),
    # Constants
    ("y = exp(x)", ["y = e**x", "y = (e)**x"]),
    ("y_i = 1 x_i", ["y_i = one_i x_i"]),
    ("y = -inf x", ["y = -(inf) x"]),
    # Derivatives
    ("tensor x_i [N]; g_j = d(x_i x_i)/d(x^j)",
     ["tensor x_i [N]; g_j = ∂(x_i x_i)/∂(x^j)", "tensor x_i [N]; g_j = d(x_i x_i) / d(x^j)",
                                 "tensor x_i [N]; f = x_i x_i; g_j = d(f)/d(x^j)"]),
    ("L = x_i A^i_j y^j; g_p^q = d(L)/d(A^p_q)", ["L = x_i A^i_j y^j; g_p^q = d(L)/d(A)"]),
    ("L = x_i A^i_j y^j; d(L)/d(A^i_j)", ["L = x_i A^i_j y^j; d(L)/d(A)"]),
    ("z_i = A_ij x_j; J_ik = d(z_i)/d(x_k)", ["z_i = A_ij x_j; J_ik = d(z_i)/d(x)"]),
    ("L = x_i x_i; y_i = x_i - a d(L)/d(x_i)", ["L = x_i x_i; y_i = x_i - a d(L)/d(x)"]),
    # Recurrences
    ("s_t = a s_{t-1} + x_t; s_{-1} = h", ["s_{-1} = h; s_t = a s_{t-1} + x_t",
                                           "s_t = a sₜ₋₁ + x_t; s_{-1} = h"]),
    # Levels and positions
    ("tensor A^i_j [N, M]\ny^i = A^i_j x^j", ["tensor A^i_j [N, M]\ny^i = A_j^i x^j"]),
    ("y^i = A^i_j^k x^j z_k", ["y^i = A^i{}_j{}^k x^j z_k",
                                "y^{i} = A^{i}{}_{j}{}^{k} x^{j} z_{k}"]),
    # Names
    ("tensor x_bar^p [N]; y = x_bar^p x_bar^p", ["tensor x_bar^p [N]; y = `x_bar`^p `x_bar`^p"]),
    ("param W_out; y_i = W_out x_i", ["param `W_out`; y_i = `W_out` x_i"]),
    ("tensor relu, max; y_i = relu x_i + max", ["y_i = `relu` x_i + `max`"]),
    ("y = a", ["\ufeffy = a"]),
    ("θ = α β", ["theta = alpha beta", "theta=alpha*beta"]),
]  # fmt: skip

ROWS = [(text, other) for text, others in SAME for other in others]


@pytest.mark.parametrize(("text", "other"), ROWS)
def test_spellings_of_one_program_give_one_program(text: str, other: str) -> None:
    assert parse(other).equations.definitions[-1] is parse(text).equations.definitions[-1]


# Ways in other than the notation itself, each with the text it must equal.
LATEX: list[tuple[str, str]] = [
    (r"h = \sigma(W x + b)", "h^i = sigma(W^i_k x^k + b^i)"),
    (r"f = \phi\left(A x\right)^\top y", "f = phi(A^i_l x^l) y^i"),
    (r"\mathcal{L}(\theta, \phi) = \sum_i \theta_i^2", "L = sum_i theta_i**2"),
    (r"L(W) &= \sum_i (y_i - W_{ij} x_j)^2", "L = sum_i (y_i - W_ij x_j)**2"),
    (r"x^{p} = B^{p}_{i} \tanh\left(A^{i}_{j} y^{j} + b^{i}\right)",
     "x^p = B^p_i tanh(A^i_j y^j + b^i)"),
    (r"J^{i}_{j_1}{}^{j_2} = B^{i}_{j_1} y^{j_2}", "J^i_<j1>^<j2> = B^i_<j1> y^<j2>"),
    (r"m = \frac{1}{K}\sum_{k=0}^{K-1} x_k", "m = 1/K sum_{k=0}^{K-1} x_k"),
    (r"m = \frac{1}{K}\sum_{k=1}^{K} x_k", "m = 1/K sum_{k=0}^{K-1} x_k"),
    (r"z^i = \sigma\left(y^i\right)", "z^i = sigma(y^i)"),
    (r"z^i = \sigma'(y^i)", "z^i = sigma'(y^i)"),
    (r"z^i = \sigma^{\prime}(y^i)", "z^i = sigma'(y^i)"),
    (r"z_i = \mathbf{x}_i \alpha", "z_i = x_i alpha"),
    (r"z_i = A_{ij}B_{jk}x_k", "z_i = A_ij B_jk x_k"),
    (r"z_i = AB x_i", "z_i = A B x_i"),
    (r"z_i = x_i\, y_i \quad % comment", "z_i = x_i y_i"),
    (r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}", "p_i = exp(z_i) / (sum_j exp(z_j))"),
    (r"L = -\sum_i t_i \log p_i", "L = -sum_i t_i log(p_i)"),
    (r"y_i = \sin^2 x_i + \cos^{2}\left(x_i\right)", "y_i = sin(x_i)**2 + cos(x_i)**2"),
    (r"y = \sqrt{x_i x_i}", "y = sqrt(x_i x_i)"),
    (r"y_i = \sqrt[3]{x_i}", "y_i = x_i**(1/3)"),
    (r"y_i = \left|x_i\right|", "y_i = abs(x_i)"),
    (r"L = \frac12 \sum_p (x^p - t^p)^2", "L = 1/2 sum_p (x^p - t^p)**2"),
    (r"L = \frac{1}{2} \sum_{p} \left(x^{p} - t^{p}\right)^{2}", "L = 1/2 sum_p (x^p - t^p)**2"),
    (r"y_i = x_i^{-1} + x_i^{\frac{1}{2}}", "y_i = x_i**-1 + x_i**(1/2)"),
    (r"y_n = W_{n, c_n}", "y_n = W_{n, c_n}"),
    (r"x_i = z_{i+j} w_j", "x_i = z_{i+j} w_j"),
    (r"x_i = z_{2i+u} w_u", "x_i = z_{2*i+u} w_u"),
    (r"y_{\mathrm{batch}} = x_{\mathrm{batch}, i} w_i", "y_<batch> = x_<batch, i> w_i"),
    (r"p_i = \operatorname{softmax}_{i}\left(z_i\right)", "p_i = softmax_i(z_i)"),
    (r"p_i = \log\operatorname{softmax}_{i}(z_i)", "p_i = log_softmax_i(z_i)"),
    (r"k_n = \arg\max_c x_n^c", "k_n = argmax_c(x_n^c)"),
    (r"k_n = \argmin_{c}\left(x_n^c\right) \\ y_n = p_{k_n}",
     "k_n = argmin_c(x_n^c); y_n = p_{k_n}"),
    (r"m = \max_{i} x_i", "m = max_i(x_i)"),
    (r"y_i = \max\left(x_i, 0\right)", "y_i = max(x_i, 0)"),
    (r"y_i = \operatorname{leaky\_relu}\left(x_i; 0.2\right)", "y_i = leaky_relu(x_i; slope=0.2)"),
    (r"M_{ij} = \left[i \le j\right] a_i b_j", "M_ij = [i <= j] a_i b_j"),
    (r"M_{ij} = [i = j] a_i b_j", "M_ij = [i == j] a_i b_j"),
    (r"y_i = \begin{cases} a_i & \text{if } a_i > 0 \\ 0 & \text{otherwise} \end{cases}",
     "y_i = where([a_i > 0], a_i, 0)"),
    (r"J^i_j = \left[\nabla \sigma(z)\right]^{i}_{j}", "J^i_j = [∇sigma(z)]^i_j"),
    (r"g^j = \frac{\partial (y_i y_i)}{\partial y_j}", "g^j = d(y_i y_i)/d(y_j)"),
    (r"g^j = \frac{\partial}{\partial y_j}\left(y_i y_i\right)", "g^j = d(y_i y_i)/d(y_j)"),
    (r"g^j = \nabla_{y_j} (y_i y_i)", "g^j = d(y_i y_i)/d(y_j)"),
    (r"L = x_i A^i_j y^j \\ g_p^q = \nabla_A L", "L = x_i A^i_j y^j; g_p^q = d(L)/d(A^p_q)"),
    (r"L = x_i x_i \\ \frac{\partial L}{\partial x}", "L = x_i x_i; d(L)/d(x_i)"),
    (r"H^{ij} = \frac{\partial^2 (y_k y_k)}{\partial y_i \partial y_j}",
     "H^{ij} = d(d(y_k y_k)/d(y_i))/d(y_j)"),
    (r"z_i = W^{(1)}_{ij} x_j", "z_i = W1_ij x_j"),
    (r"z_i = W_{(1)}{}_{ij} x_j", "z_i = W1_ij x_j"),
    (r"\begin{align} y_i &= A_{ij} x_j \\ z_i &= \tanh(y_i) \end{align}",
     "y_i = A_ij x_j; z_i = tanh(y_i)"),
    (r"\begin{aligned} s_t &= a s_{t-1} + x_t, \\ s_{-1} &= h. \end{aligned}",
     "s_t = a s_{t-1} + x_t; s_{-1} = h"),
    ("y_i = A_{ij} x_j\n" + r"z_i = \tanh(y_i)", "y_i = A_ij x_j; z_i = tanh(y_i)"),
    ("y_i =\nA_{ij} x_j\n+ b_i\n\n" + r"z_i = \tanh(y_i)", "y_i = A_ij x_j + b_i; z_i = tanh(y_i)"),
    ("$y_i = A_{ij} x_j$\n" + r"$z_i = \tanh(y_i)$", "y_i = A_ij x_j; z_i = tanh(y_i)"),
    (r"\[ y_i = A_{ij} x_j \] \[ z_i = \tanh(y_i) \]", "y_i = A_ij x_j; z_i = tanh(y_i)"),
    (r"y_i = A_{ij} x_j \\[2pt] z_i = \tanh(y_i)", "y_i = A_ij x_j; z_i = tanh(y_i)"),
    (r"y_i = A_{ij} x_j \\ [i = j] y_i z_j", "y_i = A_ij x_j; [i == j] y_i z_j"),
    ("M_{ij} =\n" + r"\left[i = j\right]" + "\n" + r"\left[j = 0\right] x_i w_j",
     "M_ij = [i == j] [j == 0] x_i w_j"),
    (r"$y_i = x_i \odot w_i$", "y_i = x_i w_i"),
    (r"y = \frac{a_i b_i}{c_j d_j} x", "y = (sum_i a_i b_i)/(c_j d_j) * x"),
    (r"y_\mu = g_{\mu\nu} x_\nu", "y_μ = g_μν x_ν"),
    ("tensor A_ij [3, 4]\n" + r"y_i = A_{ij} \tanh(x_j)",
     "tensor A_ij [3, 4]; y_i = A_ij tanh(x_j)"),
]  # fmt: skip

MATRIX: list[tuple[str, str]] = [
    ("h = sigma(A*x)", "h^i = sigma(A^i_k x^k)"),
    ("y = A*x", "y^i = A^i_j x^j"),
    ("y = x + a", "y^i = x^i + a^i"),
    ("y = B*tanh(A*x + b)", "y^p = B^p_i tanh(A^i_j x^j + b^i)"),
    ("f(x) = x'*A*x + a", "f = x^i A^i_j x^j + a"),
    (r"f(x) = x^\top A x + b^\top x + c", "f = x^i A^i_j x^j + b^k x^k + c"),
    ("y = A'*x", "y^i = A^j_i x^j"),
    ("f = x'*A*x", "f = x^i A^i_j x^j"),
    ("f = 0.5*x'*A*x", "f = 1/2 x^i A^i_j x^j"),
    ("y = A*exp(x)", "y^i = A^i_j exp(x^j)"),
    ("f = sin(x)'*y", "f = sin(x^i) y^i"),
    ("f = (y.*v)'*x", "f = y^i v^i x^i"),
    ("f = a^b", "f = a**b"),
    ("f = norm2(A*x - y)^2", "f = norm_i(A^i_j x^j - y^i)**2"),
    ("f = tr(A*X'*B*X*C)", "f = A^i_j X^k_j B^k_l X^l_m C^m_i"),
    ("f = log(det(inv(X)))", "f = log(det(inv(X)^i_j))"),
    ("Y = x*y'", "Y^i_j = x^i y^j"),
    ("y = A*B*C*x", "y^i = A^i_j B^j_k C^k_l x^l"),
    ("y = x ./ v", "y^i = x^i / v^i"),
    ("y = x.^2", "y^i = (x^i)**2"),
    ("y = X^2 * x", "y^i = (sum_k X^i_k X^k_j) x^j"),
    ("y = A'*(A*x - h)", "y^i = A^k_i (A^k_j x^j - h^k)"),
    ("y = diag(A)", "y^i = A^i_i"),
    ("f = sum(x)", "f = sum_i x^i"),
    ("f = norm1(x)", "f = sum_i abs(x^i)"),
    ("vector b; x = B*tanh(A*y + b)", "x^p = B^p_i tanh(A^i_j y^j + b^i)"),
    ("\ufefff = a^2.5", "f = a**(5/2)"),
    ("y = x + vector(1)", "y^i = x^i + 1"),
    (r"f = \mathbf{x}^\top A \mathbf{x}", "f = x^i A^i_j x^j"),
    (r"\|Ax - y\|_2^2", "norm_i(A^i_j x^j - y^i)**2"),
    (r"f = \operatorname{tr}(A B^{\top})", "f = A^i_j B^i_j"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "text"), LATEX)
def test_latex_gives_the_program_of_its_text(latex: str, text: str) -> None:
    assert parse(latex, syntax="latex").equations is parse(text).equations


@pytest.mark.parametrize(("matrix", "text"), MATRIX)
def test_matrix_notation_gives_the_program_of_its_text(matrix: str, text: str) -> None:
    made = parse(matrix, syntax="latex" if "\\" in matrix else "matrix").equations
    assert same_up_to_names(made, parse(text).equations)


def same_up_to_names(left: Equations, right: Equations) -> bool:
    """Whether two programs differ at most in the names of indices and sizes, and in levels."""
    for one, other in zip(left.definitions, right.definitions, strict=True):
        if one.name != other.name or numbered(one) != numbered(other):
            return False
    return left.outputs == right.outputs


def numbered(definition: Definition) -> str:
    """The definition with indices as numbers in the order of the tree."""

    def show(node: Expr, scope: dict[Index, int]) -> str:
        def number(index: object) -> int:
            assert isinstance(index, Index)
            return scope[index]

        def binding(bound: tuple[Index, ...]) -> dict[Index, int]:
            return {**scope, **{b: len(scope) + n for n, b in enumerate(bound)}}

        match node:
            case Contraction(bound, body):
                order = [i for a in accesses(body) for s in a.slots for i in s.free if i in bound]
                return f"sum({show(body, binding(tuple(dict.fromkeys(order))))})"
            case Access(tensor, slots):
                return tensor.name + str([number(s.index) for s in slots])
            case Transform(operation, arguments, at):
                inner = [show(a.body, binding(a.bound)) for a in arguments]
                return f"{operation!r}{inner}{[number(s.index) for s in at]}"
            case Number(value):
                return str(value)
            case Product() | Sum() | Apply():
                name = repr(node.operation) if isinstance(node, Apply) else type(node).__name__
                return f"{name}({','.join(show(c, scope) for c in children(node))})"
            case _:
                raise AssertionError(type(node))

    return show(definition.body, {i: n for n, i in enumerate(definition.indices)})
