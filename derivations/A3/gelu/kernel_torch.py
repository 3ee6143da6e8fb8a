import torch


def kernel(A, y, b, B):
    """z^i = A^i_j y^j + b^i
    s^i = gelu(z^i)
    dx_dy^p_j = sum_i B^p_i (1/2 + 1/2 erf(z^i / sqrt(2)) + z^i exp(-1/2 z^i**2) / sqrt(2 pi)) A^i_j
    dx_dA^p_i^j = B^p_i (1/2 + 1/2 erf(z^i / sqrt(2)) + z^i exp(-1/2 z^i**2) / sqrt(2 pi)) y^j
    dx_db^p_i = B^p_i (1/2 + 1/2 erf(z^i / sqrt(2)) + z^i exp(-1/2 z^i**2) / sqrt(2 pi))
    dx_dB^p_<p1>^i = δ^p_<p1> s^i
    """
    n_i = A.shape[0]
    n_p = B.shape[0]
    dtype, device = A.dtype, A.device
    z = A @ y  # [i]
    z += b
    t1 = torch.erf(0.7071067811865475 * z)  # [i]
    t1 *= 0.5
    t1 += 0.3989422804014327 * (z * torch.exp(-0.5 * (z * z)))
    t1 += 0.5
    dx_db = B * t1  # [p, i]
    dx_dy = dx_db @ A  # [p, j]
    dx_dA = y * dx_db[:, :, None]  # [p, i, j]
    s = torch.nn.functional.gelu(z)  # [i]
    dx_dB = torch.zeros((n_p, n_p, n_i), dtype=dtype, device=device)  # [p, p, i]
    dx_dB.diagonal(0, 0, 1)[...] = s[:, None]
    return {'dx_dy': dx_dy, 'dx_dA': dx_dA, 'dx_db': dx_db, 'dx_dB': dx_dB}
