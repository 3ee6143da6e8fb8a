import torch


def kernel(W, X, Y):
    """E_pn = W_pd X_dn - Y_pn
    dL_dE^pn = E_pn
    dL_dW^pd = dL_dE^pn X_dn
    """
    E = W @ X  # [p, n]
    E -= Y
    dL_dW = E @ X.T  # [p, d]
    return dL_dW
