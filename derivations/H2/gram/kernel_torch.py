import torch


def kernel(x, sigma, K_bar):
    """z_nm = -sum_i (x_ni - x_mi)**2 / (2 sigma**2)
    K_nm = exp(z_nm)
    z_bar^nm = K_bar^nm K_nm
    x_bar^ni = 2/(2 sigma**2) * (z_bar^<n1 n> (x_<n1 i> - x_ni) - z_bar^nm (x_ni - x_mi))
    sigma_bar = sum_i 4 z_bar^nm (x_ni - x_mi)**2 (2 sigma**2)**(-2) sigma
    """
    t1 = 2 * (sigma * sigma)
    t2 = 1 / t1
    t3 = x[:, :, None] - x.T  # [n, i, m]
    t4 = (t3 * t3).sum(1)  # [n, m]
    z = -t2 * t4  # [n, m]
    K = z.exp_()  # [n, m]
    z_bar = K_bar * K  # [n, m]
    t5 = (t3 @ z_bar[..., None])[..., 0]  # [n, i]
    t5.neg_()
    t5 += (z_bar[:, None, :] * t3).sum(0).T
    x_bar = 2 * t2 * t5  # [n, i]
    sigma_bar = 4 * (1 / (t1 * t1) * sigma) * torch.dot(z_bar.reshape(-1), t4.reshape(-1))
    return {'x_bar': x_bar, 'sigma_bar': sigma_bar}
