import torch


def kernel(C, S, a, b, y_bar):
    """s_bar^k = y_bar^n S_kn
    r_bar^k = y_bar^n C_kn
    q_bar^k = s_bar^k a_k - r_bar^k b_k
    p_bar^k = s_bar^k b_k + r_bar^k a_k
    x_bar^n = q_bar^k S_kn + p_bar^k C_kn
    """
    s_bar = y_bar @ S.T  # [k]
    r_bar = y_bar @ C.T  # [k]
    q_bar = s_bar * a  # [k]
    q_bar -= r_bar * b
    p_bar = s_bar * b  # [k]
    p_bar += r_bar * a
    x_bar = q_bar @ S  # [n]
    x_bar += p_bar @ C
    return x_bar
