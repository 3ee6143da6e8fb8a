import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(x, w, y_bar):
    """x_bar^ijklm = zeropad(y_bar^{i, j, o, l-r, m-s}) w_jokrs
    w_bar^gocrs = y_bar^ngopq x_{n, g, c, p+r, q+s}
    b_bar^go = sum_{n p q} y_bar^ngopq
    """
    n_n, n_g, n_c, n_x, n_x2 = x.shape
    n_o = w.shape[1]
    n_r = w.shape[3]
    n_s = w.shape[4]
    dtype = np.result_type(x, w, y_bar)
    t1 = np.pad(y_bar, ((0, 0), (0, 0), (0, 0), (n_r - 1, n_r - 1), (0, 0)))[:, :, :, n_r - 1:]
    windows1 = as_strided(t1, (n_n, n_g, n_o, n_r, n_x, n_x2 - n_s + 1), (t1.strides[0], t1.strides[1], t1.strides[2], -t1.strides[3], t1.strides[3], t1.strides[4]))
    x_bar = np.zeros((n_g, n_n, n_x, n_x2, n_c), dtype)  # [j, i, l, m, k]
    t2 = (windows1.transpose(1, 0, 4, 5, 2, 3).reshape(n_g, n_n * n_x * (n_x2 - n_s + 1), n_o * n_r) @ w.transpose(0, 1, 3, 2, 4).reshape(n_g, n_o * n_r, n_c * n_s)).reshape(n_g, n_n, n_x, n_x2 - n_s + 1, n_c, n_s)  # [j, i, l, ·, k, s]
    for r1 in range(n_s):
        x_bar[:, :, :, r1:n_x2 - n_s + 1 + r1, :] += t2[:, :, :, :, :, r1]
    del t2
    windows2 = as_strided(x, (n_n, n_g, n_c, n_r, n_x - n_r + 1, n_s, n_x2 - n_s + 1), (x.strides[0], x.strides[1], x.strides[2], x.strides[3], x.strides[3], x.strides[4], x.strides[4]))
    w_bar = (y_bar.transpose(1, 2, 0, 3, 4).reshape(n_g, n_o, n_n * (n_x - n_r + 1) * (n_x2 - n_s + 1)) @ windows2.transpose(1, 0, 4, 6, 2, 3, 5).reshape(n_g, n_n * (n_x - n_r + 1) * (n_x2 - n_s + 1), n_c * n_r * n_s)).reshape(n_g, n_o, n_c, n_r, n_s)  # [g, o, c, r, s]
    b_bar = y_bar.sum((0, 3, 4))  # [g, o]
    return {'x_bar': x_bar.transpose(1, 0, 4, 2, 3), 'w_bar': w_bar, 'b_bar': b_bar}
