import torch


def kernel(x, sigma, K_bar):
    """z_nm = sum_i (-1/2 (x_ni - x_mi)**2 / sigma**2)
    K_nm = exp(z_nm)
    z_bar^nm = K_bar^nm K_nm
    x_bar^ni = (z_bar^<n1 n> (x_<n1 i> - x_ni) - z_bar^nm (x_ni - x_mi)) / sigma**2
    sigma_bar = 1/sigma**3 * (sum_{n m i} z_bar^nm (x_ni - x_mi)**2)
    """
    t1 = 1 / (sigma * sigma)
    t2 = x[:, :, None] - x.T  # [n, i, m]
    t3 = (t2 * t2).sum(1)  # [n, m]
    z = -0.5 * t1 * t3  # [n, m]
    K = z.exp_()  # [n, m]
    z_bar = K_bar * K  # [n, m]
    t4 = (t2 @ z_bar[..., None])[..., 0]  # [n, i]
    t4.neg_()
    t4 += (z_bar[:, None, :] * t2).sum(0).T
    x_bar = t1 * t4  # [n, i]
    sigma_bar = torch.dot(z_bar.reshape(-1), t3.reshape(-1)) / (sigma * sigma * sigma)
    return {'x_bar': x_bar, 'sigma_bar': sigma_bar}
