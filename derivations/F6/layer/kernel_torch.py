import torch


def kernel(x, Q, K, V, O, qb, kb, vb, ob, g, b, F, fb, G, gb, j, y_bar):
    """55 definitions for Q_bar, K_bar, V_bar, O_bar, qb_bar, kb_bar, vb_bar, ob_bar, g_bar, b_bar, F_bar, fb_bar, G_bar, gb_bar, j_bar, i_bar, x_bar."""
    B, T, M = x.shape
    H = Q.shape[0]
    D = Q.shape[1]
    n_l = F.shape[0]
    dtype, device = x.dtype, x.device
    q = (x.reshape(B * T, M) @ Q.reshape(H * D, M).T).reshape(B, T, H, D)  # [b, t, h, d]
    q += qb
    k = (x.reshape(B * T, M) @ K.reshape(H * D, M).T).reshape(B, T, H, D)  # [b, t, h, d]
    k += kb
    S = q.permute(0, 2, 1, 3) @ k.permute(0, 2, 3, 1)  # [b, h, t, u]
    S *= 1 / (D ** 0.5)
    t1 = S.permute(0, 2, 1, 3)
    del S
    P = torch.softmax(t1, -1)  # [b, t, h, u]
    v = (x.reshape(B * T, M) @ V.reshape(H * D, M).T).reshape(B, T, H, D)  # [b, t, h, d]
    v += vb
    a = P.permute(0, 2, 1, 3) @ v.permute(0, 2, 1, 3)  # [b, h, t, d]
    z = (a.permute(0, 2, 1, 3).reshape(B * T, H * D) @ O.reshape(M, H * D).T).reshape(B, T, M)  # [b, t, m]
    z += x
    z += ob
    m = z.sum(2)  # [b, t]
    m *= 1 / M
    c = z - m[:, :, None]  # [b, t, m]
    z1 = (c * c).sum(2)  # [b, t]
    z1 *= 1 / M
    z1 += 1e-05
    r = 1 / torch.sqrt(z1)  # [b, t]
    t2 = c * r[:, :, None]  # [b, t, m]
    t3 = g * t2  # [b, t, m]
    n = t3 + b  # [b, t, m]
    z2 = (n.reshape(B * T, M) @ F.T).reshape(B, T, n_l)  # [b, t, l]
    z2 += fb
    f = torch.relu(z2)  # [b, t, l]
    w = (f.reshape(B * T, n_l) @ G.T).reshape(B, T, M)  # [b, t, m]
    w += n
    w += gb
    p = w.sum(2)  # [b, t]
    p *= 1 / M
    e = w - p[:, :, None]  # [b, t, m]
    z3 = (e * e).sum(2)  # [b, t]
    z3 *= 1 / M
    z3 += 1e-05
    s = 1 / torch.sqrt(z3)  # [b, t]
    t4 = y_bar * (j[:, None, None] * s).permute(1, 2, 0)  # [b, t, m]
    e_bar = e * (-0.5 / M * ((e * t4).sum(-1) / z3))[:, :, None]  # [b, t, m]
    e_bar *= 2
    e_bar += t4
    w_bar = e_bar + (-1 / M * e_bar.sum(2))[:, :, None]  # [b, t, m]
    z2_bar = (w_bar.reshape(B * T, M) @ G).reshape(B, T, n_l)  # [b, t, l]
    z2_bar *= z2 > 0
    n_bar = (z2_bar.reshape(B * T, n_l) @ F).reshape(B, T, M)  # [b, t, m]
    n_bar += w_bar
    c_bar = g * r[:, :, None]  # [b, t, m]
    c_bar *= n_bar
    c_bar += 2 * (c * (-0.5 / M * ((n_bar * t3).sum(-1) / z1))[:, :, None])
    z_bar = c_bar + (-1 / M * c_bar.sum(2))[:, :, None]  # [b, t, m]
    a_bar = (z_bar.reshape(B * T, M) @ O.reshape(M, H * D)).reshape(B, T, H, D)  # [b, t, h, d]
    P_bar = a_bar.permute(0, 2, 1, 3) @ v.permute(0, 2, 3, 1)  # [b, h, t, u]
    del v
    t5 = P_bar - (P_bar * P.permute(0, 2, 1, 3)).sum(-1)[:, :, :, None]  # [b, h, t, u]
    del P_bar
    S_bar = P.permute(0, 2, 1, 3) * t5  # [b, h, t, u]
    del t5
    t6 = 1 / (D ** 0.5) * S_bar  # [b, h, t, u]
    del S_bar
    q_bar = t6 @ k.permute(0, 2, 1, 3)  # [b, h, t, d]
    del k
    Q_bar = (q_bar.permute(0, 2, 1, 3).reshape(B * T, H * D).T @ x.reshape(B * T, M)).reshape(H, D, M)  # [h, d, m]
    k_bar = t6.permute(0, 1, 3, 2) @ q.permute(0, 2, 1, 3)  # [b, h, t, d]
    del q, t6
    K_bar = (k_bar.permute(0, 2, 1, 3).reshape(B * T, H * D).T @ x.reshape(B * T, M)).reshape(H, D, M)  # [h, d, m]
    v_bar = a_bar.permute(0, 2, 3, 1) @ P.permute(0, 2, 1, 3)  # [b, h, d, t]
    del P, a_bar
    V_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, B * T) @ x.reshape(B * T, M)).reshape(H, D, M)  # [h, d, m]
    O_bar = (z_bar.reshape(B * T, M).T @ a.permute(0, 2, 1, 3).reshape(B * T, H * D)).reshape(M, H, D)  # [m, h, d]
    del a
    qb_bar = q_bar.sum((0, 2))  # [h, d]
    kb_bar = torch.full((H, D), 0, dtype=dtype, device=device)  # [h, d]
    vb_bar = v_bar.sum((0, 3))  # [h, d]
    ob_bar = z_bar.sum((0, 1))  # [m]
    g_bar = (n_bar.permute(2, 0, 1).reshape(M, B * T) * t2.permute(2, 0, 1).reshape(M, B * T)).sum(-1)  # [m]
    b_bar = n_bar.sum((0, 1))  # [m]
    F_bar = z2_bar.reshape(B * T, n_l).T @ n.reshape(B * T, M)  # [l, m]
    fb_bar = z2_bar.sum((0, 1))  # [l]
    G_bar = w_bar.reshape(B * T, M).T @ f.reshape(B * T, n_l)  # [m, l]
    gb_bar = w_bar.sum((0, 1))  # [m]
    j_bar = (y_bar.permute(2, 0, 1).reshape(M, B * T) * (e * s[:, :, None]).permute(2, 0, 1).reshape(M, B * T)).sum(-1)  # [m]
    i_bar = y_bar.sum((0, 1))  # [m]
    x_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, B * T).T @ V.reshape(H * D, M)).reshape(B, T, M)  # [b, t, m]
    del v_bar
    x_bar += z_bar
    x_bar += (k_bar.permute(0, 2, 1, 3).reshape(B * T, H * D) @ K.reshape(H * D, M)).reshape(B, T, M)
    del k_bar
    x_bar += (q_bar.permute(0, 2, 1, 3).reshape(B * T, H * D) @ Q.reshape(H * D, M)).reshape(B, T, M)
    del q_bar
    return {
        'Q_bar': Q_bar,
        'K_bar': K_bar,
        'V_bar': V_bar,
        'O_bar': O_bar,
        'qb_bar': qb_bar,
        'kb_bar': kb_bar,
        'vb_bar': vb_bar,
        'ob_bar': ob_bar,
        'g_bar': g_bar,
        'b_bar': b_bar,
        'F_bar': F_bar,
        'fb_bar': fb_bar,
        'G_bar': G_bar,
        'gb_bar': gb_bar,
        'j_bar': j_bar,
        'i_bar': i_bar,
        'x_bar': x_bar,
    }
