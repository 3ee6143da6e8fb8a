import torch


def kernel(X):
    """f = norm_{i j}(X_ij)
    df_dX^ij = X^ij reciprocal_or_zero(f)
    """
    f = torch.linalg.vector_norm(X, dim=(-2, -1))
    df_dX = X * torch.where(f == 0, 0.0, 1.0 / torch.where(f == 0, 1.0, f))  # [i, j]
    return df_dX
