import torch


def kernel(x):
    """df_dx^i = softmax_i(x_i)
    d2f_dx_dx^<i i1> = df_dx^i (δ^i_<i1> - `df_dx`_<i1>)
    """
    df_dx = torch.softmax(x, -1)  # [i]
    d2f_dx_dx = df_dx[:, None] * -df_dx  # [i, i]
    d2f_dx_dx.diagonal(0, 0, 1)[...] += df_dx
    return d2f_dx_dx
