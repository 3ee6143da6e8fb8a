import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(A, y, b, B, t):
    """dL_dA[i, j]
    dL_db[i]
    dL_dB[i]
    """
    K = y.shape[0]
    z = y @ A.T  # [k, i]
    z += b
    s = np.tanh(z, z)  # [k, i]
    x = B @ s.T  # [k]
    p = _sigmoid(x)  # [k]
    dL_dx = p - t  # [k]
    dL_dx *= 1 / K
    dL_dz = s * s  # [k, i]
    np.subtract(1, dL_dz, dL_dz)
    dL_dz *= B
    dL_dz *= dL_dx[:, None]
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx @ s  # [i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
