import torch


def kernel(y, w, x, eta):
    """u_i = w_i + eta (y - w_<i1> x_<i1>) x_i"""
    u = eta * (y - w @ x) * x  # [i]
    u += w
    return u
