import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(z, w, x_bar):
    """`z_bar`_i = `x_bar`_<i1> zeropad(w_{i1 - i})
    w_bar^j = `x_bar`_i zeropad(z^{i-j})
    """
    N = z.shape[0]
    n_j = w.shape[0]
    pad1 = max(0, N - n_j)
    t1 = np.pad(w, ((N - 1, pad1),))[N - 1:]
    windows1 = as_strided(t1, (N, N), (-t1.strides[0], t1.strides[0]))
    z_bar = x_bar @ windows1.T  # [i]
    t2 = np.pad(z, ((n_j - 1, 0),))[n_j - 1:]
    windows2 = as_strided(t2, (N, n_j), (t2.strides[0], -t2.strides[0]))
    w_bar = x_bar @ windows2  # [j]
    return {'z_bar': z_bar, 'w_bar': w_bar}
