import torch


def kernel(m, x, C):
    """dL_dC^ci = -2 m_nc (x_ni - C_ci)"""
    dL_dC = m.sum(0)[:, None] * C  # [c, i]
    dL_dC *= 2
    dL_dC -= 2 * (m.T @ x)
    return dL_dC
