import numpy as np


def kernel(G, y):
    """dx_dy^<i1 i2>_<j1 j2> = G^<i1 i2>_<j1 j2>
    dx_dG^<i1 i2>_<i3 i4>^<j1 j2> = δ^<i1>_<i3> δ^<i2>_<i4> y^<j1 j2>
    """
    n_i1, n_i2, n_j1, n_j2 = G.shape
    dtype = np.result_type(G, y)
    dx_dG = np.zeros((n_i1, n_i2, n_i1, n_i2, n_j1, n_j2), dtype)  # [i1, i2, i1, i2, j1, j2]
    np.einsum("ababcd->abcd", dx_dG)[...] = y
    return {'dx_dy': G.copy(), 'dx_dG': dx_dG}
