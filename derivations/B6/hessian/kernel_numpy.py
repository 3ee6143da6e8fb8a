import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(y, X, w):
    """z_n = y_n X_nd w_d
    d2L_dw_dw^<d d1> = y_n**2 X_nd sigmoid(-z_n) sigmoid(z_n) X_<n d1>
    """
    z = X @ w  # [n]
    z *= y
    d2L_dw_dw = X.T @ (X * (y * y * (_sigmoid(-z) * _sigmoid(z)))[:, None])  # [d, d]
    return d2L_dw_dw
