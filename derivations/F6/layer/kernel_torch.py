import torch


def kernel(Q, K, V, x, q0, k0, v0, O, o0, g1, b1, F, f0, G, g0, g2, y_bar):
    """51 definitions for Q_bar, q0_bar, K_bar, k0_bar, V_bar, v0_bar, O_bar, o0_bar, g1_bar, b1_bar, F_bar, f0_bar, G_bar, g0_bar, g2_bar, b2_bar, x_bar."""
    H, D, M = Q.shape
    n_b = x.shape[0]
    T = x.shape[1]
    n_l = F.shape[0]
    dtype, device = torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(torch.promote_types(Q.dtype, K.dtype), V.dtype), x.dtype), q0.dtype), k0.dtype), v0.dtype), O.dtype), o0.dtype), g1.dtype), b1.dtype), F.dtype), f0.dtype), G.dtype), g0.dtype), g2.dtype), y_bar.dtype), Q.device
    q = (x.reshape(n_b * T, M) @ Q.reshape(H * D, M).T).reshape(n_b, T, H, D)  # [b, t, h, d]
    q += q0
    k = (x.reshape(n_b * T, M) @ K.reshape(H * D, M).T).reshape(n_b, T, H, D)  # [b, t, h, d]
    k += k0
    S = q.permute(0, 2, 1, 3) @ k.permute(0, 2, 3, 1)  # [b, h, t, u]
    S *= 1 / (D ** 0.5)
    t1 = S.permute(0, 2, 1, 3)
    del S
    P = torch.softmax(t1, -1)  # [b, t, h, u]
    v = (x.reshape(n_b * T, M) @ V.reshape(H * D, M).T).reshape(n_b, T, H, D)  # [b, t, h, d]
    v += v0
    a = P.permute(0, 2, 1, 3) @ v.permute(0, 2, 1, 3)  # [b, h, t, d]
    z = (a.permute(0, 2, 1, 3).reshape(n_b * T, H * D) @ O.reshape(M, H * D).T).reshape(n_b, T, M)  # [b, t, m]
    z += x
    z += o0
    m1 = z.sum(2)  # [b, t]
    m1 *= 1 / M
    t2 = z - m1[:, :, None]  # [b, t, m]
    z1 = (t2 * t2).sum(2)  # [b, t]
    z1 *= 1 / M
    z1 += 1e-05
    r1 = 1 / torch.sqrt(z1)  # [b, t]
    t3 = t2 * r1[:, :, None]  # [b, t, m]
    t4 = g1 * t3  # [b, t, m]
    n = t4 + b1  # [b, t, m]
    z2 = (n.reshape(n_b * T, M) @ F.T).reshape(n_b, T, n_l)  # [b, t, l]
    z2 += f0
    f = torch.relu(z2)  # [b, t, l]
    w = (f.reshape(n_b * T, n_l) @ G.T).reshape(n_b, T, M)  # [b, t, m]
    w += n
    w += g0
    m2 = w.sum(2)  # [b, t]
    m2 *= 1 / M
    t5 = w - m2[:, :, None]  # [b, t, m]
    z3 = (t5 * t5).sum(2)  # [b, t]
    z3 *= 1 / M
    z3 += 1e-05
    r2 = 1 / torch.sqrt(z3)  # [b, t]
    t6 = g2[:, None, None] * r2  # [m, b, t]
    t7 = y_bar * t6.permute(1, 2, 0)  # [b, t, m]
    z3_bar = (t5 * t7).sum(-1)  # [b, t]
    z3_bar /= z3
    z3_bar *= -0.5
    m2_bar = (y_bar * t6.permute(1, 2, 0)).sum(-1)  # [b, t]
    m2_bar.neg_()
    m2_bar -= 2 * (1 / M * (z3_bar * t5.sum(2)))
    w_bar = (1 / M * z3_bar)[:, :, None] * t5  # [b, t, m]
    w_bar *= 2
    w_bar += t7
    w_bar += (1 / M * m2_bar)[:, :, None]
    z2_bar = (w_bar.reshape(n_b * T, M) @ G).reshape(n_b, T, n_l)  # [b, t, l]
    z2_bar *= z2 > 0
    n_bar = (z2_bar.reshape(n_b * T, n_l) @ F).reshape(n_b, T, M)  # [b, t, m]
    n_bar += w_bar
    t8 = g1[:, None, None] * r1  # [m, b, t]
    z1_bar = (n_bar * t4).sum(-1)  # [b, t]
    z1_bar /= z1
    z1_bar *= -0.5
    m1_bar = (n_bar * t8.permute(1, 2, 0)).sum(-1)  # [b, t]
    m1_bar.neg_()
    m1_bar -= 2 * (1 / M * (z1_bar * t2.sum(2)))
    z_bar = n_bar * t8.permute(1, 2, 0)  # [b, t, m]
    z_bar += 2 * ((1 / M * z1_bar)[:, :, None] * t2)
    z_bar += (1 / M * m1_bar)[:, :, None]
    a_bar = (z_bar.reshape(n_b * T, M) @ O.reshape(M, H * D)).reshape(n_b, T, H, D)  # [b, t, h, d]
    P_bar = a_bar.permute(0, 2, 1, 3) @ v.permute(0, 2, 3, 1)  # [b, h, t, u]
    del v
    t9 = P_bar - (P_bar * P.permute(0, 2, 1, 3)).sum(-1)[:, :, :, None]  # [b, h, t, u]
    del P_bar
    S_bar = P.permute(0, 2, 1, 3) * t9  # [b, h, t, u]
    del t9
    t10 = 1 / (D ** 0.5) * S_bar  # [b, h, t, u]
    del S_bar
    q_bar = t10 @ k.permute(0, 2, 1, 3)  # [b, h, t, d]
    del k
    Q_bar = (q_bar.permute(0, 2, 1, 3).reshape(n_b * T, H * D).T @ x.reshape(n_b * T, M)).reshape(H, D, M)  # [h, d, m]
    q0_bar = q_bar.sum((0, 2))  # [h, d]
    k_bar = t10.permute(0, 1, 3, 2) @ q.permute(0, 2, 1, 3)  # [b, h, t, d]
    del q, t10
    K_bar = (k_bar.permute(0, 2, 1, 3).reshape(n_b * T, H * D).T @ x.reshape(n_b * T, M)).reshape(H, D, M)  # [h, d, m]
    k0_bar = torch.full((H, D), 0, dtype=dtype, device=device)  # [h, d]
    v_bar = a_bar.permute(0, 2, 3, 1) @ P.permute(0, 2, 1, 3)  # [b, h, d, t]
    del P, a_bar
    V_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, n_b * T) @ x.reshape(n_b * T, M)).reshape(H, D, M)  # [h, d, m]
    v0_bar = v_bar.sum((0, 3))  # [h, d]
    O_bar = (z_bar.reshape(n_b * T, M).T @ a.permute(0, 2, 1, 3).reshape(n_b * T, H * D)).reshape(M, H, D)  # [m, h, d]
    del a
    o0_bar = z_bar.sum((0, 1))  # [m]
    g1_bar = (n_bar.permute(2, 0, 1).reshape(M, n_b * T) * t3.permute(2, 0, 1).reshape(M, n_b * T)).sum(-1)  # [m]
    b1_bar = n_bar.sum((0, 1))  # [m]
    F_bar = z2_bar.reshape(n_b * T, n_l).T @ n.reshape(n_b * T, M)  # [l, m]
    f0_bar = z2_bar.sum((0, 1))  # [l]
    G_bar = w_bar.reshape(n_b * T, M).T @ f.reshape(n_b * T, n_l)  # [m, l]
    g0_bar = w_bar.sum((0, 1))  # [m]
    g2_bar = (y_bar.permute(2, 0, 1).reshape(M, n_b * T) * (t5 * r2[:, :, None]).permute(2, 0, 1).reshape(M, n_b * T)).sum(-1)  # [m]
    b2_bar = y_bar.sum((0, 1))  # [m]
    x_bar = (v_bar.permute(1, 2, 0, 3).reshape(H * D, n_b * T).T @ V.reshape(H * D, M)).reshape(n_b, T, M)  # [b, t, m]
    del v_bar
    x_bar += z_bar
    x_bar += (k_bar.permute(0, 2, 1, 3).reshape(n_b * T, H * D) @ K.reshape(H * D, M)).reshape(n_b, T, M)
    del k_bar
    x_bar += (q_bar.permute(0, 2, 1, 3).reshape(n_b * T, H * D) @ Q.reshape(H * D, M)).reshape(n_b, T, M)
    del q_bar
    return {
        'Q_bar': Q_bar,
        'q0_bar': q0_bar,
        'K_bar': K_bar,
        'k0_bar': k0_bar,
        'V_bar': V_bar,
        'v0_bar': v0_bar,
        'O_bar': O_bar,
        'o0_bar': o0_bar,
        'g1_bar': g1_bar,
        'b1_bar': b1_bar,
        'F_bar': F_bar,
        'f0_bar': f0_bar,
        'G_bar': G_bar,
        'g0_bar': g0_bar,
        'g2_bar': g2_bar,
        'b2_bar': b2_bar,
        'x_bar': x_bar,
    }
