import numpy as np


def kernel(A, x, b):
    """r_i = A_ij x_j - b_i
    df_dr^i = r_i
    df_dx^j = df_dr^i A_ij
    """
    r = A @ x  # [i]
    r -= b
    df_dx = r @ A  # [j]
    return df_dx
