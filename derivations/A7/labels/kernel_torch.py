import torch


def kernel(A, y, b, B, c):
    """z_k^i = A^i_j y_k^j + b^i
    s_k^i = tanh(z_k^i)
    x_k^m = B^m_i s_k^i
    l_k^m = log_softmax_m(x_k^m)
    dL_dx^k_m = 1/K (exp(l_km) - δ^{c_k}_m)
    dL_ds^k_i = dL_dx^k_m B^m_i
    dL_dz^k_i = dL_ds^k_i (1 - s_k^i**2)
    `dL_dA`_i^j = dL_dz^k_i y_k^j
    `dL_db`_i = sum_k dL_dz^k_i
    `dL_dB`_m^i = dL_dx^k_m s_k^i
    """
    K = y.shape[0]
    n_m = B.shape[0]
    z = torch.addmm(b, y, A.T)  # [k, i]
    s = z.tanh_()  # [k, i]
    x = s @ B.T  # [k, m]
    l = torch.log_softmax(x, -1)  # [k, m]
    t1 = l.exp_()  # [k, m]
    t1 *= 1 / K
    dL_ds = t1 @ B  # [k, i]
    dL_ds -= 1 / K * B[c]
    dL_dz = s * s  # [k, i]
    dL_dz.neg_()
    dL_dz += 1
    dL_dz *= dL_ds
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = t1.T @ s  # [m, i]
    dL_dB.index_put_((c,), -1 / K * s, accumulate=True)
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
