import numpy as np


def kernel(A, y):
    """dz_dy^i_j = A^i_j
    dz_dA^i_<i1>^j = δ^i_<i1> y^j
    """
    n_i, n_j = A.shape
    dtype = np.result_type(A, y)
    dz_dA = np.zeros((n_i, n_i, n_j), dtype)  # [i, i, j]
    np.einsum("aab->ab", dz_dA)[...] = y
    return {'dz_dy': A.copy(), 'dz_dA': dz_dA}
