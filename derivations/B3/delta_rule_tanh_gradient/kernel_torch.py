import torch


def kernel(w, x, y):
    """v = w_i x_i
    s = tanh(v)
    e = y - s
    dL_de = e
    dL_ds = -dL_de
    dL_dv = dL_ds (1 - s**2)
    dL_dw^i = dL_dv x_i
    """
    v = w @ x
    s = torch.tanh(v)
    e = y - s
    dL_dw = -e * (1 - s * s) * x  # [i]
    return dL_dw
