import numpy as np


def kernel(S, u, c, v):
    """s_b = tanh(S_ba u_a + c_b)
    D_b = exp(s_b)
    l = -1/2 sum_a u_a**2 - 1/2 sum_b v_b**2 - sum_b log(D_b)
    """
    s = np.tanh(S @ u + c)  # [b]
    D = np.exp(s, s)  # [b]
    l = -0.5 * (u * u).sum() - 0.5 * (v * v).sum() - np.log(D, D).sum()
    return l
