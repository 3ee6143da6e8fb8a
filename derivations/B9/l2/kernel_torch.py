import torch


def kernel(y, X, w, lambda_):
    """r_n = y_n - X_nd w_d
    dJ_dr^n = 2/N r_n
    dJ_dw^d = 2 lambda w_d - dJ_dr^n X_nd
    """
    N = y.shape[0]
    r = X @ w  # [n]
    r.neg_()
    r += y
    dJ_dw = lambda_ * w  # [d]
    dJ_dw *= 2
    dJ_dw -= (2 / N * r) @ X
    return dJ_dw
