import torch


def kernel(W, x, b, U, t):
    """z_nj = W_ji x_ni + b_j
    h_nj = tanh(z_nj)
    y_no = U_oj h_nj
    `dl_db`_n^j = (y_no - t_no) U_oj (1 - h_nj**2)
    """
    z = torch.addmm(b, x, W.T)  # [n, j]
    h = z.tanh_()  # [n, j]
    y = h @ U.T  # [n, o]
    dl_db = h * h  # [n, j]
    dl_db.neg_()
    dl_db += 1
    dl_db *= (y - t) @ U
    return dl_db
