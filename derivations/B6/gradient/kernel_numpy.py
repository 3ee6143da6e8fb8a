import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(y, X, w):
    """z_n = y_n X_nd w_d
    dL_dz^n = -sigmoid(-z_n)
    dL_dw^d = dL_dz^n y_n X_nd
    """
    dL_dw = X.T @ (-_sigmoid(-y * (X @ w)) * y)  # [d]
    return dL_dw
