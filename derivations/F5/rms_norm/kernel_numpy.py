import numpy as np


def kernel(x, a, y_bar):
    """z_n = 1/n_i sum_i x_ni**2 + 1/100000
    r_n = 1/sqrt(z_n)
    h_ni = x_ni r_n
    h_bar^ni = y_bar^ni a_i
    r_bar^n = h_bar^ni x_ni
    z_bar^n = -1/2 r_bar^n r_n / z_n
    x_bar^ni = h_bar^ni r_n + 2 z_bar^n x_ni / n_i
    a_bar^i = y_bar^ni h_ni
    """
    n_i = x.shape[1]
    h_bar = y_bar * a  # [n, i]
    z = (x * x).sum(1)  # [n]
    z *= 1 / n_i
    z += 1e-05
    r = 1 / np.sqrt(z)  # [n]
    t1 = h_bar * r[:, None]  # [n, i]
    x_bar = x * (-0.5 / n_i * (np.vecdot(x, t1) / z))[:, None]  # [n, i]
    x_bar *= 2
    x_bar += t1
    h = x * r[:, None]  # [n, i]
    a_bar = np.einsum("ab,ab->b", y_bar, h)  # [i]
    return {'x_bar': x_bar, 'a_bar': a_bar}
