import torch


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
    z4 = torch.addmm(c, x, C.T)  # [m, c]
    v = z4.tanh_()  # [m, c]
    z5 = w @ v.T  # [m]
    z5 += d
    q = z5.sigmoid_()  # [m]
    dV_dz5 = 1 - q  # [m]
    dV_dz5 *= 1 / M
    dV_dz4 = v * v  # [m, c]
    dV_dz4.neg_()
    dV_dz4 += 1
    dV_dz4 *= w
    dV_dz4 *= dV_dz5[:, None]
    z1 = torch.addmm(a, z, A.T)  # [n, a]
    g = z1.tanh_()  # [n, a]
    f = torch.addmm(b, g, B.T)  # [n, i]
    z2 = torch.addmm(c, f, C.T)  # [n, c]
    u = z2.tanh_()  # [n, c]
    z3 = w @ u.T  # [n]
    z3 += d
    p = z3.sigmoid_()  # [n]
    dV_dz3 = -1 / N * p  # [n]
    dV_dz2 = u * u  # [n, c]
    dV_dz2.neg_()
    dV_dz2 += 1
    dV_dz2 *= w
    dV_dz2 *= dV_dz3[:, None]
    dV_dC = torch.addmm(dV_dz2.T @ f, dV_dz4.T, x)  # [c, i]
    dV_dc = dV_dz4.sum(0)  # [c]
    dV_dc += dV_dz2.sum(0)
    dV_dw = dV_dz5 @ v  # [c]
    dV_dw += dV_dz3 @ u
    dV_dd = dV_dz5.sum() + dV_dz3.sum()
    return {'dV_dC': dV_dC, 'dV_dc': dV_dc, 'dV_dw': dV_dw, 'dV_dd': dV_dd}
