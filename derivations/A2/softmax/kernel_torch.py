import torch


def kernel(A, y, b, B):
    """z^i = A^i_j y^j + b^i
    s^i = softmax_i(z^i)
    dx_dy^p_j = s^i (B^p_i - B^p_<i1> s^<i1>) A^i_j
    dx_dA^p_i^j = s^i (B^p_i - B^p_<i1> s^<i1>) y^j
    dx_db^p_i = s^i (B^p_i - B^p_<i1> s^<i1>)
    dx_dB^p_<p1>^i = δ^p_<p1> s^i
    """
    n_i = A.shape[0]
    n_p = B.shape[0]
    dtype, device = A.dtype, A.device
    z = A @ y  # [i]
    z += b
    s = torch.softmax(z, -1)  # [i]
    dx_db = B - (B @ s)[:, None]  # [p, i]
    dx_db *= s
    dx_dy = dx_db @ A  # [p, j]
    dx_dA = y * dx_db[:, :, None]  # [p, i, j]
    dx_dB = torch.zeros((n_p, n_p, n_i), dtype=dtype, device=device)  # [p, p, i]
    dx_dB.diagonal(0, 0, 1)[...] = s[:, None]
    return {
        'dx_dy': dx_dy,
        'dx_dA': dx_dA,
        'dx_db': dx_db.clone(memory_format=torch.contiguous_format),
        'dx_dB': dx_dB,
    }
