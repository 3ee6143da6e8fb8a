import torch


def kernel(X):
    """f = det(X)
    d2f_dX_dX^<i j i1 j1> = f (inv(X)^ji inv(X)^<j1 i1> - inv(X)^j_<i1> inv(X)_<j1>^i)
    """
    f = torch.linalg.det(X)
    t1 = torch.linalg.inv(X)  # [i, i]
    t2 = t1[:, :, None, None] * t1  # [j, i, j, i]
    d2f_dX_dX = t2.permute(1, 0, 3, 2) - t2.permute(3, 0, 1, 2)  # [i, j, i, j]
    del t2
    d2f_dX_dX *= f
    return d2f_dX_dX
