import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(A, x, a, V, b, U, c, B, d):
    """z_nj = A_ji x_ni + a_j
    g_nj = relu(z_nj)
    z1_nk = V_kj g_nj + b_k
    h_nk = tanh(z1_nk)
    z2_nj = U_jk h_nk + c_j
    f_nj = relu(z2_nj)
    z3_ni = B_ij f_nj + d_i
    r_ni = sigmoid(z3_ni)
    dL_dr^ni = 2/K (r_ni - x_ni)
    dL_dz3^ni = dL_dr^ni r_ni (1 - r_ni)
    dL_df^nj = dL_dz3^ni B_ij
    dL_dz2^nj = dL_df^nj heaviside(z2_nj)
    dL_dh^nk = dL_dz2^nj U_jk
    dL_dz1^nk = dL_dh^nk (1 - h_nk**2)
    dL_dg^nj = dL_dz1^nk V_kj
    dL_dz^nj = dL_dg^nj heaviside(z_nj)
    dL_dA^ji = dL_dz^nj x_ni
    dL_da^j = sum_n dL_dz^nj
    dL_dV^kj = dL_dz1^nk g_nj
    dL_db^k = sum_n dL_dz1^nk
    dL_dU^jk = dL_dz2^nj h_nk
    dL_dc^j = sum_n dL_dz2^nj
    dL_dB^ij = dL_dz3^ni f_nj
    dL_dd^i = sum_n dL_dz3^ni
    """
    K = x.shape[0]
    z = x @ A.T  # [n, j]
    z += a
    g = np.maximum(z, 0)  # [n, j]
    z1 = V @ g.T  # [k, n]
    z1 += b[:, None]
    h = np.tanh(z1, z1)  # [k, n]
    z2 = h.T @ U.T  # [n, j]
    z2 += c
    f = np.maximum(z2, 0)  # [n, j]
    z3 = f @ B.T  # [n, i]
    z3 += d
    r = _sigmoid(z3)  # [n, i]
    dL_dz3 = r - x  # [n, i]
    dL_dz3 *= r * (1 - r)
    dL_dz3 *= 2 / K
    dL_dz2 = dL_dz3 @ B  # [n, j]
    dL_dz2 *= z2 > 0
    dL_dz1 = h * h  # [k, n]
    np.subtract(1, dL_dz1, dL_dz1)
    dL_dz1 *= U.T @ dL_dz2.T
    dL_dz = dL_dz1.T @ V  # [n, j]
    dL_dz *= z > 0
    dL_dA = dL_dz.T @ x  # [j, i]
    dL_da = dL_dz.sum(0)  # [j]
    dL_dV = dL_dz1 @ g  # [k, j]
    dL_db = dL_dz1.sum(1)  # [k]
    dL_dU = h @ dL_dz2  # [k, j]
    dL_dc = dL_dz2.sum(0)  # [j]
    dL_dB = dL_dz3.T @ f  # [i, j]
    dL_dd = dL_dz3.sum(0)  # [i]
    return {
        'dL_dA': dL_dA,
        'dL_da': dL_da,
        'dL_dV': dL_dV,
        'dL_db': dL_db,
        'dL_dU': dL_dU.T,
        'dL_dc': dL_dc,
        'dL_dB': dL_dB,
        'dL_dd': dL_dd,
    }
