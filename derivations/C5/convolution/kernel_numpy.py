import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(x, w, y_bar):
    """x_bar^ijk = zeropad(y_bar^{i, o, k - k1}) w_<o j k1>
    w_bar^ock = y_bar^nop x_{n, c, k+p}
    """
    n_n, n_c, n_x = x.shape
    n_o = w.shape[0]
    n_k = w.shape[2]
    t1 = np.pad(y_bar, ((0, 0), (0, 0), (n_k - 1, n_k - 1)))[:, :, n_k - 1:]
    windows1 = as_strided(t1, (n_n, n_o, n_k, n_x), (t1.strides[0], t1.strides[1], -t1.strides[2], t1.strides[2]))
    t2 = windows1.transpose(1, 2, 0, 3).reshape(n_o * n_k, n_n * n_x)
    x_bar = (w.transpose(1, 0, 2).reshape(n_c, n_o * n_k) @ t2).reshape(n_c, n_n, n_x)  # [j, i, k]
    windows2 = as_strided(x, (n_n, n_c, n_k, n_x - n_k + 1), (x.strides[0], x.strides[1], x.strides[2], x.strides[2]))
    t3 = y_bar.transpose(1, 0, 2).reshape(n_o, n_n * (n_x - n_k + 1))
    t4 = windows2.transpose(1, 2, 0, 3).reshape(n_c * n_k, n_n * (n_x - n_k + 1)).T
    w_bar = (t3 @ t4).reshape(n_o, n_c, n_k)  # [o, c, k]
    return {'x_bar': x_bar.transpose(1, 0, 2), 'w_bar': w_bar}
