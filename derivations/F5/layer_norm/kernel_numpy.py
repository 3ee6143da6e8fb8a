import numpy as np


def kernel(x, a, y_bar):
    """m_n = 1/n_i sum_i x_ni
    d_ni = x_ni - m_n
    v_n = 1/n_i sum_i d_ni**2
    r_n = 1/sqrt(v_n + 1/100000)
    h_ni = d_ni r_n
    h_bar^ni = y_bar^ni a_i
    r_bar^n = h_bar^ni d_ni
    v_bar^n = -1/2 r_bar^n r_n / (v_n + 1/100000)
    d_bar^ni = h_bar^ni r_n + 2 v_bar^n d_ni / n_i
    m_bar^n = -sum_i d_bar^ni
    x_bar^ni = d_bar^ni + m_bar^n / n_i
    a_bar^i = y_bar^ni h_ni
    b_bar^i = sum_n y_bar^ni
    """
    n_i = x.shape[1]
    h_bar = y_bar * a  # [n, i]
    m = x.sum(1)  # [n]
    m *= 1 / n_i
    d = x - m[:, None]  # [n, i]
    v = (d * d).sum(1)  # [n]
    v *= 1 / n_i
    t1 = v + 1e-05  # [n]
    r = 1 / np.sqrt(t1)  # [n]
    t2 = h_bar * r[:, None]  # [n, i]
    d_bar = d * (-0.5 / n_i * (np.vecdot(d, t2) / t1))[:, None]  # [n, i]
    d_bar *= 2
    d_bar += t2
    x_bar = d_bar + (-1 / n_i * d_bar.sum(1))[:, None]  # [n, i]
    h = d * r[:, None]  # [n, i]
    a_bar = np.einsum("ab,ab->b", y_bar, h)  # [i]
    b_bar = y_bar.sum(0)  # [i]
    return {'x_bar': x_bar, 'a_bar': a_bar, 'b_bar': b_bar}
