import torch


def kernel(w):
    """df_dw^i = 26 δ^i_{0} w_{0} - 10 δ^i_{0} w_{1} - 10 δ^i_{1} w_{0} + 4 δ^i_{0} + 4 δ^i_{1} w_{1} - 2 δ^i_{1}"""
    dtype, device = w.dtype, w.device
    df_dw = torch.zeros((2,), dtype=dtype, device=device)  # [i]
    t1 = 26 * w[0] - 10 * w[1] + 4
    df_dw[0] += t1
    t2 = -10 * w[0] + 4 * w[1] - 2
    df_dw[1] += t2
    return df_dw
