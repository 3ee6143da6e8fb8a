import torch


def kernel(z, w):
    """dx_dz^i_<i1> = zeropad(w_{i - i1})
    dx_dw^ij = zeropad(z^{i-j})
    """
    N = z.shape[0]
    n_j = w.shape[0]
    pad1 = max(0, N - n_j)
    t1 = torch.nn.functional.pad(w, (N - 1, pad1))
    windows1 = torch.flip(t1.as_strided((N, N), (t1.stride(0), t1.stride(0))), (1,))
    t2 = torch.nn.functional.pad(z, (n_j - 1, 0))
    windows2 = torch.flip(t2.as_strided((n_j, N), (t2.stride(0), t2.stride(0))), (0,))
    return {
        'dx_dz': windows1.clone(memory_format=torch.contiguous_format),
        'dx_dw': windows2.T.clone(memory_format=torch.contiguous_format),
    }
