import torch


def kernel(q, k, v, y_bar):
    """S_tu = q_td k_ud / sqrt(n_d)
    P_tu = softmax_u(S_tu)
    P_bar^tu = y_bar^te v_ue
    S_bar^tu = P_tu (P_bar^tu - P_bar^<t u1> P_<t u1>)
    """
    n_d = q.shape[1]
    S = q @ k.T  # [t, u]
    S *= 1 / (n_d ** 0.5)
    P = torch.softmax(S, -1)  # [t, u]
    P_bar = y_bar @ v.T  # [t, u]
    S_bar = P_bar - (P_bar * P).sum(-1)[:, None]  # [t, u]
    S_bar *= P
    return S_bar
