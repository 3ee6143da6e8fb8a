import numpy as np


def kernel(W, x):
    """`dy_dx`_i^j = W_ij
    `dy_dW`_i^<i1 j> = δ^<i1>_i x_j
    """
    n_i, n_j = W.shape
    dtype = np.result_type(W, x)
    dy_dW = np.zeros((n_i, n_i, n_j), dtype)  # [i, i, j]
    np.einsum("aab->ab", dy_dW)[...] = x
    return {'dy_dx': W.copy(), 'dy_dW': dy_dW}
