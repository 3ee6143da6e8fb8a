import torch


def kernel(A, y, b, B, c):
    """dL_dA[i, j]
    dL_db[i]
    dL_dB[m, i]
    """
    K = y.shape[0]
    n_m = B.shape[0]
    z = torch.addmm(b, y, A.T)  # [k, i]
    s = z.tanh_()  # [k, i]
    x = s @ B.T  # [k, m]
    l = torch.log_softmax(x, -1)  # [k, m]
    t1 = l.exp_()  # [k, m]
    t1 *= 1 / K
    dL_ds = t1 @ B  # [k, i]
    dL_ds -= 1 / K * B[c]
    dL_dz = s * s  # [k, i]
    dL_dz.neg_()
    dL_dz += 1
    dL_dz *= dL_ds
    dL_dA = dL_dz.T @ y  # [i, j]
    dL_db = dL_dz.sum(0)  # [i]
    dL_dB = (s.T @ t1).T.clone(memory_format=torch.contiguous_format)  # [m, i]
    dL_dB.index_put_((c,), -1 / K * s, accumulate=True)
    return {'dL_dA': dL_dA, 'dL_db': dL_db, 'dL_dB': dL_dB}
