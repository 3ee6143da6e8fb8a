import torch


def kernel(Uf, x, Wf, bf, Uu, Wu, bu, Uo, Wo, bo, Ug, Wg, bg, Uf2, Wf2, bf2, Uu2, Wu2, bu2, Uo2, Wo2, bo2, Ug2, Wg2, bg2, r_bar):
    """46 definitions for Uf_bar, Wf_bar, Uf2_bar, Wf2_bar, bf2_bar, x_bar."""
    n_i = Uf.shape[0]
    n_t = x.shape[0]
    n_p = Uf2.shape[0]
    dtype, device = Uf.dtype, Uf.device
    t1 = torch.addmm(bf, x, Uf.T)  # [t, i]
    t2 = torch.addmm(bu, x, Uu.T)  # [t, i]
    t3 = torch.addmm(bo, x, Uo.T)  # [t, i]
    t4 = torch.addmm(bg, x, Ug.T)  # [t, i]
    f = torch.zeros((n_t, n_i), dtype=dtype, device=device)
    u = torch.zeros((n_t, n_i), dtype=dtype, device=device)
    o = torch.zeros((n_t, n_i), dtype=dtype, device=device)
    g = torch.zeros((n_t, n_i), dtype=dtype, device=device)
    c_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    s_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    for t in range(n_t):
        z_t = Wf @ s_rows[t]  # [i]
        z_t += t1[t]
        f_t = z_t.sigmoid_()  # [i]
        f[t] = f_t
        z1_t = Wu @ s_rows[t]  # [i]
        z1_t += t2[t]
        u_t = z1_t.sigmoid_()  # [i]
        u[t] = u_t
        z2_t = Wo @ s_rows[t]  # [i]
        z2_t += t3[t]
        o_t = z2_t.sigmoid_()  # [i]
        o[t] = o_t
        z3_t = Wg @ s_rows[t]  # [i]
        z3_t += t4[t]
        g_t = z3_t.tanh_()  # [i]
        g[t] = g_t
        c_t = f_t * c_rows[t]  # [i]
        c_t += u_t * g_t
        c_rows[t + 1] = c_t
        s_rows[t + 1] = (o_t * torch.tanh(c_t))
    t5 = torch.tanh(c_rows[1:n_t + 1])  # [t, i]
    t6 = torch.addmm(bf2, s_rows[1:n_t + 1], Uf2.T)  # [t, p]
    t7 = torch.addmm(bu2, s_rows[1:n_t + 1], Uu2.T)  # [t, p]
    t8 = torch.addmm(bo2, s_rows[1:n_t + 1], Uo2.T)  # [t, p]
    t9 = torch.addmm(bg2, s_rows[1:n_t + 1], Ug2.T)  # [t, p]
    f2 = torch.zeros((n_t, n_p), dtype=dtype, device=device)
    u2 = torch.zeros((n_t, n_p), dtype=dtype, device=device)
    o2 = torch.zeros((n_t, n_p), dtype=dtype, device=device)
    g2 = torch.zeros((n_t, n_p), dtype=dtype, device=device)
    c2_rows = torch.zeros((n_t + 1, n_p), dtype=dtype, device=device)
    r_rows = torch.zeros((n_t + 1, n_p), dtype=dtype, device=device)
    for t in range(n_t):
        z4_t = Wf2 @ r_rows[t]  # [p]
        z4_t += t6[t]
        f2_t = z4_t.sigmoid_()  # [p]
        f2[t] = f2_t
        z5_t = Wu2 @ r_rows[t]  # [p]
        z5_t += t7[t]
        u2_t = z5_t.sigmoid_()  # [p]
        u2[t] = u2_t
        z6_t = Wo2 @ r_rows[t]  # [p]
        z6_t += t8[t]
        o2_t = z6_t.sigmoid_()  # [p]
        o2[t] = o2_t
        z7_t = Wg2 @ r_rows[t]  # [p]
        z7_t += t9[t]
        g2_t = z7_t.tanh_()  # [p]
        g2[t] = g2_t
        c2_t = f2_t * c2_rows[t]  # [p]
        c2_t += u2_t * g2_t
        c2_rows[t + 1] = c2_t
        r_rows[t + 1] = (o2_t * torch.tanh(c2_t))
    t10 = torch.tanh(c2_rows[1:n_t + 1])  # [t, p]
    t11 = torch.nn.functional.pad(f2, (0, 0, 0, 1))[1:n_t + 1]  # [t, p]
    t12 = t10 * t10  # [t, p]
    t12.neg_()
    t12 += 1
    t12 *= o2
    t13 = g2 * g2  # [t, p]
    t13.neg_()
    t13 += 1
    t14 = 1 - o2  # [t, p]
    t14 *= o2
    t15 = 1 - u2  # [t, p]
    t15 *= u2
    t16 = 1 - f2  # [t, p]
    t16 *= f2
    c2_bar_rows = torch.zeros((n_t + 1, n_p), dtype=dtype, device=device)
    z7_bar_rows = torch.zeros((n_t + 1, n_p), dtype=dtype, device=device)
    z6_bar_rows = torch.zeros((n_t + 1, n_p), dtype=dtype, device=device)
    z5_bar_rows = torch.zeros((n_t + 1, n_p), dtype=dtype, device=device)
    z4_bar_rows = torch.zeros((n_t + 1, n_p), dtype=dtype, device=device)
    for t in range(n_t - 1, -1, -1):
        r_total_bar_t = z4_bar_rows[t + 1] @ Wf2  # [p]
        r_total_bar_t += r_bar[t]
        r_total_bar_t += z5_bar_rows[t + 1] @ Wu2
        r_total_bar_t += z6_bar_rows[t + 1] @ Wo2
        r_total_bar_t += z7_bar_rows[t + 1] @ Wg2
        c2_bar_t = c2_bar_rows[t + 1] * t11[t]  # [p]
        c2_bar_t += t12[t] * r_total_bar_t
        c2_bar_rows[t] = c2_bar_t
        z7_bar_rows[t] = (c2_bar_t * (u2[t] * t13[t]))
        o2_bar_t = r_total_bar_t * t10[t]  # [p]
        z6_bar_rows[t] = (t14[t] * o2_bar_t)
        u2_bar_t = c2_bar_t * g2[t]  # [p]
        z5_bar_rows[t] = (t15[t] * u2_bar_t)
        f2_bar_t = c2_bar_t * c2_rows[t]  # [p]
        z4_bar_rows[t] = (t16[t] * f2_bar_t)
    t17 = torch.addmm(z6_bar_rows[:n_t] @ Uo2, z7_bar_rows[:n_t], Ug2)  # [t, i]
    t17 += z5_bar_rows[:n_t] @ Uu2
    t17 += z4_bar_rows[:n_t] @ Uf2
    t18 = torch.nn.functional.pad(f, (0, 0, 0, 1))[1:n_t + 1]  # [t, i]
    t19 = t5 * t5  # [t, i]
    t19.neg_()
    t19 += 1
    t19 *= o
    t20 = g * g  # [t, i]
    t20.neg_()
    t20 += 1
    t21 = 1 - o  # [t, i]
    t21 *= o
    t22 = 1 - u  # [t, i]
    t22 *= u
    t23 = 1 - f  # [t, i]
    t23 *= f
    c_bar_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    z3_bar_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    z2_bar_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    z1_bar_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    z_bar_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    for t in range(n_t - 1, -1, -1):
        s_bar_t = z_bar_rows[t + 1] @ Wf  # [i]
        s_bar_t += t17[t]
        s_bar_t += z1_bar_rows[t + 1] @ Wu
        s_bar_t += z2_bar_rows[t + 1] @ Wo
        s_bar_t += z3_bar_rows[t + 1] @ Wg
        c_bar_t = c_bar_rows[t + 1] * t18[t]  # [i]
        c_bar_t += t19[t] * s_bar_t
        c_bar_rows[t] = c_bar_t
        z3_bar_rows[t] = (c_bar_t * (u[t] * t20[t]))
        z2_bar_rows[t] = (t21[t] * (s_bar_t * t5[t]))
        z1_bar_rows[t] = (t22[t] * (c_bar_t * g[t]))
        z_bar_rows[t] = (t23[t] * (c_bar_t * c_rows[t]))
    Uf_bar = z_bar_rows[:n_t].T @ x  # [i, j]
    Wf_bar = z_bar_rows[:n_t].T @ s_rows[:n_t]  # [i, k]
    Uf2_bar = z4_bar_rows[:n_t].T @ s_rows[1:n_t + 1]  # [p, i]
    Wf2_bar = z4_bar_rows[:n_t].T @ r_rows[:n_t]  # [p, q]
    bf2_bar = z4_bar_rows[:n_t].sum(0)  # [p]
    x_bar = torch.addmm(z2_bar_rows[:n_t] @ Uo, z3_bar_rows[:n_t], Ug)  # [t, j]
    x_bar += z1_bar_rows[:n_t] @ Uu
    x_bar += z_bar_rows[:n_t] @ Uf
    return {
        'Uf_bar': Uf_bar,
        'Wf_bar': Wf_bar,
        'Uf2_bar': Uf2_bar,
        'Wf2_bar': Wf2_bar,
        'bf2_bar': bf2_bar,
        'x_bar': x_bar,
    }
