import numpy as np


def kernel(A):
    """d2f_dx_dx^ij = 1/2 (A_ij + A_ji)"""
    d2f_dx_dx = A + A.T  # [i, j]
    d2f_dx_dx *= 0.5
    return d2f_dx_dx
