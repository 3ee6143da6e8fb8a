import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(y, X, w):
    """z_n = y_n X_nd w_d
    d2L_dw_dw^<d d1> = y_n**2 X_nd sigmoid(-z_n) (1 - sigmoid(-z_n)) X_<n d1>
    """
    t1 = _sigmoid(-y * (X @ w))  # [n]
    d2L_dw_dw = X.T @ (X * (y * y * (t1 * (1 - t1)))[:, None])  # [d, d]
    return d2L_dw_dw
