import numpy as np


def kernel(X):
    """df_dX^ij = inv(X)^ji
    d2f_dX_dX^<i j i1 j1> = -`df_dX`_<i1>^j df_dX^i_<j1>
    """
    df_dX = np.linalg.inv(X)  # [i, i]
    d2f_dX_dX = df_dX[:, :, None] * (-df_dX).T[:, None, None, :]  # [i, j, i, j]
    return d2f_dX_dX
