import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _softplus(x):
    top = np.maximum(x, 0)
    return top + np.log1p(np.exp(x - 2 * top))


def kernel(A, y, b, B):
    """z^i = A^i_j y^j + b^i
    s^i = softplus(z^i)
    dx_dy^p_j = B^p_i sigmoid(z^i) A^i_j
    dx_dA^p_i^j = B^p_i sigmoid(z^i) y^j
    dx_db^p_i = B^p_i sigmoid(z^i)
    dx_dB^p_<p1>^i = δ^p_<p1> s^i
    """
    n_i = A.shape[0]
    n_p = B.shape[0]
    dtype = np.result_type(A, y, b, B)
    z = A @ y  # [i]
    z += b
    dx_db = B * _sigmoid(z)  # [p, i]
    dx_dy = dx_db @ A  # [p, j]
    dx_dA = y * dx_db[:, :, None]  # [p, i, j]
    s = _softplus(z)  # [i]
    dx_dB = np.zeros((n_p, n_p, n_i), dtype)  # [p, p, i]
    np.einsum("aab->ab", dx_dB)[...] = s
    return {'dx_dy': dx_dy, 'dx_dA': dx_dA, 'dx_db': dx_db, 'dx_dB': dx_dB}
