import torch


def kernel(A, lambda_):
    """N_jk = A_ij A_ik + lambda δ_jk
    `dx_db`_j^i = inv(N)_jk A_ik
    """
    N = A.T @ A  # [j, k]
    N.diagonal(0, 0, 1)[...] += lambda_
    dx_db = torch.linalg.solve(N, A.T)  # [j, i]
    return dx_db
