import torch


def kernel(Q, K, V, x, O, y_bar):
    """q_bhtd = x_btm Q_hdm
    k_bhtd = x_btm K_hdm
    v_bhtd = x_btm V_hdm
    S_bhtu = where([u <= t], q_bhtd k_bhud / sqrt(D), -inf)
    P_bhtu = softmax_u(S_bhtu)
    a_bhtd = P_bhtu v_bhud
    a_bar^bhtd = y_bar^btm O_mhd
    P_bar^bhtu = a_bar^bhtd v_bhud
    S_bar^bhtu = P_bhtu (P_bar^bhtu - P_bar^<b h t u1> P_<b h t u1>)
    v_bar^bhtd = a_bar^<b h t1 d> P_<b h t1 t>
    k_bar^bhtd = S_bar^<b h t1 t> where([t <= t1], q_<b h t1 d> / sqrt(D), 0)
    q_bar^bhtd = S_bar^bhtu where([u <= t], k_bhud / sqrt(D), 0)
    Q_bar^hdm = q_bar^bhtd x_btm
    K_bar^hdm = k_bar^bhtd x_btm
    V_bar^hdm = v_bar^bhtd x_btm
    O_bar^mhd = y_bar^btm a_bhtd
    x_bar^btm = v_bar^bhtd V_hdm + k_bar^bhtd K_hdm + q_bar^bhtd Q_hdm
    """
    H, D, M = Q.shape
    n_b = x.shape[0]
    T = x.shape[1]
    n_m = O.shape[0]
    dtype, device = torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(Q.dtype, K.dtype), V.dtype), x.dtype), O.dtype), y_bar.dtype), Q.device
    t1 = torch.arange(T, device=device)
    t2 = t1[:, None] <= t1  # [u, t]
    q = (x.reshape(n_b * T, M) @ Q.reshape(H * D, M).T).reshape(n_b, T, H, D)  # [b, t, h, d]
    k = (x.reshape(n_b * T, M) @ K.reshape(H * D, M).T).reshape(n_b, T, H, D)  # [b, t, h, d]
    t3 = q.permute(0, 2, 1, 3) @ k.permute(0, 2, 3, 1)  # [b, h, t, u]
    t3 *= 1 / (D ** 0.5)
    S = torch.where(t2.T, t3, float("-inf"))  # [b, h, t, u]
    del t3
    t4 = S.permute(2, 0, 1, 3)
    del S
    P = torch.softmax(t4, -1)  # [t, b, h, u]
    a_bar = (y_bar.reshape(n_b * T, n_m) @ O.reshape(n_m, H * D)).reshape(n_b, T, H, D)  # [b, t, h, d]
    v = (x.reshape(n_b * T, M) @ V.reshape(H * D, M).T).reshape(n_b, T, H, D)  # [b, t, h, d]
    P_bar = a_bar.permute(0, 2, 1, 3) @ v.permute(0, 2, 3, 1)  # [b, h, t, u]
    t5 = P_bar - (P_bar * P.permute(1, 2, 0, 3)).sum(-1)[:, :, :, None]  # [b, h, t, u]
    del P_bar
    S_bar = P.permute(1, 2, 0, 3) * t5  # [b, h, t, u]
    del t5
    q_bar = (S_bar.permute(2, 0, 1, 3)[:, :, :, None, :] * torch.where(t2.T[:, None, None, None, :], (1 / (D ** 0.5) * k).permute(0, 2, 3, 1), 0)).sum(4)  # [t, b, h, d]
    del k
    Q_bar = (q_bar.reshape(T * n_b, H * D).T @ x.permute(1, 0, 2).reshape(T * n_b, M)).reshape(H, D, M)  # [h, d, m]
    k_bar = (torch.where(t2[:, None, :], (1 / (D ** 0.5) * q).permute(0, 2, 3, 1)[:, :, None, :, :], 0) @ S_bar.permute(0, 1, 3, 2)[..., None])[..., 0]  # [b, h, t, d]
    del S_bar, q
    K_bar = (k_bar.permute(0, 2, 1, 3).reshape(n_b * T, H * D).T @ x.reshape(n_b * T, M)).reshape(H, D, M)  # [h, d, m]
    v_bar = a_bar.permute(0, 2, 3, 1) @ P.permute(1, 2, 0, 3)  # [b, h, d, t]
    del a_bar
    V_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, n_b * T) @ x.reshape(n_b * T, M)).reshape(H, D, M)  # [h, d, m]
    t6 = (P.permute(1, 2, 0, 3) @ v.permute(0, 2, 1, 3)).permute(0, 2, 1, 3).reshape(n_b * T, H * D)
    del P, v
    O_bar = (y_bar.reshape(n_b * T, n_m).T @ t6).reshape(n_m, H, D)  # [m, h, d]
    x_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, n_b * T).T @ V.reshape(H * D, M)).reshape(n_b, T, M)  # [b, t, m]
    del v_bar
    x_bar += (k_bar.permute(0, 2, 1, 3).reshape(n_b * T, H * D) @ K.reshape(H * D, M)).reshape(n_b, T, M)
    del k_bar
    x_bar += (q_bar.reshape(T * n_b, H * D) @ Q.reshape(H * D, M)).reshape(T, n_b, M).permute(1, 0, 2)
    del q_bar
    return {'Q_bar': Q_bar, 'K_bar': K_bar, 'V_bar': V_bar, 'O_bar': O_bar, 'x_bar': x_bar}
