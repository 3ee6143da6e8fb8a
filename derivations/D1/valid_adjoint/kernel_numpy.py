import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(z, w, x_bar):
    """`z_bar`_i = zeropad(`x_bar`_{i-j}) w_j
    w_bar^j = `x_bar`_i z^{i+j}
    """
    N = z.shape[0]
    K = w.shape[0]
    t1 = np.pad(x_bar, ((K - 1, K - 1),))[K - 1:]
    windows1 = as_strided(t1, (K, N), (-t1.strides[0], t1.strides[0]))
    z_bar = windows1.T @ w  # [i]
    windows2 = as_strided(z, (K, N - K + 1), (z.strides[0], z.strides[0]))
    w_bar = x_bar @ windows2.T  # [j]
    return {'z_bar': z_bar, 'w_bar': w_bar}
