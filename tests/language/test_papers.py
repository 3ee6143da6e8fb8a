# ruff: noqa: E501 - formulas as they stand in papers, a line each
"""Formulas as people write them: each is the program that is meant, or an error that says why not."""

from __future__ import annotations

import pytest

from tensorcalc.language import NotationError, parse
from tests.support.read_back import is_equal

# As in a paper, and the same in the notation.
UNDERSTOOD: list[tuple[str, str]] = [
    (
        r"L = -\frac{1}{N}\sum_{n=1}^{N} \log \frac{e^{z_{n c_n}}}{\sum_{k} e^{z_{nk}}}",
        "tensor z_nj [N, n_k]; tensor c_n [N]; L = -1/N sum_n log(exp(z_{n, c_n}) / (sum_k exp(z_nk)))",
    ),
    (
        r"\mathcal{L} = -\sum_{i} y_i \log \hat{y}_i",
        "tensor y_i; tensor `y_hat`_i; L = -y_i log(`y_hat`_i)",
    ),
    (r"\hat{y} = \mathbf{W}^\top x + b", "tensor `y_hat`^i; `y_hat`^i = W^k_i x^k + b^i"),
    (r"\mathbf{h} = \sigma(\mathbf{W} \mathbf{x} + \mathbf{b})", "h^i = sigma(W^i_k x^k + b^i)"),
    (r"h = \mathrm{ReLU}(W x + b)", "h^i = relu(W^i_k x^k + b^i)"),
    (
        r"p_i = \frac{\exp(z_i)}{\sum_{j=1}^{K} \exp(z_j)}",
        "tensor z_i [K]; p_i = exp(z_i) / (sum_j exp(z_j))",
    ),
    (
        r"\hat{x}_{nj} = \frac{x_{nj} - \mu_j}{\sqrt{v_j + \epsilon}}",
        "tensor `x_hat`_nj; `x_hat`_nj = (x_nj - mu_j) / sqrt(v_j + epsilon)",
    ),
    (
        r"y_{nj} = \gamma_j \hat{x}_{nj} + \beta_j",
        "tensor gamma_j; tensor `x_hat`_nj; tensor beta_j; y_nj = gamma_j `x_hat`_nj + beta_j",
    ),
    (r"\mathrm{KL}(p \| q) = \sum_i p_i \log \frac{p_i}{q_i}", "KL = sum_i p_i log(p_i / q_i)"),
    (
        r"L = -\frac{1}{2} \sum_{j=1}^{J} \left(1 + \log \sigma_j^2 - \mu_j^2 - \sigma_j^2\right)",
        "tensor sigma_j [J]; tensor mu_j [J]; L = -1/2 sum_j (1 + log(sigma_j**2) - mu_j**2 - sigma_j**2)",
    ),
    (
        r"h_t^i = \tanh\left(W^i_j h_{t-1}^j + U^i_k x_t^k + b^i\right), \quad h_{-1}^i = 0",
        "h_{-1}^i = 0; h_t^i = tanh(W^i_j h_{t-1}^j + U^i_k x_t^k + b^i)",
    ),
    (
        r"y_i = \sum_{k=0}^{K-1} w_k x_{i+k}",
        "tensor w_k [K]; tensor x_i [n_x]; tensor y_i [-K + n_x + 1]; y_i = w_k x_{i+k}",
    ),
    (r"Y_{i,j} = \sum_{m}\sum_{n} X_{i+m,\,j+n} K_{m,n}", "Y_ij = X_{i+m, j+n} K_mn"),
    (r"f(x) = x^\top A x + b^\top x", "f = x^i A^i_k x^k + b^m x^m"),
    (r"f(x) = \frac{1}{2}\|Ax - b\|_2^2", "f = 1/2 norm_i(A^i_k x^k - b^i)**2"),
    (r"f(X) = \operatorname{tr}(A X^{\mathsf T} B X)", "f = A^i_l X^p_l B^p_r X^r_i"),
    (r"y_i = (\Sigma^{-1})_{ij} x_j", "y_i = inv(Sigma)_ij x_j"),
    (r"y_i = \Sigma^{-1}_{ij} x_j", "y_i = inv(Sigma)_ij x_j"),
    (r"y^i = \left(X^{-1}\right)^i{}_j x^j", "y^i = inv(X)^i_j x^j"),
    (r"y_{ij} = (\mathbf{X}^\top)_{ij} + (A^T)_{ij}", "y_ij = X_ji + A_ji"),
    (r"f = \sum_i x^2_i + \sum_i z^{-1}_i", "f = sum_i x_i**2 + sum_i 1/z_i"),
    (r"G = \nabla_W \|W x - y\|^2", "G^i_j = ∂(norm_k(W^k_m x^m - y^k)**2)/∂(W^i_j)"),
    (r"\nabla_x \left(x^\top A x\right)", "result^i = ∂(x^j A^j_l x^l)/∂(x^i)"),
    (r"f(X) = \log\det X", "tensor X^i_j [n_i, n_i]; f = logdet(X)"),
    (r"f(X) = \operatorname{Tr}(X^{-1} A)", "tensor X^i_j; f = inv(X)^i_l A^l_i"),
    (
        r"J(\theta) = \frac{1}{2m} \sum_{i=1}^{m} \left(\theta_j x_i^j - y_i\right)^2",
        "tensor theta_j; tensor x_i^j [m, n_j]; tensor y_i [m]; J = 1/(2 m) * (sum_i (theta_j x_i^j - y_i)**2)",
    ),
    (r"L = \max(0, 1 - y w_i x^i)", "L = max(0, 1 - y w_i x^i)"),
    (r"L = \sum_n [1 - y_n w_i x_n^i]_+", "L = sum_n relu(1 - y_n w_i x_n^i)"),
    (r"x \in \mathbb{R}^n, \quad y = A x", "y^i = A^i_k x^k"),
    (
        r"y = W x + b, \quad W \in \mathbb{R}^{m \times n}, \; b \in \mathbb{R}^m",
        "y^i = W^i_k x^k + b^i",
    ),
    (
        r"\begin{align*} z^i &= W^i_j x^j + b^i \\ a^i &= \sigma(z^i) \end{align*}",
        "z^i = W^i_j x^j + b^i; a^i = sigma(z^i)",
    ),
    (
        r"y_i = \begin{cases} x_i & \text{if } x_i > 0 \\ 0 & \text{otherwise} \end{cases}",
        "y_i = where([0 < x_i], x_i, 0)",
    ),
    (
        r"y_i = \begin{cases} x_i, & x_i \geq 0, \\ \alpha (e^{x_i} - 1), & x_i < 0. \end{cases}",
        "y_i = where([0 <= x_i], x_i, alpha (exp(x_i) - 1))",
    ),
    (
        r"\frac{\partial L}{\partial w_{ij}} = \delta_j x_i",
        "tensor delta_j; tensor dL_dw^ij; dL_dw^ij = delta_j x_i",
    ),
    (
        r"R = \sqrt{\frac{1}{n}\sum_{i=1}^n x_i^2 + \epsilon}",
        "tensor x_i [n]; R = sqrt(1/n sum_i x_i**2 + epsilon)",
    ),
    (
        r"\boldsymbol{\Sigma}^{-1}(\mathbf{x} - \boldsymbol{\mu})",
        "tensor Sigma^i_j; result^i = inv(Sigma)^i_k (x^k - mu^k)",
    ),
    (r"X_{ij} = x_i x_j \quad \forall i, j", "X_ij = x_i x_j"),
    (r"L = \| M - U V^T \|_F^2", "L = norm_{i j}(M^i_j - U^i_l V^j_l)**2"),
    (
        r"z_j = w_{ij} x_i + b_j, \quad a_j = \tanh(z_j), \quad \text{for } j = 1, \ldots, m",
        "z_j = w_ij x_i + b_j; a_j = tanh(z_j)",
    ),
    (
        r"W_{\text{out}} = \lambda W_{\text{in}} + M",
        "tensor lambda; tensor `W_in`^i_j; tensor M^i_j; `W_out`^i_j = lambda `W_in`^i_j + M^i_j",
    ),
    (
        r"f(x) = \frac12 \|Ax - b\|_2^2 + \lambda \|x\|_1",
        "f = 1/2 norm_i(A^i_k x^k - b^i)**2 + lambda sum_m abs(x^m)",
    ),
    (r"g = Q x + A^\top \lambda", "g^i = Q^i_k x^k + A^p_i lambda^p"),
    (
        r"\ell = \frac{1}{2\sigma^2} \|y - X w\|^2",
        "ell = 1/(2 sigma**2) * norm_i(y^i - X^i_k w^k)**2",
    ),
    (
        r"{z^{(1)}}^{i} = {W^{(1)}}^{i}_{j} x^j + {b_{\text{in}}}^{i}",
        "z1^i = W1^i_j x^j + `b_in`^i",
    ),
    (r"z^{(1) i} = W^{(1) \, i}_{j} x^j + b^{(1), i}", "z1^i = W1^i_j x^j + b1^i"),
    (
        r"y_n = \tau^{{c^{(0)}}_{c^{(1)}_{n}}} + \tau^{c^{(0)}_n}",
        "y_n = tau^{c0_{c1_n}} + tau^{c0_n}",
    ),
    (r"\hat{W}^{(1)}_{ij} x_j", "tensor `W1_hat`_ij; `W1_hat`_ij x_j"),
    (r"\Theta = X (X^\top X)^{-1} X^\top y", "Theta^i = X^i_k inv(X^t_<k1> X^t_<m1>)_km X^q_m y^q"),
    (r"r = \frac{x^\top A x}{x^\top x}", "r = x^i A^i_k x^k / (x^m x^m)"),
    (
        r"\frac{\partial L}{\partial x^i} = g_i, \quad \text{where } g_i \in \mathbb{R}^{n}",
        "tensor g_i [n]; tensor `dL_dx`_i; `dL_dx`_i = g_i",
    ),
    (r"s_i = \left(\sum_{j} A_{ij} x_j\right)^{2}", "s_i = (A_ij x_j)**2"),
    (
        r"P_{ij} = \frac{1}{Z} e^{-\beta d_{ij}}, \quad Z = \sum_{i,j} e^{-\beta d_{ij}}",
        "Z = sum_{i j} exp(-beta d_ij); P_ij = 1/Z exp(-beta d_ij)",
    ),
    (
        r"L = \sum_{n} \left( z_{n c_n} - \log \sum_k e^{z_{nk}} \right), \quad c_n \in \mathbb{Z}^{N}",
        "tensor c_n [N]; tensor z_nj [N, n_k]; L = sum_n (z_{n, c_n} - log(sum_k exp(z_nk)))",
    ),
    (r"\text{mask } m_{tu}, \quad A_{tu} = m_{tu} s_{tu}", "mask m_tu; A_tu = m_tu s_tu"),
    (r"G^{\mu\nu} = F^{\mu}{}_{\alpha} F^{\nu\alpha}", "G^<mu nu> = F^<mu>_<alpha> F^<nu alpha>"),
    (r"T^{i}_{j} = \delta^{i}_{k} \delta^{l}_{j} S^{k}_{l}", "T^i_j = δ^i_k δ^l_j S^k_l"),
    (r"h_{t} = \operatorname{GELU}(z_{t})", "h_t = gelu(z_t)"),
]

