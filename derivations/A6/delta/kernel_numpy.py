import numpy as np


def kernel(G):
    """C^k_j = G^k_j"""
    return G.copy()
