import numpy as np


def kernel(A, x, t, p, b):
    """y_i = x_i + t p_i
    df_dy^i = A_ij y_j - b_i
    df_dt = df_dy^i p_i
    """
    y = t * p  # [i]
    y += x
    df_dy = A @ y  # [i]
    df_dy -= b
    df_dt = df_dy @ p
    return df_dt
