import numpy as np


def kernel(A, y, b, B, t):
    """dL_dA[i, j]
    dL_db[i]
    dL_dB[p, i]
    """
    K = y.shape[0]
    z = y @ A.T  # [k, i]
    z += b
    s = np.tanh(z, z)  # [k, i]
    x = s @ B.T  # [k, p]
    e = t - x  # [k, p]
    dL_dx = -2 / K * e  # [k, p]
    dL_dz = s * s  # [k, i]
    np.subtract(1, dL_dz, dL_dz)
    dL_dz *= dL_dx @ B
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx.T @ s  # [p, i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
