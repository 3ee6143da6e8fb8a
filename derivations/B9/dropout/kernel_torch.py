import torch


def kernel(m, x, w, t):
    """h_d = m_d x_d
    e = w_d h_d - t
    dL_de = e
    dL_dh^d = dL_de w_d
    dL_dw^d = dL_de h_d
    dL_dx^d = dL_dh^d m_d
    """
    h = m * x  # [d]
    e = w @ h - t
    dL_dw = e * h  # [d]
    dL_dx = w * m  # [d]
    dL_dx *= e
    return {'dL_dw': dL_dw, 'dL_dx': dL_dx}
