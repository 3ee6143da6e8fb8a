import numpy as np


def kernel(A):
    """d2f_dx_dx^<j j1> = A_ij A_<i j1>"""
    d2f_dx_dx = A.T @ A  # [j, j]
    return d2f_dx_dx
