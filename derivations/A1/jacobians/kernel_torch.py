import torch


def kernel(A, y):
    """dz_dy^i_j = A^i_j
    dz_dA^i_<i1>^j = δ^i_<i1> y^j
    """
    n_i, n_j = A.shape
    dtype, device = A.dtype, A.device
    dz_dA = torch.zeros((n_i, n_i, n_j), dtype=dtype, device=device)  # [i, i, j]
    dz_dA.diagonal(0, 0, 1)[...] = y[:, None]
    return {'dz_dy': A.clone(memory_format=torch.contiguous_format), 'dz_dA': dz_dA}
