import torch


def kernel(x, w, y_bar):
    """x_bar^ijkl = zeropad(y_bar^{i, o, k-r, l-s}) w_ojrs
    w_bar^ocrs = y_bar^nopq x_{n, c, p+r, q+s}
    b_bar^o = sum_{n p q} y_bar^nopq
    """
    n_n, n_c, n_x, n_x2 = x.shape
    n_o = w.shape[0]
    n_r = w.shape[2]
    n_s = w.shape[3]
    x_bar = torch.nn.grad.conv2d_input((n_n, n_c, n_x, n_x2), w, y_bar)  # [i, j, k, l]
    w_bar = torch.nn.grad.conv2d_weight(x, (n_o, n_c, n_r, n_s), y_bar)  # [o, c, r, s]
    b_bar = y_bar.sum((0, 2, 3))  # [o]
    return {'x_bar': x_bar, 'w_bar': w_bar, 'b_bar': b_bar}
