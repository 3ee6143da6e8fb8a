import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(W, x, b, U, c, t):
    """vz_h = W_hi x_i + b_h
    z_h = sigmoid(vz_h)
    vf_o = U_oh z_h + c_o
    f_o = sigmoid(vf_o)
    dE_df^o = f_o - t_o
    dE_dvf^o = dE_df^o f_o (1 - f_o)
    dE_dz^h = dE_dvf^o U_oh
    dE_dvz^h = dE_dz^h z_h (1 - z_h)
    dE_dU^oh = dE_dvf^o z_h
    dE_dc^o = dE_dvf^o
    dE_dW^hi = dE_dvz^h x_i
    dE_db^h = dE_dvz^h
    """
    vz = W @ x  # [h]
    vz += b
    z = _sigmoid(vz)  # [h]
    vf = U @ z  # [o]
    vf += c
    f = _sigmoid(vf)  # [o]
    dE_df = f - t  # [o]
    dE_dc = 1 - f  # [o]
    dE_dc *= f
    dE_dc *= dE_df
    dE_dU = dE_dc[:, None] * z  # [o, h]
    dE_db = 1 - z  # [h]
    dE_db *= np.einsum("ab,ab->b", U, dE_dU)
    dE_dW = dE_db[:, None] * x  # [h, i]
    return {'dE_dU': dE_dU, 'dE_dc': dE_dc, 'dE_dW': dE_dW, 'dE_db': dE_db}
