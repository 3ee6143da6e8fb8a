import torch


def kernel(W, x):
    """`dy_dx`_i^j = W_ij
    `dy_dW`_i^<i1 j> = δ^<i1>_i x_j
    """
    n_i, n_j = W.shape
    dtype, device = W.dtype, W.device
    dy_dW = torch.zeros((n_i, n_i, n_j), dtype=dtype, device=device)  # [i, i, j]
    dy_dW.diagonal(0, 0, 1)[...] = x[:, None]
    return {'dy_dx': W.clone(memory_format=torch.contiguous_format), 'dy_dW': dy_dW}
