import numpy as np


def kernel(W, x, b, U):
    """z_nj = W_ji x_ni + b_j
    h_nj = tanh(z_nj)
    d2L_dU_dU^<o j o1 j1> = δ^o_<o1> h_nj h_<n j1>
    """
    n_j = W.shape[0]
    n_o = U.shape[0]
    dtype = np.result_type(W, x, b, U)
    z = x @ W.T  # [n, j]
    z += b
    h = np.tanh(z, z)  # [n, j]
    d2L_dU_dU = np.zeros((n_o, n_j, n_o, n_j), dtype)  # [o, j, o, j]
    np.einsum("abac->abc", d2L_dU_dU)[...] = h.T @ h
    return d2L_dU_dU
