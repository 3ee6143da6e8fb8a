import numpy as np


def _sigmoid(x):
    e = np.exp(np.minimum(x, -x))
    return np.where(x >= 0, 1, e) / (1 + e)


def kernel(s0, c0, Uf, x, Wf, bf, Uu, Wu, bu, Uo, Wo, bo, Ug, Wg, bg, V, y_bar):
    """z_nt^i = Uf^i_j x_nt^j + Wf^i_k s_{n, t-1}^k + bf^i
    f_nt^i = sigmoid(z_nt^i)
    z1_nt^i = Uu^i_j x_nt^j + Wu^i_k s_{n, t-1}^k + bu^i
    u_nt^i = sigmoid(z1_nt^i)
    z2_nt^i = Uo^i_j x_nt^j + Wo^i_k s_{n, t-1}^k + bo^i
    o_nt^i = sigmoid(z2_nt^i)
    z3_nt^i = Ug^i_j x_nt^j + Wg^i_k s_{n, t-1}^k + bg^i
    g_nt^i = tanh(z3_nt^i)
    c_{n, -1}^i = c0_n^i
    c_nt^i = f_nt^i c_{n, t-1}^i + u_nt^i g_nt^i
    s_{n, -1}^i = s0_n^i
    s_nt^i = o_nt^i tanh(c_nt^i)
    s_bar^nt_i = y_bar^nt_p V^p_i + zeropad(z_bar^{n, t+1}_<i1>) Wf^<i1>_i + zeropad(z1_bar^{n, t+1}_<i1>) Wu^<i1>_i + zeropad(z2_bar^{n, t+1}_<i1>) Wo^<i1>_i + zeropad(z3_bar^{n, t+1}_<i1>) Wg^<i1>_i
    c_bar^nt_i = zeropad(c_bar^{n, t+1}_i) zeropad(f_{n, t+1}^i) + s_bar^nt_i o_nt^i (1 - tanh(c_nt^i)**2)
    g_bar^nt_i = c_bar^nt_i u_nt^i
    z3_bar^nt_i = g_bar^nt_i (1 - g_nt^i**2)
    o_bar^nt_i = s_bar^nt_i tanh(c_nt^i)
    z2_bar^nt_i = o_bar^nt_i o_nt^i (1 - o_nt^i)
    u_bar^nt_i = c_bar^nt_i g_nt^i
    z1_bar^nt_i = u_bar^nt_i u_nt^i (1 - u_nt^i)
    f_bar^nt_i = c_bar^nt_i c_{n, t-1}^i
    z_bar^nt_i = f_bar^nt_i f_nt^i (1 - f_nt^i)
    `Uf_bar`_i^j = z_bar^nt_i x_nt^j
    `Wf_bar`_i^k = z_bar^nt_i s_{n, t-1}^k
    `bf_bar`_i = sum_{n t} z_bar^nt_i
    `Uu_bar`_i^j = z1_bar^nt_i x_nt^j
    `Wu_bar`_i^k = z1_bar^nt_i s_{n, t-1}^k
    `bu_bar`_i = sum_{n t} z1_bar^nt_i
    `Uo_bar`_i^j = z2_bar^nt_i x_nt^j
    `Wo_bar`_i^k = z2_bar^nt_i s_{n, t-1}^k
    `bo_bar`_i = sum_{n t} z2_bar^nt_i
    `Ug_bar`_i^j = z3_bar^nt_i x_nt^j
    `Wg_bar`_i^k = z3_bar^nt_i s_{n, t-1}^k
    `bg_bar`_i = sum_{n t} z3_bar^nt_i
    `V_bar`_p^i = y_bar^nt_p s_nt^i
    `d_bar`_p = sum_{n t} y_bar^nt_p
    x_bar^nt_j = z3_bar^nt_i Ug^i_j + z2_bar^nt_i Uo^i_j + z1_bar^nt_i Uu^i_j + z_bar^nt_i Uf^i_j
    s0_bar^n_i = z_bar^{n, [0]}_<i1> Wf^<i1>_i + z1_bar^{n, [0]}_<i1> Wu^<i1>_i + z2_bar^{n, [0]}_<i1> Wo^<i1>_i + z3_bar^{n, [0]}_<i1> Wg^<i1>_i
    c0_bar^n_i = c_bar^{n, [0]}_i f_{n, 0}^i
    """
    n_n, n_i = s0.shape
    n_j = Uf.shape[1]
    n_t = x.shape[1]
    n_p = V.shape[0]
    dtype = np.result_type(s0, c0, Uf, x, Wf, bf, Uu, Wu, bu, Uo, Wo, bo, Ug, Wg, bg, V, y_bar)
    t1 = (x.reshape(n_n * n_t, n_j) @ Uf.T).reshape(n_n, n_t, n_i)  # [n, t, i]
    t1 += bf
    t2 = (x.reshape(n_n * n_t, n_j) @ Uu.T).reshape(n_n, n_t, n_i)  # [n, t, i]
    t2 += bu
    t3 = (x.reshape(n_n * n_t, n_j) @ Uo.T).reshape(n_n, n_t, n_i)  # [n, t, i]
    t3 += bo
    t4 = (x.reshape(n_n * n_t, n_j) @ Ug.T).reshape(n_n, n_t, n_i)  # [n, t, i]
    t4 += bg
    f = np.zeros((n_t, n_n, n_i), dtype)
    u = np.zeros((n_t, n_n, n_i), dtype)
    o = np.zeros((n_t, n_n, n_i), dtype)
    g = np.zeros((n_t, n_n, n_i), dtype)
    c_rows = np.zeros((n_t + 1, n_n, n_i), dtype)
    s_rows = np.zeros((n_t + 1, n_n, n_i), dtype)
    c_rows[0] = c0
    s_rows[0] = s0
    for t in range(n_t):
        z_t = t1[:, t] + s_rows[t] @ Wf.T  # [n, i]
        f_t = _sigmoid(z_t)  # [n, i]
        f[t] = f_t
        z1_t = t2[:, t] + s_rows[t] @ Wu.T  # [n, i]
        u_t = _sigmoid(z1_t)  # [n, i]
        u[t] = u_t
        z2_t = t3[:, t] + s_rows[t] @ Wo.T  # [n, i]
        o_t = _sigmoid(z2_t)  # [n, i]
        o[t] = o_t
        z3_t = t4[:, t] + s_rows[t] @ Wg.T  # [n, i]
        g_t = np.tanh(z3_t, z3_t)  # [n, i]
        g[t] = g_t
        c_t = f_t * c_rows[t]  # [n, i]
        c_t += u_t * g_t
        c_rows[t + 1] = c_t
        s_rows[t + 1] = (o_t * np.tanh(c_t))
    t5 = np.tanh(c_rows[1:n_t + 1])  # [t, n, i]
    t6 = np.pad(f, ((0, 1), (0, 0), (0, 0)))[1:n_t + 1]  # [t, n, i]
    t7 = t5 * t5  # [t, n, i]
    np.subtract(1, t7, t7)
    t7 *= o
    t8 = (y_bar.reshape(n_n * n_t, n_p) @ V).reshape(n_n, n_t, n_i)  # [n, t, i]
    t9 = g * g  # [t, n, i]
    np.subtract(1, t9, t9)
    t10 = 1 - o  # [t, n, i]
    t10 *= o
    t11 = 1 - u  # [t, n, i]
    t11 *= u
    t12 = 1 - f  # [t, n, i]
    t12 *= f
    c_bar_rows = np.zeros((n_t + 1, n_n, n_i), dtype)
    z3_bar_rows = np.zeros((n_t + 1, n_n, n_i), dtype)
    z2_bar_rows = np.zeros((n_t + 1, n_n, n_i), dtype)
    z1_bar_rows = np.zeros((n_t + 1, n_n, n_i), dtype)
    z_bar_rows = np.zeros((n_t + 1, n_n, n_i), dtype)
    for t in range(n_t - 1, -1, -1):
        s_bar_t = z_bar_rows[t + 1] @ Wf  # [n, i]
        s_bar_t += t8[:, t]
        s_bar_t += z1_bar_rows[t + 1] @ Wu
        s_bar_t += z2_bar_rows[t + 1] @ Wo
        s_bar_t += z3_bar_rows[t + 1] @ Wg
        c_bar_t = c_bar_rows[t + 1] * t6[t]  # [n, i]
        c_bar_t += t7[t] * s_bar_t
        c_bar_rows[t] = c_bar_t
        z3_bar_rows[t] = (c_bar_t * (u[t] * t9[t]))
        o_bar_t = s_bar_t * t5[t]  # [n, i]
        z2_bar_rows[t] = (t10[t] * o_bar_t)
        u_bar_t = c_bar_t * g[t]  # [n, i]
        z1_bar_rows[t] = (t11[t] * u_bar_t)
        f_bar_t = c_bar_t * c_rows[t]  # [n, i]
        z_bar_rows[t] = (t12[t] * f_bar_t)
    Uf_bar = z_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ x.transpose(1, 0, 2).reshape(n_t * n_n, n_j)  # [i, j]
    Wf_bar = z_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ s_rows[:n_t].reshape(n_t * n_n, n_i)  # [i, k]
    bf_bar = z_bar_rows[:n_t].sum((0, 1))  # [i]
    Uu_bar = z1_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ x.transpose(1, 0, 2).reshape(n_t * n_n, n_j)  # [i, j]
    Wu_bar = z1_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ s_rows[:n_t].reshape(n_t * n_n, n_i)  # [i, k]
    bu_bar = z1_bar_rows[:n_t].sum((0, 1))  # [i]
    Uo_bar = z2_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ x.transpose(1, 0, 2).reshape(n_t * n_n, n_j)  # [i, j]
    Wo_bar = z2_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ s_rows[:n_t].reshape(n_t * n_n, n_i)  # [i, k]
    bo_bar = z2_bar_rows[:n_t].sum((0, 1))  # [i]
    Ug_bar = z3_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ x.transpose(1, 0, 2).reshape(n_t * n_n, n_j)  # [i, j]
    Wg_bar = z3_bar_rows[:n_t].reshape(n_t * n_n, n_i).T @ s_rows[:n_t].reshape(n_t * n_n, n_i)  # [i, k]
    bg_bar = z3_bar_rows[:n_t].sum((0, 1))  # [i]
    t13 = s_rows[1:n_t + 1].transpose(1, 0, 2).reshape(n_n * n_t, n_i)
    V_bar = y_bar.reshape(n_n * n_t, n_p).T @ t13  # [p, i]
    d_bar = y_bar.sum((0, 1))  # [p]
    x_bar = (z3_bar_rows[:n_t].reshape(n_t * n_n, n_i) @ Ug).reshape(n_t, n_n, n_j)  # [t, n, j]
    x_bar += (z2_bar_rows[:n_t].reshape(n_t * n_n, n_i) @ Uo).reshape(n_t, n_n, n_j)
    x_bar += (z1_bar_rows[:n_t].reshape(n_t * n_n, n_i) @ Uu).reshape(n_t, n_n, n_j)
    x_bar += (z_bar_rows[:n_t].reshape(n_t * n_n, n_i) @ Uf).reshape(n_t, n_n, n_j)
    s0_bar = z_bar_rows[0] @ Wf  # [n, i]
    s0_bar += z1_bar_rows[0] @ Wu
    s0_bar += z2_bar_rows[0] @ Wo
    s0_bar += z3_bar_rows[0] @ Wg
    c0_bar = c_bar_rows[0] * f[0]  # [n, i]
    return {
        'Uf_bar': Uf_bar,
        'Wf_bar': Wf_bar,
        'bf_bar': bf_bar,
        'Uu_bar': Uu_bar,
        'Wu_bar': Wu_bar,
        'bu_bar': bu_bar,
        'Uo_bar': Uo_bar,
        'Wo_bar': Wo_bar,
        'bo_bar': bo_bar,
        'Ug_bar': Ug_bar,
        'Wg_bar': Wg_bar,
        'bg_bar': bg_bar,
        'V_bar': V_bar,
        'd_bar': d_bar,
        'x_bar': x_bar.transpose(1, 0, 2),
        's0_bar': s0_bar,
        'c0_bar': c0_bar,
    }
