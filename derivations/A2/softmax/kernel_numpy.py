import numpy as np


def _softmax(x, axes):
    e = np.exp(x - np.max(x, axis=axes, keepdims=True))
    e /= np.sum(e, axis=axes, keepdims=True)
    return e


def kernel(A, y, b, B):
    """z^i = A^i_j y^j + b^i
    s^i = softmax_i(z^i)
    dx_dy^p_j = s^i (B^p_i - B^p_<i1> s^<i1>) A^i_j
    dx_dA^p_i^j = s^i (B^p_i - B^p_<i1> s^<i1>) y^j
    dx_db^p_i = s^i (B^p_i - B^p_<i1> s^<i1>)
    dx_dB^p_<p1>^i = δ^p_<p1> s^i
    """
    n_i = A.shape[0]
    n_p = B.shape[0]
    dtype = np.result_type(A, y, b, B)
    z = A @ y  # [i]
    z += b
    s = _softmax(z, (-1,))  # [i]
    dx_db = B - (B @ s)[:, None]  # [p, i]
    dx_db *= s
    dx_dy = dx_db @ A  # [p, j]
    dx_dA = y * dx_db[:, :, None]  # [p, i, j]
    dx_dB = np.zeros((n_p, n_p, n_i), dtype)  # [p, p, i]
    np.einsum("aab->ab", dx_dB)[...] = s
    return {'dx_dy': dx_dy, 'dx_dA': dx_dA, 'dx_db': dx_db.copy(), 'dx_dB': dx_dB}
