import torch


def kernel(y, X, w):
    """z_n = y_n X_nd w_d
    d2L_dw_dw^<d d1> = y_n**2 X_nd sigmoid(-z_n) sigmoid(z_n) X_<n d1>
    """
    z = X @ w  # [n]
    z *= y
    t1 = X * (y * y * (torch.sigmoid(-z) * torch.sigmoid(z)))[:, None]  # [n, d]
    d2L_dw_dw = X.T @ t1  # [d, d]
    return d2L_dw_dw
