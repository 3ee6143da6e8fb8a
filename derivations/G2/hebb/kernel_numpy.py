import numpy as np


def kernel(w, x, eta):
    """u_i = w_i + eta w_<i1> x_<i1> x_i"""
    u = x * (eta * (w @ x))  # [i]
    u += w
    return u
