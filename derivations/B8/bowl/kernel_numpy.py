import numpy as np


def kernel(w):
    """df_dw^i = 2 (13 δ^i_{0} w_{0} - 5 δ^i_{0} w_{1} - 5 δ^i_{1} w_{0} + 2 δ^i_{0} + 2 δ^i_{1} w_{1} - δ^i_{1})"""
    dtype = w.dtype
    df_dw = np.zeros((2,), dtype)  # [i]
    t1 = 2 * (13 * w[0] - 5 * w[1] + 2)
    df_dw[0] += t1
    t2 = 2 * (-5 * w[0] + 2 * w[1] - 1)
    df_dw[1] += t2
    return df_dw
