import torch


def kernel(h, E, w, W, V, g):
    """z_t^i = E_{w_t}^i + W^i_j s_{t-1}^j
    s_{-1}^i = h^i
    s_t^i = tanh(z_t^i)
    z1_t^v = V^v_i s_t^i
    l_t^v = log_softmax_v(z1_t^v)
    dL_dz1^t_v = 1/n_t (exp(l_tv) - δ^{g_t}_v)
    dL_ds^t_i = dL_dz1^t_v V^v_i + zeropad(dL_dz^{t+1}_<i1>) W^<i1>_i
    dL_dz^t_i = dL_ds^t_i (1 - s_t^i**2)
    dL_dE^i_j = δ^i_{w_t} dL_dz^t_j
    `dL_dW`_i^j = dL_dz^t_i s_{t-1}^j
    `dL_dV`_v^i = dL_dz1^t_v s_t^i
    `dL_dh`_i = dL_dz^{[0]}_<i1> W^<i1>_i
    """
    n_i = h.shape[0]
    n_E = E.shape[0]
    n_t = w.shape[0]
    n_v = V.shape[0]
    dtype, device = h.dtype, h.device
    t1 = E[w]  # [t, i]
    s_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    s_rows[0] = h
    for t in range(n_t):
        z_t = W @ s_rows[t]  # [i]
        z_t += t1[t]
        s_rows[t + 1] = z_t.tanh_()
    z1 = s_rows[1:n_t + 1] @ V.T  # [t, v]
    l = torch.log_softmax(z1, -1)  # [t, v]
    t2 = l.exp_()  # [t, v]
    t2 *= 1 / n_t
    t3 = s_rows[1:n_t + 1]  # [t, i]
    t4 = t2 @ V  # [t, i]
    t4 -= 1 / n_t * V[g]
    t5 = t3 * t3  # [t, i]
    t5.neg_()
    t5 += 1
    dL_dz_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    for t in range(n_t - 1, -1, -1):
        dL_ds_t = dL_dz_rows[t + 1] @ W  # [i]
        dL_ds_t += t4[t]
        dL_dz_rows[t] = (dL_ds_t * t5[t])
    dL_dE = torch.zeros((n_E, n_i), dtype=dtype, device=device)  # [i, j]
    dL_dE.index_put_((w,), dL_dz_rows[:n_t], accumulate=True)
    dL_dW = dL_dz_rows[:n_t].T @ s_rows[:n_t]  # [i, j]
    dL_dV = (t3.T @ t2).T  # [v, i]
    dL_dV.index_put_((g,), -1 / n_t * t3, accumulate=True)
    dL_dh = dL_dz_rows[0] @ W  # [i]
    return {'dL_dE': dL_dE, 'dL_dW': dL_dW, 'dL_dV': dL_dV, 'dL_dh': dL_dh}
