import numpy as np


def kernel(V, y, b, U, c, x):
    """z_nk = V_ki y_ni + b_k
    h_nk = tanh(z_nk)
    r_ni = U_ik h_nk + c_i
    dL_dr^ni = 2/K (r_ni - x_ni)
    dL_dh^nk = dL_dr^ni U_ik
    dL_dz^nk = dL_dh^nk (1 - h_nk**2)
    dL_dV^ki = dL_dz^nk y_ni
    dL_db^k = sum_n dL_dz^nk
    dL_dU^ik = dL_dr^ni h_nk
    dL_dc^i = sum_n dL_dr^ni
    """
    K = y.shape[0]
    z = V @ y.T  # [k, n]
    z += b[:, None]
    h = np.tanh(z, z)  # [k, n]
    r = h.T @ U.T  # [n, i]
    r += c
    dL_dr = r - x  # [n, i]
    dL_dr *= 2 / K
    dL_dz = h * h  # [k, n]
    np.subtract(1, dL_dz, dL_dz)
    dL_dz *= U.T @ dL_dr.T
    dL_dV = dL_dz @ y  # [k, i]
    dL_db = dL_dz.sum(1)  # [k]
    dL_dU = h @ dL_dr  # [k, i]
    dL_dc = dL_dr.sum(0)  # [i]
    return {'dL_dV': dL_dV, 'dL_db': dL_db, 'dL_dU': dL_dU.T, 'dL_dc': dL_dc}
