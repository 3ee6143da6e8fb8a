import numpy as np


def kernel(h, x, C, eta):
    """u_ci = C_ci + eta h_c (x_i - C_ci)"""
    u = x - C  # [c, i]
    u *= (eta * h)[:, None]
    u += C
    return u
