import numpy as np


def kernel(w, x, lambda_):
    """y = w_i x_i
    dL_dy = y
    dL_dw^i = dL_dy x_i - lambda w_i
    """
    y = w @ x
    dL_dw = y * x  # [i]
    dL_dw -= lambda_ * w
    return dL_dw
