import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(x, W1, b1, W2, b2, W3, b3, t):
    """z1_nj = x_ni W1_ij + b1_j
    y1_nj = tanh(z1_nj)
    z2_nk = y1_nj W2_jk + b2_k
    y2_nk = sigmoid(z2_nk)
    z3_nl = y2_nk W3_kl + b3_l
    dL_dz3^nl = z3_nl - t_nl
    dL_dy2^nk = dL_dz3^nl W3_kl
    dL_dz2^nk = dL_dy2^nk y2_nk (1 - y2_nk)
    dL_dy1^nj = dL_dz2^nk W2_jk
    dL_dz1^nj = dL_dy1^nj (1 - y1_nj**2)
    dL_dW1^ij = dL_dz1^nj x_ni
    dL_db1^j = sum_n dL_dz1^nj
    dL_dW2^jk = dL_dz2^nk y1_nj
    dL_db2^k = sum_n dL_dz2^nk
    dL_dW3^kl = dL_dz3^nl y2_nk
    dL_db3^l = sum_n dL_dz3^nl
    dL_dx^ni = dL_dz1^nj W1_ij
    """
    z1 = x @ W1  # [n, j]
    z1 += b1
    y1 = np.tanh(z1, z1)  # [n, j]
    z2 = y1 @ W2  # [n, k]
    z2 += b2
    y2 = _sigmoid(z2)  # [n, k]
    z3 = y2 @ W3  # [n, l]
    z3 += b3
    dL_dz3 = z3 - t  # [n, l]
    dL_dy2 = dL_dz3 @ W3.T  # [n, k]
    dL_dz2 = 1 - y2  # [n, k]
    dL_dz2 *= dL_dy2
    dL_dz2 *= y2
    dL_dz1 = y1 * y1  # [n, j]
    np.subtract(1, dL_dz1, dL_dz1)
    dL_dz1 *= dL_dz2 @ W2.T
    dL_dW1 = x.T @ dL_dz1  # [i, j]
    dL_db1 = dL_dz1.sum(0)  # [j]
    dL_dW2 = y1.T @ dL_dz2  # [j, k]
    dL_db2 = dL_dz2.sum(0)  # [k]
    dL_dW3 = dL_dz3.T @ y2  # [l, k]
    dL_db3 = dL_dz3.sum(0)  # [l]
    dL_dx = dL_dz1 @ W1.T  # [n, i]
    return {
        'dL_dW1': dL_dW1,
        'dL_db1': dL_db1,
        'dL_dW2': dL_dW2,
        'dL_db2': dL_db2,
        'dL_dW3': dL_dW3.T,
        'dL_db3': dL_db3,
        'dL_dx': dL_dx,
    }
