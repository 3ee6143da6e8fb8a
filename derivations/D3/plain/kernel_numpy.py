import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(x, w, y_bar):
    """x_bar^ijkl = zeropad(y_bar^{i, o, k-r, l-s}) w_ojrs
    w_bar^ocrs = y_bar^nopq x_{n, c, p+r, q+s}
    b_bar^o = sum_{n p q} y_bar^nopq
    """
    n_n, n_c, n_x, n_x2 = x.shape
    n_o = w.shape[0]
    n_r = w.shape[2]
    n_s = w.shape[3]
    dtype = np.result_type(x, w, y_bar)
    t1 = np.pad(y_bar, ((0, 0), (0, 0), (n_r - 1, n_r - 1), (0, 0)))[:, :, n_r - 1:]
    windows1 = as_strided(t1, (n_n, n_o, n_r, n_x, n_x2 - n_s + 1), (t1.strides[0], t1.strides[1], -t1.strides[2], t1.strides[2], t1.strides[3]))
    t2 = windows1.transpose(1, 2, 0, 3, 4).reshape(n_o * n_r, n_n * n_x * (n_x2 - n_s + 1))
    x_bar = np.zeros((n_c, n_n, n_x, n_x2), dtype)  # [j, i, k, l]
    t3 = (w.transpose(0, 2, 1, 3).reshape(n_o * n_r, n_c * n_s).T @ t2).reshape(n_c, n_s, n_n, n_x, n_x2 - n_s + 1)  # [j, s, i, k, ·]
    for r1 in range(n_s):
        x_bar[:, :, :, r1:n_x2 - n_s + 1 + r1] += t3[:, r1]
    del t3
    windows2 = as_strided(x, (n_n, n_c, n_r, n_x - n_r + 1, n_s, n_x2 - n_s + 1), (x.strides[0], x.strides[1], x.strides[2], x.strides[2], x.strides[3], x.strides[3]))
    t4 = y_bar.transpose(1, 0, 2, 3).reshape(n_o, n_n * (n_x - n_r + 1) * (n_x2 - n_s + 1))
    t5 = windows2.transpose(1, 2, 4, 0, 3, 5).reshape(n_c * n_r * n_s, n_n * (n_x - n_r + 1) * (n_x2 - n_s + 1)).T
    w_bar = (t4 @ t5).reshape(n_o, n_c, n_r, n_s)  # [o, c, r, s]
    b_bar = y_bar.sum((0, 2, 3))  # [o]
    return {'x_bar': x_bar.transpose(1, 0, 2, 3), 'w_bar': w_bar, 'b_bar': b_bar}
