import torch


def kernel(A, y, b, B, t):
    """z_k^i = A^i_j y_k^j + b^i
    s_k^i = tanh(z_k^i)
    x_k^c = B^c_i s_k^i
    p_k^c = softmax_c(x_k^c)
    dL_dx^k_c = 1/K (p_k^c - t_k^c)
    dL_ds^k_i = dL_dx^k_c B^c_i
    dL_dz^k_i = dL_ds^k_i (1 - s_k^i**2)
    `dL_dA`_i^j = dL_dz^k_i y_k^j
    `dL_db`_i = sum_k dL_dz^k_i
    `dL_dB`_c^i = dL_dx^k_c s_k^i
    """
    K = y.shape[0]
    z = torch.addmm(b, y, A.T)  # [k, i]
    s = z.tanh_()  # [k, i]
    x = s @ B.T  # [k, c]
    p = torch.softmax(x, -1)  # [k, c]
    dL_dx = p - t  # [k, c]
    dL_dx *= 1 / K
    dL_ds = dL_dx @ B  # [k, i]
    dL_dz = s * s  # [k, i]
    dL_dz.neg_()
    dL_dz += 1
    dL_dz *= dL_ds
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx.T @ s  # [c, i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
