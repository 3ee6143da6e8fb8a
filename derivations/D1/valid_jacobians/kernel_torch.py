import torch


def kernel(z, w):
    """dx_dz^i_<i1> = zeropad(w_{i1 - i})
    dx_dw^ij = z^{i+j}
    """
    N = z.shape[0]
    K = w.shape[0]
    pad1 = max(0, N - K)
    pad2 = max(0, N - K)
    t1 = torch.nn.functional.pad(w, (pad1, pad2))[pad1 + K - N:]
    windows1 = torch.flip(t1.as_strided((N - K + 1, N), (t1.stride(0), t1.stride(0))), (0,))
    windows2 = z.as_strided((K, N - K + 1), (z.stride(0), z.stride(0)))
    return {
        'dx_dz': windows1.clone(memory_format=torch.contiguous_format),
        'dx_dw': windows2.T.clone(memory_format=torch.contiguous_format),
    }
