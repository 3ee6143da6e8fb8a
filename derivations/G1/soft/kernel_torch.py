import torch


def kernel(x, C):
    """q_nc = x_ni C_ci - 1/2 C_ci C_ci
    z_nc = 20 q_nc
    p_nc = softmax_c(z_nc)
    r_ni = p_nc C_ci - x_ni
    dL_dr^ni = 2 r_ni
    dL_dp^nc = dL_dr^ni C_ci
    dL_dz^nc = p_nc (dL_dp^nc - dL_dp^<n c1> p_<n c1>)
    dL_dq^nc = 20 dL_dz^nc
    dL_dC^ci = dL_dr^ni p_nc + dL_dq^nc x_ni - C_ci sum_n dL_dq^nc
    """
    q = x @ C.T  # [n, c]
    q -= 0.5 * (C * C).sum(-1)
    z = 20 * q  # [n, c]
    p = torch.softmax(z, -1)  # [n, c]
    r = p @ C  # [n, i]
    r -= x
    dL_dr = 2 * r  # [n, i]
    dL_dp = dL_dr @ C.T  # [n, c]
    dL_dz = dL_dp - (dL_dp * p).sum(-1)[:, None]  # [n, c]
    dL_dz *= p
    dL_dq = 20 * dL_dz  # [n, c]
    dL_dC = torch.addmm(dL_dq.T @ x, p.T, dL_dr)  # [c, i]
    dL_dC -= C * dL_dq.sum(0)[:, None]
    return dL_dC
