import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(z, w, x_bar):
    """`z_bar`_i = `x_bar`_<i1> circular(w_{i1 - i})
    w_bar^j = `x_bar`_i circular(z^{i-j})
    """
    N = z.shape[0]
    places1 = np.arange(-(N - 1), N + 0) % N
    t1 = np.take(w, places1, 0)[N - 1:]
    windows1 = as_strided(t1, (N, N), (-t1.strides[0], t1.strides[0]))
    z_bar = x_bar @ windows1.T  # [i]
    places2 = np.arange(-(N - 1), N + 0) % N
    t2 = np.take(z, places2, 0)[N - 1:]
    windows2 = as_strided(t2, (N, N), (t2.strides[0], -t2.strides[0]))
    w_bar = x_bar @ windows2  # [j]
    return {'z_bar': z_bar, 'w_bar': w_bar}
