import numpy as np


def _softmax(x, axes):
    e = np.exp(x - np.max(x, axis=axes, keepdims=True))
    e /= np.sum(e, axis=axes, keepdims=True)
    return e


def kernel(A, y, b, B, t):
    """dL_dA[i, j]
    dL_db[i]
    dL_dB[c, i]
    """
    K = y.shape[0]
    z = y @ A.T  # [k, i]
    z += b
    s = np.tanh(z, z)  # [k, i]
    x = s @ B.T  # [k, c]
    p = _softmax(x, (-1,))  # [k, c]
    dL_dx = p - t  # [k, c]
    dL_dx *= 1 / K
    dL_ds = dL_dx @ B  # [k, i]
    dL_dz = s * s  # [k, i]
    np.subtract(1, dL_dz, dL_dz)
    dL_dz *= dL_ds
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx.T @ s  # [c, i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
