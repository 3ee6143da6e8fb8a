import numpy as np
from numpy.lib.stride_tricks import as_strided


def kernel(z, w):
    """dx_dz^i_<i1> = zeropad(w_{i - i1})
    dx_dw^ij = zeropad(z^{i-j})
    """
    N = z.shape[0]
    n_j = w.shape[0]
    pad1 = max(0, N - n_j)
    t1 = np.pad(w, ((N - 1, pad1),))[N - 1:]
    windows1 = as_strided(t1, (N, N), (t1.strides[0], -t1.strides[0]))
    t2 = np.pad(z, ((n_j - 1, 0),))[n_j - 1:]
    windows2 = as_strided(t2, (n_j, N), (-t2.strides[0], t2.strides[0]))
    return {'dx_dz': windows1.copy(), 'dx_dw': windows2.T.copy()}
