import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(x, w, y_bar):
    """x_bar^ncp = y_bar^{n, o, k+2*p} w_cok
    w_bar^cok = y_bar^{n, o, k+2*p} x_ncp
    """
    B, C, N = x.shape
    O = w.shape[1]
    K = w.shape[2]
    windows1 = as_strided(y_bar, (B, O, K, N), (y_bar.strides[0], y_bar.strides[1], y_bar.strides[2], 2 * y_bar.strides[2]))
    x_bar = (w.reshape(C, O * K) @ windows1.transpose(1, 2, 0, 3).reshape(O * K, B * N)).reshape(C, B, N)  # [c, n, p]
    w_bar = (x.transpose(1, 0, 2).reshape(C, B * N) @ windows1.transpose(1, 2, 0, 3).reshape(O * K, B * N).T).reshape(C, O, K)  # [c, o, k]
    return {'x_bar': x_bar.transpose(1, 0, 2), 'w_bar': w_bar}
