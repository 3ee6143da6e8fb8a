import torch


def kernel(m, x, C):
    """k_c = sum_n m_nc
    u_ci = C_ci + m_nc (x_ni - C_ci) / k_c
    """
    k = m.sum(0)  # [c]
    t1 = 1 / k  # [c]
    u = (m * t1).T @ x  # [c, i]
    u -= C * (k * t1)[:, None]
    u += C
    return u
