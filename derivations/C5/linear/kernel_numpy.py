import numpy as np


def kernel(x, W, y_bar):
    """x_bar^ni = y_bar^no W_io
    W_bar^io = y_bar^no x_ni
    """
    x_bar = y_bar @ W.T  # [n, i]
    W_bar = x.T @ y_bar  # [i, o]
    return {'x_bar': x_bar, 'W_bar': W_bar}
