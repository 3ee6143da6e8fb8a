import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(h, x_dot):
    """`y_dot`_cprqs = h_rk h_sl replicate(`x_dot`_{c, k+p-1, l+q-1})"""
    C, M, N = x_dot.shape
    places1 = np.arange(-1, M + 1).clip(0, M - 1)
    places2 = np.arange(-1, N + 1).clip(0, N - 1)
    t1 = np.take(np.take(x_dot, places1, 1), places2, 2)
    windows1 = as_strided(t1, (C, 3, M, 3, N), (t1.strides[0], t1.strides[1], t1.strides[1], t1.strides[2], t1.strides[2]))
    t2 = windows1.transpose(3, 0, 1, 2, 4).reshape(3, C * 3 * M * N)
    t3 = (h @ t2).reshape(2, C, 3, M, N).transpose(2, 0, 1, 3, 4).reshape(3, 2 * C * M * N)
    y_dot = (h @ t3).reshape(2, 2, C, M, N)  # [r, s, c, p, q]
    return y_dot.transpose(2, 3, 0, 4, 1)
