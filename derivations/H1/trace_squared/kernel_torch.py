import torch


def kernel(X, A):
    """df_dX^ij = A_jk X_ki + X_<j j1> A_<j1 i>"""
    df_dX = torch.addmm(A.T @ X.T, X.T, A.T)  # [i, j]
    return df_dX
