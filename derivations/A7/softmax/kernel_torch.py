import torch


def kernel(A, y, b, B, t):
    """dL_dA[i, j]
    dL_db[i]
    dL_dB[c, i]
    """
    K = y.shape[0]
    z = torch.addmm(b, y, A.T)  # [k, i]
    s = z.tanh_()  # [k, i]
    x = s @ B.T  # [k, c]
    p = torch.softmax(x, -1)  # [k, c]
    dL_dx = p - t  # [k, c]
    dL_dx *= 1 / K
    dL_ds = dL_dx @ B  # [k, i]
    dL_dz = s * s  # [k, i]
    dL_dz.neg_()
    dL_dz += 1
    dL_dz *= dL_ds
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = dL_dx.T @ s  # [c, i]
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
