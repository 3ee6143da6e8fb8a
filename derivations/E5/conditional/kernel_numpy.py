import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(A, z, E, y, a, B, b, C, F, c, w, d):
    """z1_na = A_ab z_nb + E_ak y_nk + a_a
    g_na = tanh(z1_na)
    f_ni = B_ia g_na + b_i
    z2_nc = C_ci f_ni + F_ck y_nk + c_c
    u_nc = tanh(z2_nc)
    z3_n = w_c u_nc + d
    p_n = sigmoid(z3_n)
    dL_dz3^n = -1/N (1 - p_n)
    dL_du^nc = dL_dz3^n w_c
    dL_dz2^nc = dL_du^nc (1 - u_nc**2)
    dL_df^ni = dL_dz2^nc C_ci
    dL_dg^na = dL_df^ni B_ia
    dL_dz1^na = dL_dg^na (1 - g_na**2)
    dL_dA^ab = dL_dz1^na z_nb
    dL_dE^ak = dL_dz1^na y_nk
    dL_dB^ia = dL_df^ni g_na
    dL_dF^ck = dL_dz2^nc y_nk
    """
    N = z.shape[0]
    z1 = z @ A.T  # [n, a]
    z1 += y @ E.T
    z1 += a
    g = np.tanh(z1, z1)  # [n, a]
    z2 = g @ (C @ B).T  # [n, c]
    z2 += C @ b
    z2 += y @ F.T
    z2 += c
    u = np.tanh(z2, z2)  # [n, c]
    z3 = w @ u.T  # [n]
    z3 += d
    p = _sigmoid(z3)  # [n]
    dL_dz2 = u * u  # [n, c]
    np.subtract(1, dL_dz2, dL_dz2)
    dL_dz2 *= -1 / N * w
    dL_dz2 *= (1 - p)[:, None]
    dL_df = dL_dz2 @ C  # [n, i]
    dL_dz1 = g * g  # [n, a]
    np.subtract(1, dL_dz1, dL_dz1)
    dL_dz1 *= dL_df @ B
    dL_dA = dL_dz1.T @ z  # [a, b]
    dL_dE = dL_dz1.T @ y  # [a, k]
    dL_dB = dL_df.T @ g  # [i, a]
    dL_dF = dL_dz2.T @ y  # [c, k]
    return {'dL_dA': dL_dA, 'dL_dE': dL_dE, 'dL_dB': dL_dB, 'dL_dF': dL_dF}
