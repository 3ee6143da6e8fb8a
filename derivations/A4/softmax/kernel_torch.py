import torch


def kernel(z):
    """ds_dz[i, i]"""
    s = torch.softmax(z, -1)  # [i]
    ds_dz = s[:, None] * -s  # [i, i]
    ds_dz.diagonal(0, 0, 1)[...] += s
    return ds_dz
