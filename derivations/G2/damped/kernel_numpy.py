import numpy as np


def kernel(w, x, lambda_, eta):
    """u_i = w_i + eta (w_<i1> x_<i1> x_i - lambda w_i)"""
    u = x * (w @ x)  # [i]
    u -= lambda_ * w
    u *= eta
    u += w
    return u
