import torch


def kernel(u, v, w, p, q, r, s):
    """dL_dc = r
    dL_db = s + dL_dc p
    dL_da = dL_dc q + dL_db v
    dL_dx = dL_db w + dL_da u
    """
    dL_db = s + r * p
    dL_da = r * q + dL_db * v
    dL_dx = dL_db * w + dL_da * u
    return dL_dx
