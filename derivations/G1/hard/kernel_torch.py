import torch


def kernel(x, C):
    """q_nc = x_ni C_ci - 1/2 C_ci C_ci
    h_nc = argmax_onehot_c(q_nc)
    r_ni = h_nc C_ci - x_ni
    dL_dr^ni = 2 r_ni
    dL_dC^ci = dL_dr^ni h_nc
    """
    q = x @ C.T  # [n, c]
    q -= 0.5 * (C * C).sum(-1)
    h = torch.zeros_like(q).scatter(-1, torch.argmax(q, -1, keepdim=True), 1.0)  # [n, c]
    r = h @ C  # [n, i]
    r -= x
    dL_dr = 2 * r  # [n, i]
    dL_dC = h.T @ dL_dr  # [c, i]
    return dL_dC
