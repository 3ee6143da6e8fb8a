import torch


def kernel(A, x, b, lambda_):
    """r_i = A_ij x_j - b_i
    df_dr^i = r_i
    df_dx^j = lambda x_j + df_dr^i A_ij
    """
    r = A @ x  # [i]
    r -= b
    df_dx = lambda_ * x  # [j]
    df_dx += r @ A
    return df_dx
