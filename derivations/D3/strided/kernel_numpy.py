import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(x, w, y_bar):
    """x_bar^ijkl = zeropad(y_bar^{i, o, p, l-2*s+2}) zeropad(w_{o, j, k-2*p+1, s})
    w_bar^ocrs = y_bar^nopq zeropad(x_{n, c, 2*p+r-1, q+2*s-2})
    b_bar^o = sum_{n p q} y_bar^nopq
    """
    B, C, H, W = x.shape
    O = w.shape[0]
    U = w.shape[2]
    V = w.shape[3]
    dtype = np.result_type(x, w, y_bar)
    pad1 = max(0, 2 * V - 4)
    pad2 = max(0, 2 * V - 4)
    t1 = np.pad(y_bar, ((0, 0), (0, 0), (0, 0), (pad1, pad2)))[:, :, :, pad1 + 2:]
    windows1 = as_strided(t1, (B, O, ((H - U) // 2) + 2, V, W), (t1.strides[0], t1.strides[1], t1.strides[2], -2 * t1.strides[3], t1.strides[3]))
    t2 = windows1.transpose(1, 3, 0, 2, 4).reshape(O * V, B * (((H - U) // 2) + 2) * W)
    x_bar = np.zeros((C, B, H, W), dtype)  # [j, i, k, l]
    t3 = (w.transpose(1, 2, 0, 3).reshape(C * U, O * V) @ t2).reshape(C, U, B, ((H - U) // 2) + 2, W)  # [j, ·, i, p, l]
    for r1 in range(U):
        lo1, hi1 = max(0, -((r1 - 1) // 2)), min(((H - U) // 2) + 2, (H - 1 - (r1 - 1)) // 2 + 1)
        if lo1 < hi1:
            x_bar[:, :, 2 * lo1 + r1 - 1:2 * (hi1 - 1) + r1 - 1 + 1:2, :] += t3[:, r1, :, lo1:hi1]
    del t3
    pad3 = max(0, 2 * ((H - U) // 2) - H + U + 1)
    t4 = np.pad(x, ((0, 0), (0, 0), (1, pad3), (2, 2)))
    windows2 = as_strided(t4, (B, C, U, ((H - U) // 2) + 2, V, W - 2 * V + 6), (t4.strides[0], t4.strides[1], t4.strides[2], 2 * t4.strides[2], 2 * t4.strides[3], t4.strides[3]))
    t5 = y_bar.transpose(1, 0, 2, 3).reshape(O, B * (((H - U) // 2) + 2) * (W - 2 * V + 6))
    t6 = windows2.transpose(1, 2, 4, 0, 3, 5).reshape(C * U * V, B * (((H - U) // 2) + 2) * (W - 2 * V + 6)).T
    w_bar = (t5 @ t6).reshape(O, C, U, V)  # [o, c, r, s]
    b_bar = y_bar.sum((0, 2, 3))  # [o]
    return {'x_bar': x_bar.transpose(1, 0, 2, 3), 'w_bar': w_bar, 'b_bar': b_bar}
