import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(A, z, a, B, b, C, c, w, d, x):
    """z1_na = A_ab z_nb + a_a
    g_na = tanh(z1_na)
    f_ni = B_ia g_na + b_i
    z2_nc = C_ci f_ni + c_c
    u_nc = tanh(z2_nc)
    z3_n = w_c u_nc + d
    p_n = sigmoid(z3_n)
    z4_mc = C_ci x_mi + c_c
    v_mc = tanh(z4_mc)
    z5_m = w_c v_mc + d
    q_m = sigmoid(z5_m)
    dV_dz5^m = 1/M (1 - q_m)
    dV_dv^mc = dV_dz5^m w_c
    dV_dz4^mc = dV_dv^mc (1 - v_mc**2)
    dV_dz3^n = -1/N p_n
    dV_du^nc = dV_dz3^n w_c
    dV_dz2^nc = dV_du^nc (1 - u_nc**2)
    dV_dC^ci = dV_dz4^mc x_mi + dV_dz2^nc f_ni
    dV_dc^c = sum_m dV_dz4^mc + sum_n dV_dz2^nc
    dV_dw^c = dV_dz5^m v_mc + dV_dz3^n u_nc
    dV_dd = sum_m dV_dz5^m + sum_n dV_dz3^n
    """
    N = z.shape[0]
    M = x.shape[0]
    z4 = x @ C.T  # [m, c]
    z4 += c
    v = np.tanh(z4, z4)  # [m, c]
    z5 = w @ v.T  # [m]
    z5 += d
    q = _sigmoid(z5)  # [m]
    dV_dz5 = 1 - q  # [m]
    dV_dz5 *= 1 / M
    dV_dz4 = v * v  # [m, c]
    np.subtract(1, dV_dz4, dV_dz4)
    dV_dz4 *= w
    dV_dz4 *= dV_dz5[:, None]
    z1 = z @ A.T  # [n, a]
    z1 += a
    g = np.tanh(z1, z1)  # [n, a]
    f = g @ B.T  # [n, i]
    f += b
    z2 = f @ C.T  # [n, c]
    z2 += c
    u = np.tanh(z2, z2)  # [n, c]
    z3 = w @ u.T  # [n]
    z3 += d
    p = _sigmoid(z3)  # [n]
    dV_dz3 = -1 / N * p  # [n]
    dV_dz2 = u * u  # [n, c]
    np.subtract(1, dV_dz2, dV_dz2)
    dV_dz2 *= w
    dV_dz2 *= dV_dz3[:, None]
    dV_dC = dV_dz4.T @ x  # [c, i]
    dV_dC += dV_dz2.T @ f
    dV_dc = dV_dz4.sum(0)  # [c]
    dV_dc += dV_dz2.sum(0)
    dV_dw = dV_dz5 @ v  # [c]
    dV_dw += dV_dz3 @ u
    dV_dd = dV_dz5.sum() + dV_dz3.sum()
    return {'dV_dC': dV_dC, 'dV_dc': dV_dc, 'dV_dw': dV_dw, 'dV_dd': dV_dd}
