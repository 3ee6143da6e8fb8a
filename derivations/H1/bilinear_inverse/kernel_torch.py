import torch


def kernel(a, X, b):
    """df_dX^ij = -a_<i1> inv(X)_<i1>^i inv(X)^j_<j1> b_<j1>"""
    t1, t2 = torch.linalg.lu_factor(X.T)
    t3 = torch.linalg.lu_solve(t1, t2, b[..., None], adjoint=True)[..., 0]  # [j]
    t3 *= -1
    df_dX = torch.linalg.lu_solve(t1, t2, a[..., None])[..., 0][:, None] * t3  # [i, j]
    return df_dX
