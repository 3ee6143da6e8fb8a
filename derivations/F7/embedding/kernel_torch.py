import torch


def kernel(E, w, y_bar):
    """E_bar^ij = δ^i_{w_t} y_bar^tj"""
    n_d = y_bar.shape[1]
    n_E = E.shape[0]
    dtype, device = E.dtype, E.device
    E_bar = torch.zeros((n_E, n_d), dtype=dtype, device=device)  # [i, j]
    E_bar.index_put_((w,), y_bar, accumulate=True)
    return E_bar
