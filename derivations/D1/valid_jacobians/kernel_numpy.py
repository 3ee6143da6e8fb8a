import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(z, w):
    """dx_dz^i_<i1> = zeropad(w_{i1 - i})
    dx_dw^ij = z^{i+j}
    """
    N = z.shape[0]
    K = w.shape[0]
    pad1 = max(0, N - K)
    pad2 = max(0, N - K)
    t1 = np.pad(w, ((pad1, pad2),))[pad1:]
    windows1 = as_strided(t1, (N - K + 1, N), (-t1.strides[0], t1.strides[0]))
    windows2 = as_strided(z, (K, N - K + 1), (z.strides[0], z.strides[0]))
    return {'dx_dz': windows1.copy(), 'dx_dw': windows2.T.copy()}
