import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(z, w):
    """dx_dz^i_<i1> = zeropad(w_{i - i1})
    dx_dw^ij = zeropad(z^{i-j})
    """
    N = z.shape[0]
    K = w.shape[0]
    t1 = np.pad(w, ((N - 1, N - 1),))[N - 1:]
    windows1 = as_strided(t1, (N, K + N - 1), (-t1.strides[0], t1.strides[0]))
    t2 = np.pad(z, ((K - 1, K - 1),))[K - 1:]
    windows2 = as_strided(t2, (K, K + N - 1), (-t2.strides[0], t2.strides[0]))
    return {'dx_dz': windows1.T.copy(), 'dx_dw': windows2.T.copy()}
