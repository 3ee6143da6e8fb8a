import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(z, w):
    """dx_dz^i_<i1> = circular(w_{i - i1})
    dx_dw^ij = circular(z^{i-j})
    """
    N = z.shape[0]
    places1 = np.arange(-(N - 1), N + 0) % N
    t1 = np.take(w, places1, 0)[N - 1:]
    windows1 = as_strided(t1, (N, N), (t1.strides[0], -t1.strides[0]))
    places2 = np.arange(-(N - 1), N + 0) % N
    t2 = np.take(z, places2, 0)[N - 1:]
    windows2 = as_strided(t2, (N, N), (t2.strides[0], -t2.strides[0]))
    return {'dx_dz': windows1.copy(), 'dx_dw': windows2.copy()}
