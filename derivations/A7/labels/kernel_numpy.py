import numpy as np


def _log_softmax(x, axes):
    shifted = x - np.max(x, axis=axes, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))


def kernel(A, y, b, B, c):
    """z_k^i = A^i_j y_k^j + b^i
    s_k^i = tanh(z_k^i)
    x_k^m = B^m_i s_k^i
    l_k^m = log_softmax_m(x_k^m)
    dL_dx^k_m = 1/K (exp(l_km) - δ^{c_k}_m)
    dL_ds^k_i = dL_dx^k_m B^m_i
    dL_dz^k_i = dL_ds^k_i (1 - s_k^i**2)
    `dL_dA`_i^j = dL_dz^k_i y_k^j
    `dL_db`_i = sum_k dL_dz^k_i
    `dL_dB`_m^i = dL_dx^k_m s_k^i
    """
    K = y.shape[0]
    n_m = B.shape[0]
    z = y @ A.T  # [k, i]
    z += b
    s = np.tanh(z, z)  # [k, i]
    x = s @ B.T  # [k, m]
    l = _log_softmax(x, (-1,))  # [k, m]
    t1 = np.exp(l, l)  # [k, m]
    t1 *= 1 / K
    dL_ds = t1 @ B  # [k, i]
    dL_ds -= 1 / K * B[c]
    dL_dz = s * s  # [k, i]
    np.subtract(1, dL_dz, dL_dz)
    dL_dz *= dL_ds
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = t1.T @ s  # [m, i]
    np.add.at(dL_dB, (c,), -1 / K * s)
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
