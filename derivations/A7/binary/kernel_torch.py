import torch


def kernel(A, y, b, B, t):
    """dL_dA[i, j]
    dL_db[i]
    dL_dB[i]
    """
    K = y.shape[0]
    z = torch.addmm(b, y, A.T)  # [k, i]
    s = z.tanh_()  # [k, i]
    x = B @ s.T  # [k]
    p = x.sigmoid_()  # [k]
    dL_dx = p - t  # [k]
    dL_dx *= 1 / K
    dL_dz = s * s  # [k, i]
    dL_dz.neg_()
    dL_dz += 1
    dL_dz *= B
    dL_dz *= dL_dx[:, None]
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx @ s  # [i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
