import torch


def kernel(h, x_dot):
    """`y_dot`_cprqs = h_rk h_sl replicate(`x_dot`_{c, k+p-1, l+q-1})"""
    C, M, N = x_dot.shape
    dtype, device = h.dtype, h.device
    places1 = torch.arange(-1, M + 1, device=device).clip(0, M - 1)
    places2 = torch.arange(-1, N + 1, device=device).clip(0, N - 1)
    t1 = x_dot.index_select(1, places1).index_select(2, places2)
    windows1 = t1.as_strided((C, 3, M, 3, N), (t1.stride(0), t1.stride(1), t1.stride(1), t1.stride(2), t1.stride(2)))
    t2 = windows1.permute(3, 0, 1, 2, 4).reshape(3, C * 3 * M * N)
    t3 = (h @ t2).reshape(2, C, 3, M, N).permute(2, 0, 1, 3, 4).reshape(3, 2 * C * M * N)
    y_dot = (h @ t3).reshape(2, 2, C, M, N)  # [r, s, c, p, q]
    return y_dot.permute(2, 3, 0, 4, 1)
