import torch


def kernel(h, U, x, W, V, y_bar):
    """z_t^i = U^i_j x_t^j + W^i_k s_{t-1}^k
    s_{-1}^i = h^i
    s_t^i = tanh(z_t^i)
    s_bar^t_i = y_bar^t_p V^p_i + zeropad(z_bar^{t+1}_<i1>) W^<i1>_i
    z_bar^t_i = s_bar^t_i (1 - s_t^i**2)
    `U_bar`_i^j = z_bar^t_i x_t^j
    `W_bar`_i^k = z_bar^t_i s_{t-1}^k
    `V_bar`_p^i = y_bar^t_p s_t^i
    `h_bar`_i = z_bar^{[0]}_<i1> W^<i1>_i
    x_bar^t_j = z_bar^t_i U^i_j
    """
    n_i = h.shape[0]
    n_t = x.shape[0]
    dtype, device = h.dtype, h.device
    t1 = x @ U.T  # [t, i]
    s_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    s_rows[0] = h
    for t in range(n_t):
        z_t = W @ s_rows[t]  # [i]
        z_t += t1[t]
        s_rows[t + 1] = z_t.tanh_()
    t2 = s_rows[1:n_t + 1]  # [t, i]
    t3 = y_bar @ V  # [t, i]
    t4 = t2 * t2  # [t, i]
    t4.neg_()
    t4 += 1
    z_bar_rows = torch.zeros((n_t + 1, n_i), dtype=dtype, device=device)
    for t in range(n_t - 1, -1, -1):
        s_bar_t = z_bar_rows[t + 1] @ W  # [i]
        s_bar_t += t3[t]
        z_bar_rows[t] = (s_bar_t * t4[t])
    U_bar = z_bar_rows[:n_t].T @ x  # [i, j]
    W_bar = z_bar_rows[:n_t].T @ s_rows[:n_t]  # [i, k]
    V_bar = y_bar.T @ t2  # [p, i]
    h_bar = z_bar_rows[0] @ W  # [i]
    x_bar = z_bar_rows[:n_t] @ U  # [t, j]
    return {'U_bar': U_bar, 'W_bar': W_bar, 'V_bar': V_bar, 'h_bar': h_bar, 'x_bar': x_bar}
