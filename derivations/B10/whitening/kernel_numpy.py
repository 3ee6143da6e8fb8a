import numpy as np


def kernel(D, X, U, y_bar):
    """mu_i = 1/N sum_n X_ni
    Z_ni = X_ni - mu_i
    Z_bar^ni = sum_a y_bar^na U_ia / sqrt(D_a)
    mu_bar^i = -sum_n Z_bar^ni
    X_bar^ni = Z_bar^ni + mu_bar^i / N
    U_bar^ia = y_bar^na Z_ni / sqrt(D_a)
    D_bar^a = -1/2 y_bar^na U_ia Z_ni / D_a**(3/2)
    """
    N = X.shape[0]
    t1 = y_bar / np.sqrt(D)  # [n, a]
    Z_bar = t1 @ U.T  # [n, i]
    X_bar = Z_bar - 1 / N * Z_bar.sum(0)  # [n, i]
    mu = X.sum(0)  # [i]
    mu *= 1 / N
    Z = X - mu  # [n, i]
    U_bar = Z.T @ t1  # [i, a]
    D_bar = np.vecdot(y_bar.T, (U.T @ Z.T))  # [a]
    D_bar /= D * np.sqrt(D)
    D_bar *= -0.5
    return {'X_bar': X_bar, 'U_bar': U_bar, 'D_bar': D_bar}
