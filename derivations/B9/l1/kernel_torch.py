import torch


def kernel(y, X, w, lam):
    """r_n = y_n - X_nd w_d
    dJ_dr^n = 2/N r_n
    dJ_dw^d = lam sign(w_d) - dJ_dr^n X_nd
    """
    N = y.shape[0]
    r = X @ w  # [n]
    r.neg_()
    r += y
    dJ_dw = torch.sign(w)  # [d]
    dJ_dw *= lam
    dJ_dw -= (2 / N * r) @ X
    return dJ_dw
