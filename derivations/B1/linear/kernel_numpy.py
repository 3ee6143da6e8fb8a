import numpy as np


def kernel(A):
    """`dy_dx`_i^j = A_ij"""
    return A.copy()
