import torch


def kernel(A):
    """`dy_dx`_i^j = A_ij"""
    return A.clone(memory_format=torch.contiguous_format)
