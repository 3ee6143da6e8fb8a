import numpy as np


def kernel(x):
    """`dy_dx`_i^<i1> = δ^<i1>_i heaviside(x_i)"""
    n_i = x.shape[0]
    dtype = x.dtype
    dy_dx = np.zeros((n_i, n_i), dtype)  # [i, i]
    dy_dx.reshape(-1)[:: n_i + 1] = x > 0
    return dy_dx
