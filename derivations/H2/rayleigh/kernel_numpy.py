import numpy as np


def kernel(A, x):
    """a = x_i A_ij x_j
    b = x_i x_i
    dr_db = -a / b**2
    dr_da = 1/b
    dr_dx^i = 2 (dr_db x_i + dr_da A_ij x_j)
    """
    b = x @ x
    t1 = A @ x  # [i]
    dr_da = 1 / b
    dr_dx = x * (-1 / (b * b) * (x @ t1))  # [i]
    dr_dx += dr_da * t1
    dr_dx *= 2
    return dr_dx
