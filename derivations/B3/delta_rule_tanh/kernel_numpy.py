import numpy as np


def kernel(w, x, y, eta):
    """u_i = w_i + eta (y - tanh(w_<i1> x_<i1>)) (1 - tanh(w_<i1> x_<i1>)**2) x_i"""
    t1 = np.tanh(w @ x)
    u = eta * (y - t1) * (1 - t1 * t1) * x  # [i]
    u += w
    return u
