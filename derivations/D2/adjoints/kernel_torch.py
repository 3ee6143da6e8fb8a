import torch


def kernel(z, w, b, x_bar):
    """u^i = z^{i+j} w_j + b
    x^i = tanh(u^i)
    `u_bar`_i = `x_bar`_i (1 - x^i**2)
    `z_bar`_i = zeropad(`u_bar`_{i-j}) w_j
    w_bar^j = `u_bar`_i z^{i+j}
    b_bar = sum_i `u_bar`_i
    """
    n_z = z.shape[0]
    n_j = w.shape[0]
    u = torch.nn.functional.conv1d(z.reshape(1, 1, n_z), w.reshape(1, 1, n_j)).reshape(n_z - n_j + 1)  # [i]
    u += b
    x = u.tanh_()  # [i]
    u_bar = x * x  # [i]
    u_bar.neg_()
    u_bar += 1
    u_bar *= x_bar
    z_bar = torch.nn.grad.conv1d_input((1, 1, n_z), w.reshape(1, 1, n_j), u_bar.reshape(1, 1, n_z - n_j + 1)).reshape(n_z)  # [i]
    w_bar = torch.nn.grad.conv1d_weight(z.reshape(1, 1, n_z), (1, 1, n_j), u_bar.reshape(1, 1, n_z - n_j + 1)).reshape(n_j)  # [j]
    b_bar = u_bar.sum()
    return {'z_bar': z_bar, 'w_bar': w_bar, 'b_bar': b_bar}
