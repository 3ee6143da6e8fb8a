import torch


def kernel(h, x, C):
    """dL_dC^ci = -h_c (x_i - C_ci)"""
    dL_dC = x - C  # [c, i]
    dL_dC *= (-h)[:, None]
    return dL_dC
