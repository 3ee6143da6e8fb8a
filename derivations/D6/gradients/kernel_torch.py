import torch


def kernel(x, A, B, C, D, E, a, b, c, d, e, t):
    """z1_nopq = A_ors x_{n, p+r, q+s} + a_o
    u_nopq = tanh(z1_nopq)
    v_nopq = 1/4 sum_{h l} u_{n, o, h+2*p, l+2*q}
    z2_nmpq = B_mors v_{n, o, p+r, q+s} + b_m
    w_nmpq = tanh(z2_nmpq)
    y_nmpq = max_{h l}(w_{n, m, h+2*p, l+2*q})
    z3_ni = C_impq y_nmpq + c_i
    f_ni = tanh(z3_ni)
    z4_nj = D_ji f_ni + d_j
    g_nj = tanh(z4_nj)
    z_nk = E_kj g_nj + e_k
    s_nk = log_softmax_k(z_nk)
    dL_dz^nk = 1/N (exp(s_n^k) - δ^k_{t_n})
    dL_dg^nj = dL_dz^nk E_kj
    dL_dz4^nj = dL_dg^nj (1 - g_nj**2)
    dL_df^ni = dL_dz4^nj D_ji
    dL_dz3^ni = dL_df^ni (1 - f_ni**2)
    dL_dy^nmpq = dL_dz3^ni C_impq
    dL_dw^nmpq = δ^p_{h + 2*p1} δ^q_{l + 2*q1} dL_dy^<n m p1 q1> argmax_onehot_{h l}(w_{n, m, h + 2*p1, l + 2*q1})
    dL_dz2^nmpq = dL_dw^nmpq (1 - w_nmpq**2)
    dL_dv^nopq = zeropad(dL_dz2^{n, m, p-r, q-s}) B_mors
    dL_du^nopq = 1/4 sum_{h=0}^{1} sum_{l=0}^{1} δ^p_{h + 2*p1} δ^q_{l + 2*q1} dL_dv^<n o p1 q1>
    dL_dz1^nopq = dL_du^nopq (1 - u_nopq**2)
    dL_dA^ors = dL_dz1^nopq x_{n, p+r, q+s}
    dL_da^o = sum_{n p q} dL_dz1^nopq
    dL_dB^mors = dL_dz2^nmpq v_{n, o, p+r, q+s}
    dL_db^m = sum_{n p q} dL_dz2^nmpq
    dL_dC^impq = dL_dz3^ni y_nmpq
    dL_dc^i = sum_n dL_dz3^ni
    dL_dD^ji = dL_dz4^nj f_ni
    dL_dd^j = sum_n dL_dz4^nj
    dL_dE^kj = dL_dz^nk g_nj
    dL_de^k = sum_n dL_dz^nk
    """
    N = x.shape[0]
    dtype, device = x.dtype, x.device
    z1 = torch.nn.functional.conv2d(x.reshape(N, 1, 32, 32), A.reshape(6, 1, 5, 5))  # [n, o, p, q]
    z1 += a[:, None, None]
    u = z1.tanh_()  # [n, o, p, q]
    v = torch.nn.functional.avg_pool2d(u.permute(1, 0, 2, 3), (2, 2), (2, 2), divisor_override=1)  # [o, n, p, q]
    v *= 0.25
    z2 = torch.nn.functional.conv2d(v.permute(1, 0, 2, 3), B)  # [n, m, p, q]
    z2 += b[:, None, None]
    w = z2.tanh_()  # [n, m, p, q]
    y, places1 = torch.nn.functional.max_pool2d(w.permute(1, 0, 2, 3), (2, 2), (2, 2), return_indices=True)
    t1 = y.permute(1, 0, 2, 3).reshape(N, 16 * 5 * 5) @ C.reshape(120, 16 * 5 * 5).T  # [n, i]
    z3 = t1 + c  # [n, i]
    f = z3.tanh_()  # [n, i]
    z4 = torch.addmm(d, f, D.T)  # [n, j]
    g = z4.tanh_()  # [n, j]
    z = torch.addmm(e, g, E.T)  # [n, k]
    s = torch.log_softmax(z, -1)  # [n, k]
    t2 = s.exp_()  # [n, k]
    t2 *= 1 / N
    dL_dg = t2 @ E  # [n, j]
    dL_dg -= 1 / N * E[t]
    dL_dz4 = g * g  # [n, j]
    dL_dz4.neg_()
    dL_dz4 += 1
    dL_dz4 *= dL_dg
    dL_df = dL_dz4 @ D  # [n, i]
    dL_dz3 = f * f  # [n, i]
    dL_dz3.neg_()
    dL_dz3 += 1
    dL_dz3 *= dL_df
    dL_dy = (dL_dz3 @ C.reshape(120, 16 * 5 * 5)).reshape(N, 16, 5, 5)  # [n, m, p, q]
    t3 = torch.zeros((16, N, 10 * 10), dtype=dtype, device=device)
    t3.scatter_add_(2, places1.flatten(2), dL_dy.permute(1, 0, 2, 3).flatten(2))
    dL_dw = t3.reshape(16, N, 10, 10)  # [m, n, p, q]
    dL_dz2 = w * w  # [n, m, p, q]
    dL_dz2.neg_()
    dL_dz2 += 1
    dL_dz2 *= dL_dw.permute(1, 0, 2, 3)
    dL_dv = torch.nn.grad.conv2d_input((N, 6, 14, 14), B, dL_dz2)  # [n, o, p, q]
    dense12 = torch.zeros((N, 6, 28, 28), dtype=dtype, device=device)  # [n, o, p, q]
    for r1 in range(2):
        for r2 in range(2):
            dense12[:, :, r1:2 * (14 - 1) + r1 + 1:2, r2:2 * (14 - 1) + r2 + 1:2] += dL_dv
    dL_dz1 = u * u  # [n, o, p, q]
    dL_dz1.neg_()
    dL_dz1 += 1
    dL_dz1 *= dense12
    dL_dz1 *= 0.25
    dL_dA = torch.nn.grad.conv2d_weight(x.reshape(N, 1, 32, 32), (6, 1, 5, 5), dL_dz1).reshape(6, 5, 5)  # [o, r, s]
    dL_da = dL_dz1.sum((0, 2, 3))  # [o]
    dL_dB = torch.nn.grad.conv2d_weight(v.permute(1, 0, 2, 3), (16, 6, 5, 5), dL_dz2)  # [m, o, r, s]
    dL_db = dL_dz2.sum((0, 2, 3))  # [m]
    dL_dC = (dL_dz3.T @ y.permute(1, 0, 2, 3).reshape(N, 16 * 5 * 5)).reshape(120, 16, 5, 5)  # [i, m, p, q]
    dL_dc = dL_dz3.sum(0)  # [i]
    dL_dD = dL_dz4.T @ f  # [j, i]
    dL_dd = dL_dz4.sum(0)  # [j]
    dL_dE = t2.T @ g  # [k, j]
    dL_dE.index_put_((t,), -1 / N * g, accumulate=True)
    dL_de = t2.sum(0)  # [k]
    dL_de.index_put_((t,), dL_de.new_tensor(-1 / N), accumulate=True)
    return {
        'dL_dA': dL_dA,
        'dL_da': dL_da,
        'dL_dB': dL_dB,
        'dL_db': dL_db,
        'dL_dC': dL_dC,
        'dL_dc': dL_dc,
        'dL_dD': dL_dD,
        'dL_dd': dL_dd,
        'dL_dE': dL_dE,
        'dL_de': dL_de,
    }
