import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(W, x, b, U, c, t):
    """vz_kh = W_hi x_ki + b_h
    z_kh = sigmoid(vz_kh)
    vf_ko = U_oh z_kh + c_o
    f_ko = sigmoid(vf_ko)
    dE_df^ko = f_ko - t_ko
    dE_dvf^ko = dE_df^ko f_ko (1 - f_ko)
    dE_dz^kh = dE_dvf^ko U_oh
    dE_dvz^kh = dE_dz^kh z_kh (1 - z_kh)
    dE_dU^oh = dE_dvf^ko z_kh
    dE_dc^o = sum_k dE_dvf^ko
    dE_dW^hi = dE_dvz^kh x_ki
    dE_db^h = sum_k dE_dvz^kh
    """
    vz = x @ W.T  # [k, h]
    vz += b
    z = _sigmoid(vz)  # [k, h]
    vf = z @ U.T  # [k, o]
    vf += c
    f = _sigmoid(vf)  # [k, o]
    dE_df = f - t  # [k, o]
    dE_dvf = 1 - f  # [k, o]
    dE_dvf *= f
    dE_dvf *= dE_df
    dE_dU = dE_dvf.T @ z  # [o, h]
    dE_dc = dE_dvf.sum(0)  # [o]
    dE_dvz = 1 - z  # [k, h]
    dE_dvz *= dE_dvf @ U
    dE_dvz *= z
    dE_dW = dE_dvz.T @ x  # [h, i]
    dE_db = dE_dvz.sum(0)  # [h]
    return {'dE_dU': dE_dU, 'dE_dc': dE_dc, 'dE_dW': dE_dW, 'dE_db': dE_db}
