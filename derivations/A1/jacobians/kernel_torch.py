import torch


def kernel(A, y):
    """dz_dy[i, j]
    dz_dA[i, i, j]
    """
    n_i, n_j = A.shape
    dtype, device = torch.promote_types(A.dtype, y.dtype), A.device
    dz_dA = torch.zeros((n_i, n_i, n_j), dtype=dtype, device=device)  # [i, i, j]
    dz_dA.diagonal(0, 0, 1)[...] = y[:, None]
    return {'dz_dy': A.clone(memory_format=torch.contiguous_format), 'dz_dA': dz_dA}
