import torch


def kernel(V, x, U):
    """h_nk = V_ki x_ni
    r_ni = U_ik h_nk - x_ni
    dL_dr^ni = 2 r_ni
    dL_dh^nk = dL_dr^ni U_ik
    dL_dU^ik = dL_dr^ni h_nk
    dL_dV^ki = dL_dh^nk x_ni
    """
    h = V @ x.T  # [k, n]
    r = h.T @ U.T  # [n, i]
    r -= x
    dL_dr = 2 * r  # [n, i]
    dL_dU = h @ dL_dr  # [k, i]
    dL_dh = U.T @ dL_dr.T  # [k, n]
    dL_dV = dL_dh @ x  # [k, i]
    return {'dL_dU': dL_dU.T, 'dL_dV': dL_dV}
