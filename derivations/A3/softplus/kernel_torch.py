import torch


def kernel(A, y, b, B):
    """z^i = A^i_j y^j + b^i
    s^i = softplus(z^i)
    dx_dy^p_j = B^p_i sigmoid(z^i) A^i_j
    dx_dA^p_i^j = B^p_i sigmoid(z^i) y^j
    dx_db^p_i = B^p_i sigmoid(z^i)
    dx_dB^p_<p1>^i = δ^p_<p1> s^i
    """
    n_i = A.shape[0]
    n_p = B.shape[0]
    dtype, device = A.dtype, A.device
    z = A @ y  # [i]
    z += b
    dx_db = B * torch.sigmoid(z)  # [p, i]
    dx_dy = dx_db @ A  # [p, j]
    dx_dA = y * dx_db[:, :, None]  # [p, i, j]
    s = -torch.nn.functional.logsigmoid(-z)  # [i]
    dx_dB = torch.zeros((n_p, n_p, n_i), dtype=dtype, device=device)  # [p, p, i]
    dx_dB.diagonal(0, 0, 1)[...] = s[:, None]
    return {'dx_dy': dx_dy, 'dx_dA': dx_dA, 'dx_db': dx_db, 'dx_dB': dx_dB}
