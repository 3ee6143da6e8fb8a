import torch


def kernel(x, w, y_bar):
    """x_bar^ncp = y_bar^{n, o, k+2*p} w_cok
    w_bar^cok = y_bar^{n, o, k+2*p} x_ncp
    """
    C = x.shape[1]
    O = w.shape[1]
    K = w.shape[2]
    x_bar = torch.nn.functional.conv1d(y_bar, w, stride=(2,))  # [n, c, p]
    w_bar = torch.nn.grad.conv1d_weight(y_bar, (C, O, K), x, stride=(2,))  # [c, o, k]
    return {'x_bar': x_bar, 'w_bar': w_bar}
