import numpy as np


def kernel(a, X, b):
    """df_dX^ij = -a_<i1> inv(X)_<i1>^i inv(X)^j_<j1> b_<j1>"""
    t1 = np.linalg.inv(X)  # [i, j]
    df_dX = (a @ t1)[:, None] * -(t1 @ b)  # [i, j]
    return df_dX
