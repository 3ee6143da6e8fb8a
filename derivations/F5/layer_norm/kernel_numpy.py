import numpy as np


def kernel(x, g, y_bar):
    """m_n = 1/n_i sum_i x_ni
    v_n = 1/n_i sum_i (x_ni - m_n)**2
    r_n = 1/sqrt(v_n + 1/100000)
    h_ni = (x_ni - m_n) r_n
    h_bar^ni = y_bar^ni g_i
    r_bar^n = h_bar^ni (x_ni - m_n)
    v_bar^n = -1/2 r_bar^n / (v_n + 1/100000) * r_n
    m_bar^n = sum_i (-h_bar^ni r_n) + sum_i (-2 v_bar^n / n_i * (x_ni - m_n))
    x_bar^ni = h_bar^ni r_n + 2 v_bar^n / n_i * (x_ni - m_n) + m_bar^n / n_i
    g_bar^i = y_bar^ni h_ni
    b_bar^i = sum_n y_bar^ni
    """
    n_i = x.shape[1]
    h_bar = y_bar * g  # [n, i]
    m = x.sum(1)  # [n]
    m *= 1 / n_i
    t1 = x - m[:, None]  # [n, i]
    v = (t1 * t1).sum(1)  # [n]
    v *= 1 / n_i
    t2 = v + 1e-05  # [n]
    r = 1 / np.sqrt(t2)  # [n]
    t3 = h_bar * r[:, None]  # [n, i]
    v_bar = np.vecdot(t1, t3)  # [n]
    v_bar /= t2
    v_bar *= -0.5
    m_bar = h_bar.sum(1)  # [n]
    m_bar *= r
    np.negative(m_bar, m_bar)
    m_bar -= 2 * (1 / n_i * (v_bar * t1.sum(1)))
    x_bar = (1 / n_i * v_bar)[:, None] * t1  # [n, i]
    x_bar *= 2
    x_bar += t3
    x_bar += (1 / n_i * m_bar)[:, None]
    h = t1 * r[:, None]  # [n, i]
    g_bar = np.einsum("ab,ab->b", y_bar, h)  # [i]
    b_bar = y_bar.sum(0)  # [i]
    return {'x_bar': x_bar, 'g_bar': g_bar, 'b_bar': b_bar}
