import torch


def kernel(w, x, lam, eta):
    """u_i = w_i + eta (w_<i1> x_<i1> x_i - lam w_i)"""
    u = x * (w @ x)  # [i]
    u -= lam * w
    u *= eta
    u += w
    return u
