import numpy as np


def kernel(x, g, y_bar):
    """m_i = 1/n_n sum_n x_ni
    v_i = 1/n_n sum_n (x_ni - m_i)**2
    r_i = 1/sqrt(v_i + 1/100000)
    h_ni = (x_ni - m_i) r_i
    h_bar^ni = y_bar^ni g_i
    r_bar^i = h_bar^ni (x_ni - m_i)
    v_bar^i = -1/2 r_bar^i / (v_i + 1/100000) * r_i
    m_bar^i = sum_n (-h_bar^ni r_i) + sum_n (-2 v_bar^i / n_n * (x_ni - m_i))
    x_bar^ni = h_bar^ni r_i + 2 v_bar^i / n_n * (x_ni - m_i) + m_bar^i / n_n
    g_bar^i = y_bar^ni h_ni
    b_bar^i = sum_n y_bar^ni
    """
    n_n = x.shape[0]
    h_bar = y_bar * g  # [n, i]
    m = x.sum(0)  # [i]
    m *= 1 / n_n
    t1 = x - m  # [n, i]
    v = (t1 * t1).sum(0)  # [i]
    v *= 1 / n_n
    t2 = v + 1e-05  # [i]
    r = 1 / np.sqrt(t2)  # [i]
    t3 = h_bar * r  # [n, i]
    v_bar = np.einsum("ab,ab->b", t1, t3)  # [i]
    v_bar /= t2
    v_bar *= -0.5
    m_bar = h_bar.sum(0)  # [i]
    m_bar *= r
    np.negative(m_bar, m_bar)
    m_bar -= 2 * (1 / n_n * (v_bar * t1.sum(0)))
    x_bar = 1 / n_n * v_bar * t1  # [n, i]
    x_bar *= 2
    x_bar += t3
    x_bar += 1 / n_n * m_bar
    g_bar = np.einsum("ab,ab->b", y_bar, t1)  # [i]
    g_bar *= r
    b_bar = y_bar.sum(0)  # [i]
    return {'x_bar': x_bar, 'g_bar': g_bar, 'b_bar': b_bar}
