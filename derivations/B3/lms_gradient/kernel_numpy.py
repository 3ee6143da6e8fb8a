import numpy as np


def kernel(y, w, x):
    """e = y - w_i x_i
    dL_de = e
    dL_dw^i = -dL_de x_i
    """
    e = y - w @ x
    dL_dw = -e * x  # [i]
    return dL_dw
