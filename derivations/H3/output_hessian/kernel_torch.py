import torch


def kernel(W, x, b, U):
    """z_nj = W_ji x_ni + b_j
    h_nj = tanh(z_nj)
    d2L_dU_dU^<o j o1 j1> = δ^o_<o1> h_nj h_<n j1>
    """
    n_j = W.shape[0]
    n_o = U.shape[0]
    dtype, device = W.dtype, W.device
    z = torch.addmm(b, x, W.T)  # [n, j]
    h = z.tanh_()  # [n, j]
    d2L_dU_dU = torch.zeros((n_o, n_j, n_o, n_j), dtype=dtype, device=device)  # [o, j, o, j]
    d2L_dU_dU.diagonal(0, 0, 2)[...] = (h.T @ h)[:, :, None]
    return d2L_dU_dU
