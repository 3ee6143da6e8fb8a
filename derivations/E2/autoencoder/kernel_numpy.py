import numpy as np


def kernel(V, x, b, U, c):
    """z_nk = V_ki x_ni + b_k
    h_nk = tanh(z_nk)
    r_ni = U_ik h_nk + c_i
    dL_dr^ni = 2/K (r_ni - x_ni)
    dL_dh^nk = dL_dr^ni U_ik
    dL_dz^nk = dL_dh^nk (1 - h_nk**2)
    dL_dV^ki = dL_dz^nk x_ni
    dL_db^k = sum_n dL_dz^nk
    dL_dU^ik = dL_dr^ni h_nk
    dL_dc^i = sum_n dL_dr^ni
    dL_dx^ni = dL_dz^nk V_ki - 2/K (r_ni - x_ni)
    """
    K = x.shape[0]
    z = V @ x.T  # [k, n]
    z += b[:, None]
    h = np.tanh(z, z)  # [k, n]
    r = h.T @ U.T  # [n, i]
    r += c
    t1 = r - x  # [n, i]
    dL_dr = 2 / K * t1  # [n, i]
    dL_dz = h * h  # [k, n]
    np.subtract(1, dL_dz, dL_dz)
    dL_dz *= U.T @ dL_dr.T
    dL_dV = dL_dz @ x  # [k, i]
    dL_db = dL_dz.sum(1)  # [k]
    dL_dU = h @ dL_dr  # [k, i]
    dL_dc = dL_dr.sum(0)  # [i]
    dL_dx = dL_dz.T @ V  # [n, i]
    dL_dx -= 2 * (1 / K * t1)
    return {'dL_dV': dL_dV, 'dL_db': dL_db, 'dL_dU': dL_dU.T, 'dL_dc': dL_dc, 'dL_dx': dL_dx}
