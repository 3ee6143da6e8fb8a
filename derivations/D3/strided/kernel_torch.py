import torch


def kernel(x, w, y_bar):
    """x_bar^ijkl = zeropad(y_bar^{i, o, p, l-2*s+2}) zeropad(w_{o, j, k-2*p+1, s})
    w_bar^ocrs = y_bar^nopq zeropad(x_{n, c, 2*p+r-1, q+2*s-2})
    b_bar^o = sum_{n p q} y_bar^nopq
    """
    B, C, H, W = x.shape
    O = w.shape[0]
    U = w.shape[2]
    V = w.shape[3]
    x_bar = torch.nn.grad.conv2d_input((B, C, H, W), w, y_bar, stride=(2, 1), padding=(1, 2), dilation=(1, 2))  # [i, j, k, l]
    w_bar = torch.nn.grad.conv2d_weight(x, (O, C, U, V), y_bar, stride=(2, 1), padding=(1, 2), dilation=(1, 2))  # [o, c, r, s]
    b_bar = y_bar.sum((0, 2, 3))  # [o]
    return {'x_bar': x_bar, 'w_bar': w_bar, 'b_bar': b_bar}
