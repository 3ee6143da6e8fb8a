import torch


def kernel(x, w, y_bar):
    """x_bar^ijklm = zeropad(y_bar^{i, j, o, l-r, m-s}) w_jokrs
    w_bar^gocrs = y_bar^ngopq x_{n, g, c, p+r, q+s}
    b_bar^go = sum_{n p q} y_bar^ngopq
    """
    n_n, n_g, n_c, n_x, n_x2 = x.shape
    n_o = w.shape[1]
    n_r = w.shape[3]
    n_s = w.shape[4]
    t1 = y_bar.reshape(n_n, n_g * n_o, n_x - n_r + 1, n_x2 - n_s + 1)
    x_bar = torch.nn.grad.conv2d_input((n_n, n_g * n_c, n_x, n_x2), w.reshape(n_g * n_o, n_c, n_r, n_s), t1, groups=n_g).reshape(n_n, n_g, n_c, n_x, n_x2)  # [i, j, k, l, m]
    w_bar = torch.nn.grad.conv2d_weight(x.reshape(n_n, n_g * n_c, n_x, n_x2), (n_g * n_o, n_c, n_r, n_s), t1, groups=n_g).reshape(n_g, n_o, n_c, n_r, n_s)  # [g, o, c, r, s]
    b_bar = y_bar.sum((0, 3, 4))  # [g, o]
    return {'x_bar': x_bar, 'w_bar': w_bar, 'b_bar': b_bar}
