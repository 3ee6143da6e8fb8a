import torch


def kernel(x, a, y_bar):
    """m_i = 1/n_n sum_n x_ni
    d_ni = x_ni - m_i
    v_i = 1/n_n sum_n d_ni**2
    r_i = 1/sqrt(v_i + 1/100000)
    h_ni = d_ni r_i
    h_bar^ni = y_bar^ni a_i
    r_bar^i = h_bar^ni d_ni
    v_bar^i = -1/2 r_bar^i r_i / (v_i + 1/100000)
    d_bar^ni = h_bar^ni r_i + 2 v_bar^i d_ni / n_n
    m_bar^i = -sum_n d_bar^ni
    x_bar^ni = d_bar^ni + m_bar^i / n_n
    a_bar^i = y_bar^ni h_ni
    b_bar^i = sum_n y_bar^ni
    """
    n_n = x.shape[0]
    h_bar = y_bar * a  # [n, i]
    m = x.sum(0)  # [i]
    m *= 1 / n_n
    d = x - m  # [n, i]
    v = (d * d).sum(0)  # [i]
    v *= 1 / n_n
    t1 = v + 1e-05  # [i]
    r = 1 / torch.sqrt(t1)  # [i]
    t2 = h_bar * r  # [n, i]
    d_bar = d * (-0.5 / n_n * ((d * t2).sum(0) / t1))  # [n, i]
    d_bar *= 2
    d_bar += t2
    x_bar = d_bar - 1 / n_n * d_bar.sum(0)  # [n, i]
    a_bar = (y_bar * d).sum(0)  # [i]
    a_bar *= r
    b_bar = y_bar.sum(0)  # [i]
    return {'x_bar': x_bar, 'a_bar': a_bar, 'b_bar': b_bar}
