import numpy as np


def kernel(G, x, c, N, F, d, M):
    """z1_a = G_ai x_i + c_a
    g_a = tanh(z1_a)
    z_a = g_a + N_a
    z2_i = F_ia z_a + d_i
    f_i = tanh(z2_i)
    r_i = M_ij (x_j - f_j)
    dL_dr^i = r_i
    dL_df^i = -dL_dr^<i1> M_<i1 i>
    dL_dz2^i = dL_df^i (1 - f_i**2)
    dL_dz^a = dL_dz2^i F_ia
    dL_dg^a = g_a + dL_dz^a
    dL_dz1^a = dL_dg^a (1 - g_a**2)
    dL_dG^ai = dL_dz1^a x_i
    dL_dc^a = dL_dz1^a
    dL_dF^ia = dL_dz2^i z_a
    dL_dd^i = dL_dz2^i
    dL_dM^ij = dL_dr^i (x_j - f_j) - inv(M)^ji
    """
    z1 = G @ x  # [a]
    z1 += c
    g = np.tanh(z1, z1)  # [a]
    z = g + N  # [a]
    z2 = F @ z  # [i]
    z2 += d
    f = np.tanh(z2, z2)  # [i]
    t1 = x - f  # [j]
    r = M @ t1  # [i]
    dL_dd = f * f  # [i]
    np.subtract(1, dL_dd, dL_dd)
    dL_dd *= r @ M
    dL_dd *= -1
    dL_dz = dL_dd @ F  # [a]
    dL_dg = g + dL_dz  # [a]
    dL_dc = g * g  # [a]
    np.subtract(1, dL_dc, dL_dc)
    dL_dc *= dL_dg
    dL_dG = dL_dc[:, None] * x  # [a, i]
    dL_dF = dL_dd[:, None] * z  # [i, a]
    dL_dM = r[:, None] * t1  # [i, j]
    dL_dM -= np.linalg.inv(M).T
    return {'dL_dG': dL_dG, 'dL_dc': dL_dc, 'dL_dF': dL_dF, 'dL_dd': dL_dd, 'dL_dM': dL_dM}
