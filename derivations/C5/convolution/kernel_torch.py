import torch


def kernel(x, w, y_bar):
    """x_bar^ijk = zeropad(y_bar^{i, o, k - k1}) w_<o j k1>
    w_bar^ock = y_bar^nop x_{n, c, k+p}
    """
    n_n, n_c, n_x = x.shape
    n_o = w.shape[0]
    n_k = w.shape[2]
    x_bar = torch.nn.grad.conv1d_input((n_n, n_c, n_x), w, y_bar)  # [i, j, k]
    w_bar = torch.nn.grad.conv1d_weight(x, (n_o, n_c, n_k), y_bar)  # [o, c, k]
    return {'x_bar': x_bar, 'w_bar': w_bar}
