import torch


def kernel(X, Y, S):
    """E_ij = X_ik Y_kj - S_ij
    dL_dE^ij = E_ij
    dL_dX^ik = dL_dE^ij Y_kj
    dL_dY^kj = dL_dE^ij X_ik
    """
    E = X @ Y  # [i, j]
    E -= S
    dL_dX = Y @ E.T  # [k, i]
    dL_dY = X.T @ E  # [k, j]
    return {'dL_dX': dL_dX.T, 'dL_dY': dL_dY}
