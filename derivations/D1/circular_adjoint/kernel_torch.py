import torch


def kernel(z, w, x_bar):
    """`z_bar`_i = `x_bar`_<i1> circular(w_{i1 - i})
    w_bar^j = `x_bar`_i circular(z^{i-j})
    """
    N = z.shape[0]
    dtype, device = z.dtype, z.device
    places1 = torch.arange(-(N - 1), N + 0, device=device) % N
    t1 = w.index_select(0, places1)
    windows1 = torch.flip(t1.as_strided((N, N), (t1.stride(0), t1.stride(0))), (0,))
    z_bar = x_bar @ windows1.T  # [i]
    places2 = torch.arange(-(N - 1), N + 0, device=device) % N
    t2 = z.index_select(0, places2)
    windows2 = torch.flip(t2.as_strided((N, N), (t2.stride(0), t2.stride(0))), (1,))
    w_bar = x_bar @ windows2  # [j]
    return {'z_bar': z_bar, 'w_bar': w_bar}
