import numpy as np
from numpy.lib.stride_tricks import as_strided


def _log_softmax(x, axes):
    shifted = x - np.max(x, axis=axes, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))


def _one_hot(x, axes, position):
    flat = x.reshape(x.shape[: axes[0]] + (-1,))
    result = np.zeros_like(flat)
    np.put_along_axis(result, position(flat, axis=-1)[..., None], 1, axis=-1)
    return result.reshape(x.shape)


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
    dtype = np.result_type(x, A, B, C, D, E, a, b, c, d, e)
    windows1 = as_strided(x, (N, 5, 28, 5, 28), (x.strides[0], x.strides[1], x.strides[1], x.strides[2], x.strides[2]))
    t1 = windows1.transpose(1, 3, 0, 2, 4).reshape(5 * 5, N * 28 * 28)
    z1 = (A.reshape(6, 5 * 5) @ t1).reshape(6, N, 28, 28)  # [o, n, p, q]
    z1 += a[:, None, None, None]
    u = np.tanh(z1, z1)  # [o, n, p, q]
    windows2 = as_strided(u, (6, N, 2, 14, 2, 14), (u.strides[0], u.strides[1], u.strides[2], 2 * u.strides[2], u.strides[3], 2 * u.strides[3]))
    v = windows2.sum((2, 4))  # [o, n, p, q]
    v *= 0.25
    windows3 = as_strided(v, (6, N, 5, 10, 5, 10), (v.strides[0], v.strides[1], v.strides[2], v.strides[2], v.strides[3], v.strides[3]))
    t2 = windows3.transpose(0, 2, 4, 1, 3, 5).reshape(6 * 5 * 5, N * 10 * 10)
    z2 = (B.reshape(16, 6 * 5 * 5) @ t2).reshape(16, N, 10, 10)  # [m, n, p, q]
    z2 += b[:, None, None, None]
    w = np.tanh(z2, z2)  # [m, n, p, q]
    windows4 = as_strided(w, (16, N, 2, 5, 2, 5), (w.strides[0], w.strides[1], w.strides[2], 2 * w.strides[2], w.strides[3], 2 * w.strides[3]))
    t3 = windows4.transpose(0, 1, 3, 5, 2, 4)
    y = np.max(t3, axis=(-2, -1))  # [m, n, p, q]
    t4 = y.transpose(1, 0, 2, 3).reshape(N, 16 * 5 * 5) @ C.reshape(120, 16 * 5 * 5).T  # [n, i]
    z3 = t4 + c  # [n, i]
    f = np.tanh(z3, z3)  # [n, i]
    z4 = f @ D.T  # [n, j]
    z4 += d
    g = np.tanh(z4, z4)  # [n, j]
    z = g @ E.T  # [n, k]
    z += e
    s = _log_softmax(z, (-1,))  # [n, k]
    t5 = np.exp(s, s)  # [n, k]
    t5 *= 1 / N
    dL_dg = t5 @ E  # [n, j]
    dL_dg -= 1 / N * E[t]
    dL_dz4 = g * g  # [n, j]
    np.subtract(1, dL_dz4, dL_dz4)
    dL_dz4 *= dL_dg
    dL_df = dL_dz4 @ D  # [n, i]
    dL_dz3 = f * f  # [n, i]
    np.subtract(1, dL_dz3, dL_dz3)
    dL_dz3 *= dL_df
    dL_dy = (dL_dz3 @ C.reshape(120, 16 * 5 * 5)).reshape(N, 16, 5, 5)  # [n, m, p, q]
    t6 = windows4.transpose(0, 1, 3, 5, 2, 4)
    t7 = _one_hot(t6, (-2, -1), np.argmax)  # [m, n, p, q, h, l]
    t7 *= dL_dy.transpose(1, 0, 2, 3)[:, :, :, :, None, None]
    dL_dw = np.zeros((16, N, 10, 10), dtype)  # [m, n, p, q]
    for r1 in range(2):
        for r2 in range(2):
            dL_dw[:, :, r1:2 * (5 - 1) + r1 + 1:2, r2:2 * (5 - 1) + r2 + 1:2] += t7[:, :, :, :, r1, r2]
    dL_dz2 = w * w  # [m, n, p, q]
    np.subtract(1, dL_dz2, dL_dz2)
    dL_dz2 *= dL_dw
    t8 = np.pad(dL_dz2, ((0, 0), (0, 0), (0, 0), (4, 4)))[:, :, :, 4:]
    windows5 = as_strided(t8, (16, N, 10, 5, 14), (t8.strides[0], t8.strides[1], t8.strides[2], -t8.strides[3], t8.strides[3]))
    t9 = windows5.transpose(0, 3, 1, 2, 4).reshape(16 * 5, N * 10 * 14)
    dL_dv = np.zeros((6, N, 14, 14), dtype)  # [o, n, p, q]
    t10 = (B.transpose(1, 2, 0, 3).reshape(6 * 5, 16 * 5) @ t9).reshape(6, 5, N, 10, 14)  # [o, r, n, p, q]
    for r3 in range(5):
        dL_dv[:, :, r3:10 + r3, :] += t10[:, r3]
    dense12 = np.zeros((6, N, 28, 28), dtype)  # [o, n, p, q]
    for r4 in range(2):
        for r5 in range(2):
            dense12[:, :, r4:2 * (14 - 1) + r4 + 1:2, r5:2 * (14 - 1) + r5 + 1:2] += dL_dv
    dL_dz1 = u * u  # [o, n, p, q]
    np.subtract(1, dL_dz1, dL_dz1)
    dL_dz1 *= dense12
    dL_dz1 *= 0.25
    t11 = windows1.transpose(1, 3, 0, 2, 4).reshape(5 * 5, N * 28 * 28).T
    dL_dA = (dL_dz1.reshape(6, N * 28 * 28) @ t11).reshape(6, 5, 5)  # [o, r, s]
    dL_da = dL_dz1.sum((1, 2, 3))  # [o]
    t12 = windows3.transpose(0, 2, 4, 1, 3, 5).reshape(6 * 5 * 5, N * 10 * 10).T
    dL_dB = (dL_dz2.reshape(16, N * 10 * 10) @ t12).reshape(16, 6, 5, 5)  # [m, o, r, s]
    dL_db = dL_dz2.sum((1, 2, 3))  # [m]
    dL_dC = (dL_dz3.T @ y.transpose(1, 0, 2, 3).reshape(N, 16 * 5 * 5)).reshape(120, 16, 5, 5)  # [i, m, p, q]
    dL_dc = dL_dz3.sum(0)  # [i]
    dL_dD = dL_dz4.T @ f  # [j, i]
    dL_dd = dL_dz4.sum(0)  # [j]
    dL_dE = t5.T @ g  # [k, j]
    np.add.at(dL_dE, (t,), -1 / N * g)
    dL_de = t5.sum(0)  # [k]
    np.add.at(dL_de, (t,), -1 / N)
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
