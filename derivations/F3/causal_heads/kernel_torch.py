import torch


def kernel(x, Q, K, V, O, y_bar):
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
    B, T, M = x.shape
    H = Q.shape[0]
    D = Q.shape[1]
    dtype, device = x.dtype, x.device
    t1 = torch.arange(T, device=device)
    t2 = t1[:, None] <= t1  # [u, t]
    q = (x.reshape(B * T, M) @ Q.reshape(H * D, M).T).reshape(B, T, H, D)  # [b, t, h, d]
    k = (x.reshape(B * T, M) @ K.reshape(H * D, M).T).reshape(B, T, H, D)  # [b, t, h, d]
    t3 = q.permute(0, 2, 1, 3) @ k.permute(0, 2, 3, 1)  # [b, h, t, u]
    t3 *= 1 / (D ** 0.5)
    S = torch.where(t2.T, t3, float("-inf"))  # [b, h, t, u]
    del t3
    t4 = S.permute(2, 0, 1, 3)
    del S
    P = torch.softmax(t4, -1)  # [t, b, h, u]
    a_bar = (y_bar.reshape(B * T, M) @ O.reshape(M, H * D)).reshape(B, T, H, D)  # [b, t, h, d]
    v = (x.reshape(B * T, M) @ V.reshape(H * D, M).T).reshape(B, T, H, D)  # [b, t, h, d]
    P_bar = a_bar.permute(0, 2, 1, 3) @ v.permute(0, 2, 3, 1)  # [b, h, t, u]
    t5 = P_bar - (P_bar * P.permute(1, 2, 0, 3)).sum(-1)[:, :, :, None]  # [b, h, t, u]
    del P_bar
    S_bar = P.permute(1, 2, 0, 3) * t5  # [b, h, t, u]
    del t5
    q_bar = (S_bar.permute(2, 0, 1, 3)[:, :, :, None, :] * torch.where(t2.T[:, None, None, None, :], (1 / (D ** 0.5) * k).permute(0, 2, 3, 1), 0)).sum(4)  # [t, b, h, d]
    del k
    Q_bar = (q_bar.reshape(T * B, H * D).T @ x.permute(1, 0, 2).reshape(T * B, M)).reshape(H, D, M)  # [h, d, m]
    k_bar = (torch.where(t2[:, None, :], (1 / (D ** 0.5) * q).permute(0, 2, 3, 1)[:, :, None, :, :], 0) @ S_bar.permute(0, 1, 3, 2)[..., None])[..., 0]  # [b, h, t, d]
    del S_bar, q
    K_bar = (k_bar.permute(0, 2, 1, 3).reshape(B * T, H * D).T @ x.reshape(B * T, M)).reshape(H, D, M)  # [h, d, m]
    v_bar = a_bar.permute(0, 2, 3, 1) @ P.permute(1, 2, 0, 3)  # [b, h, d, t]
    del a_bar
    V_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, B * T) @ x.reshape(B * T, M)).reshape(H, D, M)  # [h, d, m]
    O_bar = v.permute(2, 3, 0, 1).reshape(H, D, B * T) @ (y_bar.permute(0, 2, 1) @ P.permute(1, 0, 2, 3).reshape(B, T, H * T)).reshape(B, M, H, T).permute(2, 0, 3, 1).reshape(H, B * T, M)  # [h, d, m]
    del P, v
    x_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, B * T).T @ V.reshape(H * D, M)).reshape(B, T, M)  # [b, t, m]
    del v_bar
    x_bar += (k_bar.permute(0, 2, 1, 3).reshape(B * T, H * D) @ K.reshape(H * D, M)).reshape(B, T, M)
    del k_bar
    x_bar += (q_bar.reshape(T * B, H * D) @ Q.reshape(H * D, M)).reshape(T, B, M).permute(1, 0, 2)
    del q_bar
    return {
        'Q_bar': Q_bar,
        'K_bar': K_bar,
        'V_bar': V_bar,
        'O_bar': O_bar.permute(2, 0, 1),
        'x_bar': x_bar,
    }
