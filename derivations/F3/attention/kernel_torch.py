import torch


def kernel(q, k, v, y_bar):
    """S_tu = q_td k_ud / sqrt(n_d)
    P_tu = softmax_u(S_tu)
    P_bar^tu = y_bar^te v_ue
    S_bar^tu = P_tu (P_bar^tu - P_bar^<t u1> P_<t u1>)
    q_bar^td = S_bar^tu k_ud / sqrt(n_d)
    k_bar^ud = S_bar^tu q_td / sqrt(n_d)
    v_bar^ue = y_bar^te P_tu
    """
    n_d = q.shape[1]
    S = q @ k.T  # [t, u]
    S *= 1 / (n_d ** 0.5)
    P = torch.softmax(S, -1)  # [t, u]
    P_bar = y_bar @ v.T  # [t, u]
    S_bar = P_bar - (P_bar * P).sum(-1)[:, None]  # [t, u]
    S_bar *= P
    t1 = 1 / (n_d ** 0.5) * S_bar  # [t, u]
    q_bar = t1 @ k  # [t, d]
    k_bar = t1.T @ q  # [u, d]
    v_bar = P.T @ y_bar  # [u, e]
    return {'q_bar': q_bar, 'k_bar': k_bar, 'v_bar': v_bar}
