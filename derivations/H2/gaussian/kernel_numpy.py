import numpy as np


def kernel(S, x, mu):
    """r_ni = x_ni - mu_i
    dl_dr^ni = -inv(S)_ij r_nj
    dl_dmu^i = -sum_n dl_dr^ni
    dl_dS^ij = 1/2 (r_<n i1> inv(S)_<i1>^i inv(S)^j_<j1> r_<n j1> - N inv(S)^ji)
    """
    N = x.shape[0]
    t1 = np.linalg.inv(S)  # [i, j]
    r = x - mu  # [n, i]
    dl_dmu = t1 @ r.sum(0)  # [i]
    dl_dS = t1.T @ (t1 @ (r.T @ r).T).T  # [i, j]
    dl_dS -= (N * t1).T
    dl_dS *= 0.5
    return {'dl_dmu': dl_dmu, 'dl_dS': dl_dS}
