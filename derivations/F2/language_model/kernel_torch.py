import torch


def kernel(E, w, Uf, Wf, bf, Uu, Wu, bu, Uo, Wo, bo, Ug, Wg, bg, V, d, q):
    """x_nt^j = E_{w_nt}^j
    z_nt^i = Uf^i_j x_nt^j + Wf^i_k s_{n, t-1}^k + bf^i
    f_nt^i = sigmoid(z_nt^i)
    z1_nt^i = Uu^i_j x_nt^j + Wu^i_k s_{n, t-1}^k + bu^i
    u_nt^i = sigmoid(z1_nt^i)
    z2_nt^i = Uo^i_j x_nt^j + Wo^i_k s_{n, t-1}^k + bo^i
    o_nt^i = sigmoid(z2_nt^i)
    z3_nt^i = Ug^i_j x_nt^j + Wg^i_k s_{n, t-1}^k + bg^i
    g_nt^i = tanh(z3_nt^i)
    c_{n, -1}^i = 0
    c_nt^i = f_nt^i c_{n, t-1}^i + u_nt^i g_nt^i
    s_{n, -1}^i = 0
    s_nt^i = o_nt^i tanh(c_nt^i)
    z4_nt^p = V^p_i s_nt^i + d^p
    l_nt^p = log_softmax_p(z4_nt^p)
    dL_dz4^nt_p = (exp(l_ntp) - δ^{q_nt}_p) / (N T)
    dL_ds^nt_i = dL_dz4^nt_p V^p_i + zeropad(dL_dz^{n, t+1}_<i1>) Wf^<i1>_i + zeropad(dL_dz1^{n, t+1}_<i1>) Wu^<i1>_i + zeropad(dL_dz2^{n, t+1}_<i1>) Wo^<i1>_i + zeropad(dL_dz3^{n, t+1}_<i1>) Wg^<i1>_i
    dL_dc^nt_i = zeropad(dL_dc^{n, t+1}_i) zeropad(f_{n, t+1}^i) + dL_ds^nt_i o_nt^i (1 - tanh(c_nt^i)**2)
    dL_dg^nt_i = dL_dc^nt_i u_nt^i
    dL_dz3^nt_i = dL_dg^nt_i (1 - g_nt^i**2)
    dL_do^nt_i = dL_ds^nt_i tanh(c_nt^i)
    dL_dz2^nt_i = dL_do^nt_i o_nt^i (1 - o_nt^i)
    dL_du^nt_i = dL_dc^nt_i g_nt^i
    dL_dz1^nt_i = dL_du^nt_i u_nt^i (1 - u_nt^i)
    dL_df^nt_i = dL_dc^nt_i c_{n, t-1}^i
    dL_dz^nt_i = dL_df^nt_i f_nt^i (1 - f_nt^i)
    dL_dx^nt_j = dL_dz3^nt_i Ug^i_j + dL_dz2^nt_i Uo^i_j + dL_dz1^nt_i Uu^i_j + dL_dz^nt_i Uf^i_j
    dL_dE^i_j = δ^i_{w_nt} dL_dx^nt_j
    `dL_dUf`_i^j = dL_dz^nt_i x_nt^j
    `dL_dWf`_i^k = dL_dz^nt_i s_{n, t-1}^k
    `dL_dbf`_i = sum_{n t} dL_dz^nt_i
    `dL_dV`_p^i = dL_dz4^nt_p s_nt^i
    `dL_dd`_p = sum_{n t} dL_dz4^nt_p
    """
    n_E, n_j = E.shape
    N, T = w.shape
    n_i = Uf.shape[0]
    n_p = V.shape[0]
    dtype, device = E.dtype, E.device
    x = E[w]  # [n, t, j]
    t1 = (x.reshape(N * T, n_j) @ Uf.T).reshape(N, T, n_i)  # [n, t, i]
    t1 += bf
    t2 = (x.reshape(N * T, n_j) @ Uu.T).reshape(N, T, n_i)  # [n, t, i]
    t2 += bu
    t3 = (x.reshape(N * T, n_j) @ Uo.T).reshape(N, T, n_i)  # [n, t, i]
    t3 += bo
    t4 = (x.reshape(N * T, n_j) @ Ug.T).reshape(N, T, n_i)  # [n, t, i]
    t4 += bg
    f = torch.zeros((T, N, n_i), dtype=dtype, device=device)
    u = torch.zeros((T, N, n_i), dtype=dtype, device=device)
    o = torch.zeros((T, N, n_i), dtype=dtype, device=device)
    g = torch.zeros((T, N, n_i), dtype=dtype, device=device)
    c_rows = torch.zeros((T + 1, N, n_i), dtype=dtype, device=device)
    s_rows = torch.zeros((T + 1, N, n_i), dtype=dtype, device=device)
    for t in range(T):
        z_t = t1[:, t] + s_rows[t] @ Wf.T  # [n, i]
        f_t = z_t.sigmoid_()  # [n, i]
        f[t] = f_t
        z1_t = t2[:, t] + s_rows[t] @ Wu.T  # [n, i]
        u_t = z1_t.sigmoid_()  # [n, i]
        u[t] = u_t
        z2_t = t3[:, t] + s_rows[t] @ Wo.T  # [n, i]
        o_t = z2_t.sigmoid_()  # [n, i]
        o[t] = o_t
        z3_t = t4[:, t] + s_rows[t] @ Wg.T  # [n, i]
        g_t = z3_t.tanh_()  # [n, i]
        g[t] = g_t
        c_t = f_t * c_rows[t]  # [n, i]
        c_t += u_t * g_t
        c_rows[t + 1] = c_t
        s_rows[t + 1] = (o_t * torch.tanh(c_t))
    t5 = torch.tanh(c_rows[1:T + 1])  # [t, n, i]
    z4 = (s_rows[1:T + 1].reshape(T * N, n_i) @ V.T).reshape(T, N, n_p)  # [t, n, p]
    z4 += d
    l = torch.log_softmax(z4, -1)  # [t, n, p]
    t6 = l.exp_()  # [t, n, p]
    t6 *= 1 / (N * T)
    t7 = (t6.reshape(T * N, n_p) @ V).reshape(T, N, n_i)  # [t, n, i]
    t7 += (-1 / (N * T) * V[q]).permute(1, 0, 2)
    t8 = torch.nn.functional.pad(f, (0, 0, 0, 0, 0, 1))[1:T + 1]  # [t, n, i]
    t9 = t5 * t5  # [t, n, i]
    t9.neg_()
    t9 += 1
    t9 *= o
    t10 = g * g  # [t, n, i]
    t10.neg_()
    t10 += 1
    t11 = 1 - o  # [t, n, i]
    t11 *= o
    t12 = 1 - u  # [t, n, i]
    t12 *= u
    t13 = 1 - f  # [t, n, i]
    t13 *= f
    dL_dc_rows = torch.zeros((T + 1, N, n_i), dtype=dtype, device=device)
    dL_dz3_rows = torch.zeros((T + 1, N, n_i), dtype=dtype, device=device)
    dL_dz2_rows = torch.zeros((T + 1, N, n_i), dtype=dtype, device=device)
    dL_dz1_rows = torch.zeros((T + 1, N, n_i), dtype=dtype, device=device)
    dL_dz_rows = torch.zeros((T + 1, N, n_i), dtype=dtype, device=device)
    for t in range(T - 1, -1, -1):
        t14 = torch.addmm(t7[t], dL_dz_rows[t + 1], Wf)  # [n, i]
        t14 += dL_dz1_rows[t + 1] @ Wu
        t14 += dL_dz2_rows[t + 1] @ Wo
        t14 += dL_dz3_rows[t + 1] @ Wg
        dL_dc_t = dL_dc_rows[t + 1] * t8[t]  # [n, i]
        dL_dc_t += t9[t] * t14
        dL_dc_rows[t] = dL_dc_t
        dL_dz3_rows[t] = (dL_dc_t * (u[t] * t10[t]))
        dL_do_t = t14 * t5[t]  # [n, i]
        dL_dz2_rows[t] = (t11[t] * dL_do_t)
        dL_du_t = dL_dc_t * g[t]  # [n, i]
        dL_dz1_rows[t] = (t12[t] * dL_du_t)
        dL_df_t = dL_dc_t * c_rows[t]  # [n, i]
        dL_dz_rows[t] = (t13[t] * dL_df_t)
    dL_dx = (dL_dz3_rows[:T].reshape(T * N, n_i) @ Ug).reshape(T, N, n_j)  # [t, n, j]
    dL_dx += (dL_dz2_rows[:T].reshape(T * N, n_i) @ Uo).reshape(T, N, n_j)
    dL_dx += (dL_dz1_rows[:T].reshape(T * N, n_i) @ Uu).reshape(T, N, n_j)
    dL_dx += (dL_dz_rows[:T].reshape(T * N, n_i) @ Uf).reshape(T, N, n_j)
    dL_dE = torch.zeros((n_E, n_j), dtype=dtype, device=device)  # [i, j]
    dL_dE.index_put_((w,), dL_dx.permute(1, 0, 2), accumulate=True)
    dL_dUf = dL_dz_rows[:T].reshape(T * N, n_i).T @ x.permute(1, 0, 2).reshape(T * N, n_j)  # [i, j]
    dL_dWf = dL_dz_rows[:T].reshape(T * N, n_i).T @ s_rows[:T].reshape(T * N, n_i)  # [i, k]
    dL_dbf = dL_dz_rows[:T].sum((0, 1))  # [i]
    t15 = s_rows[1:T + 1].reshape(T * N, n_i).T @ t6.reshape(T * N, n_p)  # [i, p]
    dL_dV = t15.T.clone(memory_format=torch.contiguous_format)  # [p, i]
    dL_dV.index_put_((q,), (-1 / (N * T) * s_rows[1:T + 1]).permute(1, 0, 2), accumulate=True)
    dL_dd = t6.sum((0, 1))  # [p]
    dL_dd.index_put_((q,), dL_dd.new_tensor(-1 / (N * T)), accumulate=True)
    return {
        'dL_dE': dL_dE,
        'dL_dUf': dL_dUf,
        'dL_dWf': dL_dWf,
        'dL_dbf': dL_dbf,
        'dL_dV': dL_dV,
        'dL_dd': dL_dd,
    }
