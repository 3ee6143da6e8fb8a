import torch


def kernel(x, y, sigma, K_bar):
    """z_nm = -sum_i (x_ni - y_mi)**2 / (2 sigma**2)
    K_nm = exp(z_nm)
    z_bar^nm = K_bar^nm K_nm
    x_bar^ni = -2 z_bar^nm (x_ni - y_mi) / (2 sigma**2)
    sigma_bar = sum_i 4 z_bar^nm (x_ni - y_mi)**2 (2 sigma**2)**(-2) sigma
    """
    t1 = 2 * (sigma * sigma)
    t2 = 1 / t1
    t3 = x[:, :, None] - y.T  # [n, i, m]
    t4 = (t3 * t3).sum(1)  # [n, m]
    z = -t2 * t4  # [n, m]
    K = z.exp_()  # [n, m]
    z_bar = K_bar * K  # [n, m]
    x_bar = (t3 @ (-2 * t2 * z_bar)[..., None])[..., 0]  # [n, i]
    sigma_bar = 4 * (1 / (t1 * t1) * sigma) * torch.dot(z_bar.reshape(-1), t4.reshape(-1))
    return {'x_bar': x_bar, 'sigma_bar': sigma_bar}