# What is refused, the code, the text under the caret, and a part of what is advised.
REFUSED: list[tuple[str, str, str, str]] = [
    (r"y_i = x_i + \mathrm", "E101", "", ""),
    (r"\begin", "E101", "", ""),
    (r"A_{ij} \in \mathbb", "E101", "", ""),
    (
        r"\operatorname{Attention}(Q, K, V) = \operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right) V",
        "E103",
        r"^",
        r"A_{ji}",
    ),
    (
        r"A_{tu} = \operatorname{softmax}_u\left(\frac{q_t^d k_{u d}}{\sqrt{d_k}}\right), \quad y_t^e = A_{tu} v_u^e",
        "E102",
        r"k",
        r"To sum a lone index, write sum_k",
    ),
    (
        r"\mu_j = \frac{1}{N} \sum_{n=1}^{N} x_{nj}, \quad \sigma_j^2 = \frac{1}{N} \sum_{n=1}^{N} (x_{nj} - \mu_j)^2",
        "E115",
        r"\sigma_j^",
        r"write y^i = …; a relation that is given is written: given … ",
    ),
    (
        r"D_{\mathrm{KL}}(p \,\|\, q) = \sum_i p_i \log \frac{p_i}{q_i}",
        "E402",
        r"\mathrm",
        r"fix it: sizes KL=3, index KL : N, or declare a tensor's exte",
    ),
    (
        r"f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)",
        "E102",
        r"f",
        r"To sum a lone index, write sum_f",
    ),
    (r"c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t", "E309", r"c_", r"write c_{-1} = …"),
    (
        r"(f * g)(t) = \sum_{\tau} f(\tau) g(t - \tau)",
        "E115",
        r"(f * g)",
        r"write y^i = …; a relation that is given is written: given … ",
    ),
    (r"\nabla_x (x^\top A x) = (A + A^\top) x", "E115", r"\nabla_x (x^\top A x) ", r"write y = …"),
    (r"f = \log |X|", "E601", r"|X|", r"write \det(X), or \operatorname{abs}(X)"),
    (
        r"H = \nabla_x^2 (x^\top A x)",
        "E307",
        r"^",
        r"\frac{\partial^{2} f}{\partial x^{i} \partial x^{j}}",
    ),
    (
        r"y_{ij} = (A + B)_{ij}",
        "E101",
        r"_",
        r"an index stands at a name: (A_ij + B_ij), not (A + B)_ij",
    ),
    (
        r"J(\theta) = \frac{1}{2m} \sum_{i=1}^{m} \left(\theta^\top x_i - y_i\right)^2",
        "E103",
        r"^",
        r"A_{ji}",
    ),
    (r"\theta_{t+1} = \theta_t - \eta \nabla_\theta L", "E309", r"\theta_", r"write theta_{0} = …"),
    (
        r"p(y) = \prod_{i} p_i^{y_i}",
        "E305",
        r"p",
        r"give the result another name than the tensor it reads; a rec",
    ),
    (r"S = \sum_{i<j} x_i x_j", "E114", r"i", r"\sum_{i, j} \left[i < j\right] x_i x_j"),
    (
        r"\mathbb{E}[x] = \sum_i p_i x_i",
        "E115",
        r"\mathbb{E}[x]",
        r"write y^i = …; a relation that is given is written: given … ",
    ),
    (
        r"f(x) = \begin{cases} x & \text{if } x > 0 \\ \alpha x & \text{otherwise} \end{cases}",
        "E602",
        r"\begin",
        r"with an index: y_i = \begin{cases} x_i & x_i > 0 \\ 0 & \tex",
    ),
    (
        r"\delta^{(l)}_j = \sum_k \delta^{(l+1)}_k W^{(l+1)}_{kj} \sigma'(z^{(l)}_j)",
        "E114",
        r"^",
        r"layers are names: W^{(1)} is W1, W^{(2)} is W2",
    ),
    (
        r"\Delta w_{ij} = -\eta \frac{\partial L}{\partial w_{ij}}",
        "E115",
        r"\Delta w_",
        r"write y^i = …; a relation that is given is written: given … ",
    ),
    (r"s = \langle x, y \rangle", "E103", r"\langle", r""),
    (
        r"L = \sum_{i=1}^{n} \sum_{j \neq i} \frac{q_i q_j}{r_{ij}}",
        "E114",
        r"j",
        r"\sum_{i, j} \left[i < j\right] x_i x_j",
    ),
    (r"Y = A \otimes B", "E103", r"\otimes", r""),
    (r"L = \sum_{i,j} (M_{ij} - u_i^\top v_j)^2", "E103", r"^", r"A_{ji}"),
    (r"L = \sum_{(i,j)} w_{ij} (x_i - x_j)^2", "E114", r"\sum", r"\sum_{i, j}"),
    (r"y = \mathrm{softmax}(W x)", "E602", r"\mathrm", r""),
    (r"y_i = \mathrm{softmax}(z)_i", "E107", r"\mathrm", r"write softmax_i(…)"),
    (
        r"\mathcal{L}(\theta) = \frac{1}{N} \sum_{n=1}^{N} \left\| y_n - \hat{y}_n \right\|^2",
        "E107",
        r"\left",
        r"\operatorname{norm}_i(x^i)",
    ),
    (
        r"\theta_i' = \theta_i - \eta \frac{\hat{m}_i}{\sqrt{\hat{v}_i} + \epsilon}",
        "E103",
        r"'",
        r"a name with a prime can be written in back-ticks",
    ),
    (r"\nabla f", "E307", r"\nabla", r"\nabla_{x} \left(x^{\top} A x\right)"),
]


@pytest.mark.parametrize(("paper", "text"), UNDERSTOOD)
def test_a_formula_is_the_program_that_is_meant(paper: str, text: str) -> None:
    assert is_equal(parse(paper).equations, parse(text).equations)


@pytest.mark.parametrize(("paper", "code", "under", "advice"), REFUSED)
def test_a_formula_is_refused_with_one_error(
    paper: str, code: str, under: str, advice: str
) -> None:
    with pytest.raises(NotationError) as caught:
        parse(paper)
    (problem,) = caught.value.diagnostics
    assert problem.code == code
    _, source, carets = problem.rendered.split("\n")
    assert source[carets.index("^") :].startswith(under)
    assert advice in carets
