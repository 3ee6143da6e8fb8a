import numpy as np


def kernel(A, z):
    """J_ij = A_ij
    dl_dA^ij = -inv(J)^ji
    dl_dz^i = -z_i
    """
    dl_dA = np.linalg.inv(A)  # [j, i]
    dl_dA *= -1
    dl_dz = -z  # [i]
    return {'dl_dA': dl_dA.T, 'dl_dz': dl_dz}
