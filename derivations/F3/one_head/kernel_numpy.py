import numpy as np


def _softmax(x, axes):
    e = np.exp(x - np.max(x, axis=axes, keepdims=True))
    e /= np.sum(e, axis=axes, keepdims=True)
    return e


def kernel(x, Q, K, V, y_bar):
    """q_td = x_tm Q_md
    k_ud = x_um K_md
    v_ue = x_um V_me
    S_tu = q_td k_ud / sqrt(n_d)
    P_tu = softmax_u(S_tu)
    P_bar^tu = y_bar^te v_ue
    S_bar^tu = P_tu (P_bar^tu - P_bar^<t u1> P_<t u1>)
    v_bar^ue = y_bar^te P_tu
    k_bar^ud = S_bar^tu q_td / sqrt(n_d)
    q_bar^td = S_bar^tu k_ud / sqrt(n_d)
    Q_bar^md = q_bar^td x_tm
    K_bar^md = k_bar^ud x_um
    V_bar^me = v_bar^ue x_um
    x_bar^tm = v_bar^te V_me + k_bar^td K_md + q_bar^td Q_md
    """
    n_d = Q.shape[1]
    q = x @ Q  # [t, d]
    k = x @ K  # [u, d]
    S = q @ k.T  # [t, u]
    S *= 1 / (n_d ** 0.5)
    P = _softmax(S, (-1,))  # [t, u]
    P_bar = y_bar @ V.T @ x.T  # [t, u]
    S_bar = P_bar - np.vecdot(P_bar, P)[:, None]  # [t, u]
    S_bar *= P
    t1 = 1 / (n_d ** 0.5) * S_bar  # [t, u]
    q_bar = t1 @ k  # [t, d]
    Q_bar = x.T @ q_bar  # [m, d]
    k_bar = t1.T @ q  # [u, d]
    K_bar = x.T @ k_bar  # [m, d]
    v_bar = P.T @ y_bar  # [u, e]
    V_bar = x.T @ v_bar  # [m, e]
    x_bar = v_bar @ V.T  # [t, m]
    x_bar += k_bar @ K.T
    x_bar += q_bar @ Q.T
    return {'Q_bar': Q_bar, 'K_bar': K_bar, 'V_bar': V_bar, 'x_bar': x_bar}
