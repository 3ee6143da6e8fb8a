import numpy as np


def kernel(y, X, w, lambda_):
    """r_n = y_n - X_nd w_d
    dJ_dr^n = 2/N r_n
    dJ_dw^d = lambda sign(w_d) - dJ_dr^n X_nd
    """
    N = y.shape[0]
    r = X @ w  # [n]
    np.subtract(y, r, r)
    dJ_dw = np.sign(w)  # [d]
    dJ_dw *= lambda_
    dJ_dw -= (2 / N * r) @ X
    return dJ_dw
