import numpy as np


def kernel(x, mu, w, eta):
    """z_i = x_i - mu_i
    u_i = w_i + eta w_<i1> z_<i1> z_i
    """
    z = x - mu  # [i]
    u = z * (eta * (w @ z))  # [i]
    u += w
    return u
