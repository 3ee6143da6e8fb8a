import torch


def kernel(A, y, b, B, t):
    """z_k^i = A^i_j y_k^j + b^i
    s_k^i = tanh(z_k^i)
    x_k^p = B^p_i s_k^i
    e_k^p = t_k^p - x_k^p
    dL_de^k_p = 2/K e_k^p
    dL_dx^k_p = -dL_de^k_p
    dL_ds^k_i = dL_dx^k_p B^p_i
    dL_dz^k_i = dL_ds^k_i (1 - s_k^i**2)
    `dL_dA`_i^j = dL_dz^k_i y_k^j
    `dL_db`_i = sum_k dL_dz^k_i
    `dL_dB`_p^i = dL_dx^k_p s_k^i
    """
    K = y.shape[0]
    z = torch.addmm(b, y, A.T)  # [k, i]
    s = z.tanh_()  # [k, i]
    x = s @ B.T  # [k, p]
    e = t - x  # [k, p]
    dL_dx = -2 / K * e  # [k, p]
    dL_dz = s * s  # [k, i]
    dL_dz.neg_()
    dL_dz += 1
    dL_dz *= dL_dx @ B
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx.T @ s  # [p, i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
