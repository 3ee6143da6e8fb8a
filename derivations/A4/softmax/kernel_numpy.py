import numpy as np


def _softmax(x, axes):
    e = np.exp(x - np.max(x, axis=axes, keepdims=True))
    e /= np.sum(e, axis=axes, keepdims=True)
    return e


def kernel(z):
    """ds_dz[i, i]"""
    n_i = z.shape[0]
    s = _softmax(z, (-1,))  # [i]
    ds_dz = s[:, None] * -s  # [i, i]
    ds_dz.reshape(-1)[:: n_i + 1] += s
    return ds_dz
