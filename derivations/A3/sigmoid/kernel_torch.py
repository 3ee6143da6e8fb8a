import torch


def kernel(A, y, b, a, B):
    """z^i = A^i_j y^j + b^i
    s^i = sigmoid(a z^i)
    dx_dy^p_j = B^p_i s^i (1 - s^i) a A^i_j
    dx_dA^p_i^j = B^p_i s^i (1 - s^i) a y^j
    dx_db^p_i = B^p_i s^i (1 - s^i) a
    dx_dB^p_<p1>^i = δ^p_<p1> s^i
    """
    n_i = A.shape[0]
    n_p = B.shape[0]
    dtype, device = A.dtype, A.device
    z = A @ y  # [i]
    z += b
    s = torch.sigmoid(a * z)  # [i]
    t1 = 1 - s  # [i]
    t1 *= s
    dx_dy = (B * (a * t1)) @ A  # [p, j]
    t2 = B * t1  # [p, i]
    dx_dA = a * y * t2[:, :, None]  # [p, i, j]
    dx_db = a * t2  # [p, i]
    dx_dB = torch.zeros((n_p, n_p, n_i), dtype=dtype, device=device)  # [p, p, i]
    dx_dB.diagonal(0, 0, 1)[...] = s[:, None]
    return {'dx_dy': dx_dy, 'dx_dA': dx_dA, 'dx_db': dx_db, 'dx_dB': dx_dB}
