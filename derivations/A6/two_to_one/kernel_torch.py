import torch


def kernel(G, y):
    """dx_dy^i_<k1 k2> = G^i_<k1 k2>
    dx_dG^i_<i1>^<k1 k2> = δ^i_<i1> y^<k1 k2>
    """
    n_i, n_k1, n_k2 = G.shape
    dtype, device = G.dtype, G.device
    dx_dG = torch.zeros((n_i, n_i, n_k1, n_k2), dtype=dtype, device=device)  # [i, i, k1, k2]
    dx_dG.diagonal(0, 0, 1)[...] = y[:, :, None]
    return {'dx_dy': G.clone(memory_format=torch.contiguous_format), 'dx_dG': dx_dG}
