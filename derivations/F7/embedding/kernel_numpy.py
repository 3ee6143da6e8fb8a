import numpy as np


def kernel(E, w, y_bar):
    """E_bar^ij = δ^i_{w_t} y_bar^tj"""
    n_d = y_bar.shape[1]
    n_E = E.shape[0]
    dtype = np.result_type(E, y_bar)
    E_bar = np.zeros((n_E, n_d), dtype)  # [i, j]
    np.add.at(E_bar, (w,), y_bar)
    return E_bar
