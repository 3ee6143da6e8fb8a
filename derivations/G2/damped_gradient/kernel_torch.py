import torch


def kernel(w, x, lam):
    """y = w_i x_i
    dL_dy = y
    dL_dw^i = dL_dy x_i - lam w_i
    """
    y = w @ x
    dL_dw = y * x  # [i]
    dL_dw -= lam * w
    return dL_dw
