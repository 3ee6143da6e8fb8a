import numpy as np


def kernel(x, c, mu, f):
    """g_i = x_{i+1} - x_i
    dL_dg^i = g_i / sqrt(g_i**2 + c**2)
    dL_dx^j = mu (x_j - f_j) + zeropad(dL_dg^{j-1}) - zeropad(dL_dg^j)
    """
    n = x.shape[0]
    g = x[1:n] - x[:n - 1]  # [i]
    dL_dg = g / np.sqrt(g * g + c * c)  # [i]
    dL_dx = x - f  # [j]
    dL_dx *= mu
    dL_dx += np.pad(dL_dg, ((1, 0),))[:n]
    dL_dx -= np.pad(dL_dg, ((0, 1),))[:n]
    return dL_dx
