import numpy as np


def _softmax(x, axes):
    e = np.exp(x - np.max(x, axis=axes, keepdims=True))
    e /= np.sum(e, axis=axes, keepdims=True)
    return e


def kernel(m, W, x, a, c, y_bar):
    """h_ik = W_kj x_ij
    z_ij = a_k h_ik + c_k h_jk
    e_ij = leaky_relu(z_ij; slope=1/5)
    S_ij = where([0 < m_ij], e_ij, -inf)
    P_ij = softmax_j(S_ij)
    P_bar^ij = y_bar^ik h_jk
    S_bar^ij = P_ij (P_bar^ij - P_bar^<i j1> P_<i j1>)
    e_bar^ij = S_bar^ij where([0 < m_ij], 1, 0)
    z_bar^ij = e_bar^ij where([0 < z_ij], 1, 1/5)
    h_bar^ik = y_bar^<i1 k> P_<i1 i> + a_k sum_j z_bar^ij + c_k sum_<i1> z_bar^<i1 i>
    W_bar^kj = h_bar^ik x_ij
    a_bar^k = sum_j z_bar^ij h_ik
    c_bar^k = sum_i z_bar^ij h_jk
    x_bar^ij = h_bar^ik W_kj
    """
    dtype = np.result_type(m, W, x, a, c, y_bar)
    t1 = 0 < m  # [i, j]
    h = x @ W.T  # [i, k]
    z = (a @ h.T)[:, None] + c @ h.T  # [i, j]
    e = np.where(z > 0, z, 0.2 * z)  # [i, j]
    S = np.where(t1, e, float("-inf"))  # [i, j]
    P = _softmax(S, (-1,))  # [i, j]
    P_bar = y_bar @ h.T  # [i, j]
    t2 = np.where(t1, np.full((), 1, dtype), 0)  # [i, j]
    t2 *= np.where(0 < z, np.full((), 1, dtype), 0.2)
    z_bar = P_bar - np.vecdot(P_bar, P)[:, None]  # [i, j]
    z_bar *= t2
    z_bar *= P
    t3 = z_bar.sum(1)  # [i]
    t4 = z_bar.sum(0)  # [i]
    h_bar = P.T @ y_bar  # [i, k]
    h_bar += a * t3[:, None]
    h_bar += c * t4[:, None]
    W_bar = h_bar.T @ x  # [k, j]
    a_bar = t3 @ h  # [k]
    c_bar = t4 @ h  # [k]
    x_bar = h_bar @ W  # [i, j]
    return {'W_bar': W_bar, 'a_bar': a_bar, 'c_bar': c_bar, 'x_bar': x_bar}
