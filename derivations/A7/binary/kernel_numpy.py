import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(A, y, b, B, t):
    """z_k^i = A^i_j y_k^j + b^i
    s_k^i = tanh(z_k^i)
    x_k = B_i s_k^i
    p_k = sigmoid(x_k)
    dL_dx^k = 1/K (p_k - t_k)
    dL_ds^k_i = dL_dx^k B_i
    dL_dz^k_i = dL_ds^k_i (1 - s_k^i**2)
    `dL_dA`_i^j = dL_dz^k_i y_k^j
    `dL_db`_i = sum_k dL_dz^k_i
    dL_dB^i = dL_dx^k s_k^i
    """
    K = y.shape[0]
    z = y @ A.T  # [k, i]
    z += b
    s = np.tanh(z, z)  # [k, i]
    x = B @ s.T  # [k]
    p = _sigmoid(x)  # [k]
    dL_dx = p - t  # [k]
    dL_dx *= 1 / K
    dL_dz = s * s  # [k, i]
    np.subtract(1, dL_dz, dL_dz)
    dL_dz *= B
    dL_dz *= dL_dx[:, None]
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx @ s  # [i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
