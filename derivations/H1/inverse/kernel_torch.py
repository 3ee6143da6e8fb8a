import torch


def kernel(X):
    """Y_ij = inv(X)_ij
    `dY_dX`_ij^<i1 j1> = -Y_i^<i1> Y^<j1>_j
    """
    Y = torch.linalg.inv(X)  # [i, j]
    dY_dX = Y[:, None, :, None] * (-Y).T[:, None, :]  # [i, j, i, j]
    return dY_dX
