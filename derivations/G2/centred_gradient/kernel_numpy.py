import numpy as np


def kernel(x, mu, w):
    """z_i = x_i - mu_i
    y = w_i z_i
    dL_dy = y
    dL_dw^i = dL_dy z_i
    """
    z = x - mu  # [i]
    y = w @ z
    dL_dw = y * z  # [i]
    return dL_dw
