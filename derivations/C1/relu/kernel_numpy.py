import numpy as np


def kernel(x, W1, b1, W2, b2, W3, b3, t, L_bar):
    """z1_nj = x_ni W1_ij + b1_j
    y1_nj = tanh(z1_nj)
    z2_nk = y1_nj W2_jk + b2_k
    y2_nk = relu(z2_nk)
    z3_nl = y2_nk W3_kl + b3_l
    z3_bar^nl = L_bar (z3_nl - t_nl)
    y2_bar^nk = z3_bar^nl W3_kl
    z2_bar^nk = y2_bar^nk heaviside(z2_nk)
    y1_bar^nj = z2_bar^nk W2_jk
    z1_bar^nj = y1_bar^nj (1 - y1_nj**2)
    W1_bar^ij = z1_bar^nj x_ni
    b1_bar^j = sum_n z1_bar^nj
    W2_bar^jk = z2_bar^nk y1_nj
    b2_bar^k = sum_n z2_bar^nk
    W3_bar^kl = z3_bar^nl y2_nk
    b3_bar^l = sum_n z3_bar^nl
    x_bar^ni = z1_bar^nj W1_ij
    """
    z1 = x @ W1  # [n, j]
    z1 += b1
    y1 = np.tanh(z1, z1)  # [n, j]
    z2 = y1 @ W2  # [n, k]
    z2 += b2
    y2 = np.maximum(z2, 0)  # [n, k]
    z3 = y2 @ W3  # [n, l]
    z3 += b3
    z3_bar = z3 - t  # [n, l]
    z3_bar *= L_bar
    y2_bar = z3_bar @ W3.T  # [n, k]
    z2_bar = y2_bar * (z2 > 0)  # [n, k]
    y1_bar = z2_bar @ W2.T  # [n, j]
    z1_bar = y1 * y1  # [n, j]
    np.subtract(1, z1_bar, z1_bar)
    z1_bar *= y1_bar
    W1_bar = x.T @ z1_bar  # [i, j]
    b1_bar = z1_bar.sum(0)  # [j]
    W2_bar = y1.T @ z2_bar  # [j, k]
    b2_bar = z2_bar.sum(0)  # [k]
    W3_bar = z3_bar.T @ y2  # [l, k]
    b3_bar = z3_bar.sum(0)  # [l]
    x_bar = z1_bar @ W1.T  # [n, i]
    return {
        'W1_bar': W1_bar,
        'b1_bar': b1_bar,
        'W2_bar': W2_bar,
        'b2_bar': b2_bar,
        'W3_bar': W3_bar.T,
        'b3_bar': b3_bar,
        'x_bar': x_bar,
    }
