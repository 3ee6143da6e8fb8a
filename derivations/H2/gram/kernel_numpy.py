import numpy as np


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
    K = np.exp(z, z)  # [n, m]
    z_bar = K_bar * K  # [n, m]
    t5 = np.vecmat(z_bar.T, t3.transpose(2, 0, 1))  # [n, i]
    t5 -= np.matvec(t3, z_bar)
    x_bar = 2 * t2 * t5  # [n, i]
    sigma_bar = 4 * (1 / (t1 * t1) * sigma) * np.vdot(z_bar, t4)
    return {'x_bar': x_bar, 'sigma_bar': sigma_bar}
