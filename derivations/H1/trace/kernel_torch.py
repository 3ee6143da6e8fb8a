import torch


def kernel(A, B):
    """df_dX^jk = A_ij B_ki"""
    df_dX = A.T @ B.T  # [j, k]
    return df_dX
