import torch


def kernel(W, x, b):
    """h_nj = tanh(W_ji x_ni + b_j)
    D_j = h_nj h_nj
    """
    h = torch.tanh(x @ W.T + b)  # [n, j]
    D = (h * h).sum(0)  # [j]
    return D
