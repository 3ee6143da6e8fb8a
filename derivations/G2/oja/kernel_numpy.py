import numpy as np


def kernel(w, x, eta):
    """y = w_i x_i
    `du_dw`_i^<i1> = δ^<i1>_i - δ^<i1>_i eta y**2 + eta (x_i - 2 y w_i) x_<i1>
    """
    y = w @ x
    du_dw = (x - 2 * (y * w))[:, None] * (eta * x)  # [i, i]
    np.einsum("aa->a", du_dw)[...] += -eta * (y * y) + 1
    return du_dw
