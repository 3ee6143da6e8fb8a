import numpy as np


def kernel(X, C_bar):
    """mu_i = 1/N sum_n X_ni
    Z_ni = X_ni - mu_i
    Z_bar^ni = 1/N (C_bar^ij Z_nj + C_bar^<i1 i> Z_<n i1>)
    mu_bar^i = -sum_n Z_bar^ni
    X_bar^ni = Z_bar^ni + mu_bar^i / N
    """
    N = X.shape[0]
    mu = X.sum(0)  # [i]
    mu *= 1 / N
    Z = X - mu  # [n, i]
    Z_bar = Z @ C_bar.T  # [n, i]
    Z_bar += Z @ C_bar
    Z_bar *= 1 / N
    X_bar = Z_bar - 1 / N * Z_bar.sum(0)  # [n, i]
    return X_bar
